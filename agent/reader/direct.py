"""A reader that puts the passages before a model as they are and asks for a letter straight away.

Rules kept here (SaFE-Scale, arXiv 2605.04039; its code at commit 09c18f0)
- ``synthesise`` makes no claims: it puts a context together, made to fit by the condition's rule (``context.py``).
- ``choose`` asks twice: once at temperature 0, once for all ballots. A letter is what a parser finds in the words, and
  counts only as ``check`` confirms it.
- Handed claims instead of a context (a report, an oracle), it puts those before the model.
- An answer has 10 tokens, or 4,096 where the model thinks aloud. One that was still thinking when its tokens ran out
  is an abstention: an unfinished thought selects nothing.
- ``plan`` and ``appraise`` are those of the prompted reader; the published conditions have neither.
- Held to the letters (``held``), the model is asked with ``choices``, and how likely each letter was is read where the
  server tells it. A server may not hold it: what is no letter is an abstention, held or not.

    DirectReader(llm).within(run).choose(question, synthesis, decoding).said.greedy

The published prompt fences nothing: evidence that gives orders may be obeyed under it. That of ``prompted.py`` does.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from evitrail.agent.llm.availability import AsksModel, probe
from evitrail.agent.llm.base import LLM, Completion, Prompt, counts, cut_in_thought, recorded
from evitrail.agent.model import (
    Ballots,
    CheckedAnswers,
    Choice,
    Context,
    Critique,
    Decoding,
    ModelAnswer,
    Query,
    Question,
    Synthesis,
    WrittenAnswer,
)
from evitrail.agent.reader.base import WHOLE, Fit
from evitrail.agent.reader.checking.checker import Checker, RuleChecker
from evitrail.agent.reader.checking.letters import parsed_letter
from evitrail.agent.reader.prompted import PromptedReader
from evitrail.agent.reader.prompting.answer_prompts import Answering, load_answering
from evitrail.agent.reader.prompting.context import assembled, lacking
from evitrail.agent.reader.prompting.letter_probabilities import log_shares, shares_of, vote_logits
from evitrail.retrieval.base import Hit
from evitrail.traces.run.live import Run

BRIEF = 10
"""Tokens of an answer."""
AT_LENGTH = 4_096
"""Tokens of an answer that is thought about aloud first."""
THINKING = ("gpt-oss", "Qwen3", "gemma-4", "DeepSeek-R1", "medgemma-27b")
"""Parts of the names of models that think aloud, as published; any model may be told to have more with max_tokens."""
LIKELIEST = 20
"""As many as a vLLM server tells unless it is started otherwise."""


@dataclass(frozen=True)
class DirectReader(AsksModel):
    """Answers from passages, or from nothing, with one prompt."""

    llm: LLM
    prompt: Answering = field(default_factory=load_answering)
    checker: Checker = field(default_factory=RuleChecker)
    held: bool = False
    """Whether output is constrained to option letters, where the server supports it."""
    max_tokens: int | None = None
    """Maximum tokens of an answer; None for the published number."""
    fit: Fit = WHOLE
    key_env: tuple[str, ...] = field(default=(), repr=False, compare=False)
    """Which environment variables hold the keys of servers, for a checker that a fork puts in place of this one."""
    run: Run | None = field(default=None, repr=False, compare=False)
    """Where its calls are recorded; None leaves no record."""

    @property
    def deterministic(self) -> bool:
        return self.llm.deterministic and self.checker.deterministic

    def probe(self) -> None:
        """Make sure that the model, and who checks its answers, will answer; raises ``LLMError``."""
        super().probe()
        probe(self.checker)

    def within(self, run: Run) -> DirectReader:
        """See ``Recording.within``."""
        return replace(self, run=run)

    def fitting(self, rule: Fit) -> DirectReader:
        """See ``Fitting.fitting``."""
        return replace(self, fit=rule)

    def holds(self, rule: Fit) -> str | None:
        """See ``Fitting.holds``."""
        return lacking(rule, self.llm.window) if counts(self.llm) else None

    def plan(self, question: Question, critique: Critique | None, asked: Sequence[str]) -> Query:
        """See ``PromptedReader.plan``."""
        return self.aside().plan(question, critique, asked)

    def appraise(self, question: Question, hits: Sequence[Hit]) -> Critique:
        """See ``PromptedReader.appraise``."""
        return self.aside().appraise(question, hits)

    def synthesise(self, question: Question, hits: Sequence[Hit]) -> Synthesis:
        """The passages as one text, in rank order; raises ``DoesNotFit`` where there is room for none of it."""
        if not hits:
            return Synthesis(claims=(), note="no evidence was given")
        context = assembled(hits, self.fit, self.llm)
        kept = f"{len({served.passage for served in context.passages})} of {len(hits)} passages"
        return Synthesis(claims=(), note=f"{kept}, {'cut' if context.cut else 'whole'}, as they are", context=context)

    def choose(self, question: Question, synthesis: Synthesis, decoding: Decoding) -> Choice:
        """What the model says to it, greedy and drawn, with the letters that a parser finds in the words."""
        asked = self.asked(question, text_of(synthesis))
        answer = self._model().complete(asked)
        (greedy, cut), *others = _said(answer, 1) + self._samples(asked, decoding)
        drawn = tuple(text for text, _ in others)
        cut_off = tuple(str(number or "greedy") for number, (_, cut) in enumerate([(greedy, cut), *others]) if cut)
        shares = shares_of(answer, question.options)
        letter, *votes = [parsed_letter(text) for text in (greedy, *drawn)]
        ballots = ", ".join(f"{vote or 'none'} {n}" for vote, n in Counter(votes).most_common())
        return Choice(
            option=letter,
            logits=log_shares(shares) if shares else vote_logits(question.options, (letter, *votes)),
            claims=(),
            reason=f"a parser finds {letter or 'no letter'}" + (f"; ballots: {ballots}" if ballots else ""),
            ballots=Ballots(votes=tuple(votes), temperature=decoding.temperature, seed=decoding.seed),
            said=ModelAnswer(greedy=greedy, drawn=drawn, cut_off=cut_off),
            shares=shares,
        )

    def check(self, question: Question, choice: Choice) -> CheckedAnswers:
        """See ``Checking.check``."""
        return self.checker.check(question, choice, self.run)

    def write(self, question: Question, hits: Sequence[Hit]) -> WrittenAnswer:
        """See ``PromptedReader.write``."""
        return self.aside().write(question, hits)

    def asked(self, question: Question, context: str) -> Prompt:
        """What is sent for the greedy answer."""
        return Prompt(
            messages=self.prompt.messages(question, context),
            max_tokens=self.max_tokens or (AT_LENGTH if thinks(self.llm) else BRIEF),
            choices=tuple(sorted(question.options)) if self.held else None,
            logprobs=LIKELIEST if self.held else None,
        )

    def aside(self) -> PromptedReader:
        """Who plans, appraises and reads claims with the same model, where an agent wants that."""
        return PromptedReader(self.llm, max_tokens=self.max_tokens or PromptedReader.max_tokens, run=self.run)

    def _samples(self, asked: Prompt, decoding: Decoding) -> list[tuple[str | None, bool]]:
        if not decoding.samples:
            return []
        update = {"n": decoding.samples, "temperature": decoding.temperature, "seed": decoding.seed, "logprobs": None}
        return _said(self._model("ballots").complete(asked.model_copy(update=update)), decoding.samples)

    def _model(self, label: str | None = None) -> LLM:
        return self.llm if self.run is None else recorded(self.llm, self.run, label)


def _said(answer: Completion, n: int) -> list[tuple[str | None, bool]]:
    """So many texts, None where nothing was said, each with whether its tokens ran out before."""
    texts = answer.texts[:n]
    cut = [cut_in_thought(answer, place) for place in range(len(texts))]
    said = [(None if cut_off else text, cut_off) for text, cut_off in zip(texts, cut, strict=True)]
    return said + [(None, False)] * (n - len(texts))


def text_of(synthesis: Synthesis) -> str:
    """What is put before the model: the context, or the claims one a line."""
    context: Context | None = synthesis.context
    if context is not None:
        return context.text
    return "\n".join(f"{claim.quote} [{claim.evidence}, {claim.certainty or 'unrated'}]" for claim in synthesis.claims)


def thinks(llm: LLM) -> bool:
    """Whether a model of this name is known to think aloud."""
    return any(name.casefold() in repr(llm).casefold() for name in THINKING)
