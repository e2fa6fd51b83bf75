"""Turn the traces of a file into runs that can be imported.

Rules kept here
- A trace is a run and its spans are steps (``span_tree.py``). A run keeps its recorded name; without one it is named
  after the file and the trace, by the first characters of its id or, if two begin alike, by all of it; a name that
  the caller gives replaces both.
- The caller's ``interpret`` says what a span's attributes mean: this folder does not know.

    incoming_runs(read_spans(file), file, interpret)

``record_runs.py`` writes the runs to a journal.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from evitrail.traces.audit.seal import SEAL_RUN
from evitrail.traces.external.attributes import EVITRAIL
from evitrail.traces.external.span_tree import Tree, tree
from evitrail.traces.record import Record, sha256

if TYPE_CHECKING:
    from evitrail.traces.external.external_span import ExternalSpan

NO_NAME = re.compile(r"[^\w.~+@:-]+")
"""Characters that a run's name must not have."""


class Foreign(Record, stored_as="Foreign"):
    """A value of another system, unchanged."""

    kind: str
    value: Any


class Imported(Record, stored_as="Imported"):
    """The configuration of an imported run, stored with its first record."""

    source: str
    """The file's name."""
    digest: str
    """Of the file's bytes."""
    trace: str
    service: str
    attributes: dict[str, Any]
    """Of the run's own span."""


class SpanMeaning(NamedTuple):
    """What a span's attributes mean."""

    kind: str | None = None
    given: Any = None
    """The step's input, as JSON."""
    output: Any = None
    documents: Sequence[Mapping[str, Any]] = ()
    """The retrieved documents, best first, each with its ``id`` or its ``content`` or both."""
    rest: Mapping[str, Any] = {}
    """All other attributes."""


Interpret = Callable[[Mapping[str, Any]], SpanMeaning]


class IncomingRun(NamedTuple):
    """A trace that can be imported as a run."""

    run: str
    config: Imported
    tree: Tree
    family: str | None = None
    """The name that the caller gave; its runs are told apart by numbers."""


def incoming_runs(
    spans: Iterable[ExternalSpan], file: Path, interpret: Interpret, name: str | None = None
) -> list[IncomingRun]:
    """The traces of a file, each with its run's name; raises ``ValueError`` if one cannot be imported."""
    digest = sha256(file.read_bytes())
    traces: dict[str, list[ExternalSpan]] = {}
    for span in spans:
        traces.setdefault(span.trace, []).append(span)
    found: dict[str, IncomingRun] = {}
    for number, (trace, members) in enumerate(traces.items(), start=1):
        try:
            steps = tree(members, lambda span: kind_of(span, interpret(span.attributes)))
        except ValueError as error:
            raise ValueError(f"{file}: trace {trace}: {error}") from error
        names = _default_names(file, trace, steps.root) if name is None else [_numbered(name, number, len(traces))]
        run = _valid_name(next((one for one in names if one not in found), names[-1]))
        if run in found:
            raise ValueError(f"{file}: two traces have the name {run!r}; give --name to number them")
        about = steps.root.attributes if steps.root else {}
        config = Imported(source=file.name, digest=digest, trace=trace, service=members[0].service, attributes=about)
        found[run] = IncomingRun(run, config, steps, name)
    return list(found.values())


def kind_of(span: ExternalSpan, meant: SpanMeaning) -> str:
    return own_attribute(span, "kind") or meant.kind or span.name or "span"


def own_attribute(span: ExternalSpan, field: str) -> str:
    """An ``evitrail.`` attribute of a span that evitrail exported; empty for any other span."""
    value = span.attributes.get(f"{EVITRAIL}.{field}")
    return value if isinstance(value, str) else ""


def _default_names(file: Path, trace: str, root: ExternalSpan | None) -> list[str]:
    """The run's names if the caller gives none, best first: as recorded, or made from the file and the trace."""
    recorded = root and own_attribute(root, "run")
    made = [f"{file.stem}.{part}" for part in ((root and root.title) or trace[:8], trace)]
    return [NO_NAME.sub("_", one) for one in ([recorded] if recorded else made)]


def _numbered(name: str, number: int, of: int) -> str:
    return name if of == 1 else f"{name}.{number}"


def _valid_name(name: str) -> str:
    if not name or NO_NAME.search(name) or name == SEAL_RUN:
        raise ValueError(f"expected a run's name of letters, digits and .~+@:-_ (not {SEAL_RUN!r}), got {name!r}")
    return name
