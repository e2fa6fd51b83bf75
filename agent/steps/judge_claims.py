"""Judge claims: each claim of an answer in free text is compared with what was served and what the store holds.

Rules kept here
- Two steps a claim, ``gather`` and ``judge``, so that a verdict can be traced to all that the judge saw. Both come
  after the answer and have no part in it.
- A run that searched nothing was served nothing; that is known, and not the same as unknown.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from evitrail.agent.claims.gather import Gatherer
from evitrail.agent.claims.judge import ClaimJudge
from evitrail.agent.claims.split import claims_in
from evitrail.agent.claims.values import AnswerClaim, ClaimEvidence, JudgedClaim
from evitrail.agent.model import Question, State
from evitrail.agent.steps.retrieve import passage_entity
from evitrail.agent.tools import Tools
from evitrail.evidence_store.model import Passage
from evitrail.traces.record import content_id
from evitrail.traces.run.activity import Edge, Entity
from evitrail.traces.run.live import Run
from evitrail.traces.run.step_key import Task


def judge_claims(state: State, tools: Tools) -> State:
    """Every claim of the written answer with its verdict."""
    tools = tools.at("judge")
    text = state.written.text if state.written else ""
    served = [hit.passage for hit in state.hits]
    judged = tuple(
        judge_claim(
            claim, gather_for(state.question, claim, served, tools), state.question, tools.claim_judge, tools.run
        )
        for claim in claims_in(text)
    )
    return state.model_copy(update={"judged": judged})


def gather_for(question: Question, claim: AnswerClaim, served: Iterable[Passage] | None, tools: Tools) -> ClaimEvidence:
    """The evidence that bears on a claim, as a step of the run."""
    given = None if served is None else list(served)
    task = Task(
        "gather",
        lambda: Gatherer().evidence(question, claim, given, tools.snapshot),
        returns=ClaimEvidence,
        inputs={"question": question, "claim": claim},
        by=Gatherer(),
        parameters={"snapshot": tools.snapshot.id, "served": None if given is None else [one.id for one in given]},
    )
    return tools.run.step(task)


def judge_claim(
    claim: AnswerClaim, evidence: ClaimEvidence, question: Question, judge: ClaimJudge, run: Run
) -> JudgedClaim:
    """The verdict on a claim, as a step of the run."""
    task = Task(
        "judge",
        lambda: judge.judge(question, claim, evidence, run),
        returns=JudgedClaim,
        inputs={"question": question, "claim": claim, "evidence": evidence},
        by=judge,
        edges=lambda out: _tied(out, evidence),
    )
    return run.step(task)


def _tied(judged: JudgedClaim, evidence: ClaimEvidence) -> Iterator[Edge]:
    """The claim is tied to the spans that support or contradict it."""
    passages = {one.passage.id: one.passage for one in evidence.passages}
    said = Entity(id=content_id(judged.claim), type="AnswerClaim", label=judged.claim.text)
    for source in judged.sources:
        target, span = passage_entity(passages[source.passage]), {"start": source.start, "end": source.end}
        yield Edge(relation="wasDerivedFrom", source=said, target=target, role=source.stance, **span)
