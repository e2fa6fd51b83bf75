"""The order in which runs are handed out: prompts with a shared beginning one after another.

Rules kept here
- Case by case, in the order of the benchmark.
- Within a case, conditions that take evidence from the same place are neighbours, the shortest context first: what
  *top_1* puts before the model is how *top_5* begins, *top_5* is how *top_10* begins, and that how the long contexts
  begin. Conditions of equal length stay in the order of the plan.
- Of the same case and condition, reader follows reader: all get the same evidence.

A server that caches prefixes (vLLM does) then computes a shared beginning once. Outcomes never depend on it.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import inf

from evitrail.eval.experiment.job import RunJob


def in_order(jobs: Iterable[RunJob]) -> list[RunJob]:
    """The jobs, those that share a beginning as neighbours."""
    listed = list(jobs)
    cases: dict[str, int] = {}
    sources: dict[tuple[str, ...], int] = {}
    for job in listed:
        cases.setdefault(job.config.case.id, len(cases))
        sources.setdefault(source(job), len(sources))

    def place(job: RunJob) -> tuple[int, int, float, float]:
        return cases[job.config.case.id], sources[source(job)], *length(job)

    return sorted(listed, key=place)


def source(job: RunJob) -> tuple[str, ...]:
    """Where a run's evidence comes from; of two that say the same, one context is how the other begins."""
    condition = job.config.condition
    ranked = "dense" if condition.retriever == "full" else condition.retriever or ""  # the same ranking, and more of it
    return condition.agent, ranked, condition.curated or "", condition.snapshot or ""


def length(job: RunJob) -> tuple[float, float]:
    """How long a run's context is, beside others from the same source: in passages, then in tokens."""
    condition = job.config.condition
    return condition.k, condition.fit.tokens if isinstance(condition.fit.tokens, int) else inf
