"""Evidence that is searched for: by name, by words, or all of it; each version with what it was worth on a day.

Rules kept here
- Words alone are compared (BM25): no embedding model is loaded for a page, and the answer says how it was found.
- What goes by the name that was typed (a version, a lineage, ``doi:…``, ``pmid:…``) comes first: that version itself,
  then the others of its lineage from the newest on.
- A version stands once, with its best passage. How many have each status is counted before one status is chosen.
- What the gates on standing would drop is shown, with the gate and its reason; nothing is left out for it.

    found = search(opened, "ground-glass nodule", as_of=day, status="current")
    found.hits[0].ref, found.by_status
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import date
from itertools import islice
from typing import Literal, NamedTuple, get_args

from evitrail.evidence_store.did_you_mean import nearest
from evitrail.evidence_store.headers import named
from evitrail.evidence_store.model import BY_ID, Header
from evitrail.evidence_store.snapshot import Snapshot, Status
from evitrail.retrieval.base import Hit
from evitrail.retrieval.bm25 import BM25
from evitrail.retrieval.gates import GATES, GateContext
from evitrail.traces.record import Record
from evitrail.workbench.api.store.opened import OpenedStore, StorePlace

Method = Literal["all", "name", "words"]
WIDE = 200
"""Passages that are looked at when words are searched."""
LISTED = 2000
"""Versions that are looked at when all are listed."""
MOST = 200
"""Versions of an answer at most."""
STANDING = ("retracted", "as_of", "jurisdiction", "population")
"""Gates that judge each passage by itself."""


class HeldBack(Record):
    """What a gate would drop, and why."""

    gate: str
    why: str


class EvidenceHit(Record):
    """One version that was found."""

    ref: str
    rank: int
    header: Header
    status: Status
    method: Method
    why: str
    passage: str | None
    """Its best passage; None where it was found without words."""
    text: str
    """Of that passage, or empty."""
    more: int
    """Further passages of it that were found."""
    held_back: HeldBack | None


class EvidenceSearch(Record):
    """What was found."""

    store: StorePlace
    query: str
    as_of: date | None
    seq: int
    status: Status | None
    k: int
    found: int
    """Versions found, of the status asked for."""
    by_status: dict[str, int]
    """Versions found, by status, whichever was asked for."""
    complete: bool
    """Whether everything was looked at that could have been found."""
    hits: tuple[EvidenceHit, ...]
    near: str
    """A name that was probably meant, where nothing was found."""


class _Found(NamedTuple):
    header: Header
    method: Method
    hit: Hit | None = None
    more: int = 0


def search(
    opened: OpenedStore,
    query: str = "",
    as_of: date | None = None,
    seq: int | None = None,
    status: str = "",
    k: int = 50,
) -> EvidenceSearch:
    """At most ``k`` versions, best first; raises ``ValueError`` for a status or a number that there is not."""
    if status and status not in get_args(Status):
        raise ValueError(f"status: expected one of {', '.join(get_args(Status))}, got {status!r}")
    if not 1 <= k <= MOST:
        raise ValueError(f"k: expected 1 to {MOST}, got {k}")
    snapshot, asked = opened.store.snapshot(as_of=as_of, seq=opened.number(seq)), query.strip()
    found, complete = _searched(snapshot, asked) if asked else _listed(snapshot)
    worth = {ref: snapshot.status(ref) for ref in found}
    kept = [ref for ref in found if not status or worth[ref] == status]
    gates = _held_back(snapshot, asked, [hit for one in found.values() if (hit := one.hit)]) if asked else {}
    return EvidenceSearch.model_validate(
        {
            "store": opened.place,
            "query": query,
            "as_of": as_of,
            "seq": snapshot.seq,
            "status": status or None,
            "k": k,
            "found": len(kept),
            "by_status": dict(sorted(Counter(worth.values()).items())),
            "complete": complete,
            "hits": tuple(_hit(ref, n, found[ref], worth[ref], gates) for n, ref in enumerate(kept[:k], start=1)),
            "near": nearest(asked, _names(snapshot)) if asked and not found else "",
        }
    )


def _searched(snapshot: Snapshot, query: str) -> tuple[dict[str, _Found], bool]:
    """By ref: what goes by that name, then what has its words."""
    newest_first = sorted(named(snapshot.headers, [query]).items(), key=lambda one: one[1].valid_from, reverse=True)
    versions = sorted(newest_first, key=lambda one: one[0] != query)
    found = {ref: _Found(header=header, method="name") for ref, header in versions}
    hits = BM25().search(query, snapshot, WIDE).hits
    for hit in hits:
        ref, known = hit.passage.ref, found.get(hit.passage.ref)
        if known is None:
            found[ref] = _Found(header=hit.passage.header, method="words", hit=hit)
        elif known.hit is None:
            found[ref] = known._replace(hit=hit)
        else:
            found[ref] = known._replace(more=known.more + 1)
    return found, len(hits) < WIDE


def _listed(snapshot: Snapshot) -> tuple[dict[str, _Found], bool]:
    """All versions by name, but for what was written for one question."""
    refs = list(islice(snapshot.headers, LISTED + 1))
    headers = ((ref, snapshot.headers[ref]) for ref in refs[:LISTED])
    found = {ref: _Found(header=one, method="all") for ref, one in headers if BY_ID not in one.topics}
    return found, len(refs) <= LISTED


def _hit(ref: str, rank: int, one: _Found, status: Status, gates: dict[str, HeldBack]) -> EvidenceHit:
    why = {"name": "goes by this name", "all": "", "words": one.hit.why if one.hit else ""}[one.method]
    return EvidenceHit(
        ref=ref,
        rank=rank,
        header=one.header,
        status=status,
        method=one.method,
        why=why,
        passage=one.hit.passage.id if one.hit else None,
        text=one.hit.passage.text if one.hit else "",
        more=one.more,
        held_back=gates.get(ref),
    )


def _held_back(snapshot: Snapshot, query: str, hits: Iterable[Hit]) -> dict[str, HeldBack]:
    """By ref, the first gate that would drop its passage."""
    found: dict[str, HeldBack] = {}
    kept, asked = list(hits), GateContext(query, snapshot)
    for gate in STANDING:
        kept, report = GATES[gate](kept, asked)
        for dropped in report.dropped:
            found.setdefault(dropped.passage.partition("#")[0], HeldBack(gate=gate, why=dropped.why))
    return found


def _names(snapshot: Snapshot) -> set[str]:
    return {ref.partition("@")[0] for ref in islice(snapshot.headers, LISTED)}
