"""``evitrail attribute``: which step caused each failure, what differs from a normal run, and since which event."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple, TypedDict

import typer

from evitrail.workbench.cli.console import Json, print_json, print_table, progress, say
from evitrail.workbench.cli.experiment.blame_tables import failure_in_words, show_blames, show_fix_values
from evitrail.workbench.cli.folder import AllowCode, Folder, StoreNow, open_journal

if TYPE_CHECKING:
    from evitrail.eval.attribution.baseline.baseline import Swap
    from evitrail.eval.attribution.event.event import TurningEvent
    from evitrail.eval.run_plan import Results


class Opening(TypedDict):
    """How the experiment is opened."""

    allow_code: bool
    store: Path | None


def attribute(
    folder: Folder,
    baseline: Annotated[
        str | None,
        typer.Option(
            "--baseline",
            help="Compare failed runs with another experiment's folder or another condition of this one, and name the "
            "components that decide.",
            metavar="DIR2|CONDITION",
        ),
    ] = None,
    bisect: Annotated[
        bool, typer.Option("--bisect", help="Name the ledger event since which each failed run fails.")
    ] = False,
    reference: Annotated[
        str | None,
        typer.Option(
            "--reference",
            help="A state that is right: another store's folder, or a release or ledger number of this one; default: "
            "what the labels say.",
            metavar="STORE|SNAPSHOT",
        ),
    ] = None,
    budget: Annotated[
        int | None,
        typer.Option("--budget", help="Model calls that the re-runs may make; default: no limit.", min=0),
    ] = None,
    dry_run: Annotated[
        bool,
        typer.Option(
            "--dry-run",
            help="Count the failed runs to attribute, and the re-runs and model calls it will take; run nothing, write "
            "nothing.",
        ),
    ] = False,
    store: StoreNow = None,
    allow_code: AllowCode = False,
    json: Json = False,
) -> None:
    """Attribute each failed run to the step that caused the failure, then write the results again.

    Runs that were attributed before are not attributed again. With --baseline: also compare each failed run with the
    baseline's run of the same case, and name the components whose swap prevents the failure. With --bisect: also
    repeat each failed run at earlier ledger numbers. Nothing is recorded of either.
    """
    opening: Opening = {"allow_code": allow_code, "store": store}
    if dry_run:
        _show_pending(folder, baseline, opening, json=json)
        return
    swaps = _compared(folder, baseline, opening) if baseline is not None else None
    turned = _bisect(folder, opening) if bisect else None
    attributed, results = _attributed(folder, opening, reference, budget)
    blames = results.blames()
    if json:
        found = {
            "attributed": attributed.runs,
            "replays": attributed.replays,
            "not_attributed": attributed.failed,
            "blames": [blame.model_dump(mode="json") for blame in blames],
            "overridden": sum(blame.overridden is not None for blame in blames),
        }
        compared = {} if swaps is None else {"swaps": [swap.model_dump(mode="json") for swap in swaps]}
        print_json({"folder": str(folder), **found, **compared, **({} if turned is None else turned.as_json())})
        return
    say(f"{folder}: {attributed.runs} failed runs attributed now, with {attributed.replays} re-runs")
    for run, why in attributed.failed.items():
        say(f"{run}: not attributed, {why}")
    show_blames(blames)
    show_fix_values(blames)
    if swaps is not None:
        _show_swaps(swaps)
    if turned is not None:
        _show_events(turned)
    say(f"report: {results.report}")


def _show_pending(folder: Path, baseline: str | None, opening: Opening, *, json: bool) -> None:
    """How many failed runs there are to attribute, and to compare; nothing is run or written."""
    from evitrail.eval.attribution.baseline.baseline_runs import failed_pairs, opened_sides
    from evitrail.eval.attribution.pending import expected, unattributed
    from evitrail.eval.rerun.reopened import reopened

    with reopened(folder, **opening) as again:
        runs = [trace.run for trace in unattributed(again.past)]
        needed = expected(again.past, again.store, again.readers)
    found: dict[str, Any] = {"folder": str(folder), "attribute": runs, **needed._asdict()}
    said = f"{folder}: {len(runs)} failed runs to attribute"
    if runs:
        said += f", with about {needed.replays} re-runs and {needed.calls} model calls"
    if baseline is not None:
        with opened_sides(folder, baseline, **opening) as (ours, theirs):
            pairs = failed_pairs(ours, theirs)
        found["compare"] = [pair.failed.run for pair in pairs]
        said += f", {len(pairs)} to compare with {baseline}"
    if json:
        print_json(found)
        return
    say(f"{said}; nothing was run, nothing was written")


def _compared(folder: Path, baseline: str, opening: Opening) -> list[Swap]:
    from evitrail.eval.attribution.baseline.baseline import compare_with_baseline
    from evitrail.eval.attribution.baseline.baseline_runs import opened_sides

    with opened_sides(folder, baseline, **opening) as (ours, theirs), progress("comparing") as told:
        return compare_with_baseline(ours, theirs, told)


class Bisected(NamedTuple):
    """The ledger events that made runs fail, and the runs that could not be done again."""

    events: list[TurningEvent]
    faults: list[tuple[str, str]]
    """Each with the reason."""

    def as_json(self) -> dict[str, Any]:
        """For ``--json``."""
        faults = [{"run": run, "error": why} for run, why in self.faults]
        return {"events": [event.model_dump(mode="json") for event in self.events], "not_bisected": faults}


def _bisect(folder: Path, opening: Opening) -> Bisected:
    """Since which ledger event does each failed run fail?"""
    from evitrail.eval.attribution.event.event import turning_events
    from evitrail.eval.rerun.reopened import reopened

    faults: list[tuple[str, str]] = []
    with reopened(folder, **opening) as again, progress("bisecting") as told:
        found = turning_events(again.past, again.store, again.readers, told, lambda run, why: faults.append((run, why)))
    return Bisected(found, faults)


class Attributed(NamedTuple):
    """What was attributed now."""

    runs: int
    replays: int
    failed: dict[str, str]
    """The runs that could not be attributed, each with the reason."""


def _attributed(
    folder: Path, opening: Opening, reference: str | None, budget: int | None
) -> tuple[Attributed, Results]:
    """What was attributed now, and the results, written again."""
    from evitrail.eval.attribution.blame_record import blame_folder, no_reference, not_attributed
    from evitrail.eval.attribution.pending import replays_made, unattributed
    from evitrail.eval.attribution.replays.budget import Budget
    from evitrail.eval.attribution.scene.named_reference import named_reference
    from evitrail.eval.rerun.reopened import reopened
    from evitrail.eval.run_plan import results_in

    with reopened(folder, **opening) as again, progress("attributing") as told:
        todo = {trace.run for trace in unattributed(again.past)}
        named = named_reference(reference, again.store) if reference is not None else nullcontext(no_reference)
        with named as state:
            blame_folder(folder, again.store, again.readers, told, reference=state, budget=Budget(budget))
    with open_journal(folder) as journal:
        failed = not_attributed(journal)
    results = results_in(folder)
    made = replays_made(blame for blame in results.blames() if blame.run in todo)
    return Attributed(len(todo - failed.keys()), made, failed), results


def _show_swaps(swaps: Sequence[Swap]) -> None:
    """What decides each failure in a sentence, and how many failures each component decides."""
    from evitrail.eval.attribution.baseline.baseline import decisive

    for run, sentence, failures in _by_sentence(swaps):
        say(f"{run} ({failures}): {sentence}")
    print_table(
        "failures that a swap for the baseline's component prevents",
        ("component", "failures"),
        list(decisive(swaps).items()),
        empty="none" if swaps else "no run failed",
    )


def _show_events(turned: Bisected) -> None:
    """Each event with the runs that it made fail."""
    from evitrail.eval.attribution.event.event import by_event

    groups = by_event(turned.events)
    if not groups:
        say("no failure can be laid to an event of the ledger")
    for group in groups:
        say(group.sentence)
        say(", ".join(group.runs), indent=2)
    for run, why in turned.faults:
        say(f"{run}: not bisected: {why}")


def _by_sentence(swaps: Iterable[Swap]) -> list[tuple[str, str, str]]:
    """Each run and sentence once, with the kinds of failure that it is said of."""
    kinds: dict[tuple[str, str], list[str]] = {}
    for swap in swaps:
        kinds.setdefault((swap.run, swap.sentence), []).append(failure_in_words(swap.outcome))
    return [(run, sentence, ", ".join(each)) for (run, sentence), each in kinds.items()]
