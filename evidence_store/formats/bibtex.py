"""Reads BibTeX and BibLaTeX, as reference managers and publishers write it: a work for each entry.

Rules kept here
- The text is the abstract. LaTeX in it is read as the characters that it stands for, but formulas stay as they are; a
  bare % or &, which reference managers write and LaTeX would take for its own, is a character of the text.
- The day of publication is ``date``, else ``year`` with ``month`` and ``day``.
- The lineage is the citation key's where there is no PMID and no DOI. A ``type`` may say the kind.
- An entry that cannot be read, a key or a field that stands twice: each is a fault with its line. What stands between
  entries is a comment by BibTeX's rules, and told. This file alone imports bibtexparser
  and pylatexenc.
"""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evitrail.evidence_store.formats.base import Defaults, EvidenceFormat, Parsed, files_of
from evitrail.evidence_store.formats.quiet import quiet
from evitrail.evidence_store.formats.work import Work, versions
from evitrail.evidence_store.input_text import InputError, read_text

if TYPE_CHECKING:
    from bibtexparser.model import Block, Entry

ENDINGS = (".bib", ".bibtex")
MACRO = re.compile(r"\\[^%&_$#{}]|\$")
"""What only LaTeX itself can read; the rest is groups, and characters with a backslash before them."""
GROUP = re.compile(r"(?<!\\)[{}]")
ESCAPED = re.compile(r"\\([%&#])")
BARE = re.compile(r"(?<!\\)[%&#]")
ORGANIZATIONS = ("journal", "journaltitle", "organization", "institution", "publisher", "booktitle")
READ = ("title", "abstract", *ORGANIZATIONS)
"""Fields of words."""


def bibtex_entries(path: Path, defaults: Defaults) -> Parsed:
    """The works of a file, or of the files of a folder."""
    works: list[Work] = []
    faults: list[str] = []
    notes: list[str] = []
    for file in files_of(path, ENDINGS):
        blocks = _blocks(file)
        comments = 0
        for block in blocks:
            line = f"{file}:{(block.start_line or 0) + 1}"
            match type(block).__name__:
                case "Entry":
                    try:
                        works.append(_work(line, block))  # type: ignore[arg-type]
                    except ValueError as error:
                        faults.append(f"{line}: {error}")
                case "ImplicitComment":
                    comments += 1
                case "String" | "Preamble" | "ExplicitComment":
                    pass
                case _:
                    faults.append(f"{line}: expected a BibTeX entry, got one that cannot be read: {_said(block)}")
        notes += [f"{file}: not read: {comments} stretches of text between the entries"] if comments else []
    if faults:
        raise InputError(faults)
    return versions(works, defaults, path, notes)


def _blocks(file: Path) -> list[Block]:
    from bibtexparser.entrypoint import parse_string

    text = read_text(file)
    try:
        with quiet("bibtexparser"):
            return list(parse_string(text).blocks)
    except Exception as error:  # it parses what it was not made for: any of its faults means the file
        raise InputError([f"{file}: expected BibTeX, got text that cannot be read ({type(error).__name__})"]) from error


def _said(block: Block) -> str:
    return " ".join(str(getattr(block, "error", "")).split())[:200] or type(block).__name__


def _work(place: str, entry: Entry) -> Work:
    written = {key.lower(): " ".join(str(field.value).split()) for key, field in entry.fields_dict.items()}
    said = {key: _plain(key, value) if key in READ else value for key, value in written.items()}
    is_pubmed = said.get("eprinttype", "").lower() == "pubmed"
    fields = {
        "pmid": said.get("pmid") or (said.get("eprint") if is_pubmed else None),
        "doi": said.get("doi"),
        "title": said.get("title"),
        "text": said.get("abstract"),
        "organization": next((said[name] for name in ORGANIZATIONS if said.get(name)), None),
        "published": said.get("date") or _day(said),
        "url": said.get("url"),
    }
    return Work(place, fields, name=entry.key, types=[said["type"]] if said.get("type") else [])


def _plain(key: str, value: str) -> str:
    """The characters that LaTeX stands for; raises ``ValueError`` where it cannot be read."""
    if not MACRO.search(value):
        return " ".join(GROUP.sub("", value).replace("~", " ").replace("\\", "").split())
    try:
        with quiet("pylatexenc"):
            text = _decoder().latex_to_text(BARE.sub(r"\\\g<0>", value))
    except Exception as error:  # as above
        raise ValueError(f"{key}: expected LaTeX or plain text, got text that cannot be read as either") from error
    return " ".join(ESCAPED.sub(r"\1", str(text)).split())  # formulas are kept with the backslashes put in above


@lru_cache(maxsize=1)
def _decoder() -> Any:
    from pylatexenc.latex2text import LatexNodes2Text

    return LatexNodes2Text(math_mode="verbatim")


def _day(said: dict[str, str]) -> str | None:
    """Year, month and day in one, as far as they are there."""
    parts = [said.get(part, "") for part in ("year", "month", "day")]
    between = "-" if parts[1].isdecimal() else " "
    return between.join(parts[: parts.index("")] if "" in parts else parts) or None


BIBTEX = EvidenceFormat("bibtex", "BibTeX or BibLaTeX", ENDINGS, bibtex_entries, forms=("bibtex",), takes=("values",))
