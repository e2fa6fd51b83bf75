"""The cases that an experiment asked, as one content id: two results are of the same cases if it is the same.

Rules kept here
- The id covers each case whole: question, options, key, labels, evidence and day. A changed label is another case set.
- Texts of sensitive fields are covered first: nobody can check a guess against the id.
"""

from __future__ import annotations

from collections.abc import Iterable

from evitrail.eval.dataset.case import Case
from evitrail.traces.record import Record, content_id


class CaseSet(Record, stored_as="CaseSet"):
    """Cases in order of their ids."""

    cases: tuple[Case, ...]


def case_set_id(cases: Iterable[Case]) -> str:
    """The content id of these cases, in whatever order they are given."""
    return content_id(CaseSet(cases=tuple(sorted((case.covered for case in cases), key=lambda case: case.id))))


def described(ours: Iterable[Case], theirs: Iterable[Case]) -> str:
    """How two case sets differ, for an error line."""
    here, there = ({case.id: case.covered for case in cases} for cases in (ours, theirs))
    missing = sorted(here.keys() - there.keys())
    added = sorted(there.keys() - here.keys())
    changed = sorted(name for name in here.keys() & there.keys() if here[name] != there[name])
    parts = [(missing, "missing"), (added, "more"), (changed, "changed")]
    return "; ".join(f"{len(ids)} {what} ({_named(ids)})" for ids, what in parts if ids)


def _named(ids: list[str], most: int = 3) -> str:
    return ", ".join(ids[:most]) + (", …" if len(ids) > most else "")
