"""A reader that asks a language model: each act is a prompt from a file, each answer is read as a type.

Rules kept here
- Every call is a step of the run it is read in, with the whole prompt and all that came back.
- Passages are read one by one, each a step by the passage's own name: other hits cost only what is new among them.
- A claim is taken only where its quote stands in the passage, and is kept as the passage spells it. Certainty is the
  curators', never the model's.
- ``choose`` sees the claims only; all ballots are drawn in one call, and what is no letter is an abstention.
- An answer that cannot be read, twice, is an outcome with its reason: inadequate, no claims, a query of our own, an
  abstention. A model that cannot be reached is an error, and the run is resumed later.
- What comes from outside is fenced (``fence.py``): it is data, and the prompts say so.

    reader = PromptedReader(llm)
    reader.within(run).synthesise(question, hits)

Not covered: evidence that does not fit the model's context.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, Field

from evitrail.agent.llm.availability import AsksModel
from evitrail.agent.llm.base import LLM, Prompt, recorded
from evitrail.agent.model import (
    Ballots,
    Choice,
    Claim,
    Critique,
    Decoding,
    Query,
    Question,
    Synthesis,
    WrittenAnswer,
)
from evitrail.agent.reader.prompting.fence import Fence, claim_text, passage_text, question_text
from evitrail.agent.reader.prompting.json_reply import as_json, as_letter, ask
from evitrail.agent.reader.prompting.letter_probabilities import vote_logits
from evitrail.agent.reader.prompting.templates import Act, Prompts, load
from evitrail.agent.reader.prompting.written import written
from evitrail.agent.reader.queries import focused
from evitrail.evidence_store.model import Passage
from evitrail.retrieval.base import Hit
from evitrail.traces.record import content_id
from evitrail.traces.run.live import Run
from evitrail.traces.run.step_key import Task

DIGITS = 6


def _storable(text: str) -> str:
    text.encode()  # JSON can spell half a surrogate pair, UTF-8 cannot; UnicodeEncodeError is a ValueError
    return text


Words = Annotated[str, AfterValidator(_storable)]


class Planned(BaseModel):
    """What ``plan`` is answered with."""

    query: Words
    reason: Words = ""


class Appraised(BaseModel):
    """What ``appraise`` is answered with."""

    adequate: bool
    reason: Words
    weak_options: tuple[Words, ...] = ()


class Said(BaseModel):
    """One claim, before its quote is looked for."""

    option: Words
    stance: Literal["supports", "refutes"]
    quote: Words
    strength: float = Field(default=1.0, ge=0, le=1)


class Read(BaseModel):
    """What ``synthesise`` is answered with, for one passage."""

    claims: tuple[Said, ...]


FORMS: dict[Act, type[BaseModel]] = {"plan": Planned, "appraise": Appraised, "synthesise": Read}
"""The form of an act's answer: a server that can hold a model to it is asked to, and what comes is read tolerantly."""


