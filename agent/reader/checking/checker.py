"""Who confirms which option an answer in words selects: a rule here, a judge in ``judge.py``.

Rules kept here
- A checker sees the question, the words and what the parser found in them; never the right answer, never a label.
- Nothing said is no answer, and a single letter is that letter: neither needs anybody's judgement (``settled``).
- Only the confirmed letter counts. What the parser found is never put in its place.
- A rule needs no model. It reads only letters that are selected in so many words, so it confirms fewer than a judge
  may, and none by an option's name.

    checked = RuleChecker().check(question, choice)
    checked.greedy.confirmed, checked.greedy.reason

After phase 4 of SaFE-Scale (arXiv 2605.04039, its code at commit 09c18f0); the rule in place of its judge is ours.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from evitrail.agent.model import CheckedAnswers, Choice, LetterVerdict, Question
from evitrail.agent.reader.checking.explicit_letter import explicit_letter
from evitrail.agent.reader.checking.letters import sole_letter
from evitrail.traces.run.live import Run


class Words(NamedTuple):
    """One answer, as it is checked."""

    label: str
    """``greedy``, or the number of the sample from 1 on."""
    raw: str | None
    parsed: str | None
    cut_off: bool = False
    """Whether its tokens ran out before anything was said."""

    @property
    def said(self) -> tuple[str | None, str | None, bool]:
        """All that a verdict depends on."""
        return self.raw, self.parsed, self.cut_off


class Checker(Protocol):
    """Confirms the letters of one choice."""

    @property
    def deterministic(self) -> bool:
        """Whether equal words always get equal verdicts."""
        ...

    def check(self, question: Question, choice: Choice, run: Run | None = None) -> CheckedAnswers:
        """A verdict on the greedy answer and on each ballot, in order; option and votes of ``choice`` are the parser's.

        Its calls of models are steps of ``run``, where one is given. Raises ``ValueError`` for a choice without words.
        """
        ...


@dataclass(frozen=True)
class RuleChecker:
    """Confirms by a rule: what selects one letter of the question in so many words."""

    @property
    def deterministic(self) -> bool:
        return True

    def check(self, question: Question, choice: Choice, run: Run | None = None) -> CheckedAnswers:
        """See ``Checker.check``; no model is called, so ``run`` is not used."""

        def judged(words: Words) -> LetterVerdict:
            found = explicit_letter(words.raw or "", question.options)
            return LetterVerdict(
                parsed=words.parsed,
                confirmed=found.letter,
                clear="yes" if found.letter else "no",
                reason=found.reason,
            )

        return each_checked(question, choice, judged, by=repr(self))


def each_checked(
    question: Question, choice: Choice, judged: Callable[[Words], LetterVerdict], *, by: str
) -> CheckedAnswers:
    """Every answer of a choice: settled where nobody needs to judge it, else judged, identical words once."""
    greedy, *ballots = words_of(choice)
    verdicts: dict[tuple[str | None, str | None, bool], LetterVerdict] = {}
    for words in (greedy, *ballots):
        if words.said not in verdicts:
            verdicts[words.said] = settled(words, question) or judged(words)
    return CheckedAnswers(greedy=verdicts[greedy.said], ballots=tuple(verdicts[words.said] for words in ballots), by=by)


def words_of(choice: Choice) -> list[Words]:
    """The answers of a choice, the greedy one first; raises ``ValueError`` where it holds no words for each."""
    said, votes = choice.said, choice.ballots.votes
    if said is None:
        raise ValueError("expected a choice that was read from words, got one without; there is nothing to check")
    if len(said.drawn) != len(votes):
        raise ValueError(f"expected words for each of {len(votes)} ballots, got {len(said.drawn)}")
    drawn = enumerate(zip(said.drawn, votes, strict=True), start=1)
    each = [("greedy", said.greedy, choice.option), *((str(i), raw, vote) for i, (raw, vote) in drawn)]
    return [Words(label, raw, parsed, label in said.cut_off) for label, raw, parsed in each]


def settled(words: Words, question: Question) -> LetterVerdict | None:
    """The verdict where there is nothing to judge: nothing was said, or exactly one letter."""
    if words.raw is None:
        reason = "nothing was said" + (": its tokens ran out while it was thinking" if words.cut_off else "")
        return LetterVerdict(parsed=words.parsed, confirmed=None, clear=None, reason=reason, skipped="null_raw")
    letter = sole_letter(words.raw, question.options)
    if letter is None:
        return None
    reason = f"the whole answer is the letter {letter}"
    return LetterVerdict(parsed=words.parsed, confirmed=letter, clear="yes", reason=reason, skipped="single_letter")
