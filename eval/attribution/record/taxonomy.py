"""Fault codes: what kind of fault the blamed step committed, as its broken contract says.

Rules kept here
- The blamed step says where to look, the contract it broke says what is there.
- A code is a description of the failure, never the evidence for the blame.
- ``CONFIRMED`` says which replay must prevent the failure if the code is right.
"""

from __future__ import annotations

from collections.abc import Sequence

from evitrail.agent.model import Synthesis
from evitrail.eval.attribution.blame import Kind
from evitrail.eval.attribution.roles.oracles import support
from evitrail.eval.attribution.roles.role import Break
from evitrail.eval.attribution.scene.players import BUDGET, STORE, kind_of
from evitrail.eval.attribution.scene.scene import Scene

FAULTS: dict[str, str] = {
    "S1": "gap: the store holds no current evidence for the answer",
    "S2": "stale: evidence that was not in force on the day stands with the chosen option",
    "S3": "grade inversion: evidence against the answer is graded above the evidence that decides",
    "S4": "conflict unresolved: evidence as sure as the one that decides contradicts it, undecided",
    "S5": "poisoned: evidence of no known standing says the wrong thing in so many words",
    "S6": "index loss: the evidence is in the store, and its own title does not find it",
    "Q1": "poor query: no query found the evidence, its own title does",
    "Q2": "drift: evidence that was found once was lost again",
    "R1": "miss: the evidence is in the store, far below the cut-off or not found",
    "R2": "cut-off: the evidence ranks just below the cut-off",
    "R3": "distraction: the evidence was served, with other passages that misled",
    "K1": "false accept: evidence without support was judged adequate",
    "K2": "false reject: evidence with support was judged inadequate",
    "Y1": "omission: the evidence was served, and no claim speaks for the answer from it",
    "Y2": "distortion: a passage was read as speaking for an option that it does not support",
    "Y3": "fabrication: a claim quotes what no passage says",
    "Y4": "mis-weighting: the synthesis follows evidence of lower certainty",
    "C1": "misread: the claims speak for one option, another was chosen",
    "C2": "prior belief: the claims speak for one option, the one that is chosen without any evidence was chosen",
    "C3": "missed abstention: the claims speak for no option, one was chosen all the same",
    "C4": "parse: the answer's words select another letter than was confirmed",
    "C5": "overconfidence: the samples are nearly all for a wrong option that does harm",
    "B1": "budget stop: the search ended while what was found was judged inadequate",
    "E1": "key: the key, the labels and what the evidence was read to say contradict each other",
    "E2": "grader: two who confirm the answer's letter disagree",
}

CONFIRMED: dict[str, str] = {
    "S1": "with the evidence in the store and in force",
    "S2": "with the successor in the place of the old version",
    "S3": "with the grades the other way round",
    "S4": "with the contradicting evidence ranked below",
    "S5": "without that evidence",
    "S6": "with the evidence indexed again",
    "Q1": "with the evidence's title as the query",
    "Q2": "with the earlier passages kept",
    "R1": "with the evidence served",
    "R2": "with the evidence served",
    "R3": "with the list that a stock retriever serves",
    "K1": "with the verdict the other way round, and the search going on",
    "K2": "with the verdict the other way round",
    "Y1": "with the claims that the labels give",
    "Y2": "with the claims that the labels give",
    "Y3": "with the claims that the labels give",
    "Y4": "with the claims weighted by certainty",
    "C1": "with the option that the claims speak for",
    "C2": "with the option that the claims speak for",
    "C3": "with an abstention",
    "C4": "with the letter that the words select",
    "C5": "with samples that follow the claims",
    "B1": "with more searches allowed",
}

REPAIRS: dict[str, str] = {
    "S1": "having that evidence in the store and in force",
    "S2": "serving none of what was out of date",
    "S3": "putting the grades the other way round",
    "S4": "ranking the contradicting evidence below",
    "S5": "leaving that evidence out",
    "S6": "indexing it again",
    "Q1": "asking with the title of the evidence that decides",
    "Q2": "keeping the earlier passages",
    "R1": "serving the evidence that decides",
    "R2": "serving the evidence that decides",
    "R3": "serving the list that stock retrievers find",
    "K1": "judging them inadequate and searching on",
    "K2": "judging them adequate",
    "Y1": "making the claims that the labels give",
    "Y2": "making the claims that the labels give",
    "Y3": "making the claims that the labels give",
    "Y4": "weighting the claims by certainty",
    "C1": "choosing what the claims support",
    "C2": "choosing what the claims support",
    "C3": "abstaining",
    "C4": "confirming the letter that the words select",
    "C5": "drawing samples that follow the claims",
    "B1": "allowing more searches",
}
"""The same as what is done instead, as the subject of a sentence: it prevents the failure."""

BY_KIND = {
    STORE: "S2",
    "aim": "Q1",
    "requery": "Q1",
    "retrieve": "R3",
    "keep": "Q2",
    "critique": "K1",
    "section": "Y2",
    "synthesise": "Y2",
    "choose": "C1",
    "check": "C4",
    BUDGET: "B1",
}
"""What a step that broke no written promise is said to have done."""


def fault(player: str, kind: Kind, scene: Scene, breaks: Sequence[Break]) -> str | None:
    """The code of the fault that a blamed player committed; None for a kind of step that none is known of."""
    if kind_of(player) == "choose":
        if kind == "overconfident" and not any(one.step == player for one in breaks):
            return "C5"
        if not any(total > 0 for total in support(scene.facts.synthesis or Synthesis(claims=(), note="")).values()):
            said = scene.facts.synthesis
            if said is None or not (said.context and not said.claims):
                return "C3"
    codes = [one.code for one in breaks if one.step == player and one.code]
    return codes[0] if codes else BY_KIND.get(kind_of(player))
