"""A language model that judges claims of answers, one word at a time.

Rules kept here
- It is asked what the passages say of the claim: *supported*, *contradicted* or *unsupported*. It is not asked, and not
  told, which passages were in force: it reads those that were first, and only where they do not support the claim those
  that were not. What only these support is *outdated*. So a model cannot mistake a date.
- It is shown the passages that the rule finds closest to the claim; to these the claim is tied.
- Its output is constrained to the three words where the server can hold it to them. What cannot be read, twice, is no
  verdict: None, never a guess. A judge that does not answer is an error.
- Each call is a step of the run, where one is given.

    ModelClaimJudge(llm).judge(question, claim, evidence, run).verdict
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from string import Template
from typing import Literal

from evitrail.agent.claims.judge import SOURCES, ClaimJudge, RuleClaimJudge, best, judged
from evitrail.agent.claims.support import Stretch, stretches
from evitrail.agent.claims.values import AnswerClaim, ClaimEvidence, ClaimVerdict, JudgedClaim
from evitrail.agent.llm.availability import AsksModel
from evitrail.agent.llm.base import LLM, LLMError, Message, Prompt, Unreachable, recorded
from evitrail.agent.model import Question
from evitrail.agent.reader.prompting.fence import Fence, question_text
from evitrail.agent.reader.prompting.json_reply import ParsedReply, ask
from evitrail.agent.reader.prompting.templates import halves
from evitrail.evidence_store.model import Passage
from evitrail.traces.known_secrets import masked
from evitrail.traces.record import sha256
from evitrail.traces.run.live import Run

Word = Literal["supported", "contradicted", "unsupported"]
WORDS: tuple[Word, ...] = ("supported", "contradicted", "unsupported")
SHOWN = 6
"""Passages that the model is shown at once."""


def claim_judge_named(spec: str, key_env: Sequence[str] = ()) -> ClaimJudge:
    """Who judges claims: ``rule``, or a language model by its name; raises ``ValueError`` for what is neither."""
    from evitrail.agent.llm.named import LLMS, is_llm, llm_named

    if spec == "rule":
        return RuleClaimJudge()
    if not is_llm(spec):
        known = ", ".join(f"{kind}:…" for kind in LLMS)
        raise ValueError(f"expected a judge as `rule` or a language model, one of {known}, got {masked(spec)!r}")
    return ModelClaimJudge(llm_named(spec, key_env))


@cache
def claim_judge_prompt() -> str:
    """The words that come with evitrail: the system message, a line ``---``, the user's."""
    return Path(__file__).with_name("claim_judge.md").read_text(encoding="utf-8")


@dataclass(frozen=True, repr=False)
class ModelClaimJudge(AsksModel):
    """Judges by a model; its repr names the model and every word it is prompted with."""

    llm: LLM
    prompt: str = field(default_factory=claim_judge_prompt)
    max_tokens: int = 16

    @property
    def deterministic(self) -> bool:
        return self.llm.deterministic

    def judge(
        self, question: Question, claim: AnswerClaim, evidence: ClaimEvidence, run: Run | None = None
    ) -> JudgedClaim:
        """See ``ClaimJudge.judge``; raises ``Unreachable`` where the model does not answer."""
        every = stretches(claim.text, evidence.passages)
        current, past = _closest(every, in_force=True), _closest(every, in_force=False)
        now = self._heard(question, claim, current, run, "in force") if current else ParsedReply[Word]("unsupported")
        if now.value == "supported":
            return self._said(claim, "supported", current, every, "it says that evidence in force supports it")
        if past:
            then = self._heard(question, claim, past, run, "not in force")
            if then.value is None:
                return self._said(claim, None, [], every, then.fault.replace("the model", "the judge"))
            if then.value == "supported" and now.value is not None:
                why = "it says that only evidence that was not in force supports it"
                return self._said(claim, "outdated", past, every, why)
        if now.value is None:
            return self._said(claim, None, [], every, now.fault.replace("the model", "the judge"))
        tied = current if now.value == "contradicted" else []
        return self._said(claim, now.value, tied, every, f"it says that the evidence leaves it {now.value}")

    def _heard(
        self, question: Question, claim: AnswerClaim, shown: list[Stretch], run: Run | None, which: str
    ) -> ParsedReply[Word]:
        llm = self.llm if run is None else recorded(self.llm, run, which)
        try:
            return ask(llm, self._asked(question, claim, [one.of.passage for one in shown]), _word)
        except Unreachable as error:
            raise Unreachable(f"the judge could not be asked about {claim.text!r}: {error}") from error
        except LLMError as error:
            raise LLMError(f"the judge could not be asked about {claim.text!r}: {error}") from error

    def _asked(self, question: Question, claim: AnswerClaim, passages: Sequence[Passage]) -> Prompt:
        asked, texts = question_text(question), [f"{one.header.title}\n{one.text}" for one in passages]
        fence = Fence.around(asked, claim.text, *texts)
        blocks = {
            "mark": fence.mark,
            "question": fence.put("question", asked),
            "evidence": "\n\n".join(fence.put("evidence", text) for text in texts),
            "claim": fence.put("claim", claim.text),
        }
        above, line, below = halves(self.prompt)
        system, user = (Template(each).substitute(blocks).strip() for each in ((above, below) if line else ("", above)))
        turns = (Message(role="system", content=system),) if system else ()
        return Prompt(messages=(*turns, Message(role="user", content=user)), max_tokens=self.max_tokens, choices=WORDS)

    def _said(
        self,
        claim: AnswerClaim,
        verdict: ClaimVerdict | None,
        tied: Sequence[Stretch],
        every: Sequence[Stretch],
        why: str,
    ) -> JudgedClaim:
        return judged(claim, verdict, tied[:SOURCES], every, why, by=repr(self))

    def __repr__(self) -> str:
        digest = sha256(f"{self.prompt}\n{self.max_tokens}".encode())[7:15]
        return f"ModelClaimJudge(llm={self.llm!r}, prompt='claim_judge@{digest}')"


def _closest(every: Sequence[Stretch], *, in_force: bool) -> list[Stretch]:
    """The strongest stretch of each of the passages that are closest to the claim."""
    left, found = [one for one in every if one.of.in_force == in_force], list[Stretch]()
    while len(found) < SHOWN and (first := best(left)):
        found.append(first)
        left = [one for one in left if one.of.passage.id != first.of.passage.id]
    return found


def _word(text: str) -> Word:
    """Reads an answer that is one of the words."""
    said = re.sub(r"[^a-z]", "", text.casefold())
    for word in WORDS:
        if said == word:
            return word
    raise ValueError(f"expected one of the words {', '.join(WORDS)} and nothing else")
