"""What a query may name, as data: for whatever evaluates queries without this package, such as the pages in a browser.

Rules kept here
- It is made from ``FIELDS`` and ``FLAGS``: a field whose way is one of ``ways.py`` is known there, too.
- It depends on no experiment, only on what is registered in this process.

    vocabulary()["fields"]["retriever"]["way"]["closed"]    # ["dense", "bm25", ...]
"""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from evitrail.eval.plan.condition import ALIASES
from evitrail.eval.query.compared_conditions import changed_by, condition_in, reader_in
from evitrail.eval.query.fields import CITED, FIELDS, STATUS, Match, cited_in
from evitrail.eval.query.flags import FLAGS
from evitrail.eval.query.ways import ByLevel, ByMilliseconds, ByName, ByNumber, ByQuestion, ByRecordedWords

OWN: dict[Match, str] = {condition_in: "condition", reader_in: "reader", changed_by: "changed"}
"""Fields whose way is code of its own."""


def vocabulary() -> dict[str, Any]:
    """Fields, flags, and other names of conditions, as JSON has them."""
    found = {
        "fields": {
            name: {"description": field.description, "parts": field.parts, "way": _way(field.match)}
            for name, field in FIELDS.items()
        },
        "flags": {name: asdict(flag) for name, flag in FLAGS.items()},
        "aliases": ALIASES,
    }
    return dict(json.loads(json.dumps(found)))


def _way(match: Match) -> dict[str, Any]:
    if isinstance(match, (ByName, ByLevel, ByNumber, ByMilliseconds, ByQuestion, ByRecordedWords)):
        return {"by": match.by, **asdict(match)}
    if match is cited_in:
        return {"by": "cited", "name": _way(CITED), "status": _way(STATUS)}
    return {"by": OWN[match]}
