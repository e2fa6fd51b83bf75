"""``evitrail trace``: which runs there are, what one rests on, and whether the record can be trusted."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from workbench.cli.console import CheckFailed, Json, out, print_json, print_table, say

if TYPE_CHECKING:
    from eval.attribution import Blame
    from traces import Activity, Journal, Trace
    from workbench.chain import Chain, Link

app = typer.Typer(help="Recorded runs: list, show, verify.")
Folder = Annotated[Path, typer.Argument(help="An experiment's folder.", metavar="DIR")]
FAULTS = 20
"""Faults that are told before the rest is only counted."""
ALSO = 6
"""Claims shown beside those the answer rests on."""


@app.command("list")
def list_(
    folder: Folder,
    failed: Annotated[bool, typer.Option("--failed", help="Only runs whose answer is wrong.")] = False,
    condition: Annotated[
        str | None, typer.Option("--condition", help="Only runs under this condition.", metavar="NAME")
    ] = None,
    json: Json = False,
) -> None:
    """Every run, its answer, and who is blamed for a wrong one."""
    from eval.condition import condition as named
    from eval.experiment import outcomes, traces
    from eval.results import blames_of

    arm = named(condition).name if condition else None
    with open_journal(folder) as journal:
        blamed = {trace.run: blames_of(trace) for trace in traces(journal)}
        kept = [o for o in outcomes(journal) if not (failed and o.correct) and arm in (None, o.condition)]
    rows = [(o, next((b for b in blamed[o.run] if b.outcome == "wrong"), None)) for o in kept]
    if json:
        print_json([{**o.model_dump(), "blamed": list(b.culprit) if b else None} for o, b in rows])
        return
    print_table(
        f"{len(rows)} runs in {folder}",
        ("run", "chosen", "answer", "correct", "confidence", "blamed"),
        [
            (
                o.run,
                o.chosen or "abstained",
                o.answer,
                "yes" if o.correct else "no",
                None if o.confidence is None else f"{o.confidence:.2f}",
                "" if b is None else _culprit(b),
            )
            for o, b in rows
        ],
        empty="none that was asked for has finished",
    )


@app.command()
def show(
    folder: Folder,
    run: Annotated[str, typer.Argument(help="A run, or one step of it.", metavar="RUN[#STEP]")],
    json: Json = False,
) -> None:
    """What an answer rests on, from the option to the query.

    Option, claim, passage, evidence version, grade, query; or with #STEP one step, whole.
    """
    name, mark, step = run.partition("#")
    if not mark:
        show_run(folder, name, json=json)
        return
    with open_journal(folder) as journal:
        _show_step(find_run(journal, name), step, json)


def show_run(folder: Path, run: str, *, json: bool) -> None:
    """An answer, all it rests on, and who is blamed for it."""
    from eval.results import blames_of
    from workbench.chain import chain

    with open_journal(folder) as journal:
        trace = find_run(journal, run)
        told, blamed = chain(trace), blames_of(trace)
        steps = trace.activities
    if json:
        rest = {"steps": [step.path for step in steps], "blames": [blame.model_dump(mode="json") for blame in blamed]}
        print_json({"folder": str(folder), **told.model_dump(mode="json"), **rest})
        return
    _show_chain(told)
    say(f"\nsteps: {' → '.join(step.path for step in steps)}")
    for blame in blamed:
        shares = ", ".join(f"{role} {s.value:.2f} [{s.lo:.2f}, {s.hi:.2f}]" for role, s in blame.phi.items() if s.value)
        say(f"{blame.outcome}: blamed on {_culprit(blame, whole=True)} · shares: {shares or 'none'}")
    say(f"recorded in {folder}")


@app.command()
def verify(folder: Folder, json: Json = False) -> None:
    """Whether anything was altered, and whether anything is gone."""
    from eval.experiment import traces
    from traces import verify_journal
    from traces.journal import DamagedJournal
    from traces.trace import SEAL_RUN, Verdicts, sealed_root

    root, runs, forks = None, 0, 0
    try:
        with open_journal(folder) as journal:
            verdicts = verify_journal(journal)
            if not verdicts.integrity:
                root, runs = sealed_root(journal), sum(1 for _ in traces(journal))
                forks = sum(name != SEAL_RUN for name in journal.runs()) - runs
    except DamagedJournal as error:
        verdicts = Verdicts((str(error),), ("cannot be told while the file is damaged",))
    if json:
        print_json({"integrity": verdicts.integrity, "completeness": verdicts.completeness, "root": root})
    elif verdicts.sound:
        say(f"integrity: sound, all records and blobs of {runs} runs and {forks} counterfactuals are as written")
        say("completeness: whole, every run is there to the record it was sealed at")
        say(f"root: {root}")
        say("not covered: a rewrite of the whole file; compare the root with one kept elsewhere")
    if not verdicts.sound:
        faults = [f"integrity: {fault}" for fault in verdicts.integrity]
        faults += [f"completeness: {fault}" for fault in verdicts.completeness]
        more = [f"… and {len(faults) - FAULTS} more; --json lists them all"] if len(faults) > FAULTS else []
        raise CheckFailed("" if json else "\n".join(faults[:FAULTS] + more))


@contextmanager
def open_journal(folder: Path) -> Iterator[Journal]:
    """The journal of an experiment's folder, to read."""
    from eval.experiment import JOURNAL
    from traces import Journal

    with Journal.open(folder / JOURNAL, create=False) as journal:
        yield journal


