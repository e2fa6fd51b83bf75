"""The spans of one trace as the steps of a run, whatever they look like.

Rules kept here
- The one span that is in no other is the run itself, where spans are within it. All others are steps.
- A step's path is that of the step it is within, its kind, and its number among its like there. A span that
  says what its path was keeps it where it can.
- A span whose parent is not there stands at the top. Of spans that are within each other in a ring, the first does.
- Spans are in the order in which they began, and as they stood in the file where that is not told. A step comes
  after those within it, as in a run of our own.

    root, steps = tree(spans, lambda span: span.name)
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from evitrail.traces.external.attributes import EVITRAIL

if TYPE_CHECKING:
    from evitrail.traces.external.otlp import Span

DEEPEST = 100
"""Steps within steps."""
LONGEST = 60
"""Characters of a kind in a path."""
NO_KIND = re.compile(r"[^\w.+-]+")
NO_PATH = re.compile(r"[\x00-\x1f\x7f/]")

Kind = Callable[["Span"], str]
Within = defaultdict[str, list["Span"]]
"""By the id of a span, the spans within it."""
TOP = ""
"""Stands where the id of a containing span would."""


class Placed(NamedTuple):
    """A span, and where in its run it stands."""

    path: str
    span: Span


class Tree(NamedTuple):
    """A trace as a run."""

    root: Span | None
    """The span of the run itself, where there is one."""
    steps: list[Placed]


def tree(spans: Sequence[Span], kind: Kind) -> Tree:
    """Where each span stands; raises ``ValueError`` where they lie too deep for a run."""
    ordered = sorted(spans, key=lambda span: span.start or span.end)
    within = _nested(ordered)
    roots = [span for span in within[TOP] if not span.parent]
    root = roots[0] if len(roots) == 1 and _is_run(roots[0], within) else None
    top = {span.id for span in (*within[TOP], *(within[root.id] if root else ()))} - {root.id if root else TOP}
    return Tree(root, list(_steps([span for span in ordered if span.id in top], within, kind)))


def _is_run(root: Span, within: Within) -> bool:
    stated = f"{EVITRAIL}.run" in root.attributes and f"{EVITRAIL}.path" not in root.attributes
    return stated or bool(within[root.id])


def _nested(ordered: Sequence[Span]) -> Within:
    """The spans within each, and those at the top; every span once."""
    known = {span.id: span for span in ordered}
    within: Within = defaultdict(list)
    for span in ordered:
        within[span.parent if span.parent in known else TOP].append(span)
    reached = set(_below(within, TOP))
    for span in ordered:
        if span.id not in reached:
            first = _of_ring(span, known)
            within[first.parent].remove(first)
            within[TOP].append(first)
            reached |= {first.id, *_below(within, first.id)}
    return within


def _below(within: Within, name: str) -> Iterator[str]:
    """The ids of all spans within one, at any depth."""
    todo = [name]
    while todo:
        inner = [span.id for span in within[todo.pop()]]
        todo += inner
        yield from inner


def _of_ring(span: Span, known: dict[str, Span]) -> Span:
    """The first span that is met twice on the way up."""
    met: set[str] = set()
    while span.id not in met:
        met.add(span.id)
        span = known[span.parent]
    return span


def _steps(siblings: Sequence[Span], within: Within, kind: Kind, above: str = "", depth: int = 1) -> Iterator[Placed]:
    if siblings and depth > DEEPEST:
        raise ValueError(f"span {siblings[0].id!r}: expected at most {DEEPEST} spans within each other, got more")
    stated = {span.id: path for span in siblings if (path := _stated(span, above))}
    paths = {path: name for name, path in reversed(stated.items())}  # of two that state one path, the first has it
    numbers: Counter[str] = Counter()
    for span in siblings:
        path = stated.get(span.id, "")
        if paths.get(path) != span.id:
            name = above + (NO_KIND.sub("_", kind(span))[:LONGEST] or "span")
            numbers[name] += 1
            while (path := f"{name}[{numbers[name]}]") in paths:
                numbers[name] += 1
        yield from _steps(within[span.id], within, kind, f"{path}/", depth + 1)
        yield Placed(path, span)


def _stated(span: Span, above: str) -> str | None:
    """The path that a span says it had, where it can have that here."""
    path = span.attributes.get(f"{EVITRAIL}.path")
    if not isinstance(path, str) or not path.startswith(above) or NO_PATH.search(path, len(above)):
        return None
    return path if len(above) < len(path) <= len(above) + 2 * LONGEST else None
