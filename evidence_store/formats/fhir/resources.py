"""The resources that a file holds, one or a bundle, or that a folder of files holds; each with its place.

Rules kept here
- In a folder every ``*.json`` file is read, in name order; what is no Evidence, Citation or ArtifactAssessment there is
  only counted.
- Resources of HL7's guide come in R5's words (``r6.py``); the elements that were left out for that are named.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

from evitrail.evidence_store.formats.base import files_of
from evitrail.evidence_store.formats.fhir.document import read_document
from evitrail.evidence_store.formats.fhir.r5 import READ, NotR5, checked
from evitrail.evidence_store.formats.fhir.r6 import RENAMED, in_r5
from evitrail.evidence_store.formats.fhir.shape import Json
from evitrail.evidence_store.input_text import InputError


class Resources(NamedTuple):
    """What there is to read."""

    entries: list[tuple[str, Json]]
    """As entries of a bundle, each with its place."""
    is_bundle: bool
    """Whether they are one bundle, which is to be read by itself."""
    set_aside: list[str]
    """Elements that R5 does not know."""


def resources(path: Path) -> Resources:
    """The resources of a file or folder; raises ``InputError`` with every fault."""
    in_folder = path.is_dir()
    entries: list[tuple[str, Json]] = []
    aside: set[str] = set()
    faults: list[str] = []
    is_bundle = False
    for file in files_of(path, (".json",)) if in_folder else [path]:
        try:
            document = read_document(file)
            if in_folder and (name := _type(document)) not in (*READ, *RENAMED):
                entries.append((str(file), {"resource": {"resourceType": name}}))
                continue
            if isinstance(document, dict):
                document, more = in_r5(document)
                aside.update(more)
            resource = checked(json.dumps(document))
        except NotR5 as error:
            faults += [f"{file}: {fault}" for fault in error.faults]
        except InputError as error:
            faults += error.faults
        else:
            if resource["resourceType"] == "Bundle":
                is_bundle = is_bundle or not in_folder
                entries += [(f"{file}: entry {n}", one) for n, one in enumerate(resource.get("entry", []), start=1)]
            else:
                entries.append((str(file), {"resource": resource}))
    if faults:
        raise InputError(faults)
    return Resources(entries, is_bundle, sorted(aside))


def _type(document: Any) -> str:
    return str(document.get("resourceType", "nothing")) if isinstance(document, dict) else "nothing"
