"""``evitrail claims``: the claims of answers in free text, with verdict, sources and blame."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from evitrail.workbench.cli.console import STORE, Json, interval, print_json, print_table, progress, say
from evitrail.workbench.cli.folder import open_journal
from evitrail.workbench.cli.plan_options import KeyEnv

if TYPE_CHECKING:
    from evitrail.agent.claims.judge import ClaimJudge
    from evitrail.eval.claims.judged_answer import ClaimResult, JudgedAnswer

SHOWN = {
    "supported_claims": "supported",
    "outdated_claims": "outdated",
    "contradicted_claims": "contradicted",
    "unsupported_claims": "unsupported",
    "grounded_claims": "grounded",
    "fully_supported_answers": "all supported",
}
"""The metrics in the table, and what its columns call them."""
GRAVEST = ("contradicted", "outdated", "unsupported", None)
"""The order in which claims are listed."""


def claims(
    source: Annotated[
        Path,
        typer.Argument(
            help="Folder of an experiment with open cases, a bundle of it, or a file of answers.", metavar="DIR|FILE"
        ),
    ],
    benchmark: Annotated[
        Path | None,
        typer.Option("--benchmark", help="Benchmark with the cases that a file of answers is about.", metavar="PATH"),
    ] = None,
    store: Annotated[
        Path | None,
        typer.Option(
            "--store",
            help=f"Folder of the evidence store that a file of answers is judged against; default: {STORE}.",
            metavar="PATH",
        ),
    ] = None,
    judge: Annotated[
        str | None,
        typer.Option(
            "--judge",
            help="Judge of the claims: rule, or a language model as {models}; default: rule for a file, for an "
            "experiment what is recorded.",
            metavar="NAME",
        ),
    ] = None,
    key_env: KeyEnv = [],  # noqa: B006 -- typer takes a list's default so
    limit: Annotated[int, typer.Option("--limit", help="Maximum number of claims to list.", metavar="N", min=0)] = 20,
    out: Annotated[
        Path | None,
        typer.Option("--out", help="File to write the judged answers to, as JSON lines.", metavar="FILE"),
    ] = None,
    json: Json = False,
) -> None:
    """Judge each claim of answers in free text, and blame the step that let it in.

    A claim is supported, outdated, contradicted or unsupported by evidence in force on the day of the question.
    """
    from evitrail.eval.report.files import write_records

    answers = _judged(source, benchmark, store, judge, key_env)
    if out is not None:
        write_records(out, answers)
    show_claims(str(source), answers, limit=limit, json=json)


def _judged(
    source: Path, benchmark: Path | None, store: Path | None, judge: str | None, key_env: Sequence[str]
) -> list[JudgedAnswer]:
    from evitrail.agent.claims.model_judge import claim_judge_named

    who: ClaimJudge | None = None if judge is None else claim_judge_named(judge, key_env)
    if source.suffix == ".jsonl":
        return _of_file(source, benchmark, store, who or claim_judge_named("rule"))
    if benchmark is not None or store is not None:
        raise ValueError(f"{source}: --benchmark and --store go with a file of answers (*.jsonl), not an experiment")
    from evitrail.eval.claims.recorded_claims import recorded_claims

    with open_journal(source) as journal:
        answers = recorded_claims(journal, who)
    if not answers:
        raise ValueError(
            f"{source}: expected runs that answered in free text, found none; run cases without options, or give a "
            "file of answers"
        )
    return answers


def _of_file(source: Path, benchmark: Path | None, store: Path | None, judge: ClaimJudge) -> list[JudgedAnswer]:
    from evitrail.eval.claims.answers_file import judged_file
    from evitrail.eval.dataset.case import load
    from evitrail.evidence_store import EvidenceStore

    if benchmark is None:
        raise ValueError(f"{source}: expected --benchmark beside a file of answers, got none; it says what was asked")
    cases = load(benchmark)
    with EvidenceStore.open(store or STORE, read_only=True) as opened, progress("judging") as heard:
        return judged_file(source, cases, opened, judge, heard)


def show_claims(title: str, answers: Sequence[JudgedAnswer], *, limit: int, json: bool) -> None:
    """The shares of each condition, then the claims that are not supported, gravest first."""
    from evitrail.eval.claims.claim_metrics import claim_rows

    rows = claim_rows(answers)
    if json:
        print_json(
            {
                "conditions": [row.model_dump(mode="json") for row in rows],
                "answers": [one.model_dump(mode="json") for one in answers],
            }
        )
        return
    print_table(
        f"{title}: per cent of the claims, with 95% intervals",
        ("condition", "answers", "claims", *SHOWN.values()),
        [
            (
                row.condition,
                row.answers,
                row.claims,
                *(interval(row.metrics[name].model_dump(), row.metrics[name].n) for name in SHOWN),
            )
            for row in rows
        ],
        whole=True,
    )
    if unjudged := sum(row.unjudged for row in rows):
        say(f"not judged: {unjudged} claims, which no number here counts")
    wrong = [(one, claim) for one in answers for claim in one.claims if claim.verdict != "supported"]
    wrong.sort(key=lambda pair: GRAVEST.index(pair[1].verdict))
    for answer, claim in wrong[:limit]:
        show_claim(claim, of=answer.run)
    if limit and len(wrong) > limit:
        say(f"\nand {len(wrong) - limit} more that are not supported; --limit lists them, --json has all")


def show_claim(claim: ClaimResult, of: str = "") -> None:
    """A claim with its verdict, what it is tied to, and who is blamed; ``of`` names the answer."""
    say(f"\n{of}{': ' if of else ''}{claim.verdict or 'not judged'}: {claim.text}", style="bold")
    say(claim.reason, indent=1)
    for source in claim.sources:
        served = {True: "served", False: "not served", None: "not known whether served"}[source.served]
        say(
            f"{source.stance}: {source.passage} ({source.status.replace('_', ' ')}, {served}): “{source.quote}”",
            indent=2,
        )
    if claim.blame is not None:
        say(f"to blame: {', '.join(claim.blame.steps) or 'nobody'}: {claim.blame.reason}", indent=2)
