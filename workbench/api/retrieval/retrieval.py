"""One query, several retrievers side by side: what each finds, and what its gates held back.

Rules kept here
- Nothing is recorded: no run, and no vector of what was typed.
- Nobody waits for the embedding model. A retriever that asks for meaning before the model is there waits, and says so;
  those that compare words answer at once.
- A retriever sees the day and the ledger number asked for, or the store state that its condition names.
- The status of a version is that in the retriever's own view of the store.

    with opened_store(folders, exp, encoder) as opened:
        retrieval(opened, plan, encoder, RetrievalQuery(text="ground-glass nodule")).columns
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Literal, NamedTuple

from evitrail.eval.plan.plan import Plan
from evitrail.eval.plan.store_state import states
from evitrail.evidence_store.did_you_mean import nearest
from evitrail.evidence_store.errors import EvidenceError
from evitrail.evidence_store.index.embed_cache import apart
from evitrail.evidence_store.model import Header
from evitrail.evidence_store.snapshot import Snapshot, Status
from evitrail.retrieval.base import GateReport, Retrieved
from evitrail.traces.record import Record
from evitrail.workbench.api.evidence.standing import successor
from evitrail.workbench.api.retrieval.choices import Configuration, RetrieverChoice, Unsearched, choices, unsearched
from evitrail.workbench.api.retrieval.warm_encoder import EncoderNotReady, EncoderState, WarmEncoder
from evitrail.workbench.api.store.opened import OpenedStore, StorePlace
from evitrail.workbench.one_line import one_line

WORDS = "bm25"
"""The retriever that compares words alone: it is shown first, since it answers at once."""
MOST_COLUMNS = 8
"""Retrievers side by side at most."""
MOST_PASSAGES = 200
"""Passages of one retriever at most."""
LONGEST = 8000
"""Characters of a query at most."""

ColumnState = Literal["found", "waits", "cannot"]


@dataclass(frozen=True)
class RetrievalQuery:
    """The query and its settings."""

    text: str
    as_of: date | None = None
    seq: int | None = None
    retrievers: tuple[str, ...] = ()
    """Configurations by name, in the order in which they stand; none means those of the conditions."""
    k: int | None = None
    """Passages that each serves; None leaves each its own number."""


class FoundPassage(Record):
    """A passage that a retriever serves."""

    passage: str
    ref: str
    rank: int
    score: float
    why: str
    status: Status
    """What its version was worth on the day."""
    superseded_by: str | None
    since: date | None


class HeldBackPassage(Record):
    """A passage that a gate dropped, or let through with a remark."""

    passage: str
    ref: str
    why: str
    rule: str


class GateResult(Record):
    """What one gate did."""

    gate: str
    kept: int
    dropped: tuple[HeldBackPassage, ...]
    noted: tuple[HeldBackPassage, ...]


class RetrieverColumn(Record):
    """What one configuration found."""

    choice: RetrieverChoice
    state: ColumnState
    why: str = ""
    """Why nothing is shown; empty where it searched."""
    k: int
    seq: int
    as_of: date | None
    hits: tuple[FoundPassage, ...] = ()
    gates: tuple[GateResult, ...] = ()


class EncoderLine(Record):
    """The embedding model of the store's index."""

    model: str
    state: EncoderState
    why: str


class Retrieval(Record):
    """See the module."""

    store: StorePlace
    query: str
    as_of: date | None
    seq: int
    k: int | None
    encoder: EncoderLine
    choices: tuple[RetrieverChoice, ...]
    unsearched: tuple[Unsearched, ...]
    columns: tuple[RetrieverColumn, ...]
    more: tuple[str, ...]
    """Configurations of the conditions that are not shown, because there are so many."""
    texts: dict[str, str]
    """By passage."""
    headers: dict[str, Header]
    """By ref, of everything that is named here."""


def retrieval(opened: OpenedStore, plan: Plan, encoder: WarmEncoder, asked: RetrievalQuery) -> Retrieval:
    """What each retriever finds; raises ``ValueError`` for an invalid query, name or number."""
    known = choices(plan)
    shown = _shown(known, asked)
    seq = opened.number(asked.seq)
    with apart():
        searches = [_search(known[name], opened, asked, seq) for name in shown] if asked.text.strip() else []
    usual = _usual(known)
    return Retrieval(
        store=opened.place,
        query=asked.text,
        as_of=asked.as_of,
        seq=seq,
        k=asked.k,
        encoder=EncoderLine(model=encoder.model, state=encoder.state, why=encoder.why),
        choices=tuple(one.choice for one in known.values()),
        unsearched=unsearched(plan),
        columns=tuple(search.column for search in searches),
        more=() if asked.retrievers else tuple(name for name in usual if name not in shown),
        texts={hit.passage.id: hit.passage.text for one in searches if one.found for hit in one.found.hits},
        headers={ref: header for one in searches for ref, header in one.headers.items()},
    )


