"""How much of the evidence that decides a case its answer cites.

Rules kept here
- Recall as information retrieval defines it: of what is relevant, the share that was found. Relevant is the case's
  clean evidence, found is what the answer cites; both are versions, so citing a superseded one does not count.
- An answer that cites nothing, an abstention too, has recall 0. A case that names no clean evidence is unknown.
- ALCE (Gao et al., EMNLP 2023, arXiv 2305.14627) calls another number citation recall: the share of statements that
  what they cite entails. That needs a judge of entailment, and is not measured here; what the record says of it is in
  ``eval/statistics/citations.py``.
"""

from __future__ import annotations

from evitrail.eval.metrics.base import Metric, mean
from evitrail.eval.metrics.scored import Scored


def _recall(run: Scored) -> float | None:
    if run.case is None or not run.case.clean_evidence:
        return None
    relevant = set(run.case.clean_evidence)
    return len(relevant.intersection(run.outcome.cited)) / len(relevant)


CITATION_RECALL = Metric(
    name="citation_recall",
    description="Mean share of a case's clean evidence that its answer cites.",
    formula="mean of |cited and clean evidence| / |clean evidence|",
    citation="recall: Manning, Raghavan, Schütze, Introduction to Information Retrieval (2008), section 8.3",
    compute=mean(_recall),
    share=True,
)
