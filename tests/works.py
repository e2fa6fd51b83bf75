"""Works in each format that evidence is imported from, in small files of our own wording and in the form of real ones.

write(folder, "ris")        # a file that holds one work, or two
"""

from __future__ import annotations

import json
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

from bundles import foreign

ABSTRACT = "We gave tablet A or tablet B to 200 adults. Fewer of those on tablet A fell ill."

NBIB = """
PMID- 90000001
OWN - NLM
STAT- MEDLINE
DCOM- 20190314
IS  - 0000-0000 (Electronic)
VI  - 12
IP  - 3
DP  - 2018 Mar-Apr
TI  - Tablet A against tablet B in adults with a cough: a
      randomised trial.
PG  - 101-9
LID - 10.1000/jot.2018.001 [doi]
AB  - We gave tablet A or tablet B to 200 adults. Fewer of those on tablet A
      fell ill.
FAU - Example, Ada
AU  - Example A
LA  - eng
PT  - Journal Article
PT  - Randomized Controlled Trial
DEP - 20180116
TA  - J Tests
JT  - The journal of tests
JID - 0000000
AID - 10.1000/jot.2018.001 [doi]
SO  - J Tests. 2018 Mar;12(3):101-9.

PMID- 90000002
DP  - 2019 Summer
TI  - A letter without an abstract.
PT  - Letter
JT  - The journal of tests
"""

PUBMED = """<?xml version="1.0" ?>
<!DOCTYPE PubmedArticleSet PUBLIC "-//NLM//DTD PubMedArticle, 1st January 2024//EN" "https://dtd.nlm.nih.gov/x.dtd">
<PubmedArticleSet>
<PubmedArticle><MedlineCitation Status="MEDLINE" Owner="NLM"><PMID Version="1">90000001</PMID>
<Article PubModel="Print-Electronic"><Journal><ISSN IssnType="Electronic">0000-0000</ISSN>
<JournalIssue CitedMedium="Internet"><Volume>12</Volume><PubDate><MedlineDate>2018 Mar-Apr</MedlineDate></PubDate>
</JournalIssue><Title>The journal of tests</Title><ISOAbbreviation>J Tests</ISOAbbreviation></Journal>
<ArticleTitle>Tablet A against tablet B in adults with a cough: a <i>randomised</i> trial.</ArticleTitle>
<ELocationID EIdType="doi" ValidYN="Y">10.1000/jot.2018.001</ELocationID>
<Abstract><AbstractText>We gave tablet A or tablet B to 200 adults. Fewer of those on tablet A fell ill.</AbstractText>
<CopyrightInformation>Ours.</CopyrightInformation></Abstract>
<PublicationTypeList><PublicationType UI="D016428">Journal Article</PublicationType>
<PublicationType UI="D016449">Randomized Controlled Trial</PublicationType></PublicationTypeList>
<ArticleDate DateType="Electronic"><Year>2018</Year><Month>01</Month><Day>16</Day></ArticleDate></Article>
</MedlineCitation><PubmedData><ArticleIdList><ArticleId IdType="pubmed">90000001</ArticleId>
<ArticleId IdType="doi">10.1000/jot.2018.001</ArticleId></ArticleIdList>
<ReferenceList><Reference><Citation>Another.</Citation><ArticleIdList><ArticleId IdType="doi">10.1000/other</ArticleId>
</ArticleIdList></Reference></ReferenceList></PubmedData></PubmedArticle>
<PubmedBookArticle><BookDocument><PMID Version="1">90000003</PMID></BookDocument></PubmedBookArticle>
</PubmedArticleSet>
"""

RIS = """TY  - JOUR
AU  - Example, Ada
TI  - Tablet A against tablet B in adults with a cough: a randomised trial.
T2  - The journal of tests
AB  - We gave tablet A or tablet B to 200 adults. Fewer of those on tablet A fell ill.
DO  - https://doi.org/10.1000/JOT.2018.001
PY  - 2018
DA  - 2018/01/16/
VL  - 12
IS  - 3
SP  - 101
UR  - https://example.org/tablets
AN  - 90000001
DB  - PubMed
ER  - \n
"""

