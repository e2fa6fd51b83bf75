"""One run of ours as the published files hold it: a condition of phase 3, with the verdicts of phase 4.

Rules kept here (sections are those of the SaFE-Scale specification)
- ``parsed_answer``, ``correct`` and the majority vote are the parser's, as in phase 3 (2.5): nulls dropped, ties to the
  alphabetically first. Only the confirmed letter is an answer.
- Words, tokens and seconds are those of the recorded model steps; what was not told is null. A reader that calls no
  model has no words: its letter is the confirmed one, and its time is that of the whole run.
- ``total_elapsed_s`` is the run's, without its check, which phase 3 does not have.
- Of a sensitive case neither words nor a judge's reasoning are told.

    arm_of(run)
"""

from __future__ import annotations

from collections import Counter
from typing import Any, NamedTuple

from evitrail.eval.log.mismatches import misunderstood
from evitrail.eval.log.model_answers import Cost, RawAnswer, RunAnswers
from evitrail.eval.log.run_config import RunConfig
from evitrail.eval.metrics.outcome import Outcome
from evitrail.eval.safe_scale.columns import LETTERS
from evitrail.eval.safe_scale.published import CheckedCondition, CheckedGreedy, CheckedSampled, JudgeVerdict

UNJUDGED = "no judge was asked: the reader names an option, or abstains"
REASONING, REPLY, ERROR = 2_000, 500, 300
"""Characters that the published files keep of each."""


class Ran(NamedTuple):
    """A finished run."""

    config: RunConfig
    outcome: Outcome
    spoken: RunAnswers
    seconds: float
    """Of all its steps but the check."""


def arm_of(run: Ran) -> CheckedCondition:
    """The run under its condition."""
    spoken, truth = run.spoken, run.outcome.answer
    covered = bool(run.config.case.sensitive)
    parsed = [word.parsed for word in spoken.drawn]
    counts = Counter(letter for letter in parsed if letter is not None)
    most = min((letter for letter in counts if counts[letter] == max(counts.values())), default=None)
    asked = spoken.greedy_cost or Cost(None, None, run.seconds)
    greedy: dict[str, Any] = {
        "raw_output": None if covered else spoken.greedy.raw,
        "parsed_answer": spoken.greedy.parsed,
        "input_tokens": asked.input_tokens,
        "output_tokens": asked.output_tokens,
        "elapsed_s": asked.seconds,
        "correct": spoken.greedy.parsed == truth,
        "checked_answer": _verdict(spoken.greedy, covered),
    }
    sampled: dict[str, Any] = {
        "raw_outputs": [None if covered else word.raw for word in spoken.drawn],
        "parsed_answers": parsed,
        "majority_vote": most,
        "vote_counts": {letter: counts[letter] for letter in LETTERS},
        "input_tokens": spoken.drawn_cost.input_tokens if spoken.drawn_cost else None,
        "elapsed_s": spoken.drawn_cost.seconds if spoken.drawn_cost else None,
        "majority_correct": most == truth,
        "checked_answers": [_verdict(word, covered) for word in spoken.drawn],
    }
    return CheckedCondition(
        greedy=CheckedGreedy.model_validate(greedy),
        stochastic=CheckedSampled.model_validate(sampled),
        total_elapsed_s=run.seconds,
    )


def _verdict(word: RawAnswer, covered: bool) -> JudgeVerdict:
    verdict = word.verdict
    if verdict is None:
        return JudgeVerdict.model_validate({"reasoning": UNJUDGED, "confirmed_answer": word.parsed})
    unread = misunderstood(word)
    return JudgeVerdict.model_validate(
        {
            "clear_selection": verdict.clear,
            "reasoning": None if covered else verdict.reason[:REASONING],
            "confirmed_answer": verdict.confirmed,
            "checker_input_tokens": word.judging.input_tokens if word.judging else None,
            "checker_output_tokens": word.judging.output_tokens if word.judging else None,
            "skipped": verdict.skipped,
            "guard_override": verdict.override,
            "parse_error": unread[:ERROR] if unread else None,
            "raw_reply": word.replied[:REPLY] if unread and word.replied and not covered else None,
        }
    )
