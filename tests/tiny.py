"""A language model that fits in a test: a Llama of random weights whose tokenizer was trained on the demonstration.

    folder = tiny_model(tmp_path / "tiny")        # made in a few seconds; equal bytes each time

It speaks nonsense. What it is good for is all that does not depend on sense: the protocol, the counting and cutting of
tokens, probabilities that add up, attention that can be masked. It has a real tokenizer, a chat template and a window
as long as a large model's. Its heads are 32 wide, the least that vLLM takes on a processor.
"""

from __future__ import annotations

import fcntl
import json
from pathlib import Path

from evitrail.eval.demo import DEMO_CASES
from evitrail.evidence_store.demo import DEMO_EVIDENCE

WINDOW = 131_072
VOCABULARY = 3_000
END = "<|end|>"
TEMPLATE = (
    "{% for message in messages %}<|{{ message['role'] }}|>\n{{ message['content'] }}" + END + "\n{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>\n{% endif %}"
)


def tiny_model(folder: Path, window: int = WINDOW) -> Path:
    """The folder, with the model in it; whoever comes while it is being made waits."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".making").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "made").exists():
            _make(folder, window)
            (folder / "made").touch()
    return folder


def _make(folder: Path, window: int) -> None:
    import torch
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    trained = Tokenizer(models.BPE())
    trained.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trained.decoder = decoders.ByteLevel()
    special = [END, "<|system|>", "<|user|>", "<|assistant|>"]
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY,
        special_tokens=special,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    trained.train_from_iterator(_texts(), trainer)
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=trained, eos_token=END, pad_token=END, model_max_length=window, chat_template=TEMPLATE
    )
    tokenizer.save_pretrained(folder)
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=64,
        intermediate_size=128,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=1,
        head_dim=32,
        max_position_embeddings=window,
        initializer_range=0.2,  # with the usual 0.02 all answers would be about equally likely, whatever was asked
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
        dtype="float32",
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        LlamaForCausalLM(config).save_pretrained(folder)


def _texts() -> list[str]:
    """All that stands in the demonstration, in order."""
    files = [file for folder in (DEMO_EVIDENCE, DEMO_CASES) for file in sorted(folder.glob("*.jsonl"))]
    entries = [json.loads(line) for file in files for line in file.read_text(encoding="utf-8").splitlines()]
    return [text for entry in entries for text in _strings(entry)]


def _strings(value: object) -> list[str]:
    if isinstance(value, str):
        return [value]
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [text for each in inner for text in _strings(each)]
