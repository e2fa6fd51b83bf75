"""``evitrail trace``: which runs there are, and what one rests on."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from evitrail.workbench.cli.console import Json, out, print_json, print_table, say
from evitrail.workbench.cli.folder import Recorded, find_run, open_journal, say_recorded

if TYPE_CHECKING:
    from evitrail.agent.influence.values import PassageInfluence
    from evitrail.eval.attribution import Blame
    from evitrail.eval.metrics.outcome import Outcome
    from evitrail.eval.report.run_list import ListedRun
    from evitrail.traces import Activity, Trace
    from evitrail.workbench.explain.chain import ContextLink, EvidenceChain, Link

app = typer.Typer(help="List, show, verify, sign, export and import recorded runs.")
ALSO = 6
"""Claims shown beside those the answer rests on."""


@app.command("list")
def list_(
    folder: Recorded,
    failed: Annotated[bool, typer.Option("--failed", help="List only runs whose answer is wrong.")] = False,
    condition: Annotated[
        str | None, typer.Option("--condition", help="List only runs of this condition.", metavar="NAME")
    ] = None,
    json: Json = False,
) -> None:
    """List runs with their answers and, for wrong ones, the blamed step."""
    from evitrail.eval.report.run_list import run_list
    from evitrail.traces.audit.integrity import newer_than_seal
    from evitrail.workbench.cli.trace.external_run import list_elsewhere, rows_of
    from evitrail.workbench.cli.trace.open_run import list_open, open_rows
    from evitrail.workbench.cli.trace.redact import list_redacted
    from evitrail.workbench.cli.trace.redact import rows_of as redacted_rows

    with open_journal(folder) as journal:
        listed = run_list(journal)
        own = [run for run in listed if run.kind == "own"]
        elsewhere = [run.run for run in listed if run.kind == "elsewhere"]
        scored = [(run, run.outcome) for run in own if run.outcome]
        wanted = _condition(condition, [outcome for _, outcome in scored]) if condition else None
        foreign = rows_of(journal, elsewhere) if not failed and wanted is None else []
        gone = redacted_rows(journal, wanted) if not failed else []
        openly = open_rows(journal, own, wanted) if not failed else []
        newer = {run.run for run in own}.intersection(newer_than_seal(journal))
    rows = [
        (run, o) for run, o in scored if not (failed and o.correct) and (wanted is None or wanted in _conditions(o))
    ]
    if json:
        own_rows = [
            {
                **o.model_dump(),
                "blamed": None if run.blamed is None else list(run.blamed),
                "overridden": run.overridden,
            }
            for run, o in rows
        ]
        print_json([*own_rows, *openly, *foreign, *gone])
        return
    if gone:
        list_redacted(folder, gone)
    if foreign:
        list_elsewhere(folder, foreign)
    if openly:
        list_open(folder, openly)
    if (foreign or openly) and not scored:
        return
    print_table(
        f"{len(rows)} runs in {folder}{_newer(sum(run.run in newer for run, _ in rows))}"
        f"{_overridden(sum(run.overridden for run, _ in rows))}",
        ("run", "chosen", "answer", "correct", "confidence", "blamed"),
        [
            (
                o.run,
                o.chosen or "abstained",
                o.answer,
                "yes" if o.correct else "no",
                None if o.confidence is None else f"{o.confidence:.2f}",
                _culprit(run),
            )
            for run, o in rows
        ],
        empty="none that was asked for has finished",
    )


def _overridden(runs: int) -> str:
    from evitrail.eval.log.reviews import overridden_in_words

    return f", {overridden_in_words(runs)}" if runs else ""


def _conditions(outcome: Outcome) -> tuple[str, str]:
    """The names of an outcome's condition: with and without its reader's label."""
    from evitrail.eval.plan.run_name import ReadCondition

    return outcome.condition, str(ReadCondition.of(outcome.run, outcome.condition))


def _condition(name: str, scored: list[Outcome]) -> str:
    """The condition that is asked for; raises ``ValueError`` where there is none of that name."""
    from evitrail.eval.plan.condition import ALIASES, CONDITIONS
    from evitrail.evidence_store.did_you_mean import nearest

    wanted = ALIASES.get(name, name)
    known = dict.fromkeys(name for outcome in scored for name in _conditions(outcome)) | dict.fromkeys(CONDITIONS)
    if wanted not in known:
        raise ValueError(f"expected a condition among {', '.join(known)}, got {wanted!r}{nearest(wanted, known)}")
    return wanted


@app.command()
def show(
    folder: Recorded,
    run: Annotated[str, typer.Argument(help="Name of a run, or of one step of it.", metavar="RUN[#STEP]")],
    json: Json = False,
) -> None:
    """Show what an answer rests on, from the option back to the query.

    Prints option, claim, passage, evidence version, grade and query; with #STEP, one whole step.
    """
    name, mark, step = run.partition("#")
    if not mark:
        show_run(folder, name, json=json)
        return
    with open_journal(folder) as journal:
        _show_step(find_run(journal, name), step, json)


def show_run(folder: Path, run: str, *, json: bool) -> None:
    """An answer, all it rests on, and who is blamed for it."""
    from evitrail.eval.attribution.record.reviewed_blame import counting_blames
    from evitrail.eval.claims.recorded_claims import claims_of
    from evitrail.eval.log.latest_check import counted, rechecked
    from evitrail.eval.report.review_list import reviews_of
    from evitrail.traces.external.external_run import recorded_elsewhere
    from evitrail.workbench.cli.trace.external_run import show_elsewhere
    from evitrail.workbench.cli.trace.open_run import show_open
    from evitrail.workbench.explain.chain import chain

    with open_journal(folder) as journal:
        trace = find_run(journal, run)
        if recorded_elsewhere(trace):
            show_elsewhere(folder, trace, json=json)
            return
        if (answered := claims_of(trace)) is not None:
            show_open(folder, trace, answered, json=json)
            return
        checked = counted(trace, rechecked(journal))
        told, blamed, reviews = chain(trace), counting_blames(trace, checked), reviews_of(trace, checked)
        steps = trace.activities
    if json:
        rest = {
            "steps": [step.path for step in steps],
            "blames": [blame.model_dump(mode="json") for blame in blamed],
            "reviews": [review.model_dump(mode="json") for review in reviews],
        }
        print_json({"folder": str(folder), **told.model_dump(mode="json"), **rest})
        return
    _show_chain(told)
    say(f"\nsteps: {' → '.join(step.path for step in steps)}")
    for blame in blamed:
        _show_blame(blame)
    for review in reviews:
        say(f"\nreview: {review.in_words}")
    say_recorded(folder, trace)


def _show_blame(blame: Blame) -> None:
    """Who is blamed for one kind of failure, in a sentence, with all that it rests on."""
    from evitrail.eval.attribution.record.in_words import code_in_words, details, headline, players, share_in_words

    say(f"\n{blame.outcome}: {headline(blame)}", style="bold")
    say(blame.sentence or blame.abstain_reason or "", indent=1)
    shares = ", ".join(f"{player} {share_in_words(share)}" for player, share in players(blame) if share.value)
    for title, text in (("code", code_in_words(blame)), ("shares", shares), *details(blame)):
        if text:
            say(f"{title.lower()}: {text}", indent=2)


def _culprit(listed: ListedRun) -> str:
    """Who is blamed; nobody, with the code of the reason; nothing where the run is not wrong, or not attributed."""
    if listed.blamed is None:
        return ""
    return ", ".join(listed.blamed) or f"nobody ({listed.reason})"


def _show_chain(told: EvidenceChain) -> None:
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
        say(told.note if told.seen else f"no claim supports it · {told.note}", indent=2)
    for link in told.support:
        _show_link(link)
    for one in told.seen:
        _show_seen(one)
    if told.other:
        say("\nalso weighed:")
        for link in told.other[:ALSO]:
            _show_link(link, brief=True)
        if len(told.other) > ALSO:
            say(f"and {len(told.other) - ALSO} weaker claims; --json lists them", indent=2)


def _show_seen(one: ContextLink) -> None:
    header = one.evidence
    retracted = " · RETRACTED" if header.retracted else ""
    validity = f"valid {header.valid_from} to {header.valid_to or 'now'}"
    say(f"passage: {one.passage} {header.title} · {validity}{retracted}", indent=2)
    say(f"grade: {one.grade} · rank {one.rank}: {one.why}", indent=4)
    if one.influence:
        say(f"without it: {without(one.influence)}", indent=4)


def without(influence: PassageInfluence) -> str:
    """What the model does where a passage is taken away, in words."""
    delta = "" if influence.delta is None else f", the chosen option {influence.delta:+.2f} with it"
    return f"{influence.option_without or 'no letter'}{' (FLIPS)' if influence.flips else ''}{delta}"


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
    from evitrail.traces.external.external_run import failed_steps

    steps = {**failed_steps(trace), **{a.path: a for a in trace.activities}}
    activity = steps.get(path)
    if activity is None:
        known = ", ".join(steps)
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


def _newer(runs: int) -> str:
    """How many of the runs no seal covers."""
    return f", {runs} newer than the seal" if runs else ""
