"""Who the evidence is about, against who is asked about.

Rules kept here
- Only a clear clash drops: both sides speak of age, pregnancy or sex, and have nothing on it in common. It is better
  to let through what a reader must set aside than to hold back what decides.
- Of a question only what stands before its last question mark speaks of the patient; after it stand offered answers.
- Of evidence only its stated population and its title are read; a text mentions many people whom it is not about.
"""

from __future__ import annotations

from collections.abc import Sequence

from evitrail.evidence_store.model import Header
from evitrail.retrieval.base import GateReport, Hit
from evitrail.retrieval.facets import Facets, clash, facets
from evitrail.retrieval.gates.base import GateContext, Reason, sift


def population(hits: Sequence[Hit], asked: GateContext) -> tuple[list[Hit], GateReport]:
    """Only what is not plainly about other people."""
    patient = patients(asked.query)

    def why_not(hit: Hit) -> Reason | None:
        meant = studied(hit.passage.header)
        axis = clash(patient, meant)
        if axis is None:
            return None
        return Reason(
            f"population.{axis}", f"about {_values_text(meant, axis)}, asked about {_values_text(patient, axis)}"
        )

    return sift("population", hits, asked, why_not)


def patients(query: str) -> Facets:
    """Whom the question is about."""
    before, mark, _ = query.rpartition("?")
    return facets(before if mark else query)


def studied(header: Header) -> Facets:
    """Whom the evidence is about."""
    return facets(f"{header.population}. {header.title}")


def _values_text(people: Facets, axis: str) -> str:
    return " or ".join(sorted(people[axis]))
