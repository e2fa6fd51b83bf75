"""Reads PubMed XML, as E-utilities and the yearly files have it: a work for each PubmedArticle.

Rules kept here
- The text is the abstract; its parts with their labels run together, as MEDLINE does.
- The day of publication is that of the electronic one (ArticleDate), else that of the issue (PubDate).
- Publication types say the kind, and whether the paper was retracted.
- The file is not trusted: no entity is expanded, nothing it refers to is fetched. Only this file imports defusedxml.
- Books and deletions, which stand beside articles, are not read; how many there are is told.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evitrail.evidence_store.formats.base import Defaults, EvidenceFormat, Parsed, files_of
from evitrail.evidence_store.formats.publication_types import is_retracted
from evitrail.evidence_store.formats.work import Work, versions
from evitrail.evidence_store.input_text import InputError, read_bytes

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

ENDINGS = (".xml", ".xml.gz")
ARTICLE = "PubmedArticle"
SETS = ("PubmedArticleSet", "pubmed-document")


def pubmed_articles(path: Path, defaults: Defaults) -> Parsed:
    """The works of a file, or of the files of a folder."""
    works: list[Work] = []
    others: Counter[str] = Counter()
    faults: list[str] = []
    for file in files_of(path, ENDINGS):
        try:
            root = _root(file)
        except InputError as error:
            faults += error.faults
            continue
        articles = [root] if root.tag == ARTICLE else list(root)
        others.update(one.tag for one in articles if one.tag != ARTICLE)
        works += [_work(f"{file}: article {n}", one) for n, one in enumerate(articles, start=1) if one.tag == ARTICLE]
    if faults:
        raise InputError(faults)
    more = [f"{path}: not read: {', '.join(f'{n} {name}' for name, n in others.items())}"] if others else []
    return versions(works, defaults, path, more)


def _root(file: Path) -> Element:
    from xml.etree.ElementTree import ParseError

    from defusedxml import DefusedXmlException
    from defusedxml.ElementTree import fromstring

    try:
        root: Element = fromstring(read_bytes(file))
    except DefusedXmlException as error:
        raise InputError([f"{file}: expected XML without entities of its own, which are not expanded here"]) from error
    except (ParseError, ValueError, LookupError) as error:
        raise error if isinstance(error, InputError) else InputError([f"{file}: expected XML, got: {error}"]) from error
    if root.tag not in (*SETS, ARTICLE):
        raise InputError([f"{file}: expected a PubmedArticleSet, got {root.tag[:60]!r}"])
    return root


def _work(place: str, article: Element) -> Work:
    types = [_text(one) for one in article.iterfind("MedlineCitation/Article/PublicationTypeList/PublicationType")]
    pmid = _first(article, "MedlineCitation/PMID")
    fields: dict[str, Any] = {
        "pmid": pmid,
        "doi": _first(article, "PubmedData/ArticleIdList/ArticleId[@IdType='doi']")
        or _first(article, "MedlineCitation/Article/ELocationID[@EIdType='doi']"),
        "title": _first(article, "MedlineCitation/Article/ArticleTitle")
        or _first(article, "MedlineCitation/Article/VernacularTitle"),
        "text": " ".join(_abstract(article)),
        "organization": _first(article, "MedlineCitation/Article/Journal/Title")
        or _first(article, "MedlineCitation/MedlineJournalInfo/MedlineTA"),
        "published": _day(article.find("MedlineCitation/Article/ArticleDate"))
        or _day(article.find("MedlineCitation/Article/Journal/JournalIssue/PubDate")),
        "retracted": is_retracted(types),
    }
    return Work(f"{place}, PMID {pmid}" if pmid else place, fields, types=types)


def _abstract(article: Element) -> Iterator[str]:
    for part in article.iterfind("MedlineCitation/Article/Abstract/AbstractText"):
        if text := _text(part):
            label = part.get("Label")
            yield f"{label}: {text}" if label else text


def _day(date: Element | None) -> str | None:
    """The date as MEDLINE writes it in one line: ``2018 Jan 16``."""
    if date is None:
        return None
    parts = [_first(date, name) for name in ("Year", "Month", "Day")]
    return " ".join(filter(None, parts if parts[0] else [_first(date, "MedlineDate")])) or None


def _first(element: Element, path: str) -> str | None:
    found = element.find(path)
    return (_text(found) or None) if found is not None else None


def _text(element: Element) -> str:
    """Its text without the markup in it, blanks as one."""
    return " ".join("".join(element.itertext()).split())


PUBMED = EvidenceFormat("pubmed", "PubMed XML", ENDINGS, pubmed_articles, forms=("pubmed",), takes=("values",))