class _Search(NamedTuple):
    column: RetrieverColumn
    found: Retrieved | None = None
    headers: dict[str, Header] = {}  # noqa: RUF012 -- never written to


def _shown(known: dict[str, Configuration], asked: RetrievalQuery) -> tuple[str, ...]:
    if len(asked.text) > LONGEST:
        raise ValueError(f"q: expected a query of at most {LONGEST:,} characters, got {len(asked.text):,}")
    if asked.k is not None and not 1 <= asked.k <= MOST_PASSAGES:
        raise ValueError(f"k: expected 1 to {MOST_PASSAGES}, got {asked.k}")
    for name in asked.retrievers:
        if name not in known:
            said = f"retrievers: expected some of {', '.join(known)}, got {name!r}"
            raise ValueError(f"{said}{nearest(name, known)}")
    if len(asked.retrievers) > MOST_COLUMNS:
        raise ValueError(f"retrievers: expected at most {MOST_COLUMNS} side by side, got {len(asked.retrievers)}")
    return tuple(dict.fromkeys(asked.retrievers or _usual(known)[:MOST_COLUMNS]))


def _usual(known: dict[str, Configuration]) -> list[str]:
    """Words first, since they answer at once; then what the conditions use."""
    used = [name for name, one in known.items() if one.choice.conditions]
    return [WORDS, *(name for name in used if name != WORDS)] if WORDS in known else used


def _search(one: Configuration, opened: OpenedStore, asked: RetrievalQuery, seq: int) -> _Search:
    choice, day, k = one.choice, asked.as_of, min(asked.k or one.choice.k, MOST_PASSAGES)
    try:
        if one.condition is not None and one.condition.snapshot:
            state = states([one.condition], opened.store, seq)[one.condition.snapshot]
            seq, day = state.seq, state.as_of or day
        if one.retriever is None:
            return _Search(RetrieverColumn(choice=choice, state="cannot", why=choice.lacking, k=k, seq=seq, as_of=day))
        snapshot = opened.store.snapshot(as_of=day, seq=seq)
        found = one.retriever.search(asked.text, snapshot, k)
    except EncoderNotReady as error:
        return _Search(RetrieverColumn(choice=choice, state="waits", why=str(error), k=k, seq=seq, as_of=day))
    except EvidenceError as error:
        why = one_line(error)
        return _Search(RetrieverColumn(choice=choice, state="cannot", why=why, k=k, seq=seq, as_of=day))
    hits = tuple(_found(found, snapshot))
    gates = tuple(_gate(report) for report in found.gates)
    named = {*(hit.ref for hit in hits), *(one.ref for gate in gates for one in (*gate.dropped, *gate.noted))}
    headers = {ref: snapshot.headers[ref] for ref in sorted(named)}
    column = RetrieverColumn(choice=choice, state="found", k=k, seq=seq, as_of=day, hits=hits, gates=gates)
    return _Search(column, found, headers)


def _found(found: Retrieved, snapshot: Snapshot) -> Iterable[FoundPassage]:
    after: dict[str, tuple[Status, Header | None]] = {}
    for hit in found.hits:
        header, ref = hit.passage.header, hit.passage.ref
        if ref not in after:
            status = snapshot.status(ref)
            replaced = successor(snapshot.related(ref).values(), header, snapshot.as_of)
            after[ref] = status, replaced if status == "superseded" else None
        status, newer = after[ref]
        yield FoundPassage(
            passage=hit.passage.id,
            ref=ref,
            rank=hit.rank,
            score=hit.score,
            why=hit.why,
            status=status,
            superseded_by=newer.ref if newer else None,
            since=newer.valid_from if newer else None,
        )


def _gate(report: GateReport) -> GateResult:
    held = [
        tuple(
            HeldBackPassage(passage=one.passage, ref=one.passage.rpartition("#")[0], why=one.why, rule=one.rule)
            for one in some
        )
        for some in (report.dropped, report.noted)
    ]
    return GateResult(gate=report.gate, kept=len(report.kept), dropped=held[0], noted=held[1])
