"""A model of transformers in this process, whose every step can be looked at: ``hf:MODEL``.

Rules kept here
- Equal prompts get equal completions: float32, one prompt at a time whatever threads ask, and dice of its own for each
  call. A call without a seed is drawn as with seed 0.
- Only the prompt decides how is drawn. What the model's files would add (penalties, top-p) is left out.
- ``choices`` are scored, not written: the sum of the log-probabilities of a choice's tokens, and of the model's end
  where one choice begins another. The greedy choice is the likeliest; draws follow the shares among the choices, at
  the temperature. Its one ``Token`` is the whole choice, and its log-probability is among the choices.
- A choice that is one token of the vocabulary is scored as that token, without a space before it: where all choices
  are, as letters mostly are, the greedy one is vLLM's under ``structured_outputs``, which allows just these tokens.
- ``form`` is not held: the model writes what it writes.
- What the model thought aloud is split off as a server would (``reasoning.py``).

    llm = TransformersLLM("Qwen/Qwen2.5-0.5B-Instruct")
    llm.complete(Prompt(messages=(Message(role="user", content="A or B?"),), choices=("A", "B"), logprobs=2)).tokens
    llm.blind(0, (120, 480))       # the same model, that cannot look at these characters of the first message

``device=None`` takes the GPU where there is one. A prompt is read whole for every call: for many, use a server.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Literal, NamedTuple

from evitrail.agent.llm.availability import IN_PROCESS
from evitrail.agent.llm.base import Completion, Cut, LLMError, Prompt, Token
from evitrail.agent.llm.in_process.model_name import commit_of, name_of, revision_asked
from evitrail.agent.llm.in_process.tokens import GeneratedText, Tokens, by_word, first_line, window_of
from evitrail.evidence_store.errors import MissingPackageError
from evitrail.traces.run.hermetic import loading

if TYPE_CHECKING:
    from evitrail.agent.llm.in_process.hidden_spans import Blind
    from evitrail.agent.llm.in_process.sampling import SampledPosition

DTYPE: Literal["float32"] = "float32"
MOST = 1024
"""Tokens of an answer, where neither the prompt nor the model sets a limit."""

Hidden = Sequence[tuple[int, int]]
"""Ranges of tokens, half open."""


class LoadedModel(NamedTuple):
    """What is loaded, once."""

    model: Any
    tokenizer: Any
    ends: frozenset[int]
    """The tokens at which the model has said all."""


@dataclass(frozen=True, repr=False)
class TransformersLLM:
    """A causal language model, from a folder or the hub."""

    model: str
    commit: str | None = None
    """Which of its states to take from the hub; without one, the newest that is known here."""
    dtype: Literal["float32", "bfloat16", "float16"] = DTYPE
    device: str | None = None
    attention: Literal["sdpa", "eager"] = "sdpa"
    """``eager`` is slower, and tells where the model looked."""
    concurrency: ClassVar[int] = IN_PROCESS
    """Calls wait for one another, so few at once suit it."""
    _lock: threading.RLock = field(default_factory=threading.RLock, compare=False)

    @property
    def deterministic(self) -> bool:
        return self.dtype == DTYPE

    @property
    def window(self) -> int | None:
        """See ``Measured.window``."""
        return self.tokens.window

    def cut(self, text: str, tokens: int) -> Cut:
        """See ``Measured.cut``."""
        return self.tokens.cut(text, tokens)

    def complete(self, prompt: Prompt) -> Completion:
        """See ``LLM.complete``; raises ``DoesNotFit``, ``LLMError``, or ``MissingPackageError``."""
        ids = self.tokens.encode(prompt)
        return self.generate(prompt, ids) if prompt.choices is None else self.chosen(prompt, ids)

    def blind(self, message: int, *spans: tuple[int, int]) -> Blind:
        """The same model, to which these characters of one of a prompt's messages do not exist."""
        from evitrail.agent.llm.in_process.hidden_spans import Blind

        return Blind(self, message, spans)

    def chosen(self, prompt: Prompt, ids: Sequence[int], hidden: Hidden | None = None) -> Completion:
        """One of the choices, ``prompt.n`` times; ``hidden`` as in ``forward``."""
        import torch

        from evitrail.agent.llm.in_process.sampling import Dice

        choices = prompt.choices or ()
        spelt = self.tokens.spelt(choices)
        shares = torch.tensor(self._scores(ids, spelt, hidden), dtype=torch.float64).log_softmax(-1)
        drawn = Dice(prompt.temperature, prompt.seed).draw(shares.expand(prompt.n, -1)).tolist()
        order = shares.argsort(descending=True, stable=True)[: prompt.logprobs].tolist()
        told = [Token(text=choices[n], logprob=float(shares[n])) for n in range(len(choices))]
        likeliest = {told[n].text: told[n].logprob for n in order}
        wanted = drawn if prompt.logprobs is not None else ()
        return Completion(
            texts=tuple(choices[n] for n in drawn),
            finish_reasons=("stop",) * prompt.n,
            prompt_tokens=len(ids),
            completion_tokens=sum(len(spelt[n]) for n in drawn),
            model=repr(self),
            tokens=tuple((told[n].model_copy(update={"likeliest": likeliest}),) for n in wanted),
        )

    def generate(self, prompt: Prompt, ids: Sequence[int]) -> Completion:
        """Free text, ``prompt.n`` times, each up to the model's own end or the most tokens it may have."""
        import torch

        from evitrail.agent.llm.in_process.sampling import Dice

        model, _, ends = self._parts
        dice = Dice(prompt.temperature, prompt.seed, prompt.logprobs)
        rows = torch.tensor([list(ids)] * prompt.n, device=model.device)
        with self._lock, torch.inference_mode():
            grown = model.generate(
                rows,
                attention_mask=torch.ones_like(rows),
                max_new_tokens=self.tokens.room(len(ids), prompt.max_tokens) or MOST,
                do_sample=False,  # the dice have drawn: all tokens but one are ruled out
                logits_processor=[dice],
            )
        new = [_ended(row, ends) for row in grown[:, len(ids) :].tolist()]
        answers = [
            GeneratedText(
                row,
                "stop" if row[-1] in ends else "length",
                [self._token(drawn, n) for drawn in dice.drawn[: len(row)]],
            )
            for n, row in enumerate(new)
        ]
        return self.tokens.completion(answers, prompt, len(ids))

    def forward(self, rows: list[list[int]], hidden: Hidden | None = None, **more: Any) -> Any:
        """One pass over rows of one length; no token after a hidden range attends to it."""
        import torch

        from evitrail.agent.llm.in_process.hidden_spans import mask

        model, length = self._parts.model, len(rows[0])
        if hidden is not None:
            config = model.config.get_text_config()
            more["attention_mask"] = mask(config, length, hidden, model.dtype).to(model.device)
            more["position_ids"] = torch.arange(length, device=model.device)[None]
        told = more.pop("attentions", False)
        with self._lock, torch.inference_mode():
            return model(torch.tensor(rows, device=model.device), use_cache=False, output_attentions=told, **more)

    @cached_property
    def tokens(self) -> Tokens:
        """Its own tokens."""
        model, tokenizer, _ = self._parts
        return Tokens(tokenizer, window_of(model.config, tokenizer), repr(self))

    @cached_property
    def revision(self) -> str:
        return self.commit or revision_asked(self.model)

    def __repr__(self) -> str:
        name = name_of("hf", self.model, self.revision)
        return name if self.dtype == DTYPE else f"{name} {self.dtype}"

    def _scores(self, ids: Sequence[int], spelt: list[tuple[int, ...]], hidden: Hidden | None) -> list[float]:
        """The log-probability of each choice, given the prompt."""
        begun = sorted({tokens[:-1] for tokens in spelt})  # the last token is told, never read
        longest = max(map(len, begun))
        rows = [[*ids, *tokens, *[0] * (longest - len(tokens))] for tokens in begun]
        logits = self.forward(rows, hidden, logits_to_keep=longest + 1).logits[:, -longest - 1 :]
        told = logits.double().log_softmax(-1)
        return [sum(float(told[begun.index(t[:-1]), at, token]) for at, token in enumerate(t)) for t in spelt]

    def _token(self, drawn: SampledPosition, n: int) -> Token:
        """What was drawn at one place of the n-th answer."""
        word = self.tokens.token_text
        likeliest = by_word((word(token), logprob) for token, logprob in drawn.likeliest[n])
        return Token(text=word(drawn.tokens[n]), logprob=drawn.logprobs[n], likeliest=likeliest)

    @property
    def _parts(self) -> LoadedModel:
        with self._lock:
            return self._loaded

    @cached_property
    def _loaded(self) -> LoadedModel:
        try:
            import torch
            from transformers import AutoModelForCausalLM, AutoTokenizer
            from transformers.utils.logging import disable_progress_bar
        except ImportError as error:
            said = "hf: needs transformers; run `pip install transformers torch`"
            raise MissingPackageError(said) from error
        disable_progress_bar()  # type: ignore[no-untyped-call]  # the command line shows its own bar
        commit = commit_of(self.revision)
        how = {"dtype": getattr(torch, self.dtype), "attn_implementation": self.attention}
        try:
            with loading():
                tokenizer: Any = AutoTokenizer.from_pretrained(self.model, revision=commit)
                model: Any = AutoModelForCausalLM.from_pretrained(self.model, revision=commit, **how)
        except (OSError, ValueError, KeyError) as error:
            raise LLMError(
                f"expected a causal language model, got {self.model!r} ({first_line(error)});"
                " give a folder or a model's name"
            ) from error
        told = model.generation_config.eos_token_id
        ends = {*(told if isinstance(told, list) else [told]), tokenizer.eos_token_id} - {None}
        plain = type(model.generation_config)  # without what else the model's files say of how to draw
        model.generation_config = plain(eos_token_id=sorted(ends) or None, pad_token_id=min(ends, default=0))
        return LoadedModel(model.to(self.device or _device()).eval(), tokenizer, frozenset(ends))


def _device() -> str:
    import torch

    return "cuda" if torch.cuda.is_available() else "cpu"


def _ended(row: list[int], ends: frozenset[int]) -> list[int]:
    """The tokens up to the model's own end, which is one of them."""
    return next((row[: at + 1] for at, token in enumerate(row) if token in ends), row)
