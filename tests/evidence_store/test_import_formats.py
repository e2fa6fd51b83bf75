"""Evidence is imported from the forms that libraries, spreadsheets and folders have it in; what is assumed is told."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from desk import evitrail
from works import ABSTRACT, FILES, RIS, pdf, write

from evitrail.evidence_store import Evidence, InputError
from evitrail.evidence_store.formats import FORMATS, format_of
from evitrail.evidence_store.formats.base import Defaults, Parsed
from evitrail.evidence_store.formats.partial_day import PartialDay, partial_day

TITLE = "Tablet A against tablet B in adults with a cough: a randomised trial."
DAY = date(2018, 1, 16)
SAID = Defaults(values={"published": DAY})
"""For the formats that do not say when a work was published."""
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


def parsed(file: Path, name: str | None = None, defaults: Defaults | None = None) -> Parsed:
    form = FORMATS[name] if name else format_of(file)
    return form.parsed(file, defaults=defaults)


def saved(folder: Path, name: str, text: str | bytes) -> Path:
    (folder / name).write_bytes(text.encode() if isinstance(text, str) else text)
    return folder / name


def one(found: Parsed) -> Evidence:
    ((_, evidence),) = found.entries
    return evidence


def refused(file: Path, name: str | None = None, defaults: Defaults | None = None) -> tuple[str, ...]:
    with pytest.raises(InputError) as caught:
        parsed(file, name, defaults)
    assert all("\n" not in fault and str(file.parent) in fault for fault in caught.value.faults)
    return caught.value.faults


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


MAP = '[columns]\ntitle = "Titel"\ntext = "Empfehlung"\npublished = "Stand"\n[values]\nkind = "guideline"\n'


def test_a_map_says_which_column_holds_what_and_what_holds_for_all(tmp_path: Path) -> None:
    table = saved(tmp_path, "a.csv", 'id;Titel;Empfehlung;Stand\nhusten;Husten;"Gib A; ""dann"" B.";2020-05\n')
    there = ("--store", tmp_path / "s", "--json", "--check")
    said = evitrail("store", "ingest", table, "--map", saved(tmp_path, "map.toml", MAP), *there)
    assert said.json["versions"] == 1
    defaults = Defaults({"title": "Titel", "text": "Empfehlung", "published": "Stand"}, {"kind": "guideline"})
    item = one(parsed(table, defaults=defaults))
    assert (item.title, item.text, item.kind, item.published) == (
        "Husten",
        'Gib A; "dann" B.',
        "guideline",
        date(2020, 5, 1),
    )
    assert refused(table, defaults=Defaults({"title": "Title"})) == (
        f"{table}:1: no column 'Title' for title; the columns are 'id', 'Titel', 'Empfehlung', 'Stand'",
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[columns]\ntitel = "x"', "[columns] unknown field 'titel'; expected one of id, version, title"),
        ("[columns]\ntitle = 3", "[columns] title: expected a column's name, got 3"),
        ('[values]\ntext = "x"', "[values] unknown field 'text'; expected one of version, organization"),
        ('[values]\ngrade = "high"', "[values] unknown field 'grade'"),
        ("columns = 3", "expected a table [columns], got 3"),
        ("[rows]", "unknown table 'rows'; expected columns and values"),
        ("=", "expected TOML, got: "),
    ],
)
def test_a_map_that_means_nothing_is_refused_in_a_line(tmp_path: Path, text: str, said: str) -> None:
    table, map_file = write(tmp_path, "csv"), saved(tmp_path, "map.toml", text)
    done = evitrail("store", "ingest", table, "--map", map_file, "--store", tmp_path / "s", "--check")
    assert done.code == 2
    assert len(done.faults) == 1
    assert f"{map_file}: {said}" in done.faults[0]


def test_a_map_or_a_day_where_a_line_says_all_is_refused(tmp_path: Path) -> None:
    file = write(tmp_path, "jsonl")
    there = ("--published", "2020-01-01", "--store", tmp_path / "s", "--check")
    (fault,) = evitrail("store", "ingest", file, *there).faults
    assert fault == f"{file}: the format jsonl takes no values from --map or --published"


FORMS = {
    "jsonl": "JSON lines",
    "fhir": "FHIR",
    "csv": "CSV",
    "pubmed": "PubMed XML",
    "nbib": "NBIB (PubMed's tagged lines)",
    "ris": "RIS",
    "bibtex": "BibTeX",
    "pdf": "PDF",
}


@pytest.mark.parametrize("held", FORMS)
@pytest.mark.parametrize("asked", [name for name in FILES if name != "markdown"])
def test_a_file_of_another_form_is_refused_in_one_line_that_names_the_format(
    tmp_path: Path, held: str, asked: str
) -> None:
    file = write(tmp_path, held)
    if held == asked or (held, asked) in {("csv", "text"), ("fhir", "jsonl")}:
        return
    (fault,) = refused(file, asked, SAID if "values" in FORMATS[asked].takes else None)
    assert fault.startswith(f"{file}: expected {asked} ({FORMATS[asked].description}); it looks like {FORMS[held]}")
    assert fault.endswith(f"give --format {held}")


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("a.docx", b"PK\x03\x04rest", "it looks like an Office or zip file"),
        ("a.ris", "TY  - JOUR\nTI  - A\n", ":1: the record has no end, expected a line 'ER'"),
        ("a.ris", "TY  - JOUR\nTY  - JOUR\nER  - \n", ":1: the record has no end, expected a line 'ER'"),
        ("a.ris", "A line.\nTY  - JOUR\nER  - \n", ":1: expected a line such as 'TI  - A title', got 'A line.'"),
        (
            "a.nbib",
            "PMID- 1\nTI  - A\nnot indented\n",
            ":3: expected a line such as 'TI  - A title', got 'not indented'",
        ),
        ("a.nbib", "PMID- x1\nDP  - 2018\nAB  - A\n", "key 'pmid': string should match pattern"),
        (
            "a.nbib",
            "PMID- 1\nDP  - May 2018\nAB  - A\n",
            "published: expected a day such as 2018-01-16, a month or a year",
        ),
        (
            "a.bib",
            "@article{a, title={A}\n@article{b, year=2018, abstract={B}}\n",
            ":1: expected a BibTeX entry, got one",
        ),
        (
            "a.bib",
            "@article{a, year=2018, year=2019, abstract={A}}\n",
            ":1: expected a BibTeX entry, got one that cannot",
        ),
        ("a.csv", "id,title,text\na,b\n", ":2: expected 3 cells, one for each column, got 2"),
        ("a.csv", "id,id,text\na,b,c\n", ":1: column 'id' stands twice"),
        ("a.csv", "id,published,text\na,2018,\n", ":2: expected a text in column 'text', got none"),
        (
            "a.csv",
            "id,published,text\na,16/01/2018,x\n",
            "published: expected a day such as 2018-01-16, a month or a year",
        ),
        ("a.csv", "id,published,text,retracted\na,2018,x,maybe\n", "'retracted': expected true or false, got 'maybe'"),
        ("a.csv", "id,published,text\nÄ b,2018,x\n", ":2: key 'id': string should match pattern"),
        ("a.csv", 'id,published,text\na,2018,"x\n', ":2: expected a table, got a row that cannot be read"),
        ("a.md", "---\ntitle: A\n", ":1: expected front matter between two lines ---, got no second one"),
        ("a.md", "---\na: &x [1]\nb: *x\n---\nT\n", "front matter: expected YAML without anchors, got one"),
        ("a.md", "---\ntitle: A\ntitle: B\n---\nT\n", "front matter: key 'title' stands twice"),
        ("a.md", "---\n- a\n---\nT\n", "front matter: expected keys with values, got something else"),
        ("a.md", "---\na: [\n---\nT\n", "expected front matter in YAML, got text that is none"),
        ("a.md", "---\ntitle: [a, b]\n---\nT\n", "front matter 'title': expected one value, got ['a', 'b']"),
        (
            "a.md",
            "---\npublished: 2018\n---\n",
            "expected at least one version of evidence, got none (1 without a text",
        ),
        ("a.xml", "<PubmedArticleSet><a></PubmedArticleSet>", "expected XML, got: mismatched tag"),
        ("a.xml", "<html></html>", "it looks like XML"),
        ("a.pdf", b"%PDF-1.7\nnothing", "expected a PDF, got a file that cannot be read as one"),
    ],
)
def test_what_a_format_does_not_allow_is_refused_in_a_line(
    tmp_path: Path, name: str, data: str | bytes, said: str
) -> None:
    faults = refused(saved(tmp_path, name, data))
    assert len(faults) == 1
    assert said in faults[0]


BOMB = """<?xml version="1.0"?><!DOCTYPE PubmedArticleSet [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">{}]>
<PubmedArticleSet><PubmedArticle><MedlineCitation><PMID>{}</PMID></MedlineCitation></PubmedArticle></PubmedArticleSet>"""


@pytest.mark.parametrize("filled", [("", "&b;"), ('<!ENTITY x SYSTEM "file:///etc/hostname">', "&x;")])
def test_no_entity_of_an_xml_file_is_expanded_and_nothing_fetched(tmp_path: Path, filled: tuple[str, str]) -> None:
    (fault,) = refused(saved(tmp_path, "a.xml", BOMB.format(*filled)))
    assert "expected XML without entities of its own, which are not expanded here" in fault


def test_a_scanned_or_encrypted_pdf_is_refused_and_one_that_any_viewer_opens_is_read(tmp_path: Path) -> None:
    scanned = saved(tmp_path, "scan.pdf", pdf(None, None))
    assert refused(scanned, defaults=SAID) == (
        f"{scanned}: has no text on its 2 pages; it was scanned: run OCR on it first",
    )
    locked = saved(tmp_path, "locked.pdf", pdf(ABSTRACT, password="secret"))
    assert refused(locked, defaults=SAID) == (f"{locked}: is encrypted; save it without a password first",)
    owned = saved(tmp_path, "owned.pdf", pdf(ABSTRACT, None, owner="secret"))
    found = parsed(owned, defaults=SAID)
    assert one(found).text == ABSTRACT
    assert f"{owned}: pages without text, not read: 2" in found.notes


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


@pytest.mark.parametrize(
    "said", ["16/01/2018", "Jan 2018", "2018-13-01", "2018-02-30", "0000", "", "soon", True, 2018.5]
)
def test_what_names_no_day_is_refused(said: Any) -> None:
    with pytest.raises(ValueError, match="expected a day such as 2018-01-16, a month or a year, got "):
        partial_day(said)


def test_every_format_is_shown() -> None:
    shown: Mapping[str, object] = {**READ, "jsonl": None, "fhir": None}
    assert shown.keys() == FILES.keys()
