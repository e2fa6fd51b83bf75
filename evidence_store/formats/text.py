"""Reads plain text documents, a version each: the file's name is the title, and the lineage is made of it.

Rules kept here
- A text file does not say when it was published, so the person does.
"""

from __future__ import annotations

from pathlib import Path

from evitrail.evidence_store.formats.base import Defaults, EvidenceFormat, Parsed, files_of
from evitrail.evidence_store.formats.work import Work, versions
from evitrail.evidence_store.input_form import Form
from evitrail.evidence_store.input_text import InputError, read_text

ENDINGS = (".txt", ".text")
PROSE: tuple[Form, ...] = ("csv", "markdown")
"""What a text may look like by chance."""


def text_documents(path: Path, defaults: Defaults) -> Parsed:
    """The versions of a file, or of the files of a folder."""
    works: list[Work] = []
    faults: list[str] = []
    for file in files_of(path, ENDINGS):
        try:
            works.append(Work(str(file), {"title": file.stem, "text": read_text(file).strip()}, name=file.stem))
        except InputError as error:
            faults += error.faults
    if faults:
        raise InputError(faults)
    return versions(works, defaults, path)


TEXT = EvidenceFormat("text", "plain text documents", ENDINGS, text_documents, PROSE, ("values",))
