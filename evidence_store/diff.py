"""What came between two states of the store: what a curator, or whoever answers for a deployment, has to read.

Rules kept here
- Compared is what counted in each: for every lineage the versions that were current then and now.
- A published version never changes, so another text means another version; both are named. Its grade may: raters speak
  of it later.

    difference(store.snapshot(seq=120), store.snapshot()).moved
"""

from __future__ import annotations

from collections.abc import Iterator
from difflib import unified_diff
from typing import Literal

from evitrail.evidence_store.grading.grade import Certainty
from evitrail.evidence_store.model import Header
from evitrail.evidence_store.snapshot import Snapshot
from evitrail.traces.record import Record


class Moved(Record):
    """A lineage of which another version counts now."""

    lineage: str
    was: str
    now: str
    certainty_was: Certainty | None
    certainty_now: Certainty | None
    text: tuple[str, ...]
    """What changed in the words, as lines of a unified diff, a sentence a line."""

    @property
    def regraded(self) -> bool:
        """Whether it is rated otherwise."""
        return self.certainty_was != self.certainty_now


class StatusChange(Record):
    """A version that a publisher or raters said something about."""

    ref: str
    change: Literal["retracted", "under concern", "reinstated", "regraded"]
    certainty_was: Certainty | None
    certainty_now: Certainty | None


class Difference(Record):
    """All that is not as it was."""

    added: tuple[str, ...]
    """Versions of lineages that did not count before."""
    moved: tuple[Moved, ...]
    ended: tuple[str, ...]
    """Versions that counted, of lineages of which none does now."""
    standing: tuple[StatusChange, ...]


def difference(then: Snapshot, now: Snapshot) -> Difference:
    """What changed from one snapshot to the other."""
    before, after = _current(then), _current(now)
    added = [ref for lineage in after.keys() - before.keys() for ref in after[lineage]]
    ended = [ref for lineage in before.keys() - after.keys() for ref in before[lineage]]
    moved = []
    for lineage in sorted(before.keys() & after.keys()):
        gone = [ref for ref in before[lineage] if ref not in after[lineage]]
        come = [ref for ref in after[lineage] if ref not in before[lineage]]
        moved += [_moved(lineage, was, ref, then, now) for ref in come for was in (gone or before[lineage])[-1:]]
        ended += gone if not come else gone[:-1]
    standing = [
        one for ref, header in sorted(now.headers.items()) for one in _status_changes(then.headers.get(ref), header)
    ]
    return Difference(
        added=tuple(sorted(added)), moved=tuple(moved), ended=tuple(sorted(ended)), standing=tuple(standing)
    )


def _current(snapshot: Snapshot) -> dict[str, list[str]]:
    """By lineage, the versions that count, the one that began last at the end."""
    found: dict[str, list[str]] = {}
    for ref, header in sorted(snapshot.headers.items(), key=lambda item: (item[1].valid_from, item[0])):
        if snapshot.status(ref) == "current":
            found.setdefault(header.id, []).append(ref)
    return found


def _moved(lineage: str, was: str, now: str, before: Snapshot, after: Snapshot) -> Moved:
    old, new = before.evidence(was), after.evidence(now)
    lines = unified_diff(_sentences(old.text), _sentences(new.text), was, now, n=0, lineterm="")
    return Moved(
        lineage=lineage,
        was=was,
        now=now,
        certainty_was=_certainty(before.headers[was]),
        certainty_now=_certainty(after.headers[now]),
        text=tuple(lines),
    )


def _sentences(text: str) -> list[str]:
    return text.replace(". ", ".\n").splitlines()


def _status_changes(was: Header | None, now: Header) -> Iterator[StatusChange]:
    grades = {"certainty_was": _certainty(was or now), "certainty_now": _certainty(now)}
    before = (was.retracted, was.concern) if was else (False, False)
    if now.retracted and not before[0]:
        yield StatusChange(ref=now.ref, change="retracted", **grades)
    elif now.concern and not before[1]:
        yield StatusChange(ref=now.ref, change="under concern", **grades)
    elif before > (now.retracted, now.concern):
        yield StatusChange(ref=now.ref, change="reinstated", **grades)
    if grades["certainty_was"] != grades["certainty_now"]:
        yield StatusChange(ref=now.ref, change="regraded", **grades)


def _certainty(header: Header) -> Certainty | None:
    return header.grade.certainty if header.grade else None
