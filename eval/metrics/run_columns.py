"""What outcomes.parquet says of a run beside its outcome: its case, the evidence it met, who is blamed, what it cost.

Rules kept here
- Unknown is ``None``: a run without a journal behind it met no evidence that is known of; a failure that nobody
  attributed has no blame. What is known and empty is empty: a run that did not fail is blamed on nobody.
- What a clock decides is not here but in ``timings.parquet``.
- Every field may be absent from a file that was written before there was such a field; it then is None.
- Blame, fault and fix are a column for each kind of failure (``blame.high_risk``), so that a blame never stands without
  the failure that it is for.

    RunColumns(retrieved=("sepsis@2021",), blame={"wrong": ("retrieve[1]",)})
"""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

from pydantic import Field

from evitrail.evidence_store.grading.grade import Certainty
from evitrail.evidence_store.model import Status
from evitrail.traces.record import Record

Stage = Literal["retrieved", "served", "quoted", "supports", "chosen"]
"""What becomes of the evidence that decides a case, step by step; see ``eval/query/loss_funnel.py``."""

STAGES: tuple[Stage, ...] = ("retrieved", "served", "quoted", "supports", "chosen")
NOT_LOST = "nothing"
"""What is lost where the deciding evidence led to the right option."""
NOBODY = "nobody"
"""Who is blamed where nobody could be."""
NO_REPAIR = "nothing"
"""What is to be repaired where no single step would do."""
NO_FAULT = "none"
"""The fault of a run that did not fail."""
KINDS = ("wrong", "high_risk", "unsafe", "contradiction", "overconfident")
"""Kinds of failure, as ``eval/attribution/blame.py`` has them."""


class RunColumns(Record):
    """See the module."""

    retriever: str | None = None
    """A name in ``retrieval.RETRIEVERS``; ``curated`` or ``none`` where nothing is searched."""
    subspecialty: str | None = None
    question_type: str | None = None
    day: date | None = None
    """The day the question was asked of."""
    seq: int | None = None
    """The ledger number up to which the store was seen."""
    steps: tuple[str, ...] | None = None
    """The paths of its steps that stand within no other, in order."""
    retrieved: tuple[str, ...] | None = None
    """Evidence versions that a search found, those that a gate dropped included."""
    served: tuple[str, ...] | None = None
    """Evidence versions that the reader was given."""
    quoted: tuple[str, ...] | None = None
    """Evidence versions that its claims quote; None for a reader that makes no claims."""
    cited_status: tuple[Status | None, ...] | None = None
    """For each version of ``cited``, what it was worth on that day; None where the record does not say."""
    cited_grade: tuple[Certainty | None, ...] | None = None
    """For each version of ``cited``, its certainty; None where it is not rated."""
    lost: str | None = None
    """The first stage that the deciding evidence did not reach; None where the case does not name what decides."""
    calls: int | None = None
    """Calls of models."""
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    money: float | None = None
    """In the currency of the plan's prices."""
    reviewed: tuple[str, ...] | None = None
    """The labels and blames that a review speaks of which counts: ``high_risk``, ``blame.wrong``."""
    reviewed_by: tuple[str, ...] | None = None
    """The authors of those reviews."""
    reblamed: tuple[str, ...] | None = None
    """The kinds of failure of which a reviewer overrode the blame."""
    blame: dict[str, tuple[str, ...] | None] = Field(default_factory=dict)
    """By kind of failure, the steps to blame, or ``nobody``; empty where it did not fail so."""
    fault: dict[str, str | None] = Field(default_factory=dict)
    """By kind of failure, the code of the fault or of the reason to blame nobody; ``none`` where it did not fail so."""

    fix: dict[str, tuple[str, ...] | None] = Field(default_factory=dict)
    """By kind of failure, the steps of which repairing one alone prevents it, or ``nothing``; empty where it did not
    fail so."""

    def row(self) -> dict[str, Any]:
        """The cells of its row, by column."""
        by_kind = ("blame", "fault", "fix")
        plain = {name: getattr(self, name) for name in type(self).model_fields if name not in by_kind}
        return plain | {f"{name}.{kind}": getattr(self, name).get(kind) for name in by_kind for kind in KINDS}
