"""Which form a file has, by how it begins: to name the format that fits where another was expected.

Rules kept here
- Only the beginning is looked at, and nothing is read by what it looks like: the form is named, and a person decides.

    form_of(Path("export.txt"))     # "nbib"
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal, get_args

from evitrail.evidence_store.input_text import InputError, decoded, read_bytes

Form = Literal["jsonl", "json", "fhir", "pubmed", "xml", "nbib", "ris", "bibtex", "csv", "markdown", "pdf", "office"]
FORMS: dict[Form, str] = {
    "jsonl": "JSON lines",
    "json": "JSON",
    "fhir": "FHIR",
    "pubmed": "PubMed XML",
    "xml": "XML",
    "nbib": "NBIB (PubMed's tagged lines)",
    "ris": "RIS",
    "bibtex": "BibTeX",
    "csv": "CSV",
    "markdown": "Markdown with front matter",
    "pdf": "PDF",
    "office": "an Office or zip file",
}
BEGINNING = 1 << 16
"""Bytes that are looked at."""
LINES: tuple[tuple[re.Pattern[str], Form], ...] = (
    (re.compile(r"\s*<(.*<)?Pubmed(Article|BookArticle)", re.DOTALL), "pubmed"),
    (re.compile(r"\s*<(\?xml|!DOCTYPE|[a-zA-Z])"), "xml"),
    (re.compile(r"\s*\{.*\"resourceType\"", re.DOTALL), "fhir"),
    (re.compile(r"\s*\{.*\}[ \t]*(\n|$)"), "jsonl"),
    (re.compile(r"\s*[{\[]"), "json"),
    (re.compile(r"\s*PMID- "), "nbib"),
    (re.compile(r"\s*TY  - "), "ris"),
    (re.compile(r"(\s*%[^\n]*\n)*\s*@\w+\s*[{(]"), "bibtex"),
    (re.compile(r"---[ \t]*\n(.*\n)*?---[ \t]*(\n|$)"), "markdown"),
)
COLUMNS = 3
"""Cells of a header at least, by which a table is known."""
CELL = re.compile(r'"?[\w .()/-]{0,40}"?')
assert set(FORMS) == set(get_args(Form))


def form_of(path: Path) -> Form | None:
    """The form that a file looks like; None where it looks like none, or cannot be read."""
    try:
        data = read_bytes(path)[:BEGINNING]
        if data.startswith(b"%PDF-"):
            return "pdf"
        if data.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
            return "office"
        text = decoded(path, _whole_characters(data))
    except InputError:
        return None
    return form_of_text(text)


def form_of_text(text: str) -> Form | None:
    """The same of a text, by its beginning."""
    start = text[:BEGINNING]
    return next((form for begins, form in LINES if begins.match(start)), "csv" if _is_table(start) else None)


def _whole_characters(data: bytes) -> bytes:
    """Without the character that the cut went through."""
    return data[: data.rfind(b"\n") + 1] or data if len(data) == BEGINNING else data


def _is_table(text: str) -> bool:
    first, _, rest = text.strip().partition("\n")
    for delimiter in (",", ";", "\t"):
        cells = first.split(delimiter)
        if len(cells) >= COLUMNS and all(CELL.fullmatch(cell.strip()) for cell in cells) and delimiter in rest:
            return True
    return False
