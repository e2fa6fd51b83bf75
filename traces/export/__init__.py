"""Export formats for recorded runs: one module each, named like the format and loaded when it is used.

    FORMATS["prov"].write(journal, ["clean.rad-001"], Path("rad-001.prov.json"), with_sensitive=False)

A format is a module ``NAME.py`` with a function ``write``, and one line in ``FORMATS``. Formats that need to know what
a step means to a clinician are in ``workbench/export/``.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import NamedTuple, Protocol

from evitrail.traces.journal.view import JournalView


class Write(Protocol):
    """Writes runs of a journal in one format."""

    def __call__(
        self, journal: JournalView, runs: Sequence[str], target: Path, *, with_sensitive: bool
    ) -> tuple[str, ...]:
        """Write these runs, with patient data or without; returns the names of the blobs that are not in it."""
        ...


class ExportFormat(NamedTuple):
    """An export format for recorded runs."""

    name: str
    description: str
    ending: str
    """The file name extension."""
    holds_many: bool
    """Whether one file can hold several runs; else it holds exactly one."""
    forks: bool = True
    """Whether forks and counterfactuals are exported with an experiment."""
    package: str = __name__
    """The package of its module."""

    @property
    def write(self) -> Write:
        """The format's ``write`` function; loads its module and the library it needs."""
        write: Write = import_module(f"{self.package}.{self.name}").write
        return write


FORMATS: dict[str, ExportFormat] = {
    form.name: form
    for form in (
        ExportFormat("crate", "Workflow Run RO-Crate, one run", "crate.zip", holds_many=False),
        ExportFormat("graphml", "the provenance graph, one run", "graphml", holds_many=False),
        ExportFormat("prov", "W3C PROV-JSON, one run", "prov.json", holds_many=False),
        ExportFormat("zip", "portable bundle that verifies by itself", "zip", holds_many=True),
    )
}
