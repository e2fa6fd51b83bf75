"""The traces of a file, each as the run it is about to become.

Rules kept here
- A trace is a run, its spans are steps (``span_tree.py``). A run has the name it had, or else the file's and the
  trace's, or the one that is given.
- What a span's attributes mean is told by ``understand``: this folder does not know.

    arrived(read(file), file, understand)

Writing them down is ``take_in.py``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from evitrail.traces.audit.seal import SEAL_RUN
from evitrail.traces.external.attributes import EVITRAIL
from evitrail.traces.external.span_tree import Placed, tree
from evitrail.traces.record import Record, sha256

if TYPE_CHECKING:
    from evitrail.traces.external.otlp import Span

NO_NAME = re.compile(r"[^\w.~+@:-]+")
"""What a run's name is not made of."""


class Foreign(Record, stored_as="Foreign"):
    """A value of another system, as it was told."""

    kind: str
    value: Any


class Imported(Record, stored_as="Imported"):
    """What a run that was taken in is a run of, stored at its beginning."""

    source: str
    """The file's name."""
    digest: str
    """Of the file's bytes."""
    trace: str
    service: str
    attributes: dict[str, Any]
    """Of the run's own span."""


class Understood(NamedTuple):
    """What a span's attributes mean."""

    kind: str | None = None
    given: Any = None
    """What went in, as JSON."""
    output: Any = None
    documents: Sequence[Mapping[str, Any]] = ()
    """What was found, best first, each with its ``id`` or its ``content`` or both."""
    rest: Mapping[str, Any] = {}
    """The attributes that say something else."""


Understand = Callable[[Mapping[str, Any]], Understood]


class Arrived(NamedTuple):
    """A trace that can be a run."""

    run: str
    config: Imported
    root: Span | None
    steps: list[Placed]


def arrived(spans: Iterable[Span], file: Path, understand: Understand, name: str | None = None) -> list[Arrived]:
    """The traces of a file, each with the name its run will have; raises ``ValueError`` where one cannot be a run."""
    digest = sha256(file.read_bytes())
    traces: dict[str, list[Span]] = {}
    for span in spans:
        traces.setdefault(span.trace, []).append(span)
    found: dict[str, Arrived] = {}
    for number, (trace, told) in enumerate(traces.items(), start=1):
        try:
            root, steps = tree(told, lambda span: kind_of(span, understand(span.attributes)))
        except ValueError as error:
            raise ValueError(f"{file}: trace {trace}: {error}") from error
        run = _expect_name(_name(file, trace, root) if name is None else _numbered(name, number, len(traces)))
        if run in found:
            raise ValueError(f"{file}: two traces are both called {run!r}; give --name, and they are numbered")
        about = root.attributes if root else {}
        config = Imported(source=file.name, digest=digest, trace=trace, service=told[0].service, attributes=about)
        found[run] = Arrived(run, config, root, steps)
    return list(found.values())


def kind_of(span: Span, meant: Understood) -> str:
    return stated(span, "kind") or meant.kind or span.name or "span"


def stated(span: Span, field: str) -> str:
    """What a span of our own says; empty for any other."""
    said = span.attributes.get(f"{EVITRAIL}.{field}")
    return said if isinstance(said, str) else ""


def _name(file: Path, trace: str, root: Span | None) -> str:
    """A run's name where none is given: the one it had, or the file's and the trace's."""
    said = (root and stated(root, "run")) or f"{file.stem}.{trace[:8]}"
    return NO_NAME.sub("_", said)


def _numbered(name: str, number: int, of: int) -> str:
    return name if of == 1 else f"{name}.{number}"


def _expect_name(name: str) -> str:
    if not name or NO_NAME.search(name) or name == SEAL_RUN:
        raise ValueError(f"expected a run's name of letters, digits and .~+@:-_ (not {SEAL_RUN!r}), got {name!r}")
    return name