@dataclass(frozen=True)
class PromptedReader(AsksModel):
    """Reads with a language model; its repr names the model and every word it is prompted with."""

    llm: LLM
    prompts: Prompts = field(default_factory=load)
    max_tokens: int = 1024
    run: Run | None = field(default=None, repr=False, compare=False)
    """Where its calls are recorded; None leaves no record."""

    @property
    def deterministic(self) -> bool:
        return self.llm.deterministic

    def within(self, run: Run) -> PromptedReader:
        """See ``Recording.within``."""
        return replace(self, run=run)

    def plan(self, question: Question, critique: Critique | None, asked: Sequence[str]) -> Query:
        """The model's query; where it gives none that is new, the question's own words."""
        missing = [critique.model_dump_json()] if critique else []
        blocks = {
            "question": [question_text(question)],
            "critique": missing,
            "asked": ["\n".join(asked)] if asked else [],
        }
        heard = ask(self._model(), self._prompt("plan", blocks), as_json(Planned))
        text = " ".join(heard.value.query.split()) if heard.value else ""
        if heard.value and text and text not in asked:
            return Query(text=text, reason=heard.value.reason)
        ours = focused(question, critique.weak_options if critique else (), asked)
        why = heard.fault or "the model gave no query that was not asked before"
        return Query(text=ours.text, reason=f"{ours.reason}; {why}")

    def appraise(self, question: Question, hits: Sequence[Hit]) -> Critique:
        """The model's verdict on all passages together."""
        if not hits:
            return Critique(
                adequate=False, reason="no passages were found", weak_options=tuple(sorted(question.options))
            )
        evidence = [passage_text(hit.passage) for hit in hits]
        prompt = self._prompt("appraise", {"question": [question_text(question)], "evidence": evidence})
        heard = ask(self._model(), prompt, as_json(Appraised))
        if heard.value is None:
            return Critique(adequate=False, reason=heard.fault)
        weak = tuple(sorted(set(question.options).intersection(heard.value.weak_options)))
        return Critique(adequate=heard.value.adequate, reason=heard.value.reason, weak_options=weak)

    def synthesise(self, question: Question, hits: Sequence[Hit]) -> Synthesis:
        """What each passage says, passage by passage."""
        if not hits:
            return Synthesis(claims=(), note="no passages were found, so nothing could be read")
        read = [self._read_passage(question, hit.passage) for hit in hits]
        claims = tuple(claim for each in read for claim in each.claims)
        return Synthesis(claims=claims, note="; ".join(each.note for each in read))

    def choose(self, question: Question, synthesis: Synthesis, decoding: Decoding) -> Choice:
        """The letter the model answers with, and the letters it answers with when drawn."""
        claims = ["\n".join(claim_text(claim) for claim in synthesis.claims)] if synthesis.claims else []
        prompt = self._prompt("choose", {"question": [question_text(question)], "claims": claims})
        prompt = prompt.model_copy(update={"choices": tuple(sorted(question.options))})
        heard = ask(self._model(), prompt, as_letter(question.options))
        votes = self._ballots(prompt, question, decoding)
        drawn = ", ".join(f"{letter or 'none'} {n}" for letter, n in Counter(votes).most_common())
        said = f"the model answered {heard.value}" if heard.value else heard.fault
        return Choice(
            option=heard.value,
            logits=vote_logits(question.options, (heard.value, *votes)),
            claims=tuple(content_id(claim) for claim in synthesis.claims),
            reason=f"{said}, from {len(synthesis.claims)} claims" + (f"; ballots: {drawn}" if drawn else ""),
            ballots=Ballots(votes=votes, temperature=decoding.temperature, seed=decoding.seed),
        )

    def write(self, question: Question, hits: Sequence[Hit]) -> WrittenAnswer:
        """See ``Writing.write``."""
        return written(self._model(), question, hits, self.max_tokens)

    def _read_passage(self, question: Question, passage: Passage) -> Synthesis:
        if self.run is None:
            return self._claims(question, passage)
        task = Task(
            "read",
            lambda: self._claims(question, passage),
            returns=Synthesis,
            inputs={"question": question, "passage": passage},
            by=self,
            label=passage.id,
        )
        return self.run.step(task)

    def _claims(self, question: Question, passage: Passage) -> Synthesis:
        blocks = {"question": [question_text(question)], "evidence": [passage_text(passage)]}
        heard = ask(self._model(), self._prompt("synthesise", blocks), as_json(Read))
        if heard.value is None:
            return Synthesis(claims=(), note=f"{passage.id}: {heard.fault}")
        found = [claim_of(said, question, passage) for said in heard.value.claims]
        claims = tuple(dict.fromkeys(claim for claim in found if isinstance(claim, Claim)))
        dropped = "".join(f", dropped one: {why}" for why in found if isinstance(why, str))
        return Synthesis(claims=claims, note=f"{passage.id}: {len(claims)} claims{dropped}")

    def _ballots(self, prompt: Prompt, question: Question, decoding: Decoding) -> tuple[str | None, ...]:
        if not decoding.samples:
            return ()
        drawn = {"n": decoding.samples, "temperature": decoding.temperature, "seed": decoding.seed}
        texts = self._model("ballots").complete(prompt.model_copy(update=drawn)).texts[: decoding.samples]
        read = as_letter(question.options)

        def vote(text: str) -> str | None:
            try:
                return read(text)
            except ValueError:
                return None

        return tuple(map(vote, texts)) + (None,) * (decoding.samples - len(texts))

    def _model(self, label: str | None = None) -> LLM:
        return self.llm if self.run is None else recorded(self.llm, self.run, label)

    def _prompt(self, act: Act, blocks: Mapping[str, Sequence[str]]) -> Prompt:
        """The act's prompt; greedy, every block fenced."""
        fence = Fence.around(*(text for texts in blocks.values() for text in texts))
        filled = {name: "\n\n".join(fence.put(name, text) for text in texts) for name, texts in blocks.items() if texts}
        messages = self.prompts.messages(act, mark=fence.mark, **filled)
        form = FORMS[act].model_json_schema() if act in FORMS else None
        return Prompt(messages=messages, max_tokens=self.max_tokens, form=form)


def claim_of(said: Said, question: Question, passage: Passage) -> Claim | str:
    """The claim with its offsets in the passage, or why it is none; only spaces and line ends may differ."""
    if said.option not in question.options:
        return "it is about no option of the question"
    words = said.quote.split()
    found = re.search(r"\s+".join(map(re.escape, words)), passage.text) if words else None
    if found is None:
        return f"its quote for {said.option} is not in the passage"
    return Claim(
        option=said.option,
        stance=said.stance,
        strength=round(said.strength, DIGITS),
        quote=found[0],
        passage=passage.id,
        start=found.start(),
        end=found.end(),
        certainty=passage.header.grade.certainty if passage.header.grade else None,
    )
