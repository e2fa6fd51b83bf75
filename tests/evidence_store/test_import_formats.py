"""Evidence is imported from the forms that libraries, spreadsheets and folders have it in; what is assumed is told."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from desk import evitrail
from importing import DAY, SAID, one, parsed, refused, saved
from works import ABSTRACT, FILES, RIS, pdf, write

from evitrail.evidence_store import InputError
from evitrail.evidence_store.formats import FORMATS, format_of
from evitrail.evidence_store.formats.base import Defaults
from evitrail.evidence_store.formats.partial_day import PartialDay, partial_day

TITLE = "Tablet A against tablet B in adults with a cough: a randomised trial."
PAPER = {"doi": "10.1000/jot.2018.001", "pmid": "90000001", "organization": "The journal of tests", "title": TITLE}
READ: dict[str, tuple[str, dict[str, Any]]] = {
    "pubmed": ("pmid-90000001@2018", {**PAPER, "kind": "randomized_trial"}),
    "nbib": ("pmid-90000001@2018", {**PAPER, "kind": "randomized_trial"}),
    "ris": ("pmid-90000001@2018", {**PAPER, "kind": "narrative_review", "url": "https://example.org/tablets"}),
    "bibtex": ("pmid-90000001@2018", {**PAPER, "kind": "narrative_review"}),
    "csv": ("tablets@2018", {"kind": "randomized_trial", "topics": ("cough", "adults"), "title": "Tablet A"}),
    "markdown": ("tablets@1.10", {"kind": "randomized_trial", "topics": ("cough", "adults")}),
    "text": ("tablet-a@2018", {"kind": "narrative_review", "title": "Tablet A"}),
    "pdf": ("tablet-a@2018", {"kind": "narrative_review", "title": "Tablet A against tablet B"}),
}


@pytest.mark.parametrize("name", READ)
def test_each_format_gives_the_work_with_its_names_its_day_and_its_text(tmp_path: Path, name: str) -> None:
    ref, fields = READ[name]
    item = one(parsed(write(tmp_path, name), defaults=SAID if name in ("text", "pdf") else None))
    assert (item.ref, item.published, item.valid_from, item.grade, item.retracted) == (ref, DAY, DAY, None, False)
    assert {field: getattr(item, field) for field in fields} == fields
    assert " ".join(item.text.removeprefix("# Tablets").split()) == ABSTRACT


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("nbib", ("assumed: valid from its day of publication (1); version = year", "1 without a text, not imported:")),
        ("pubmed", ("assumed: valid from its day of publication (1); ", "not read: 1 PubmedBookArticle")),
        ("ris", ("kind = narrative_review, as no publication type is said (1); ungraded (1)",)),
        ("csv", ("assumed: valid from its day of publication (1); ungraded (1)", "columns not read: 'Comment'")),
        ("markdown", ("no organization (1); ungraded (1)", "front matter not read: 'reviewer' (1)")),
    ],
)
def test_what_was_assumed_and_what_was_not_read_is_told_in_a_line_each(
    tmp_path: Path, name: str, told: tuple[str, ...]
) -> None:
    file = write(tmp_path, name)
    notes = parsed(file).notes
    assert len(notes) == len(told)
    assert all(note.startswith(f"{file}: ") and said in note for note, said in zip(notes, told, strict=True))


@pytest.mark.parametrize("name", READ)
def test_importing_again_changes_nothing_and_another_text_needs_a_new_version(tmp_path: Path, name: str) -> None:
    file = write(tmp_path, name)
    day = ("--published", "2018-01-16") if name in ("text", "pdf") else ()
    there = ("--store", tmp_path / "store", "--json", *day)
    first = evitrail("store", "ingest", file, *there).json
    assert (first["published"], first["unchanged"]) == ([READ[name][0]], [])
    assert first["notes"]
    again = evitrail("store", "ingest", file, *there).json
    assert (again["published"], again["unchanged"]) == ([], [READ[name][0]])
    changed = pdf("Another text.", title="Tablet A against tablet B") if name == "pdf" else file.read_bytes()
    saved(tmp_path, file.name, changed.replace(b"200 adults", b"300 adults"))
    (fault,) = evitrail("store", "ingest", file, *there).faults
    assert fault == f"{file}: {READ[name][0]!r} was recorded with another content; give it a new version"


def test_a_folder_is_read_by_the_format_of_its_files_and_one_of_several_formats_is_to_be_named(tmp_path: Path) -> None:
    saved(tmp_path, "a.md", "---\npublished: 2019\n---\nGive tablet A.\n")
    saved(tmp_path, "b.md", "# B\nGive tablet B.\n")
    found = parsed(tmp_path, defaults=SAID)
    assert [(item.ref, item.title) for _, item in found.entries] == [("a@2019", "a"), ("b@2018", "B")]
    assert "published = first day of its year (1)" in found.notes[0]
    write(tmp_path, "ris")
    with pytest.raises(InputError, match="holds files of the formats markdown, ris; give --format NAME for one"):
        format_of(tmp_path)
    assert one(parsed(tmp_path, "ris")).pmid == "90000001"
    write(tmp_path, "jsonl")
    assert format_of(tmp_path) is FORMATS["jsonl"], "a folder of evidence.jsonl may hold a README"


def test_a_work_without_a_day_is_refused_unless_the_person_says_one(tmp_path: Path) -> None:
    file = saved(tmp_path, "a.ris", RIS.replace("DA  - 2018/01/16/\n", "").replace("PY  - 2018\n", ""))
    (fault,) = refused(file)
    assert fault.endswith(
        "has no day of publication; add it to the file, or give --published DAY for all that have none"
    )
    assert one(parsed(file, defaults=SAID)).published == DAY
    dated = write(tmp_path, "bibtex")
    assert one(parsed(dated, defaults=Defaults(values={"published": "2001"}))).published == DAY, "the file's own day"


def test_a_retracted_paper_is_imported_as_retracted(tmp_path: Path) -> None:
    file = write(tmp_path, "nbib")
    text = file.read_text().replace("PT  - Journal Article\n", "PT  - Retracted Publication\n")
    assert one(parsed(saved(tmp_path, "b.nbib", text))).retracted
    xml = write(tmp_path, "pubmed").read_text().replace(">Journal Article<", ">Retracted Publication<")
    assert one(parsed(saved(tmp_path, "b.xml", xml))).retracted


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (r"{\"O}strogen and {RCT}s", "Östrogen and RCTs"),
        (r"50\% fell ill & 20% did not", "50% fell ill & 20% did not"),
        (r"$p<0.05$ in 20% of \emph{adults}", "$p<0.05$ in 20% of adults"),
        ("plain~text", "plain text"),
    ],
)
def test_latex_in_a_bibliography_loses_no_word(tmp_path: Path, written: str, read: str) -> None:
    item = one(parsed(saved(tmp_path, "a.bib", f"@misc{{k, year = 2018, title = {{T}}, abstract = {{{written}}}}}\n")))
    assert (item.id, item.text) == ("k", read)


def test_an_address_that_is_none_of_the_web_is_left_out_and_told(tmp_path: Path) -> None:
    found = parsed(saved(tmp_path, "a.ris", RIS.replace("https://example.org/tablets", "javascript:alert(1)")))
    assert one(found).url is None
    assert "url left out, as it is no address of the web (1)" in found.notes[0]


@pytest.mark.parametrize(
    ("said", "day", "precision"),
    [
        ("2018-01-16", DAY, "day"),
        ("2018/01/16/", DAY, "day"),
        ("20180116", DAY, "day"),
        ("2018 Jan 16", DAY, "day"),
        ("2018 January", date(2018, 1, 1), "month"),
        ("2018 Mar-Apr", date(2018, 3, 1), "month"),
        ("2018-03", date(2018, 3, 1), "month"),
        ("2018 Winter", date(2018, 1, 1), "year"),
        ("2018///", date(2018, 1, 1), "year"),
        (2018, date(2018, 1, 1), "year"),
        (DAY, DAY, "day"),
        ("2018-01-16T12:00:00Z", DAY, "day"),
    ],
)
def test_a_date_means_its_first_day(said: Any, day: date, precision: Any) -> None:
    assert partial_day(said) == PartialDay(day, precision)


def test_every_format_is_shown() -> None:
    shown: Mapping[str, object] = {**READ, "jsonl": None, "fhir": None}
    assert shown.keys() == FILES.keys()
