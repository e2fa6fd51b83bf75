"""How an external run is listed, shown and compared: where it comes from, when it was, its steps, its output.

Nothing is known here of what its values mean; they are shown as they were recorded.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from evitrail.workbench.cli.console import print_json, print_table, say
from evitrail.workbench.cli.folder import say_recorded

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evitrail.traces import Trace
    from evitrail.traces.journal.view import JournalView

SHOWN = 300
"""Characters of a value that are shown; the step, whole, has them all."""


def rows_of(journal: JournalView, names: Sequence[str]) -> list[dict[str, Any]]:
    """These external runs of a journal, each as a line of a list."""
    from evitrail.traces.trace import Trace

    return [_row(Trace(journal, name)) for name in names]


def list_elsewhere(folder: Path, rows: Sequence[dict[str, Any]]) -> None:
    """The runs as a table."""
    cells = [(row["run"], row["of"], row["steps"], row["failed"], _short(row["error"] or "")) for row in rows]
    heads = ("run", "of", "steps", "failed", "error")
    print_table(f"{len(rows)} external runs in {folder}", heads, cells)


def show_elsewhere(folder: Path, trace: Trace, *, json: bool) -> None:
    """One run."""
    ends = trace.of_type("run.end")
    output = _body(trace, ends[-1].body["output"]) if ends else None
    failures = [(record.body["path"], record.body["error"]) for record in trace.of_type("activity.error")]
    if json:
        steps = [step.path for step in trace.activities]
        failed = [{"step": path, "error": error} for path, error in failures]
        told = {"folder": str(folder), **_row(trace), **_times(trace), "begun": _begun(trace), "output": output}
        print_json({**told, "steps": steps, "failed": failed})
        return
    say(trace.run, style="bold")
    say(f"external run: {_of(trace)}")
    if earlier := trace.records[0].body.get("continues"):
        say(f"continues {earlier}, which has less of this trace")
    times = _times(trace)
    if times["began"] or times["ended"]:
        say(f"began {times['began'] or 'unknown'}, ended {times['ended'] or 'unknown'}")
    for step in trace.activities:
        say(f"{step.path} by {step.by} · {step.milliseconds:.1f} ms", indent=2)
        say(_short(_body(trace, step.output)), indent=4)
    for path, error in failures:
        say(f"{path} failed: {error}", indent=2)
    if error := _error(trace):
        say(f"the run failed: {error}")
    say(f"output: {_short(output)}")
    say_recorded(folder, trace)


def diff_elsewhere(first: Trace, second: Trace, *, json: bool) -> None:
    """Where two runs part, step by step; what their values mean is not known."""
    from evitrail.traces.external.external_run import without_times
    from evitrail.traces.run.diff import compared, first_cause

    checked = compared(second.journal, without_times(first), without_times(second))
    cause = first_cause(checked)
    ended = [trace.of_type("run.end") for trace in (first, second)]
    outputs = [
        _body(t, ends[-1].body["output"]) if ends else None for t, ends in zip((first, second), ended, strict=True)
    ]
    if json:
        steps = [step._asdict() for step in checked]
        print_json(
            {"runs": [first.run, second.run], "first": cause and cause._asdict(), "steps": steps, "outputs": outputs}
        )
        return
    for name, trace, output in zip(("first", "second"), (first, second), outputs, strict=True):
        say(f"{name}: {trace.run}")
        say(_short(output), indent=2)
    say(f"\nthey diverge at {cause.path} · {cause.verdict}: {cause.detail}" if cause else "\nthe same, step by step")
    print_table("step by step", ("step", "verdict", "detail"), [tuple(step) for step in checked])


def _row(trace: Trace) -> dict[str, Any]:
    from evitrail.traces.external.external_run import ELSEWHERE

    failed = len({record.body["path"] for record in trace.of_type("activity.error")})
    counts = {"steps": len(trace.activities), "failed": failed}
    return {"run": trace.run, "recorded": ELSEWHERE, "of": _of(trace), **counts, "error": _error(trace)}


def _error(trace: Trace) -> str | None:
    """Why the run failed; None if it did not, or that is withheld."""
    from evitrail.traces.export.disclosed import Disclosed

    return Disclosed(trace, with_sensitive=True).failure


def _times(trace: Trace) -> dict[str, str | None]:
    """When the run began and ended where it was recorded; None where that is unknown."""
    from evitrail.traces.external.recorded_times import iso_time, recorded_times

    stated = recorded_times(trace)
    return {
        name: iso_time(at or 0)
        for name, at in (stated.run._asdict() if stated else dict.fromkeys(("began", "ended"))).items()
    }


def _of(trace: Trace) -> str:
    """What it is a run of: a trace in a file, or a call of a library."""
    from evitrail.traces.journal.errors import Redacted

    try:
        begun = _begun(trace)
    except Redacted:
        return "redacted"
    if trace.records[0].body["config_type"] == "Imported":
        return f"trace {begun['trace']} of {begun['source']}, {begun['digest'][:15]}…"
    return " ".join(str(begun[field]) for field in ("library", "call") if field in begun)


def _begun(trace: Trace) -> dict[str, Any]:
    begun: dict[str, Any] = _body(trace, trace.records[0].body["config"])
    return begun


def _body(trace: Trace, name: str) -> Any:
    from json import loads

    return loads(trace.journal.raw(name).partition(b"\n")[2])


def _short(value: Any) -> str:
    from evitrail.traces import canonical_json

    text = value if isinstance(value, str) else canonical_json(value)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]} …"
