"""In words, why a version was not in force on the day: ``superseded since 2017-02-23``."""

from __future__ import annotations

from evitrail.evidence_store.snapshot import Snapshot


def standing_in_words(snapshot: Snapshot, ref: str) -> str:
    """What the version was on the day asked about, with the date since which, where the store knows one."""
    header, status = snapshot.headers[ref], snapshot.status(ref)
    if status == "not_yet":
        return f"not in force before {header.valid_from}"
    if status not in ("superseded", "expired"):
        return status
    following = (
        other.valid_from
        for other in snapshot.related(ref).values()
        if other.supersedes == ref or (other.id == header.id and other.valid_from > header.valid_from)
    )
    since = header.valid_to or min(following, default=None)
    return f"{status} since {since}" if since else status
