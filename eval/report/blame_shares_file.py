"""blame_shares.json: where the blame falls, a row for each step of each row of metrics.json, as pages show it.

Rules kept here
- It says nothing that ``attribution.json`` does not: of 100,000 runs that file is read in tens of seconds, this one at
  once. Where it is absent, or older than that file, it is not used.
- A share is of the runs of one condition, reader and store state, as the rows of ``metrics.json`` are.

    write_json(folder / BLAME_SHARES, blame_share_rows(outcomes, blames))
    stored_shares(folder)
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from evitrail.eval.attribution.blame import Blame
from evitrail.eval.attribution.record.summary import BlameShare, blame_shares
from evitrail.eval.metrics.outcome import Outcome

BLAME_SHARES = "blame_shares.json"
ATTRIBUTION = "attribution.json"
Group = tuple[str, str, str]
"""Condition, reader, and store state."""


def blame_share_rows(outcomes: Iterable[Outcome], blames: Iterable[Blame]) -> list[dict[str, Any]]:
    """A row for each share, in the order of groups."""
    group_of = {one.run: (one.condition, one.reader, one.snapshot) for one in outcomes}
    names = {group: f"{number:06}" for number, group in enumerate(sorted(set(group_of.values())))}
    groups = {name: group for group, name in names.items()}
    counted = (
        blame.model_copy(update={"condition": names[group_of[blame.run]]}) for blame in blames if blame.run in group_of
    )
    return [_row(share, groups[share.condition]) for share in blame_shares(counted)]


def stored_shares(folder: Path, called: Mapping[Group, str]) -> list[BlameShare] | None:
    """The shares, each with its condition called as ``called`` has its group; None where the file cannot be used."""
    path, attribution = folder / BLAME_SHARES, folder / ATTRIBUTION
    if not path.is_file() or (attribution.is_file() and attribution.stat().st_mtime_ns > path.stat().st_mtime_ns):
        return None
    try:
        rows = json.loads(path.read_text("utf-8"))
        groups = [(row["condition"], row.pop("reader"), row.pop("snapshot")) for row in rows]
        pairs = zip(rows, groups, strict=True)
        return [BlameShare(**row | {"condition": called[group]}) for row, group in pairs if group in called]
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def _row(share: BlameShare, group: Group) -> dict[str, Any]:
    condition, reader, snapshot = group
    return share.model_dump() | {"condition": condition, "reader": reader, "snapshot": snapshot}
