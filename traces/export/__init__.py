"""Forms to hand recorded runs on in; one file each, named like its form, and none is loaded before it is asked for.

    FORMATS["prov"].write(journal, ["clean.rad-001"], Path("rad-001.prov.json"), with_sensitive=False)

A form is a file ``NAME.py`` with a function ``write``, and one line in ``FORMATS``. Forms that need to know what a
step means to a clinician are added in ``workbench/export/``.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import NamedTuple, Protocol

from evitrail.traces.journal.view import JournalView


class Write(Protocol):
    """Writes runs of a journal in one form."""

    def __call__(
        self, journal: JournalView, runs: Sequence[str], target: Path, *, with_sensitive: bool
    ) -> tuple[str, ...]:
        """Write these runs, with patient data or without; returns the names of the blobs that are not in it."""
        ...


class Format(NamedTuple):
    """A form that recorded runs can be handed on in."""

    name: str
    description: str
    ending: str
    """How its files' names end."""
    holds_many: bool
    """Whether several runs fit in one file; else exactly one is given."""
    forks: bool = True
    """Whether the forks and counterfactuals of an experiment go with it."""
    package: str = __name__
    """Where its file lies."""

    @property
    def write(self) -> Write:
        """What writes it; its file, and the library it needs, are loaded now."""
        write: Write = import_module(f"{self.package}.{self.name}").write
        return write


FORMATS: dict[str, Format] = {
    form.name: form
    for form in (
        Format("crate", "Workflow Run RO-Crate, one run", "crate.zip", holds_many=False),
        Format("graphml", "the provenance graph, one run", "graphml", holds_many=False),
        Format("prov", "W3C PROV-JSON, one run", "prov.json", holds_many=False),
        Format("zip", "portable bundle that verifies by itself", "zip", holds_many=True),
    )
}