def find_run(journal: Journal, name: str) -> Trace:
    """A run or counterfactual by its name; raises ``ValueError`` naming near ones."""
    from difflib import get_close_matches

    from eval.experiment import traces
    from traces import Trace
    from traces.trace import SEAL_RUN

    trace = Trace(journal, name)
    if not trace.records or name == SEAL_RUN:
        near = get_close_matches(name, [trace.run for trace in traces(journal)], n=3, cutoff=0.6)
        hint = f"; near it: {', '.join(near)}" if near else ""
        raise ValueError(f"expected a run of this experiment, got {name!r}{hint}; `evitrail trace list` shows them")
    return trace


def _culprit(blame: Blame, *, whole: bool = False) -> str:
    """Who is blamed, with the code of the fault; nobody, with the code of the reason or with the reason itself."""
    if not blame.culprit:
        reason = blame.abstain_reason or ""
        return f"nobody ({reason if whole else reason.partition(':')[0]})"
    return ", ".join(blame.culprit) + (f" · {blame.fault_code}" if whole and blame.fault_code else "")


def _show_chain(told: Chain) -> None:
    right = "right" if told.chosen == told.answer else f"wrong, the answer is {told.answer}"
    say(told.run, style="bold")
    if told.fork:
        say(f"counterfactual: {told.fork}")
    say(told.stem)
    for letter, text in sorted(told.options.items()):
        mark = "→" if letter == told.chosen else " "
        say(f"{mark} {letter}  {text}   ({told.logits.get(letter, 0.0):+.2f})", indent=1)
    say(f"\noption {told.chosen or 'none: abstained'} ({right}) · {told.reason}", style="bold")
    if not told.support:
        say(f"no claim supports it · {told.note}", indent=2)
    for link in told.support:
        _show_link(link)
    if told.other:
        say("\nalso weighed:")
        for link in told.other[:ALSO]:
            _show_link(link, brief=True)
        if len(told.other) > ALSO:
            say(f"and {len(told.other) - ALSO} weaker claims; --json lists them", indent=2)


def _show_link(link: Link, *, brief: bool = False) -> None:
    claim, header = link.claim, link.evidence
    say(f"claim: {claim.stance} {claim.option} with {claim.strength:.2f}: “{claim.quote}”", indent=2)
    if claim.terms:
        said = ", ".join(f"{term.text} {term.weight:+.2f}" for term in claim.terms)
        say(f"terms: {said}", indent=4)
    if brief:
        say(f"{link.passage} [{link.start}:{link.end}] · {link.grade}", indent=4)
        return
    retracted = " · RETRACTED" if header.retracted else ""
    validity = f"valid {header.valid_from} to {header.valid_to or 'now'}"
    say(f"passage: {link.passage} characters {link.start} to {link.end}", indent=4)
    say(f"evidence: {header.ref} {header.title} · {header.kind} · {validity}{retracted}", indent=4)
    say(f"grade: {link.grade}", indent=4)
    say(f"query: {link.query} · rank {link.rank}, {link.why}", indent=4)


def _show_step(trace: Trace, path: str, json: bool) -> None:
    activity = next((a for a in trace.activities if a.path == path), None)
    if activity is None:
        known = ", ".join(a.path for a in trace.activities)
        raise ValueError(f"expected a step of {trace.run!r} ({known}), got {path!r}")
    whole = step_body(trace, activity)
    if json:
        print_json(whole)
        return
    from rich.pretty import Pretty  # writes strings as Python does: what a terminal would obey is escaped

    out().print(Pretty(whole, expand_all=True))


def step_body(trace: Trace, activity: Activity) -> dict[str, Any]:
    """A step with its inputs and output written out."""
    from json import loads

    def body(name: str) -> Any:
        return loads(trace.journal.raw(name).partition(b"\n")[2])

    return {
        **activity.model_dump(mode="json", exclude={"inputs", "output"}),
        "inputs": {given.role: body(given.id) for given in activity.inputs},
        "output": body(activity.output),
    }
