"""Agents: a question, folded through steps, becomes an answer.

Rules kept here
- An agent is a tuple of steps, each ``State -> State``; it holds no state of its own.
- The critique loop stops when the evidence is judged adequate, or after ``Tools.rounds`` searches.
- The answer cites what the choice used, word for word; where a context stood before the model as it is, it rests on
  all of it and cites nothing.
- An answer in words is checked (``check``); for other readers that step does nothing.
- A question without options is answered in free text: the same search, then ``write`` in place of claims and choice;
  then each claim of the answer is judged. Agents that weigh the options on the way (a critique, a researcher for each
  option) have nothing to weigh there, and are not asked.

    AGENTS["agentic"].answer(question, tools)
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from evitrail.agent.model import Answer, Ballots, Citation, Decoding, OpenAnswer, Question, State
from evitrail.agent.steps.aim import aim
from evitrail.agent.steps.check import check
from evitrail.agent.steps.choose import choose
from evitrail.agent.steps.critique import critique
from evitrail.agent.steps.judge_claims import judge_claims
from evitrail.agent.steps.keep import keep
from evitrail.agent.steps.requery import requery
from evitrail.agent.steps.research import research
from evitrail.agent.steps.retrieve import retrieve
from evitrail.agent.steps.synthesise import synthesise
from evitrail.agent.steps.write import write
from evitrail.agent.tools import Tools
from evitrail.traces.record import content_id

Step = Callable[[State, Tools], State]


def investigate(state: State, tools: Tools) -> State:
    """Search, judge, search again while the evidence is inadequate; what was found before is kept."""
    for turn in range(tools.rounds):
        if turn > 0:
            state = requery(state, tools)
        state = critique(keep(retrieve(state, tools), tools), tools)
        if state.critique and state.critique.adequate:
            break
    return state


@dataclass(frozen=True)
class Agent:
    """A named sequence of steps."""

    name: str
    steps: tuple[Step, ...]

    def answer(self, question: Question, tools: Tools) -> Answer:
        """Fold the question through the steps; every call on the way is recorded in ``tools.run``."""
        state = State(question=question)
        for step in self.steps:
            state = step(state, tools)
        return _answer(state)

    @property
    def answers_openly(self) -> bool:
        """Whether it can be asked a question without options: none of its steps needs them."""
        return all(step in SEARCHING or step in CHOOSING for step in self.steps)

    def answer_openly(self, question: Question, tools: Tools) -> OpenAnswer:
        """The answer in free text to a question without options, each claim judged; every call is recorded."""
        if not self.answers_openly:
            raise ValueError(f"expected an agent that needs no options, got {self.name!r}")
        state = State(question=question)
        for step in (*(step for step in self.steps if step in SEARCHING), write, judge_claims):
            state = step(state, tools)
        written = state.written
        assert written is not None  # ``write`` was among the steps
        return OpenAnswer(
            question=question.id,
            text=written.text,
            note=written.note,
            citations=written.citations,
            claims=state.judged,
        )


SEARCHING: tuple[Step, ...] = (aim, retrieve)
"""Steps that come before an answer, of whatever form."""
CHOOSING: tuple[Step, ...] = (synthesise, choose, check)
"""Steps that choose an option; an answer in free text is written in place of them."""


def _answer(state: State) -> Answer:
    if state.choice is None or state.synthesis is None:
        raise ValueError("an agent's last step must be `choose`")
    used = set(state.choice.claims)
    seen = state.synthesis.context.passages if state.synthesis.context else ()
    citations = tuple(
        Citation(evidence=claim.evidence, passage=claim.passage, start=claim.start, end=claim.end, quote=claim.quote)
        for claim in state.synthesis.claims
        if content_id(claim) in used and claim.option == state.choice.option and claim.stance == "supports"
    )
    return Answer(
        question=state.question.id,
        option=state.choice.option,
        reason=state.choice.reason,
        ballots=state.choice.ballots,
        citations=citations,
        rests_on=tuple(
            sorted(
                {claim.evidence for claim in state.synthesis.claims if content_id(claim) in used}
                | {served.evidence for served in seen}
            )
        ),
    )


def skipped(question: Question, decoding: Decoding, why: str) -> Answer:
    """What is said of a question that was not answered."""
    nothing = Ballots(votes=(), temperature=decoding.temperature, seed=decoding.seed)
    return Answer(question=question.id, option=None, reason=why, ballots=nothing, citations=(), skipped=why)


def skipped_openly(question: Question, why: str) -> OpenAnswer:
    """What is said of a question without options that was not answered."""
    return OpenAnswer(question=question.id, text="", note=why, citations=(), claims=(), skipped=why)


AGENTS: dict[str, Agent] = {
    "closed_book": Agent("closed_book", (synthesise, choose, check)),
    "single_pass": Agent("single_pass", (retrieve, synthesise, choose, check)),
    "aimed": Agent("aimed", (aim, retrieve, synthesise, choose, check)),
    "per_option": Agent("per_option", (research, choose, check)),
    "agentic": Agent("agentic", (investigate, synthesise, choose, check)),
}
