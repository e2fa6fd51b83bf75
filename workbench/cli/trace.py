"""``evitrail trace``: which runs there are, what one rests on, and whether the record can be trusted."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from workbench.cli.console import CheckFailed, Json, out, print_json, print_table

if TYPE_CHECKING:
    from traces import Activity, Journal, Trace
    from workbench.chain import Chain, Link

app = typer.Typer(help="Recorded runs: list, show, verify.", no_args_is_help=True)
Folder = Annotated[Path, typer.Argument(help="An experiment's folder.", metavar="DIR")]


@app.command("list")
def list_(
    folder: Folder,
    failed: Annotated[bool, typer.Option("--failed", help="Only runs whose answer is wrong.")] = False,
    condition: Annotated[str | None, typer.Option("--condition", help="Only this condition.")] = None,
    json: Json = False,
) -> None:
    """Every run of an experiment, with its answer and who is blamed."""
    from eval.experiment import outcomes, traces
    from eval.results import blames_of

    with open_journal(folder) as journal:
        blamed = {trace.run: blames_of(trace) for trace in traces(journal)}
        kept = [o for o in outcomes(journal) if not (failed and o.correct) and condition in (None, o.condition)]
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
                "" if b is None else ", ".join(b.culprit) or (b.abstain_reason or "")[:2],
            )
            for o, b in rows
        ],
        empty="no such runs",
    )


@app.command()
def show(
    folder: Folder,
    run: Annotated[str, typer.Argument(help="A run, or one step of it.", metavar="RUN[#STEP]")],
    json: Json = False,
) -> None:
    """What an answer rests on: option, claim, passage, evidence version, grade, query; or one step, whole."""
    from eval.results import blames_of
    from workbench.chain import chain

    name, _, step = run.partition("#")
    with open_journal(folder) as journal:
        trace = find_run(journal, name)
        if step:
            _show_step(trace, step, json)
            return
        told, blamed = chain(trace), blames_of(trace)
        steps = trace.activities
    if json:
        print_json({
            **told.model_dump(mode="json"),
            "steps": [activity.path for activity in steps],
            "blames": [blame.model_dump(mode="json") for blame in blamed],
        })  # fmt: skip
        return
    _show_chain(told)
    say = out()
    say.print(f"\nsteps: {' → '.join(activity.path for activity in steps)}", markup=False)
    for blame in blamed:
        who = ", ".join(blame.culprit) or f"nobody ({blame.abstain_reason})"
        shares = ", ".join(f"{role} {s.value:.2f} [{s.lo:.2f}, {s.hi:.2f}]" for role, s in blame.phi.items() if s.value)
        code = f" · {blame.fault_code}" if blame.fault_code else ""
        say.print(f"{blame.outcome}: blamed on {who}{code} · shares: {shares or 'none'}", markup=False)


@app.command()
def verify(folder: Folder, json: Json = False) -> None:
    """Whether anything was altered, and whether anything is gone: two verdicts."""
    from traces import verify_journal
    from traces.trace import sealed_root

    with open_journal(folder) as journal:
        verdicts = verify_journal(journal)
        root = sealed_root(journal) if not verdicts.integrity else None
        runs = len(journal.runs()) if not verdicts.integrity else None
    if json:
        print_json({"integrity": verdicts.integrity, "completeness": verdicts.completeness, "root": root})
    elif verdicts.sound:
        out().print(f"integrity: sound, every record and blob of {runs} runs is as it was written", markup=False)
        out().print(
            f"completeness: whole, all runs are there to the record they were sealed at\nroot: {root}", markup=False
        )
        out().print("not covered: a rewrite of the whole file; compare the root with one kept elsewhere", markup=False)
    if not verdicts.sound:
        faults = [f"integrity: {fault}" for fault in verdicts.integrity]
        raise CheckFailed("" if json else "\n".join(faults + [f"completeness: {f}" for f in verdicts.completeness]))


@contextmanager
def open_journal(folder: Path) -> Iterator[Journal]:
    """The journal of an experiment's folder, to read."""
    from eval.experiment import JOURNAL
    from traces import Journal

    with Journal.open(folder / JOURNAL, create=False) as journal:
        yield journal


def find_run(journal: Journal, name: str) -> Trace:
    """A run by its name; raises ``ValueError`` naming near ones."""
    from difflib import get_close_matches

    from traces import Trace

    trace = Trace(journal, name)
    if not trace.records:
        near = get_close_matches(name, journal.runs(), n=3, cutoff=0.3)
        hint = f"; near it: {', '.join(near)}" if near else ""
        raise ValueError(f"expected a run of this experiment, got {name!r}{hint}; `evitrail trace list` shows them")
    return trace


def _show_chain(told: Chain) -> None:
    say = out()
    right = "right" if told.chosen == told.answer else f"wrong, the answer is {told.answer}"
    say.print(told.run, style="bold", markup=False)
    say.print(told.stem, markup=False)
    for letter, text in sorted(told.options.items()):
        mark = "→" if letter == told.chosen else " "
        say.print(f" {mark} {letter}  {text}   ({told.logits.get(letter, 0.0):+.2f})", markup=False)
    say.print(f"\noption {told.chosen or 'none: abstained'} ({right}) · {told.reason}", markup=False, style="bold")
    if not told.support:
        say.print(f"  no claim supports it · {told.note}", markup=False)
    for link in told.support:
        _show_link(link)
    if told.other:
        say.print("\nalso weighed:", markup=False)
        for link in told.other[:6]:
            _show_link(link, brief=True)


def _show_link(link: Link, *, brief: bool = False) -> None:
    say = out()
    claim = link.claim
    say.print(f"  claim: {claim.stance} {claim.option} with {claim.strength:.2f}: “{claim.quote}”", markup=False)
    if claim.terms:
        said = ", ".join(f"{term.text} {term.weight:+.2f}" for term in claim.terms)
        say.print(f"    terms: {said}", markup=False)
    header = link.evidence
    if brief:
        say.print(f"    {link.passage} [{link.start}:{link.end}] · {link.grade}", markup=False)
        return
    retracted = " · RETRACTED" if header.retracted else ""
    say.print(f"    passage: {link.passage} characters {link.start} to {link.end}", markup=False)
    validity = f"valid {header.valid_from} to {header.valid_to or 'now'}"
    say.print(f"    evidence: {header.ref} {header.title} · {header.kind} · {validity}{retracted}", markup=False)
    say.print(f"    grade: {link.grade}", markup=False)
    say.print(f"    query: {link.query} · rank {link.rank}, {link.why}", markup=False)


def _show_step(trace: Trace, path: str, json: bool) -> None:
    activity = next((a for a in trace.activities if a.path == path), None)
    if activity is None:
        known = ", ".join(a.path for a in trace.activities)
        raise ValueError(f"expected a step of {trace.run!r} ({known}), got {path!r}")
    whole = step_body(trace, activity)
    if json:
        print_json(whole)
        return
    from rich.pretty import Pretty

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
