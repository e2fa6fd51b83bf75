"""One step of two runs in detail: its inputs, its component, and what differs in its output.

Rules kept here
- What a search found, what was read and what was chosen is matched by evidence and by claim; every other text is
  compared word by word, every other field by its value.
- An input that is the output of another step is named by that step, and not shown again.
- A step that only one run has is shown with its output there.

    step_diff(folder, "standard.q-1", "gated.q-1", "retrieve[1]").passages
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from evitrail.agent.model import Choice, Claim, Synthesis
from evitrail.agent.steps.research import Section
from evitrail.evidence_store.did_you_mean import nearest
from evitrail.retrieval.base import Retrieved
from evitrail.traces.journal.errors import JournalError
from evitrail.traces.journal.folder import Journals
from evitrail.traces.journal.view import JournalView
from evitrail.traces.record import Record, stored_name
from evitrail.traces.run.activity import Activity
from evitrail.traces.trace import Trace
from evitrail.workbench.api.diff.fields import FieldDiff, field_diffs
from evitrail.workbench.api.diff.side import ReadSide, read_side
from evitrail.workbench.api.diff.steps import AlignedStep, aligned, differing_inputs, differing_parameters, steps_of
from evitrail.workbench.api.diff.word_diff import Change, word_diff
from evitrail.workbench.api.folders import UnknownName
from evitrail.workbench.explain.run_diff import ClaimDiff, PassageDiff, claim_diffs, passage_diffs
from evitrail.workbench.one_line import one_line

SHOWN = {
    stored_name(Retrieved): ("query", "hits", "gates"),
    stored_name(Synthesis): ("claims",),
    stored_name(Section): ("claims",),
    stored_name(Choice): ("option", "logits", "claims"),
}
"""By type, the fields of an output that have a form of their own."""


class StepSide(Record):
    """The step in one of the runs."""

    by: str
    code: str
    milliseconds: float
    given: bool
    reused_from: str | None
    output_type: str


class InputDiff(Record):
    """An input that is not the same in both."""

    role: str
    first_from: str | None
    """The step of the first run whose output it is; None where there is none, or the first had no such input."""
    second_from: str | None
    fields: tuple[FieldDiff, ...]
    """What differs in it, where it is no step's output."""


class DropDiff(Record):
    """A passage that a gate of one of the runs, or of both, held back."""

    gate: str
    passage: str
    first: str | None
    """Why, in the first run; None where no gate of that name held it back."""
    second: str | None


class StepDetail(Record):
    """See the module."""

    step: AlignedStep
    first: StepSide | None
    second: StepSide | None
    failed: tuple[str | None, str | None]
    """Why it failed in either run; None where it did not."""
    parameters: tuple[FieldDiff, ...]
    inputs: tuple[InputDiff, ...]
    query: tuple[Change, ...]
    """Of a search: what was searched for, word by word."""
    passages: tuple[PassageDiff, ...]
    drops: tuple[DropDiff, ...]
    claims: tuple[ClaimDiff, ...]
    logits: tuple[dict[str, float], dict[str, float]] | None
    """Of a choice: what spoke for each option."""
    chosen: tuple[str | None, str | None] | None
    fields: tuple[FieldDiff, ...]
    """Whatever else differs in its output."""
    lacking: str = ""
    """Why its output cannot be shown; empty where it can."""


def step_diff(folder: Path, a: str, b: str, path: str) -> StepDetail:
    """One step of two runs; raises ``UnknownName`` for a run or a step that there is not."""
    with Journals.open(folder) as journal:
        first, second = read_side(folder, journal, a), read_side(folder, journal, b)
        steps = {step.path: step for step in aligned(first, second)}
        if path not in steps:
            raise UnknownName(f"expected a step of one of these runs, got {path!r}{nearest(path, steps)}")
        if not (first.is_readable and second.is_readable):
            state = first.told if not first.is_readable else second.told
            return _detail(steps[path], lacking=f"{state.run} is {state.state}: {state.why}")
        return _told(journal, steps[path], first, second)


def _told(journal: JournalView, step: AlignedStep, first: ReadSide, second: ReadSide) -> StepDetail:
    before, after = steps_of(first.trace), steps_of(second.trace)
    was, now = before.get(step.path), after.get(step.path)
    sides: dict[str, Any] = {"first": _side(was), "second": _side(now)}
    sides["failed"] = tuple(_failure(side.trace, step.path) for side in (first, second))
    if was and now:
        names = differing_parameters(was, now)
        told = ({name: one.parameters[name] for name in names if name in one.parameters} for one in (was, now))
        sides["parameters"] = field_diffs(*told)
    try:
        sides["inputs"] = tuple(_inputs(journal, was, now, before, after)) if was and now else ()
        return _detail(step, **sides, **_left(journal, was, now))
    except (JournalError, ValueError, KeyError) as error:
        return _detail(step, **sides, lacking=one_line(error))


