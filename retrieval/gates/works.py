"""Each work once: one version of a lineage, and no study beside the review that has it already.

Rules kept here
- Of several versions or passages of one lineage the newest version's best-ranked passage is kept.
- A primary study that a systematic review among the hits includes says nothing that the review does not; it is dropped,
  unless it was published after the review's search (after the review itself, where its search has no day).
- A review includes what its header names: a lineage, a version, a DOI or a PMID. Nothing is guessed from titles.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from evitrail.evidence_store.model import Header
from evitrail.retrieval.base import GateReport, Hit
from evitrail.retrieval.gates.base import GateContext, Reason, sift

PRIMARY = frozenset({"randomized_trial", "observational_study", "case_report", "preprint"})
"""Kinds of evidence that a review may include as its studies."""


def lineage(hits: Sequence[Hit], asked: GateContext) -> tuple[list[Hit], GateReport]:
    """Each lineage once: the newest version's best passage."""
    best: dict[str, Hit] = {}
    for hit in sorted(hits, key=lambda h: (-h.passage.header.valid_from.toordinal(), h.rank, h.passage.id)):
        best.setdefault(hit.passage.header.id, hit)

    def why_not(hit: Hit) -> Reason | None:
        kept = best[hit.passage.header.id]
        if hit is kept:
            return None
        rule = "lineage.passage" if hit.passage.ref == kept.passage.ref else "lineage.version"
        return Reason(rule, f"same lineage as {kept.passage.id}, which is newer or ranked higher")

    return sift("lineage", hits, asked, why_not)


def studies(hits: Sequence[Hit], asked: GateContext) -> tuple[list[Hit], GateReport]:
    """No study that a review among the hits includes, unless it is newer than the review's search."""
    reviews = sorted(
        {hit.passage.ref: hit.passage.header for hit in hits if hit.passage.header.kind == "systematic_review"}.items()
    )

    def why_not(hit: Hit) -> Reason | None:
        study = hit.passage.header
        if study.kind not in PRIMARY:
            return None
        for ref, review in reviews:
            if study.published <= _searched(review) and _names(study).intersection(review.includes):
                return Reason("studies.included", f"included in {ref}, which searched up to {_searched(review)}")
        return None

    return sift("studies", hits, asked, why_not)


def _searched(review: Header) -> date:
    return review.searched or review.published


def _names(study: Header) -> set[str]:
    """All that a review may call it."""
    return {study.id, study.ref, f"doi:{study.doi}", f"pmid:{study.pmid}"}