BIBTEX = r"""@string{jot = "The journal of tests"}
@article{example2018tablets,
  author   = {Example, Ada and B{\"u}cher, C.},
  title    = {Tablet {A} against tablet {B} in adults with a cough: a randomised trial.},
  journal  = jot,
  year     = 2018,
  month    = jan,
  day      = 16,
  doi      = {10.1000/jot.2018.001},
  pmid     = {90000001},
  abstract = {We gave tablet A or tablet B to 200 adults. Fewer of those on tablet A fell ill.},
}
"""

CSV = """id,version,title,text,organization,kind,published,valid_from,topics,retracted,Comment
tablets,2018,Tablet A,"We gave tablet A or tablet B to 200 adults.
Fewer of those on tablet A fell ill.",The journal of tests,randomized_trial,2018-01-16,,cough; adults,false,nice
"""

MARKDOWN = """---
title: "Tablet A against tablet B"
published: 2018-01-16
version: 1.10
kind: randomized_trial
topics: [cough, adults]
reviewer: A. Example
---
# Tablets

We gave tablet A or tablet B to 200 adults. Fewer of those on tablet A fell ill.
"""

JSONL = json.dumps(
    {
        "id": "tablets",
        "version": "2018",
        "title": "Tablet A",
        "text": ABSTRACT,
        "organization": "The journal of tests",
        "kind": "randomized_trial",
        "url": None,
        "published": "2018-01-16",
        "valid_from": "2018-01-16",
        "valid_to": None,
        "supersedes": None,
        "retracted": False,
        "grade": None,
    }
)

PAGE = "BT /F1 12 Tf 72 720 Td ({}) Tj ET"


def pdf(*pages: str | None, title: str = "", password: str = "", owner: str = "") -> bytes:
    """A document with these texts on its pages; None is a page that holds a picture alone."""
    from pypdf import PdfWriter
    from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject

    writer = PdfWriter()
    for text in pages:
        page = writer.add_blank_page(width=612, height=792)
        content = DecodedStreamObject()
        content.set_data((PAGE.format(text) if text else "0 0 200 200 re f").encode("latin-1"))
        font = DictionaryObject(
            {
                NameObject("/Type"): NameObject("/Font"),
                NameObject("/Subtype"): NameObject("/Type1"),
                NameObject("/BaseFont"): NameObject("/Helvetica"),
            }
        )
        fonts = DictionaryObject({NameObject("/F1"): writer._add_object(font)})
        page[NameObject("/Resources")] = DictionaryObject({NameObject("/Font"): fonts})
        page[NameObject("/Contents")] = writer._add_object(content)
    if title:
        writer.add_metadata({"/Title": title})
    if password or owner:
        writer.encrypt(user_password=password, owner_password=owner or None, algorithm="AES-256")
    done = BytesIO()
    writer.write(done)
    return done.getvalue()


FILES: dict[str, tuple[str, Callable[[], bytes]]] = {
    "jsonl": ("tablets.jsonl", JSONL.encode),
    "fhir": ("tablets.json", lambda: json.dumps(foreign()).encode()),
    "csv": ("tablets.csv", CSV.encode),
    "pubmed": ("tablets.xml", PUBMED.encode),
    "nbib": ("tablets.nbib", NBIB.encode),
    "ris": ("tablets.ris", RIS.encode),
    "bibtex": ("tablets.bib", BIBTEX.encode),
    "markdown": ("tablets.md", MARKDOWN.encode),
    "text": ("Tablet A.txt", f"{ABSTRACT}\n".encode),
    "pdf": ("Tablet A.pdf", lambda: pdf(ABSTRACT, title="Tablet A against tablet B")),
}
"""By format: the file's name, and what makes its bytes."""


def write(folder: Path, format: str) -> Path:
    """A sound file of that format."""
    name, data = FILES[format]
    file = folder / name
    file.write_bytes(data())
    return file
