"""``evitrail trace why`` and ``trace impact``: from an answer back to its sources, and from a source to its answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from evitrail.workbench.cli.console import Branch, Json, print_json, print_table, print_tree
from evitrail.workbench.cli.folder import Folder, StoreNow, find_run, open_journal
from evitrail.workbench.cli.trace.trace import without

if TYPE_CHECKING:
    from evitrail.eval.attribution import Blame
    from evitrail.workbench.explain.chain import ContextLink, Link
    from evitrail.workbench.explain.sources import AnswerSource, Reasons

ASKED = 70
"""Characters of a query that are shown."""


def why(
    folder: Folder,
    run: Annotated[str, typer.Argument(help="Name of a run or a fork.", metavar="RUN")],
    store: StoreNow = None,
    json: Json = False,
) -> None:
    """Show the evidence behind an answer: grade, curator, and the claims made from it.

    Option, evidence version with its grade and curator, passage, claim, in a tree; what the answer leans on most first.
    """
    from evitrail.workbench.explain.sources import reasons

    with open_journal(folder) as journal:
        told = reasons(find_run(journal, run), folder, store)
    if json:
        print_json(told.model_dump(mode="json"))
        return
    print_tree(_tree(told))


def _tree(told: Reasons) -> Branch:
    right = "right" if told.chosen == told.answer else f"wrong, the answer is {told.answer}"
    option = f"{told.chosen} {told.options[told.chosen]}" if told.chosen else "abstained"
    sources = [_source(source, told.chosen) for source in told.sources]
    blamed = [_blamed(blame) for blame in told.blames]
    reviewed: list[Branch] = [(f"review: {review.in_words}", []) for review in told.reviews]
    return f"{told.run}: {option} ({right})", [*(sources or [("nothing: no claim was used", [])]), *blamed, *reviewed]


def _blamed(blame: Blame) -> Branch:
    """Who is blamed for one kind of failure, and the evidence versions without which it does not happen."""
    from evitrail.eval.attribution.record.in_words import code_in_words, headline, overridden_in_words

    records = f"without it, no failure: {', '.join(blame.records)}" if blame.records else ""
    overridden = f"overridden {overridden_in_words(blame)}" if blame.overridden else ""
    facts = (blame.sentence or blame.abstain_reason or "", code_in_words(blame), records, overridden)
    return f"{blame.outcome}: {headline(blame)}", [(fact, []) for fact in facts if fact]


def _source(source: AnswerSource, chosen: str | None) -> Branch:
    header = source.evidence
    standing = f" · {source.lapsed.upper()}" if source.lapsed else ""
    passages: dict[str, list[Link]] = {}
    for link in source.links:
        passages.setdefault(link.passage, []).append(link)
    facts = [
        f"{header.title} · {header.kind.replace('_', ' ')} · {header.organization}",
        f"grade: {source.grade}",
        source.curator,
    ]
    mark = "" if any(_speaks_for(link, chosen) for link in source.links) else " · only weighed against it"
    if not source.links:
        mark = " · stood before the model"
    return (
        f"{header.ref} · valid {header.valid_from} to {header.valid_to or 'now'}{standing}{mark}",
        [*((fact, []) for fact in facts), *(_passage(links) for links in passages.values()), *map(_stood, source.seen)],
    )


def _stood(one: ContextLink) -> Branch:
    told: list[Branch] = [(f"without it: {without(one.influence)}", [])] if one.influence else []
    return f"passage {one.passage}: rank {one.rank} for “{_asked(one.query)}”", told


def _asked(query: str) -> str:
    return query if len(query) <= ASKED else f"{query[:ASKED].rstrip()}…"


def _passage(links: list[Link]) -> Branch:
    first = links[0]
    quotes: dict[tuple[int, int], list[Link]] = {}
    for link in links:
        quotes.setdefault((link.start, link.end), []).append(link)
    return f"passage {first.passage}: rank {first.rank} for “{_asked(first.query)}”", [
        (_quote(own), []) for own in quotes.values()
    ]


def _quote(links: list[Link]) -> str:
    """What was quoted, and all that was claimed from it."""
    first = links[0]
    said = ", ".join(f"{link.claim.stance} {link.claim.option} {link.claim.strength:.2f}" for link in links)
    return f"“{first.claim.quote}” [{first.start}:{first.end}]: {said}"


def _speaks_for(link: Link, chosen: str | None) -> bool:
    return link.claim.option == chosen and link.claim.stance == "supports"


def impact(
    folder: Folder,
    evidence: Annotated[str, typer.Argument(help="Evidence version.", metavar="ID@VERSION")],
    json: Json = False,
) -> None:
    """List every answer that rests on an evidence version."""
    from evitrail.eval.claims.recorded_claims import resting_on
    from evitrail.eval.log.run_config import RunConfig
    from evitrail.eval.rerun.whatif import impact as resting
    from evitrail.workbench.explain.sources import known_or_refused

    with open_journal(folder) as journal:
        rows = [
            {
                "run": trace.run,
                "chosen": said.option,
                "answer": trace.config(RunConfig).case.answer,
                "cited": evidence in {citation.evidence for citation in said.citations},
            }
            for trace, said in resting(journal, evidence)
        ]
        openly = [
            {"run": answer.run, "claims": claims, "of": len(answer.claims)}
            for answer, claims in resting_on(journal, evidence)
        ]
        if not rows and not openly:
            known_or_refused(journal, evidence)
    if json:
        print_json({"evidence": evidence, "answers": rows, "free_text": openly})
        return
    if openly:
        print_table(
            f"{len(openly)} answers in free text in {folder} rest on {evidence}",
            ("run", "claims", "of"),
            [(row["run"], row["claims"], row["of"]) for row in openly],
        )
    if openly and not rows:
        return
    print_table(
        f"{len(rows)} answers in {folder} rest on {evidence}",
        ("run", "chosen", "answer", "correct", "how"),
        [
            (
                row["run"],
                row["chosen"] or "abstained",
                row["answer"],
                "yes" if row["chosen"] == row["answer"] else "no",
                "cited for it" if row["cited"] else "weighed against others",
            )
            for row in rows
        ],
        empty="runs came across it, and no choice used a claim from it",
    )
