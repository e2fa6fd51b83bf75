"""A published work as a bibliography, a table or a document describes it, made a version of evidence.

Rules kept here
- What the file says is kept. What it does not say is taken from the person's defaults, and else assumed by one rule each,
  which is told in a line: it is valid from its day of publication, its version is its year of publication, it is
  ungraded, and a narrative review where its publication type says nothing. Nothing is guessed upward.
- A lineage is named after the PMID, else the DOI, else the name in the file: the same file gives the same names.
- A work without a day of publication is refused, unless the person says one. A work without a text is not evidence; it is
  left out and told.

    parsed = versions([Work("a.nbib:1", {"pmid": "1", "title": "…", "text": "…", "published": "2018"})], Defaults(), "a.nbib")
"""  # noqa: E501 - the example is one call

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import ValidationError

from evitrail.evidence_store.formats.base import Defaults, Parsed
from evitrail.evidence_store.formats.partial_day import partial_day
from evitrail.evidence_store.formats.publication_types import kind_of
from evitrail.evidence_store.formats.work_names import kebab, plain_doi, plain_pmid
from evitrail.evidence_store.input_record import fault_lines
from evitrail.evidence_store.input_text import InputError
from evitrail.evidence_store.model import Evidence

DAYS = ("published", "valid_from", "valid_to", "searched", "review_due")
BEGINNINGS = ("published", "valid_from")
"""Days of which a month or a year alone will do: the first day of it is meant."""
NEVER_MAPPED = ("grade",)
"""A grade has judgements, which a cell cannot hold: it comes as evidence.jsonl or FHIR."""
FIELDS = tuple(name for name in Evidence.model_fields if name not in NEVER_MAPPED)
LEAST = "narrative_review"
"""The kind of a work whose type is not said."""
WEB = re.compile(r"https?://[^\s/]+\S*$", re.IGNORECASE)
NAMED = 5
"""Works named in a line before the rest are only counted."""


class Work(NamedTuple):
    """One work, before anything is assumed."""

    place: str
    fields: Mapping[str, Any]
    """By the names of ``Evidence``; what the file does not say is not there, or None, or empty."""
    name: str = ""
    """What its lineage is made of where it has no id, PMID or DOI: a key, or a file's name."""
    types: Sequence[str] = ()
    """Publication types, in MEDLINE's words."""


def versions(works: Iterable[Work], defaults: Defaults, source: Path | str, more: Sequence[str] = ()) -> Parsed:
    """The works as versions, and what was assumed; raises ``InputError`` with every fault."""
    entries: list[tuple[str, Evidence]] = []
    faults: list[str] = []
    assumed: Counter[str] = Counter()
    silent: list[str] = []
    for work in works:
        said = {
            **defaults.values,
            **{name: value for name, value in work.fields.items() if value not in (None, "", ())},
        }
        if not said.get("text"):
            silent.append(work.place)
            continue
        here: list[str] = []
        try:
            entries.append((work.place, Evidence.model_validate(_completed(work, said, here))))
            assumed.update(here)
        except ValidationError as error:
            faults += [f"{work.place}: {fault}" for fault in fault_lines(error, Evidence)]
        except ValueError as error:
            faults.append(f"{work.place}: {error}")
    if faults:
        raise InputError(faults)
    notes = [f"{source}: assumed: {'; '.join(f'{what} ({n})' for what, n in assumed.items())}"] if assumed else []
    if silent:
        rest = f" and {len(silent) - NAMED} more" if len(silent) > NAMED else ""
        notes.append(f"{source}: {len(silent)} without a text, not imported: {', '.join(silent[:NAMED])}{rest}")
    return Parsed(entries, (*notes, *more))


def _completed(work: Work, said: dict[str, Any], assumed: list[str]) -> dict[str, Any]:
    """Every field of a version; what was assumed is added to the list."""
    fields: dict[str, Any] = {name: said[name] for name in FIELDS if name in said}
    fields["doi"], fields["pmid"] = plain_doi(said.get("doi")), plain_pmid(said.get("pmid"))
    if "url" in fields and not WEB.match(str(fields["url"])):
        del fields["url"]
        assumed.append("url left out, as it is no address of the web")
    if not said.get("published"):
        raise ValueError(
            "has no day of publication; add it to the file, or give --published DAY for all that have none"
        )
    for name in DAYS:
        if said.get(name):
            fields[name] = _day(name, said[name], assumed)
    published: date = fields["published"]
    if "valid_from" not in fields:
        fields["valid_from"] = published
        assumed.append("valid from its day of publication")
    if not said.get("version"):
        fields["version"] = str(published.year)
        assumed.append("version = year of publication")
    if not said.get("kind"):
        fields["kind"] = kind_of(work.types)
        if fields["kind"] is None:
            fields["kind"] = LEAST
            assumed.append(f"kind = {LEAST}, as no publication type is said")
    assumed += [f"no {name}" for name in ("title", "organization") if not said.get(name)]
    assumed.append("ungraded")
    return {
        "title": "",
        "organization": "",
        "url": None,
        "valid_to": None,
        "supersedes": None,
        "retracted": False,
        "grade": None,
        **fields,
        "id": said.get("id") or _lineage(fields["pmid"], fields["doi"], work.name),
    }


def _day(name: str, said: Any, assumed: list[str]) -> Any:
    try:
        found = partial_day(said)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None
    if found.precision != "day" and name not in BEGINNINGS:
        raise ValueError(f"{name}: expected a whole day such as 2018-01-16, got a {found.precision} alone: {said!r}")
    if found.precision != "day":
        assumed.append(f"{name} = first day of its {found.precision}")
    return found.day


def _lineage(pmid: str | None, doi: str | None, name: str) -> str:
    found = f"pmid-{pmid}" if pmid else f"doi-{kebab(doi)}" if doi else kebab(name)
    if not found:
        raise ValueError("has no id, PMID or DOI, and no name that an id can be made of; give it an id")
    return found
