"""Research: one researcher per option, and a report of what each found for it and against it.

Rules kept here
- Each option is searched for by itself, so that a likely one does not crowd out what speaks for another.
- What a researcher found is read into a section: claims for and against, each quoted from a passage.
- The report is put together from the sections by a rule, without a model: the same sections give the same report.
- A reader that makes claims chooses from those of all sections; one that wants a context is given the report.

After RaR (Wind et al.), whose researchers read search snippets; ours read passages of the store, which is more.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from evitrail.agent.model import (
    AskedQueries,
    Claim,
    Context,
    ContextPassage,
    Critique,
    Query,
    Question,
    State,
    Synthesis,
)
from evitrail.agent.reader.base import Fitting, Reader
from evitrail.agent.steps.retrieve import retrieve
from evitrail.agent.steps.synthesise import derived
from evitrail.agent.tools import Tools
from evitrail.traces.record import Record
from evitrail.traces.run.step_key import Task


class Section(Record, stored_as="Section"):
    """What one researcher found."""

    option: str
    claims: tuple[Claim, ...]
    note: str


def research(state: State, tools: Tools) -> State:
    """Search and read for every option, then put the report together."""
    sections = []
    for letter in sorted(state.question.options):
        found = _searched(state, letter, tools)
        sections.append(_section(found, letter, tools.at("section")))
        state = state.model_copy(update={"query": None, "retrieved": found.retrieved})
    return _reported(state, tuple(sections), tools.at("synthesise"))


def _searched(state: State, letter: str, tools: Tools) -> State:
    """The state with one more search, planned for one option."""
    at = tools.at("requery")
    reader = at.reader_for("requery")
    aim = Critique(
        adequate=False,
        reason=f"what speaks for and against option {letter}: {state.question.options[letter]}",
        weak_options=(letter,),
    )
    asked = AskedQueries(queries=tuple(found.query for found in state.retrieved))
    task = Task(
        "requery",
        lambda: reader.plan(state.question, aim, asked.queries),
        returns=Query,
        inputs={"question": state.question, "critique": aim, "asked": asked},
        by=reader,
    )
    query = at.run.step(task)
    return retrieve(state.model_copy(update={"query": query}), tools)


def _section(state: State, letter: str, tools: Tools) -> Section:
    """What the last search says about every option, read for the report on one."""
    reader = claims_reader(tools.reader_for("synthesise"))
    found = state.retrieved[-1]

    def read() -> Section:
        said = reader.synthesise(state.question, found.hits)
        return Section(option=letter, claims=said.claims, note=said.note)

    task = Task(
        "section",
        read,
        returns=Section,
        inputs={"question": state.question, "retrieved": found},
        by=reader,
        parameters={"option": letter},
        edges=lambda out: derived(Synthesis(claims=out.claims, note=out.note), state),
        label=letter,
    )
    return tools.run.step(task)


def claims_reader(reader: Reader) -> Reader:
    """Who makes claims: a reader that wants contexts has another beside it for that."""
    return reader.aside() if isinstance(reader, Fitting) else reader


def _reported(state: State, sections: tuple[Section, ...], tools: Tools) -> State:
    rapporteur = Rapporteur(served=isinstance(tools.reader_for("synthesise"), Fitting))
    task = Task(
        "synthesise",
        lambda: rapporteur.report(state.question, sections),
        returns=Synthesis,
        inputs={"question": state.question, **{f"section[{one.option}]": one for one in sections}},
        by=rapporteur,
        edges=lambda out: derived(out, state),
    )
    synthesis = tools.run.step(task)
    return state.model_copy(update={"synthesis": synthesis})


@dataclass(frozen=True)
class Rapporteur:
    """Puts sections together."""

    served: bool = False
    """Whether the report itself is put before the model."""

    def report(self, question: Question, sections: tuple[Section, ...]) -> Synthesis:
        """All claims, each once; and the report where a model is to read it."""
        claims = tuple(dict.fromkeys(claim for section in sections for claim in section.claims))
        note = f"{len(claims)} claims from {len(sections)} researchers"
        if not self.served:
            return Synthesis(claims=claims, note=note)
        return Synthesis(claims=claims, note=note, context=report_of(question, claims))


def report_of(question: Question, claims: tuple[Claim, ...]) -> Context:
    """The report: for each option what speaks for it and against it, each line with the evidence it is quoted from."""
    text, served = "", []
    for line, claim in _lines(question, claims):
        if claim is not None:
            served.append(ContextPassage(passage=claim.passage, start=len(text), end=len(text) + len(line)))
        text += f"{line}\n"
    return Context(text=text.rstrip("\n"), passages=tuple(served))


def _lines(question: Question, claims: tuple[Claim, ...]) -> Iterator[tuple[str, Claim | None]]:
    for letter, option in sorted(question.options.items()):
        yield f"Option {letter}: {option}", None
        for heading, stance in (("For", "supports"), ("Against", "refutes")):
            ours = [claim for claim in claims if (claim.option, claim.stance) == (letter, stance)]
            yield f"{heading}:{'' if ours else ' nothing was found.'}", None
            for claim in ours:
                certainty = (claim.certainty or "unrated").replace("_", " ")
                yield f"- {claim.quote} [{claim.evidence}; certainty: {certainty}]", claim
        yield "", None