def _detail(step: AlignedStep, **told: Any) -> StepDetail:
    nothing: dict[str, Any] = dict.fromkeys(
        ("parameters", "inputs", "query", "passages", "drops", "claims", "fields"), ()
    )
    nothing |= dict.fromkeys(("first", "second", "logits", "chosen"))
    return StepDetail(step=step, **({"failed": (None, None)} | nothing | told))


def _failure(trace: Trace, path: str) -> str | None:
    """Why a step failed, the last time that it was tried."""
    errors = [record.body["error"] for record in trace.of_type("activity.error") if record.body["path"] == path]
    return str(errors[-1]) if errors else None


def _side(step: Activity | None) -> StepSide | None:
    return StepSide.model_validate({name: getattr(step, name) for name in StepSide.model_fields}) if step else None


def _inputs(
    journal: JournalView, was: Activity, now: Activity, before: Mapping[str, Activity], after: Mapping[str, Activity]
) -> Iterator[InputDiff]:
    """The inputs that differ; in several of one role, the last of either counts."""
    ours, theirs = ({given.role: given.id for given in step.inputs} for step in (was, now))
    for role in differing_inputs(was, now):
        makers = _maker(ours.get(role), before), _maker(theirs.get(role), after)
        fields = () if any(makers) else field_diffs(_body(journal, ours.get(role)), _body(journal, theirs.get(role)))
        yield InputDiff(role=role, first_from=makers[0], second_from=makers[1], fields=fields)


def _maker(id: str | None, steps: Mapping[str, Activity]) -> str | None:
    return next((path for path, step in steps.items() if step.output == id), None) if id else None


def _left(journal: JournalView, was: Activity | None, now: Activity | None) -> dict[str, Any]:
    """What differs in the output of the step."""
    told: dict[str, Any] = {}
    kinds = {step.output_type for step in (was, now) if step}
    kind = kinds.pop() if len(kinds) == 1 else ""
    outputs = [step.output if step else None for step in (was, now)]
    if kind == stored_name(Retrieved):
        told |= _searches([journal.get(name, Retrieved) if name else None for name in outputs])
    elif kind in (stored_name(Synthesis), stored_name(Section)):
        read = [_claims(journal, kind, name) for name in outputs]
        told["claims"] = claim_diffs(read[0], read[1], telling=())
    elif kind == stored_name(Choice):
        choices = [journal.get(name, Choice) if name else None for name in outputs]
        told["logits"] = tuple(_rounded(choice) for choice in choices)
        told["chosen"] = tuple(choice.option if choice else None for choice in choices)
    told["fields"] = field_diffs(*(_without(_body(journal, name), SHOWN.get(kind, ())) for name in outputs))
    return told


def _searches(found: list[Retrieved | None]) -> dict[str, Any]:
    was, now = found
    drops: dict[tuple[str, str], list[str | None]] = {}
    for place, one in enumerate(found):
        for gate in one.gates if one else ():
            for dropped in gate.dropped:
                drops.setdefault((gate.gate, dropped.passage), [None, None])[place] = dropped.why
    return {
        "query": word_diff(was.query if was else "", now.query if now else ""),
        "passages": passage_diffs([was] if was else [], [now] if now else []),
        "drops": tuple(
            DropDiff(gate=gate, passage=passage, first=why[0], second=why[1]) for (gate, passage), why in drops.items()
        ),
    }


def _claims(journal: JournalView, kind: str, name: str | None) -> tuple[Claim, ...]:
    if name is None:
        return ()
    if kind == stored_name(Section):
        return journal.get(name, Section).claims
    return journal.get(name, Synthesis).claims


def _rounded(choice: Choice | None) -> dict[str, float]:
    return {letter: round(value, 3) for letter, value in choice.logits.items()} if choice else {}


def _body(journal: JournalView, name: str | None) -> Any:
    return json.loads(journal.raw(name).partition(b"\n")[2]) if name else None


def _without(value: Any, fields: tuple[str, ...]) -> Any:
    return {key: one for key, one in value.items() if key not in fields} if isinstance(value, dict) else value
