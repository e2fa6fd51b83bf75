"""What evidence each run met: found by its searches, served to its reader, quoted, speaking for the right option.

Rules kept here
- *Found* is all that a search came upon, what a gate then dropped included. *Served* is what the reader was given, or,
  of a context that was cut, what stood in it.
- A reader that makes no claims quotes nothing that is on record: what it quoted is None, not nothing.
- What a version was worth on the question's day is concluded from what the journal holds: its own dates, the versions
  that any run met, and why gates dropped it. Where that does not tell a superseded version from an expired one: None.

    met = JournalEvidence(journal)
    met.of(trace, config).served, met.status("sepsis@2016", config)
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from typing import NamedTuple

from evitrail.agent.model import Synthesis
from evitrail.eval.log.run_config import RunConfig
from evitrail.evidence_store.grading.grade import Certainty
from evitrail.evidence_store.model import Header
from evitrail.evidence_store.snapshot import Status
from evitrail.retrieval.base import Retrieved
from evitrail.traces.journal.view import JournalView
from evitrail.traces.record import stored_name
from evitrail.traces.run.activity import Activity
from evitrail.traces.trace import Trace

DROPPED: dict[str, Status] = {
    "retracted.retracted": "retracted",
    "retracted.withdrawn": "withdrawn",
    "as_of.not_yet": "not_yet",
    "as_of.superseded": "superseded",
    "as_of.expired": "expired",
}
"""What a gate said a version is worth, by the rule that dropped it."""


class RunEvidence(NamedTuple):
    """The evidence versions that one run met."""

    retrieved: tuple[str, ...]
    served: tuple[str, ...]
    quoted: frozenset[str] | None
    supports: frozenset[str] | None
    """Those of which a claim speaks for the right option."""


class _Search(NamedTuple):
    """What one search came to, as far as it is needed here."""

    hits: tuple[str, ...]
    found: tuple[str, ...]


class JournalEvidence:
    """See the module; each search on record is read once, however many runs it served."""

    def __init__(self, journal: JournalView) -> None:
        self._journal = journal
        self._searches: dict[str, _Search] = {}
        self._headers: dict[tuple[int, str], Header] = {}
        self._later: dict[tuple[int, str], dict[str, Header]] = {}
        """By ledger number and by lineage, or by the version that is superseded: versions that runs met."""
        self._dropped: dict[tuple[int, date | None, str], Status] = {}

    def of(self, trace: Trace, config: RunConfig) -> RunEvidence:
        """What one run met; ``config`` is what decided it."""
        steps = [step for step in trace.activities if "/" not in step.path]
        searches = [self._search(step.output, config) for step in steps if step.output_type == stored_name(Retrieved)]
        read, last = [step for step in steps if step.kind in ("section", "synthesise")], trace.last("synthesise")
        said = self._journal.get(last.output, Synthesis) if last else None
        return RunEvidence(
            retrieved=_once(ref for search in searches for ref in (*search.hits, *search.found)),
            served=_once(self._served(read, said, config)),
            quoted=_quoted(said),
            supports=_quoted(said, config.case.answer),
        )

    def status(self, ref: str, config: RunConfig) -> Status | None:
        """What a version was worth on the day of the question; ask once every run has been read."""
        header, day = self._headers.get((config.seq, ref)), config.case.as_of
        dropped = self._dropped.get((config.seq, day, ref))
        if header is None or dropped is not None:
            return dropped
        if header.retracted:
            return "retracted"
        if day is not None and day < header.valid_from:
            return "not_yet"
        if self._taken_over(header, config.seq, day):
            return "superseded" if day is None or not header.holds_on(day) else "current"
        in_force = header.valid_to is None if day is None else header.holds_on(day)
        return "current" if in_force else None

    def certainty(self, ref: str, config: RunConfig) -> Certainty | None:
        """The certainty of a version; None where it is not rated."""
        header = self._headers.get((config.seq, ref))
        return header.grade.certainty if header and header.grade else None

    def _taken_over(self, old: Header, seq: int, day: date | None) -> bool:
        mates = (new for new in self._later.get((seq, old.id), {}).values() if new.valid_from > old.valid_from)
        successors = (*mates, *self._later.get((seq, old.ref), {}).values())
        return any(day is None or new.valid_from <= day for new in successors)

    def _meet(self, header: Header, seq: int) -> None:
        self._headers[seq, header.ref] = header
        for older in (header.id, header.supersedes):
            if older is not None:
                self._later.setdefault((seq, older), {})[header.ref] = header

    def _search(self, name: str, config: RunConfig) -> _Search:
        key = f"{config.seq} {config.case.as_of} {name}"
        if key not in self._searches:
            found = self._journal.get(name, Retrieved)
            for hit in found.hits:
                self._meet(hit.passage.header, config.seq)
            for drop in (drop for gate in found.gates for drop in gate.dropped):
                if status := DROPPED.get(drop.rule):
                    self._dropped[config.seq, config.case.as_of, _ref(drop.passage)] = status
            passed = (passage for gate in found.gates for passage in (*gate.kept, *(d.passage for d in gate.dropped)))
            hits = _once(hit.passage.ref for hit in found.hits)
            self._searches[key] = _Search(hits, _once(map(_ref, passed)))
        return self._searches[key]

    def _served(self, read: Iterable[Activity], said: Synthesis | None, config: RunConfig) -> Iterator[str]:
        if said and said.context and not said.claims:
            yield from (one.evidence for one in said.context.passages)
            return
        for step in read:
            for given in step.inputs:
                if given.type == stored_name(Retrieved):
                    yield from self._search(given.id, config).hits


def _quoted(said: Synthesis | None, option: str | None = None) -> frozenset[str] | None:
    """What claims quote, or only those that support this option; None where no claims are made."""
    if said is None:
        return frozenset()
    if said.context and not said.claims:
        return None
    claims = (one for one in said.claims if option is None or (one.option == option and one.stance == "supports"))
    return frozenset(one.evidence for one in claims)


def _ref(passage: str) -> str:
    return passage.partition("#")[0]


def _once(refs: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(refs))
