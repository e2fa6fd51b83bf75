"""The mismatch queue: answers in words whose parsed letter was not confirmed, for a person to look at.

Rules kept here
- An answer is listed where nothing was confirmed (``no_answer``), or another letter than the parser found
  (``disagreement``). What nobody had to judge, a single letter or silence, is not listed.
- The words are shown shortened to 600 characters, head and tail; those of a sensitive case not at all.
- Names are ours here; ``safe_scale/export.py`` writes the same rows under the published ones.

    for mismatch in mismatches(journal):
        mismatch.question_id, mismatch.parsed_answer, mismatch.confirmed_answer

Fields and their names are those of ``mismatches.jsonl`` (section 1.7 of the SaFE-Scale specification).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from evitrail.agent.model import Answer
from evitrail.eval.dataset.case import COVER
from evitrail.eval.log.latest_check import counted, rechecked
from evitrail.eval.log.model_answers import RawAnswer, RunAnswers, spoken_in
from evitrail.eval.log.run_config import RunConfig
from evitrail.eval.log.runs import traces
from evitrail.traces.journal.view import JournalView
from evitrail.traces.record import Record

MISMATCHES = "mismatches.jsonl"
SHOWN = 600
"""Characters of the words that are shown."""
GAP = " … "


class Mismatch(Record):
    """One answer to look at."""

    model: str
    question_id: str
    condition: str
    sample: str
    """``greedy``, or ``stochastic[i]`` from 0 on."""
    correct_answer: str
    parsed_answer: str | None
    confirmed_answer: str | None
    clear_selection: Literal["yes", "no"] | None
    reason: Literal["no_answer", "disagreement"]
    checker_reasoning: str | None
    checker_error: str | None
    """Why the judge could not be understood; None where it was."""
    raw_output_preview: str | None


def mismatches(journal: JournalView) -> list[Mismatch] | None:
    """Every answer to look at, run by run; None where no words were checked at all."""
    found: list[Mismatch] = []
    checked = False
    latest = rechecked(journal)
    for trace in traces(journal):
        said = trace.output(Answer)
        spoken = None if said is None or said.skipped else spoken_in(trace, counted(trace, latest))
        if spoken is not None and spoken.greedy.verdict is not None:
            checked = True
            found += mismatches_of(trace.config(RunConfig), spoken)
    return found if checked else None


def mismatches_of(config: RunConfig, spoken: RunAnswers) -> Iterator[Mismatch]:
    """Those of one run, the greedy answer first."""
    for word in (spoken.greedy, *spoken.drawn):
        reason = _reason(word)
        if reason is None or word.verdict is None:
            continue
        covered = bool(config.case.sensitive)
        yield Mismatch(
            model=config.reader,
            question_id=config.case.id,
            condition=config.condition.name,
            sample=word.sample,
            correct_answer=config.case.answer,
            parsed_answer=word.parsed,
            confirmed_answer=word.verdict.confirmed,
            clear_selection=word.verdict.clear,
            reason=reason,
            checker_reasoning=COVER if covered else word.verdict.reason,
            checker_error=misunderstood(word),
            raw_output_preview=COVER if covered else preview(word.raw),
        )


def misunderstood(word: RawAnswer) -> str | None:
    """Why nobody could tell what the judge meant; None where one could, or none was asked."""
    verdict = word.verdict
    return verdict.reason if verdict and verdict.clear is None and verdict.skipped is None else None


def preview(raw: str | None) -> str | None:
    """At most 600 characters of it: head and tail."""
    if raw is None or len(raw) <= SHOWN:
        return raw
    half = (SHOWN - len(GAP)) // 2
    return f"{raw[:half]}{GAP}{raw[-half:]}"


def _reason(word: RawAnswer) -> Literal["no_answer", "disagreement"] | None:
    verdict = word.verdict
    if verdict is None or verdict.skipped:
        return None
    if verdict.confirmed is None:
        return "no_answer"
    return "disagreement" if verdict.confirmed != word.parsed else None
