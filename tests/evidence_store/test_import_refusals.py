"""What cannot be imported is refused in a line that says what was expected, what was got, and which format fits."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from desk import evitrail
from importing import SAID, one, parsed, refused, saved
from works import ABSTRACT, FILES, pdf, write

from evitrail.evidence_store.formats import FORMATS
from evitrail.evidence_store.formats.base import Defaults
from evitrail.evidence_store.formats.partial_day import partial_day

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
        ('[values]\nretracted = "yes"', "[values] retracted: expected true or false, got 'yes'"),
        ('[values]\ntopics = "cough"', "[values] topics: expected a list of texts, got 'cough'"),
        ("[values]\nversion = 3", "[values] version: expected a text or a day, got 3"),
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


HELD = {
    "jsonl": "JSON lines",
    "fhir": "FHIR",
    "csv": "CSV",
    "pubmed": "PubMed XML",
    "nbib": "NBIB (PubMed's tagged lines)",
    "ris": "RIS",
    "bibtex": "BibTeX",
    "pdf": "PDF",
}


@pytest.mark.parametrize("held", HELD)
@pytest.mark.parametrize("asked", [name for name in FILES if name != "markdown"])
def test_a_file_of_another_form_is_refused_in_one_line_that_names_the_format(
    tmp_path: Path, held: str, asked: str
) -> None:
    file = write(tmp_path, held)
    if held == asked or (held, asked) in {("csv", "text"), ("fhir", "jsonl")}:
        return
    (fault,) = refused(file, asked, SAID if "values" in FORMATS[asked].takes else None)
    assert fault.startswith(f"{file}: expected {asked} ({FORMATS[asked].description}); it looks like {HELD[held]}")
    assert fault.endswith(f"give --format {held}")


NO_ENTRY = ":1: expected a BibTeX entry, got one that cannot be read"
NO_DAY = "published: expected a day such as 2018-01-16, a month or a year, got"
NO_TAG = "expected a line such as 'TI  - A title', got"
NO_END = ":1: the record has no end, expected a line 'ER'"
REFUSED: tuple[tuple[str, str | bytes, str], ...] = (
    ("a.docx", b"PK\x03\x04rest", "it looks like an Office or zip file"),
    ("a.ris", "TY  - JOUR\nTI  - A\n", NO_END),
    ("a.ris", "TY  - JOUR\nTY  - JOUR\nER  - \n", NO_END),
    ("a.ris", "A line.\nTY  - JOUR\nER  - \n", f":1: {NO_TAG} 'A line.'"),
    ("a.nbib", "PMID- 1\nTI  - A\nnot indented\n", f":3: {NO_TAG} 'not indented'"),
    ("a.nbib", "PMID- x1\nDP  - 2018\nAB  - A\n", "key 'pmid': string should match pattern"),
    ("a.nbib", "PMID- 1\nDP  - May 2018\nAB  - A\n", f"{NO_DAY} 'May 2018'"),
    ("a.bib", "@article{a, title={A}\n@article{b, year=2018, abstract={B}}\n", NO_ENTRY),
    ("a.bib", "@article{a, year=2018, year=2019, abstract={A}}\n", NO_ENTRY),
    ("a.csv", "id,title,text\na,b\n", ":2: expected 3 cells, one for each column, got 2"),
    ("a.csv", "id,id,text\na,b,c\n", ":1: column 'id' stands twice"),
    ("a.csv", "id,published,text\na,2018,\n", ":2: expected a text in column 'text', got none"),
    ("a.csv", "id,published,text\na,16/01/2018,x\n", f"{NO_DAY} '16/01/2018'"),
    ("a.csv", "id,published,text,valid_to\na,2018,x,2019\n", "valid_to: expected a whole day such as 2018-01-16"),
    ("a.csv", "id,published,text,retracted\na,2018,x,maybe\n", "'retracted': expected true or false, got 'maybe'"),
    ("a.csv", "id,published,text\nÄ b,2018,x\n", ":2: key 'id': string should match pattern"),
    ("a.csv", 'id,published,text\na,2018,"x\n', ":2: expected a table, got a row that cannot be read"),
    ("a.md", "---\ntitle: A\n", ":1: expected front matter between two lines ---, got no second one"),
    ("a.md", "---\na: &x [1]\nb: *x\n---\nT\n", "front matter: expected YAML without anchors, got one"),
    ("a.md", "---\ntitle: A\ntitle: B\n---\nT\n", "front matter: key 'title' stands twice"),
    ("a.md", "---\n- a\n---\nT\n", "front matter: expected keys with values, got something else"),
    ("a.md", "---\na: [\n---\nT\n", "expected front matter in YAML, got text that is none"),
    ("a.md", f"---\na: {'[' * 61}{']' * 61}\n---\nT\n", "front matter: expected 60 levels of YAML at most, got more"),
    ("a.md", "---\ntitle: [a, b]\n---\nT\n", "front matter 'title': expected one value, got ['a', 'b']"),
    ("a.md", "---\npublished: 2018\n---\n", "expected at least one version of evidence, got none (1 without a text"),
    ("a.xml", "<PubmedArticleSet><a></PubmedArticleSet>", "expected XML, got: mismatched tag"),
    ("a.xml", "<html></html>", "it looks like XML"),
    ("a.pdf", b"%PDF-1.7\nnothing", "expected a PDF, got a file that cannot be read as one"),
)


@pytest.mark.parametrize(("name", "data", "said"), REFUSED)
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


@pytest.mark.parametrize(
    "said", ["16/01/2018", "Jan 2018", "2018-13-01", "2018-02-30", "0000", "", "soon", True, 2018.5]
)
def test_what_names_no_day_is_refused(said: Any) -> None:
    with pytest.raises(ValueError, match="expected a day such as 2018-01-16, a month or a year, got "):
        partial_day(said)
