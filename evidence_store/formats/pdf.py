"""Reads PDF documents, a version each: the text of their pages, in order.

Rules kept here
- The title is the one that the document states of itself, else the file's name; the lineage is the file's name. When it
  was published a PDF does not say (its dates are those of the file), so the person does.
- A document without text on any page was scanned: it is refused, for nothing here reads pictures. Single pages
  without text are told.
- An encrypted document is refused, unless it opens without a password, as it does in any viewer.
- This file alone imports pypdf. Whatever pypdf stumbles over means that the file is broken, and is one line.
"""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

from evitrail.evidence_store.formats.base import Defaults, EvidenceFormat, Parsed, files_of
from evitrail.evidence_store.formats.quiet import quiet
from evitrail.evidence_store.formats.work import Work, versions
from evitrail.evidence_store.input_text import InputError, read_bytes

ENDINGS = (".pdf",)
MOST_BYTES = 256 * 2**20


def pdf_documents(path: Path, defaults: Defaults) -> Parsed:
    """The versions of a file, or of the files of a folder."""
    works: list[Work] = []
    faults: list[str] = []
    notes: list[str] = []
    for file in files_of(path, ENDINGS):
        try:
            title, pages = _read(file)
        except InputError as error:
            faults += error.faults
            continue
        if silent := [str(n) for n, text in enumerate(pages, start=1) if not text]:
            notes.append(f"{file}: pages without text, not read: {', '.join(silent)}")
        text = "\n\n".join(filter(None, pages))
        works.append(Work(str(file), {"title": title or file.stem, "text": text}, name=file.stem))
    if faults:
        raise InputError(faults)
    return versions(works, defaults, path, notes)


def _read(file: Path) -> tuple[str, list[str]]:
    """The title and the text of each page; raises ``InputError`` in one line."""
    from pypdf import PasswordType, PdfReader

    data = read_bytes(file)
    if len(data) > MOST_BYTES:
        raise InputError([f"{file}: expected {MOST_BYTES} bytes at most, got {len(data)}"])
    try:
        with quiet("pypdf"):
            reader = PdfReader(BytesIO(data))
            if reader.is_encrypted and reader.decrypt("") == PasswordType.NOT_DECRYPTED:
                raise InputError([f"{file}: is encrypted; save it without a password first"])
            title = str((reader.metadata and reader.metadata.title) or "")
            pages = [_plain(page.extract_text()) for page in reader.pages]
    except InputError:
        raise
    except Exception as error:  # a broken file makes pypdf raise whatever its parts raise
        said = type(error).__name__
        raise InputError([f"{file}: expected a PDF, got a file that cannot be read as one ({said})"]) from error
    if not any(pages):
        raise InputError([f"{file}: has no text on its {len(pages)} pages; it was scanned: run OCR on it first"])
    return " ".join(_plain(title).split()), pages


def _plain(text: str) -> str:
    """Without what no text holds: zero bytes, and halves of characters that a broken font leaves."""
    return text.replace("\0", "").encode("utf-8", "ignore").decode().strip()


PDF = EvidenceFormat("pdf", "PDF documents", ENDINGS, pdf_documents, forms=("pdf",), takes=("values",))
