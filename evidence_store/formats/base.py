"""What a format is that evidence can be read from: how its files are told, and what reads their entries.

Rules kept here
- A format only reads: each entry it finds is a version of evidence, with the place where it stands.
- What every format owes is proven here: at least one entry, and versions that may join what the store knows.
- Either all of a file is returned, or every fault of it is raised. What the file did not say and was assumed is told.
- A file of another form than its format's is refused in one line, which names the format that fits.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

from evitrail.evidence_store.curation.lineage import lineage_faults
from evitrail.evidence_store.input_form import FORMS, Form, form_of
from evitrail.evidence_store.input_text import InputError
from evitrail.evidence_store.model import Evidence, Header

Entries = Sequence[tuple[str, Evidence]]
"""The versions that a file holds, in order, each with its place as a person would name it: ``evidence.jsonl:3``."""


class Defaults(NamedTuple):
    """What a person says for entries that do not say it themselves."""

    columns: Mapping[str, str] = {}
    """A field of ``Evidence``, and the column or front-matter key that holds it."""
    values: Mapping[str, Any] = {}
    """A field of ``Evidence``, and what it is where an entry says nothing."""

    def but(self, published: date | None) -> Defaults:
        """The same, with the day of publication where one is given."""
        return self._replace(values={**self.values, "published": published}) if published else self


class Parsed(NamedTuple):
    """What a file holds."""

    entries: Entries
    notes: tuple[str, ...] = ()
    """What was assumed, and what was not read, each in a line."""


class EvidenceFormat(NamedTuple):
    """A format that evidence is read from."""

    name: str
    description: str
    endings: tuple[str, ...]
    """How its files' names end."""
    parse: Callable[[Path, Defaults], Parsed]
    """What a file or folder holds; raises ``InputError`` with every fault of it."""
    forms: tuple[Form, ...] | None = None
    """What its files may look like (a file that looks like none of these, nor like another form, is tried too)."""
    takes: tuple[str, ...] = ()
    """Of ``Defaults``, what it heeds."""

    def read(
        self, path: Path, known: Mapping[str, Header] | None = None, defaults: Defaults | None = None
    ) -> list[Evidence]:
        """The versions in a file or folder, in order; ``known`` are the headers of those in the store.

        Raises ``InputError`` with every fault.
        """
        return [evidence for _, evidence in self.parsed(path, known, defaults).entries]

    def parsed(self, path: Path, known: Mapping[str, Header] | None = None, defaults: Defaults | None = None) -> Parsed:
        """The same, with the place of each and what was assumed."""
        defaults = defaults or Defaults()
        for given in Defaults._fields:
            if getattr(defaults, given) and given not in self.takes:
                raise InputError([f"{path}: the format {self.name} takes no {given} from --map or --published"])
        if fault := self._of_another_form(path):
            raise InputError([fault])
        found = self.parse(path, defaults)
        if not found.entries:
            why = "; ".join(note.removeprefix(f"{path}: ") for note in found.notes)
            said = f"{path}: expected at least one version of evidence, got none"
            raise InputError([f"{said} ({why})" if why else said])
        if faults := lineage_faults(found.entries, {} if known is None else known):
            raise InputError(faults)
        return found

    def _of_another_form(self, path: Path) -> str | None:
        """That the file looks like something else, where it does."""
        form = form_of(path) if path.is_file() else None
        if form is None or self.forms is None or form in self.forms:
            return None
        said = f"{path}: expected {self.name} ({self.description}); it looks like {FORMS[form]}"
        return f"{said}: give --format {form}" if form in NAMED else said


NAMED: tuple[Form, ...] = ("jsonl", "fhir", "pubmed", "nbib", "ris", "bibtex", "csv", "markdown", "pdf")
"""Forms that are formats of the same name."""


def files_of(path: Path, endings: Sequence[str]) -> list[Path]:
    """The file itself, or the files of a folder whose names end so, in name order; raises ``InputError`` for none."""
    if path.is_dir():
        named = (one for one in path.iterdir() if one.name.lower().endswith(tuple(endings)))
        files = sorted(one for one in named if one.is_file() and not one.name.startswith("."))
        if not files:
            wanted = " or ".join(f"*{ending}" for ending in endings)
            raise InputError([f"{path}: expected {wanted} files in this folder, found none"])
        return files
    if not path.is_file():
        raise InputError([f"{path}: expected a file or a folder, found neither"])
    return [path]
