"""Many reviews in one file: a CSV, one review a line, recorded all together or not at all.

    run,of,says,by,reason
    closed_book.acute-006,high_risk,no,d.larsen,the dose is per day
    standard.acute-006,blame.wrong,retrieve[1] synthesise[1] (R1),s.okafor,it was never served

Rules kept here
- Columns are called as in ``evitrail review list``. ``by`` and ``reason`` may be left out where one author or reason is
  given for all lines. Other columns are left aside, unless they look like one of these, misspelt.
- A label says yes, no or unknown; a blame names steps as ``review blame`` does, or nobody, then a code in brackets.
- Every line is checked before anything is written, each against what counts before the first of them; all faults are
  told, with their lines. The journal is sealed and the results are written once, in the end.
- A line that repeats what its author's newest review says is not recorded again, so that a file can be given twice.

    review_table(folder, Path("reviews.csv"), by="d.larsen")
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from evitrail.eval.log.reviews import BLAME
from evitrail.eval.review import RequestedReview, record_reviews
from evitrail.evidence_store.did_you_mean import nearest
from evitrail.evidence_store.input_lines import LinePosition
from evitrail.evidence_store.input_text import InputError, read_text

NEEDED = ("run", "of", "says")
OPTIONAL = ("by", "reason")
SAYS = re.compile(r"(?P<steps>[^()]*?)\s*(?:\((?P<code>[^()\s]+)\))?")


class Recorded(NamedTuple):
    """What became of a file."""

    recorded: int
    repeated: int
    """Lines that say what their author said before."""


def review_table(folder: Path, path: Path, *, by: str = "", reason: str = "") -> Recorded:
    """Record every review of a file; raises ``InputError`` with every fault, and records nothing."""
    asked = read_reviews(path, by=by, reason=reason)
    made = record_reviews(folder, asked)
    return Recorded(len(made), len(asked) - len(made))


def read_reviews(path: Path, *, by: str = "", reason: str = "") -> list[RequestedReview]:
    """The reviews of a file, in its order; raises ``InputError`` with every fault."""
    reader = csv.DictReader(io.StringIO(read_text(path), newline=""), strict=True)
    found: list[RequestedReview] = []
    faults: list[str] = []
    try:
        header = list(reader.fieldnames or [])
        _check(path, header, {"by": by, "reason": reason})
        begins = reader.line_num + 1
        for row in reader:
            place, begins = LinePosition(str(path), begins), reader.line_num + 1
            if None in row or None in row.values():
                faults.append(f"{place}: expected {len(header)} cells, one for each column")
                continue
            cells = {name: " ".join(row[name].split()) for name in header if name in (*NEEDED, *OPTIONAL)}
            said = {"by": cells.get("by") or by, "reason": cells.get("reason") or reason}
            faults += [f"{place}: column {name!r} is empty" for name in NEEDED if not cells[name]]
            silent = [name for name in OPTIONAL if not said[name]]
            faults += [f"{place}: column {name!r} is empty, and no --{name} is given" for name in silent]
            found.append(_requested(str(place), cells, **said))
    except csv.Error as error:
        raise InputError([f"{path}:{reader.line_num}: expected CSV, got: {error}"]) from error
    if not faults and not found:
        faults.append(f"{path}: expected at least one review, found none")
    if faults or (faults := list(_twice(found))):
        raise InputError(faults)
    return found


def _requested(place: str, cells: dict[str, str], *, by: str, reason: str) -> RequestedReview:
    """A label as it stands; a blame parted into its steps and its code."""
    run, of, says = (cells[name] for name in NEEDED)
    if not of.startswith(BLAME):
        return RequestedReview(place, run, of, (says,), None, by, reason)
    told = SAYS.fullmatch(says)
    steps = re.split(r"[,;\s]+|\s+and\s+", told["steps"]) if told else [says]
    named = tuple(step for step in steps if step and step != "and")
    return RequestedReview(place, run, of, named, told["code"] if told else None, by, reason)


def _check(path: Path, header: list[str], given: dict[str, str]) -> None:
    needed = [*NEEDED, *(name for name, value in given.items() if not value)]
    known = (*NEEDED, *OPTIONAL)
    place = LinePosition(str(path), 1)
    faults = [
        f"{place}: no column {name!r}" + (f", and no --{name} is given" if name in given else "")
        for name in needed
        if name not in header
    ]
    faults += [
        f"{place}: column {name!r} is none of {', '.join(known)}{meant}"
        for name in header
        if name not in known and (meant := nearest(name, known))
    ]
    faults += [f"{place}: column {name!r} stands twice" for name in sorted(set(header)) if header.count(name) > 1]
    if faults:
        raise InputError(faults)


def _twice(found: Iterable[RequestedReview]) -> Iterable[str]:
    places: dict[tuple[str, str, str], str] = {}
    for one in found:
        key = (one.run, one.of, one.by.casefold())
        if key in places:
            yield f"{one.place}: {one.of} of run {one.run!r} by {one.by} stands already at {places[key]}"
        places.setdefault(key, one.place)
