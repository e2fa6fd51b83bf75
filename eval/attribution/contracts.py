"""Contracts: what each step promises, checked on what it recorded. Free, and needed to break ties.

Rules kept here (attribution.md, section 2.2, last column)
- A contract is ``given => then``: a step that was handed nothing useful breaks nothing.
- A broken contract is a defect. Whether it is the *cause* only an intervention can tell.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from evitrail.agent.model import Choice, Critique, Synthesis
from evitrail.eval.attribution.oracles import Role
from evitrail.eval.dataset.case import Case
from evitrail.evidence_store.snapshot import Snapshot
from evitrail.retrieval.base import Hit, Retrieved
from evitrail.traces.run.activity import Activity
from evitrail.traces.trace import Trace


class Break(NamedTuple):
    """A promise that was not kept."""

    role: Role
    step: str
    what: str


class Facts(NamedTuple):
    """What a run recorded, by kind of step."""

    steps: dict[str, list[Activity]]
    retrieved: list[Retrieved]
    critiques: list[Critique]
    synthesis: Synthesis | None
    choice: Choice | None

    @property
    def hits(self) -> list[Hit]:
        """Every passage that was served, each once."""
        return list({hit.passage.id: hit for found in self.retrieved for hit in found.hits}.values())

    @property
    def refs(self) -> set[str]:
        return {hit.passage.ref for hit in self.hits}

    def last(self, role: str) -> str:
        """The path of the last step in a role; the role itself where it has no step."""
        return self.steps[role][-1].path if role in self.steps else role


def facts(trace: Trace) -> Facts:
    """Read a run's steps back from the journal."""
    steps: dict[str, list[Activity]] = {}
    for activity in trace.activities:
        steps.setdefault(activity.kind, []).append(activity)
    get = trace.journal.get
    synthesised, chosen = trace.last("synthesise"), trace.last("choose")
    return Facts(
        steps=steps,
        retrieved=[get(a.output, Retrieved) for a in steps.get("retrieve", [])],
        critiques=[get(a.output, Critique) for a in steps.get("critique", [])],
        synthesis=get(synthesised.output, Synthesis) if synthesised else None,
        choice=get(chosen.output, Choice) if chosen else None,
    )


def broken(case: Case, snapshot: Snapshot, recorded: Facts) -> list[Break]:
    """Every contract this run broke, in causal order."""
    gold = {ref for ref in case.clean_evidence if ref in snapshot.headers and snapshot.status(ref) == "current"}
    return [
        *_store(recorded, gold),
        *_retrieve(snapshot, recorded, gold),
        *_critique(recorded, gold),
        *_requery(recorded, gold),
        *_synthesise(case, recorded, gold),
        *_choose(case, recorded, gold),
    ]


def support(synthesis: Synthesis) -> dict[str, float]:
    """Net strength of the claims for each option."""
    totals: dict[str, float] = {}
    for claim in synthesis.claims:
        sign = 1 if claim.stance == "supports" else -1
        totals[claim.option] = totals.get(claim.option, 0.0) + sign * claim.strength
    return totals


def _store(recorded: Facts, gold: set[str]) -> Iterator[Break]:
    if recorded.retrieved and not gold:
        yield Break("store", "store", "holds no current evidence for the answer")


def _retrieve(snapshot: Snapshot, recorded: Facts, gold: set[str]) -> Iterator[Break]:
    if not recorded.retrieved:
        return
    step = recorded.last("retrieve")
    if gold and not gold & recorded.refs:
        yield Break("retrieve", step, "the store holds support, the hits do not")
    lapsed = sorted(ref for ref in recorded.refs if snapshot.status(ref) != "current")
    if lapsed:
        more = f" and {len(lapsed) - 3} more" if len(lapsed) > 3 else ""
        yield Break("retrieve", step, f"served what was not in force: {', '.join(lapsed[:3])}{more}")


def _critique(recorded: Facts, gold: set[str]) -> Iterator[Break]:
    seen: set[str] = set()
    for found, verdict, step in zip(
        recorded.retrieved, recorded.critiques, recorded.steps.get("critique", []), strict=False
    ):
        seen |= {hit.passage.ref for hit in found.hits}
        if verdict.adequate and gold and not gold & seen:
            yield Break("critique", step.path, "judged adequate without support among the hits")
        if not verdict.adequate and gold & seen:
            yield Break("critique", step.path, "judged inadequate with support among the hits")


def _requery(recorded: Facts, gold: set[str]) -> Iterator[Break]:
    if "requery" in recorded.steps and gold and not gold & recorded.refs:
        yield Break("requery", recorded.last("requery"), "the store holds support, no query found it")


def _synthesise(case: Case, recorded: Facts, gold: set[str]) -> Iterator[Break]:
    if recorded.synthesis is None or recorded.synthesis.context or not gold & recorded.refs:
        return  # a context claims nothing
    totals = support(recorded.synthesis)
    best = max(totals, key=lambda option: (totals[option], option), default=None)
    if best != case.answer:
        said = f"speaks most for {best}" if best else "says nothing"
        yield Break("synthesise", recorded.last("synthesise"), f"the hits support {case.answer}, the synthesis {said}")


def _choose(case: Case, recorded: Facts, gold: set[str]) -> Iterator[Break]:
    if recorded.synthesis is None or recorded.choice is None:
        return
    totals, chosen = support(recorded.synthesis), recorded.choice.option
    step = recorded.last("choose")
    if recorded.synthesis.context and not recorded.synthesis.claims:
        served = {one.evidence for one in recorded.synthesis.context.passages}
        if gold & served and chosen != case.answer:
            yield Break("choose", step, f"the context holds support for {case.answer}, {chosen or 'none'} was chosen")
        return
    if not any(total > 0 for total in totals.values()):
        if chosen is not None:
            yield Break("choose", step, f"chose {chosen} though no claim supports any option")
        return
    best = max(totals, key=lambda option: (totals[option], option))
    if chosen != best:
        yield Break("choose", step, f"the claims speak most for {best}, {chosen or 'abstention'} was chosen")
