"""Clean-evidence gates: each lets hits through or holds them back, and says which and why.

Rules kept here
- A gate is a pure function of the hits and of what was asked (``base.py``).
- What may not be used at all goes first (``standing.py``), then what is about other people (``population.py``), what
  repeats the question or another text (``echo.py``), what is not about the question (``enough.py``), what is said twice
  (``works.py``), what was overruled (``conflict.py``) and what a stranger says alone (``corroboration.py``).
  Only then is there an order of belief (``order.py``), and of that the smallest set that suffices (``enough.py``).
- Any gate can be left out, so that what it is worth can be measured: ``evitrail compare DIR --ablate gates``.

    kept, report = GATES["as_of"](hits, GateContext(query, store.snapshot(as_of=day)))
"""

from __future__ import annotations

from evitrail.retrieval.gates.base import Gate, GateContext
from evitrail.retrieval.gates.conflict import conflict
from evitrail.retrieval.gates.corroboration import corroboration
from evitrail.retrieval.gates.echo import echo
from evitrail.retrieval.gates.enough import near, sufficient
from evitrail.retrieval.gates.order import certainty
from evitrail.retrieval.gates.population import population
from evitrail.retrieval.gates.standing import as_of, jurisdiction, retracted
from evitrail.retrieval.gates.works import lineage, studies

GATES: dict[str, Gate] = {
    "retracted": retracted,
    "as_of": as_of,
    "jurisdiction": jurisdiction,
    "population": population,
    "echo": echo,
    "near": near,
    "lineage": lineage,
    "studies": studies,
    "conflict": conflict,
    "corroboration": corroboration,
    "certainty": certainty,
    "sufficient": sufficient,
}
"""In the order they are passed."""

__all__ = ["GATES", "Gate", "GateContext"]
