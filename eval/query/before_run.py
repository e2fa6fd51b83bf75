"""Whether a query asks only for what was settled before a run was made: its question, condition, reader, store.

Rules kept here
- Runs that are picked so are a sample like any other. Runs that are picked by what came of them are none, so what is
  counted over them has no interval.

    picks_before_run(parse("condition:gated day:>2020-01-01")), picks_before_run(parse("stale"))    # True, False
"""

from __future__ import annotations

from evitrail.eval.query.flags import FLAGS
from evitrail.eval.query.tree import Both, Either, Not, Tree, Word

BEFORE = (
    *("run", "case", "condition", "reader", "retriever", "snapshot"),
    *("answer", "subspecialty", "type", "day", "text"),
)
"""Fields that are known before a run is made."""


def picks_before_run(tree: Tree) -> bool:
    """See the module."""
    if isinstance(tree, (Both, Either)):
        return all(map(picks_before_run, tree.terms))
    if isinstance(tree, Not):
        return picks_before_run(tree.term)
    if isinstance(tree, Word):
        return tree.quoted or tree.text not in FLAGS
    return tree.name in BEFORE
