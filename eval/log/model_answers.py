"""What a run's model said, what was confirmed of it, and what it cost: read from its recorded steps.

Rules kept here
- Words, tokens and times are those of the model steps within *choose*, verdicts those of *check*; nothing is asked
  again. What a step does not tell is None.
- The greedy answer is that of the last unlabelled call (one that could not be read was asked again), and costs all of
  them together; the samples are those of the call labelled ``ballots``.
- Verdicts are those that count (``latest_check.py``). The same answer is judged once: its cost stands at the first.
- A reader that calls no model has letters, and no words.

    spoken = spoken_in(trace, counted(trace, latest))
    spoken.greedy.raw, spoken.greedy.verdict.confirmed, spoken.drawn[3].parsed
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from evitrail.agent.llm.base import Completion
from evitrail.agent.model import CheckedAnswers, Choice, LetterVerdict
from evitrail.traces.run.activity import Activity
from evitrail.traces.run.memory import unfolded
from evitrail.traces.trace import Trace


class Cost(NamedTuple):
    """Of one or more calls together."""

    input_tokens: int | None
    output_tokens: int | None
    seconds: float


class RawAnswer(NamedTuple):
    """One answer."""

    sample: str
    """``greedy``, or ``stochastic[i]`` from 0 on."""
    raw: str | None
    parsed: str | None
    verdict: LetterVerdict | None
    """None where the reader names its option itself, so that nothing had to be confirmed."""
    judging: Cost | None = None
    """What the judge cost; None where none was asked about these words."""
    replied: str | None = None
    """What it said last."""


class RunAnswers(NamedTuple):
    """All answers of a run."""

    greedy: RawAnswer
    drawn: tuple[RawAnswer, ...]
    greedy_cost: Cost | None
    """None where no model was called."""
    drawn_cost: Cost | None
    model: str | None
    """Who answered, as the server calls it."""


def spoken_in(trace: Trace, checked_in: Trace) -> RunAnswers | None:
    """The answers of a run that ended, as ``checked_in`` confirms them; None where it chose nothing."""
    chosen = trace.last("choose")
    if chosen is None:
        return None
    choice = trace.get(chosen.output, Choice)
    calls = _calls(trace, chosen)
    ballots = [call for call in calls if call[0].startswith("ballots")]
    greedy = [call for call in calls if call not in ballots]
    judged = _judged(checked_in)
    return RunAnswers(
        greedy=judged.answer_at("greedy", 0, choice.said.greedy if choice.said else _text(greedy), choice.option),
        drawn=tuple(
            judged.answer_at(f"stochastic[{i}]", i + 1, raw, vote)
            for i, (raw, vote) in enumerate(zip(_sample_texts(choice, ballots), choice.ballots.votes, strict=True))
        ),
        greedy_cost=_cost(greedy),
        drawn_cost=_cost(ballots),
        model=greedy[-1].completion.model if greedy else None,
    )


class RecordedCall(NamedTuple):
    """A recorded call of a model."""

    label: str
    completion: Completion
    milliseconds: float


class CheckStep(NamedTuple):
    """A check step and the calls within it."""

    checked: CheckedAnswers | None
    calls: list[RecordedCall]

    def answer_at(self, sample: str, place: int, raw: str | None, parsed: str | None) -> RawAnswer:
        """The answer at that place: 0 is the greedy one, the samples follow."""
        if self.checked is None:
            return RawAnswer(sample, raw, parsed, None)
        verdict = (self.checked.greedy, *self.checked.ballots)[place]
        calls = [call for call in self.calls if call.label.partition(".")[0] == (str(place) if place else "greedy")]
        return RawAnswer(sample, raw, parsed, verdict, _cost(calls), _text(calls))


def _judged(trace: Trace) -> CheckStep:
    step = trace.last("check")
    if step is None:
        return CheckStep(None, [])
    return CheckStep(trace.get(step.output, CheckedAnswers), _calls(trace, step))


def _calls(trace: Trace, within: Activity) -> list[RecordedCall]:
    """The model steps within a step, in order; of one that was reused, where it was done."""
    beginning = f"{within.path}/model["
    steps = [step for step in unfolded(trace.journal, trace.run) if step.path.startswith(beginning)]
    return [
        RecordedCall(
            step.path.removeprefix(beginning).replace("]", "", 1),
            trace.get(step.output, Completion),
            step.milliseconds,
        )
        for step in steps
    ]


def _sample_texts(choice: Choice, ballots: list[RecordedCall]) -> tuple[str | None, ...]:
    if choice.said:
        return choice.said.drawn
    texts = ballots[-1].completion.texts if ballots else ()
    return tuple(texts[i] if i < len(texts) else None for i in range(len(choice.ballots.votes)))


def _text(calls: list[RecordedCall]) -> str | None:
    return next(iter(calls[-1].completion.texts), None) if calls else None


def _cost(calls: list[RecordedCall]) -> Cost | None:
    if not calls:
        return None
    return Cost(
        _total(call.completion.prompt_tokens for call in calls),
        _total(call.completion.completion_tokens for call in calls),
        round(sum(call.milliseconds for call in calls) / 1000, 3),
    )


def _total(counts: Iterable[int | None]) -> int | None:
    """The sum; None where one of them was not told."""
    listed = list(counts)
    told = [count for count in listed if count is not None]
    return sum(told) if len(told) == len(listed) else None
