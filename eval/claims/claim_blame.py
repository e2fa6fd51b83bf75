"""Which step let a claim in that is not supported: by rule, from what the record shows, or nobody.

Rules kept here
- Only what is on record decides: what was served, what the store held, what was in force on the day. Nothing is done
  again, so this is weaker than the attribution of a wrong option, which repairs steps and looks what happens.
- A claim that nothing served says was let in by the step that wrote the answer. If the store held evidence in force
  that speaks against it, or that the case says decides, and the search did not serve it, the search is named second.
- An outdated claim that rests on something served was let in by the search. If the version in force was served too,
  who wrote the answer read past it and is named second; if the store holds none, the store is.
- A claim that evidence in force and served contradicts was let in by who wrote the answer.
- Nobody is blamed where nobody recorded what was served, and where the judge gave no verdict: it cannot be told.

    blame_claim(judged, evidence, AnswerSteps("retrieve[1]", "write[1]"), case.clean_evidence)
"""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from evitrail.agent.claims.values import BearingPassage, ClaimEvidence, JudgedClaim
from evitrail.eval.attribution.scene.players import STORE
from evitrail.traces.record import Record


class ClaimBlame(Record):
    """Who let a claim in."""

    steps: tuple[str, ...]
    """The first let it in; empty where nobody can be named."""
    reason: str


class AnswerSteps(NamedTuple):
    """The steps of one answer that can be blamed, by their paths."""

    search: str | None
    """None where nothing was searched."""
    write: str


def blame_claim(
    judged: JudgedClaim, evidence: ClaimEvidence, steps: AnswerSteps, decisive: Collection[str]
) -> ClaimBlame | None:
    """Who let the claim in; None for a claim that is supported. ``decisive``: what the case says decides it."""
    if judged.verdict == "supported":
        return None
    if judged.verdict is None:
        return ClaimBlame(steps=(), reason="it was not judged, so nobody can be named")
    if any(one.served is None for one in evidence.passages):
        return ClaimBlame(steps=(), reason="what was served is not on record, so nobody can be named")
    if judged.verdict == "outdated" and judged.grounded:
        return _outdated(judged, evidence, steps)
    served = {one.passage.ref for one in evidence.passages if one.served}
    if judged.verdict == "contradicted" and (against := served & {one.evidence for one in judged.sources}):
        return ClaimBlame(
            steps=(steps.write,), reason=f"{steps.write} was served {_named(against)}, which says otherwise"
        )
    missed = {one.evidence for one in judged.sources if one.status == "current"} | set(decisive)
    return _invented(judged, steps, (missed & _in_force(evidence)) - served)


def _outdated(judged: JudgedClaim, evidence: ClaimEvidence, steps: AnswerSteps) -> ClaimBlame:
    """An outdated claim that rests on something served."""
    search = steps.search or "the search"
    rests = {one.evidence for one in judged.sources if one.served}
    mates = [one for one in evidence.passages if one.in_force and _replaces(one, rests)]
    said = f"{search} served {_named(rests)}, which was not in force on the day"
    if not mates:
        return ClaimBlame(steps=(search, STORE), reason=f"{said}; the store holds nothing in force in its place")
    current = {one.passage.ref for one in mates}
    if any(one.served for one in mates):
        past = f"; {steps.write} read past {_named(current)}, which it was served too"
        return ClaimBlame(steps=(search, steps.write), reason=said + past)
    return ClaimBlame(steps=(search,), reason=f"{said}, and not {_named(current)}, which was")


def _invented(judged: JudgedClaim, steps: AnswerSteps, missed: Collection[str]) -> ClaimBlame:
    """A claim that nothing served says."""
    known = f"; the store holds it in {_named({one.evidence for one in judged.sources})}"
    said = f"nothing that was served says what {steps.write} claims{known if judged.verdict == 'outdated' else ''}"
    if not missed or steps.search is None:
        return ClaimBlame(steps=(steps.write,), reason=said)
    return ClaimBlame(
        steps=(steps.write, steps.search), reason=f"{said}; {steps.search} did not serve {_named(missed)}"
    )


def _replaces(one: BearingPassage, past: Collection[str]) -> bool:
    header = one.passage.header
    return header.supersedes in past or header.id in {ref.partition("@")[0] for ref in past}


def _in_force(evidence: ClaimEvidence) -> set[str]:
    return {one.passage.ref for one in evidence.passages if one.in_force}


def _named(refs: Collection[str]) -> str:
    return ", ".join(sorted(refs))
