"""FHIR R5: evidence, its citation, its certainty and its curation as a Bundle, and evidence from one.

    text = bundle(store.snapshot(), store.dossiers)     # Citation, Evidence, ArtifactAssessment
    taken = read_fhir(Path("bundle.json"))              # taken.evidence, taken.profiles, …
    take_in(store, taken)

``terms.py`` names the code systems, ``r5.py`` is the door to fhir.resources; ``citation.py``, ``statement.py``,
``certainty.py`` and ``appraisal.py`` each tell one resource or part of it, there and back where it comes back.
What maps to what is in docs/fhir.md.
"""

from __future__ import annotations

from evitrail.evidence_store.formats.fhir.export import bundle
from evitrail.evidence_store.formats.fhir.news import news, take_in
from evitrail.evidence_store.formats.fhir.read import Taken, read_fhir

__all__ = ["Taken", "bundle", "news", "read_fhir", "take_in"]
