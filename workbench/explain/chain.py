"""From the chosen option back to the query: what a run's answer rests on, link by link.

    option → claim → passage → evidence version → grade → query
    option → passage → evidence version → grade → query           where a model was given the passages as they are

Read from what the run recorded and nothing else, so it can be shown long after the store has moved on.
"""

from __future__ import annotations

from collections.abc import Iterator

from evitrail.agent.influence.values import Influence, PassageInfluence
from evitrail.agent.model import Answer, Choice, Claim, Query, Synthesis
from evitrail.eval.attribution.replays.mended import Mended
from evitrail.eval.attribution.scene.facts import Facts, facts
from evitrail.eval.log.run_config import RunConfig
from evitrail.eval.log.runs import why_no_option
from evitrail.eval.plan.run_name import change_text
from evitrail.eval.rerun.fork_record import Fork
from evitrail.evidence_store.model import Header
from evitrail.retrieval.base import Hit, Retrieved
from evitrail.traces.record import Record, content_id, stored_name
from evitrail.traces.trace import Trace


class Link(Record):
    """One claim that the choice used, and everything behind it."""

    claim: Claim
    passage: str
    start: int
    """Character offsets of the quote in the evidence version's text."""
    end: int
    evidence: Header
    grade: str
    rank: int
    why: str
    query: str


class ContextLink(Record):
    """One passage that stood before the model, and everything behind it."""

    passage: str
    evidence: Header
    grade: str
    rank: int
    why: str
    query: str
    influence: PassageInfluence | None
    """What it did for the choice; None where that was not measured."""


class EvidenceChain(Record):
    """An answer and what it rests on."""

    run: str
    fork: str | None
    """In words, which run this is a counterfactual of, and what was repaired or withheld in it."""
    case: str
    stem: str
    options: dict[str, str]
    chosen: str | None
    answer: str
    reason: str
    logits: dict[str, float]
    support: tuple[Link, ...]
    other: tuple[Link, ...]
    """Claims about the other options, and those against the chosen one."""
    seen: tuple[ContextLink, ...]
    """In the order they stood in; none where the choice was made from claims."""
    queries: tuple[Query, ...]
    note: str


def chain(trace: Trace) -> EvidenceChain:
    """The chain of a finished run; raises ``ValueError`` while it has not ended."""
    config, said = config_of(trace), trace.output(Answer)
    recorded = facts(trace)
    if said is None or recorded.choice is None or recorded.synthesis is None:
        raise ValueError(f"run {trace.run!r} {why_no_option(trace)}")
    links = _links(recorded.choice, recorded.synthesis, recorded.retrieved)
    ours = [x for x in links if x.claim.option == said.option and x.claim.stance == "supports"]
    queries = {content_id(q): q for a in recorded.steps.get("retrieve", []) for q in [_query(trace, a.inputs[0].id)]}
    return EvidenceChain(
        run=trace.run,
        fork=fork_in_words(trace) if trace.parent else None,
        case=config.case.id,
        stem=config.case.stem,
        options=config.case.options,
        chosen=said.option,
        answer=config.case.answer,
        reason=said.reason,
        logits=recorded.choice.logits,
        support=tuple(ours),
        other=tuple(x for x in links if x not in ours),
        seen=tuple(_context_links(trace, recorded)),
        queries=tuple(queries.values()),
        note=recorded.synthesis.note,
    )


def config_of(trace: Trace) -> RunConfig:
    """What decided a run; one that was done otherwise is decided by its parent's, and by what was changed."""
    return config_of(Trace(trace.journal, trace.parent)) if trace.parent else trace.config(RunConfig)


def fork_in_words(trace: Trace) -> str:
    """The run that a fork repeats, and what was changed."""
    if trace.records[0].body["config_type"] == stored_name(Fork):
        forked = trace.config(Fork)
        since = f" from {forked.at} on" if forked.at else ""
        return f"{forked.of}, done again{since} with {change_text(forked.changes)}"
    what = trace.config(Mended)
    changes = [f"{role} repaired" for role in what.mended] + [f"{ref} withheld" for ref in what.without]
    return f"{what.of}, done again with {', '.join(changes) or 'nothing changed'}"


def _context_links(trace: Trace, recorded: Facts) -> Iterator[ContextLink]:
    context = recorded.synthesis.context if recorded.synthesis else None
    hits = {hit.passage.id: (hit, found.query) for found in reversed(recorded.retrieved) for hit in found.hits}
    measured = trace.last("influence")
    told = trace.get(measured.output, Influence).passages if measured else ()
    influence = {one.passage: one for one in told}
    for name in (
        dict.fromkeys(served.passage for served in context.passages if served.passage in hits) if context else ()
    ):
        hit, query = hits[name]
        header = hit.passage.header
        yield ContextLink(
            passage=name,
            evidence=header,
            grade=header.grade.sum_in_words() if header.grade else "not rated",
            rank=hit.rank,
            why=hit.why,
            query=query,
            influence=influence.get(name),
        )


def _links(choice: Choice, synthesis: Synthesis, retrieved: list[Retrieved]) -> list[Link]:
    found: dict[str, tuple[Hit, str]] = {}
    for one in retrieved:
        for hit in one.hits:
            found.setdefault(hit.passage.id, (hit, one.query))
    used = set(choice.claims)
    claims = [c for c in synthesis.claims if content_id(c) in used and c.passage in found]
    return [_link(claim, *found[claim.passage]) for claim in sorted(claims, key=lambda c: (-c.strength, c.option))]


def _link(claim: Claim, hit: Hit, query: str) -> Link:
    header = hit.passage.header
    return Link(
        claim=claim,
        passage=hit.passage.id,
        start=hit.passage.start + claim.start,
        end=hit.passage.start + claim.end,
        evidence=header,
        grade=header.grade.sum_in_words() if header.grade else "not rated",
        rank=hit.rank,
        why=hit.why,
        query=query,
    )


def _query(trace: Trace, name: str) -> Query:
    return trace.get(name, Query)
