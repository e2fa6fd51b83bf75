"""Arrange the spans of one trace as the steps of a run; every input gives a tree.

Rules kept here
- If exactly one span has no parent and other spans are within it, it is the run itself. All others are steps.
- Without such a span, a step that is alone at the top gives the run its output: a trace of one span, or one whose
  caller is another service. Of several at the top none does.
- A step's path is its parent's path, its kind, and its number among siblings of that kind. A span that states its
  path keeps it if possible.
- A span whose parent is missing is at the top. Of spans whose parents form a cycle, the first is at the top.
- Spans are ordered by start time; without times they keep the file's order. A step comes after the steps within it,
  as in evitrail's own runs.

    root, steps = tree(spans, lambda span: span.name)
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from evitrail.traces.external.attributes import EVITRAIL

if TYPE_CHECKING:
    from evitrail.traces.external.external_span import ExternalSpan

DEEPEST = 100
"""Maximum nesting depth of steps."""
LONGEST = 60
"""Maximum characters of a kind in a path."""
NO_KIND = re.compile(r"[^\w.+-]+")
NO_PATH = re.compile(r"[\x00-\x1f\x7f/]")

Kind = Callable[["ExternalSpan"], str]
Within = defaultdict[str, list["ExternalSpan"]]
"""By the id of a span, the spans within it."""
TOP = ""
"""Used as the parent id of spans at the top."""


class PlacedSpan(NamedTuple):
    """A span and its path in the run."""

    path: str
    span: ExternalSpan


class Tree(NamedTuple):
    """A trace as a run."""

    root: ExternalSpan | None
    """The span of the run itself, if there is one."""
    steps: list[PlacedSpan]

    @property
    def outcome(self) -> ExternalSpan | None:
        """The span whose output and error are those of the run: the root, else the only step at the top."""
        top = [step.span for step in self.steps if "/" not in step.path]
        return self.root or (top[0] if len(top) == 1 else None)


def tree(spans: Sequence[ExternalSpan], kind: Kind) -> Tree:
    """Find the path of each span; raises ``ValueError`` if they are nested too deep."""
    ordered = sorted(spans, key=lambda span: span.start or span.end)
    within = _spans_by_parent(ordered)
    roots = [span for span in within[TOP] if not span.parent]
    root = roots[0] if len(roots) == 1 and _is_run(roots[0], within) else None
    top = {span.id for span in (*within[TOP], *(within[root.id] if root else ()))} - {root.id if root else TOP}
    return Tree(root, list(_steps([span for span in ordered if span.id in top], within, kind)))


def _is_run(root: ExternalSpan, within: Within) -> bool:
    stated = f"{EVITRAIL}.run" in root.attributes and f"{EVITRAIL}.path" not in root.attributes
    return stated or bool(within[root.id])


def _spans_by_parent(ordered: Sequence[ExternalSpan]) -> Within:
    """The spans by parent, and those at the top; every span once."""
    known = {span.id: span for span in ordered}
    within: Within = defaultdict(list)
    for span in ordered:
        within[span.parent if span.parent in known else TOP].append(span)
    reached = set(_descendants(within, TOP))
    for span in ordered:
        if span.id not in reached:
            first = _first_in_cycle(span, known)
            within[first.parent].remove(first)
            within[TOP].append(first)
            reached |= {first.id, *_descendants(within, first.id)}
    return within


def _descendants(within: Within, name: str) -> Iterator[str]:
    """The ids of all spans within a span, at any depth."""
    todo = [name]
    while todo:
        inner = [span.id for span in within[todo.pop()]]
        todo += inner
        yield from inner


def _first_in_cycle(span: ExternalSpan, known: dict[str, ExternalSpan]) -> ExternalSpan:
    """The first span that is visited twice when following the parents."""
    met: set[str] = set()
    while span.id not in met:
        met.add(span.id)
        span = known[span.parent]
    return span


def _steps(
    siblings: Sequence[ExternalSpan], within: Within, kind: Kind, above: str = "", depth: int = 1
) -> Iterator[PlacedSpan]:
    if siblings and depth > DEEPEST:
        raise ValueError(f"span {siblings[0].id!r}: spans are nested deeper than the maximum of {DEEPEST}")
    stated = {span.id: path for span in siblings if (path := _recorded_path(span, above))}
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
        yield PlacedSpan(path, span)


def _recorded_path(span: ExternalSpan, above: str) -> str | None:
    """The path that a span states, if it is valid at this place."""
    path = span.attributes.get(f"{EVITRAIL}.path")
    if not isinstance(path, str) or not path.startswith(above) or NO_PATH.search(path, len(above)):
        return None
    return path if len(above) < len(path) <= len(above) + 2 * LONGEST else None
