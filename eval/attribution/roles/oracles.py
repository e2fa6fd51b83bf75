"""Oracles: for each kind of step, the best output it could have given *the inputs it actually got*.

Rules kept here
- An oracle repairs one step and leaves its inputs alone. Pasting the gold answer downstream would
  also cure an upstream fault and so blame the wrong step.
- Oracles read labels, never texts: which version speaks for which option, what was in force, how it is graded.
- A search can only come to what the panel of stock retrievers finds for that very query.
- What was out of date on the day speaks for nothing, whoever served it.

Where evidence carries no label, an oracle says so by abstaining.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, cast

from evitrail.agent.model import (
    AskedQueries,
    Ballots,
    CheckedAnswers,
    Choice,
    Claim,
    Context,
    ContextPassage,
    Critique,
    Decoding,
    Kept,
    LetterVerdict,
    Query,
    Question,
    Synthesis,
)
from evitrail.agent.reader.checking.explicit_letter import explicit_letter
from evitrail.agent.steps.aim import LastSentence
from evitrail.agent.steps.research import Section
from evitrail.eval.attribution.roles.role import Mending
from evitrail.eval.attribution.scene.scene import Scene
from evitrail.evidence_store.grading.grade import LEVELS, Certainty, rank
from evitrail.evidence_store.model import Passage
from evitrail.evidence_store.snapshot import Snapshot
from evitrail.retrieval.base import Hit, Retrieved
from evitrail.retrieval.fixed import Fixed
from evitrail.traces.record import content_id
from evitrail.traces.run.step_key import Task


def query(mending: Mending, task: Task[Any]) -> Query | None:
    """The title of the evidence that decides, or what is asked, whichever the panel finds it best by.

    None where nothing is known to decide.
    """
    titles, question = titles_of(mending), mending.scene.config.case.question
    if not titles:
        return None
    given = cast("AskedQueries | None", task.inputs.get("asked"))
    candidates = [*titles, LastSentence().aim(question).text, question.stem]
    fresh = [text for text in candidates if given is None or text not in given.queries] or titles

    def rank(text: str) -> int:
        found = mending.scene.panel.found(text, mending.snapshot).rank(mending.scene.labels.decides)
        return mending.scene.panel.depth + 1 if found is None else found

    return Query(text=min(fresh, key=rank), reason="what finds the labelled evidence best")


def titles_of(mending: Mending) -> list[str]:
    """The titles of the deciding evidence that the store holds."""
    headers = mending.snapshot.headers
    return [headers[ref].title for ref in mending.scene.labels.decides if ref in headers]


def retrieved(mending: Mending, task: Task[Any]) -> Retrieved:
    """The best list of the same length among what the panel finds for this query: by label, currency, certainty.

    Where no step decided on the query it was the search that asked with the whole question, and its oracle may
    ask by title. Evidence that is served by id is ordered, none is added.
    """
    scene, view = mending.scene, mending.snapshot
    asked = cast("Query", task.inputs["query"]).text
    k = int(task.parameters.get("k", scene.config.condition.k))
    length = min(k, scene.panel.length)
    if isinstance(scene.retriever, Fixed):
        passages: Iterable[Passage] = (hit.passage for hit in scene.retriever.search(asked, view, k).hits)
    else:
        passages = scene.panel.found(asked, view).passages
        if asked == scene.config.case.question.stem:
            titles = [scene.panel.found(title, view).passages for title in titles_of(mending)]
            passages = (
                *passages,
                *(one for found in titles for one in found if scene.labels.standing(one.ref) == "decides"),
            )
        lost = Fixed(mending.found_again).search(asked, view, k).hits if mending.found_again else ()
        passages = (*(hit.passage for hit in lost), *passages)
    once = {passage.id: passage for passage in passages}
    best = sorted(enumerate(once.values()), key=lambda item: (*_worth(scene, view, item[1]), item[0]))
    kept = [passage for _, passage in best if scene.labels.standing(passage.ref) != "against"][:length]
    return Retrieved(query=asked, hits=tuple(_hit(scene, passage, place) for place, passage in enumerate(kept, 1)))


def _worth(scene: Scene, view: Snapshot, passage: Passage) -> tuple[int, int, int]:
    """What decides first, then what is in force, then the surest."""
    current = view.status(passage.ref) == "current"
    decides = current and scene.labels.standing(passage.ref) == "decides"
    return (0 if decides else 1, 0 if current else 1, -rank(passage.header.grade))


def _hit(scene: Scene, passage: Passage, place: int) -> Hit:
    why = "labelled support" if scene.labels.standing(passage.ref) == "decides" else "not judged, found by the panel"
    return Hit(passage=passage, score=round(1 / place, 6), rank=place, why=why)


def kept(mending: Mending, task: Task[Any]) -> Kept:
    """Everything that was found before."""
    found = (hit.passage.id for one in task.inputs.values() if isinstance(one, Retrieved) for hit in one.hits)
    return Kept(passages=tuple(dict.fromkeys(found)))


def verdict(mending: Mending, task: Task[Any]) -> Critique | None:
    """Adequate exactly when labelled support is among the hits it saw."""
    decides = set(mending.scene.labels.decides)
    if not decides:
        return None
    held = any(hit.passage.ref in decides for hit in hits_of(task))
    return Critique(adequate=held, reason="labelled support is there" if held else "no labelled support")


def hits_of(task: Task[Any]) -> list[Hit]:
    """The passages a step is given, each once."""
    found = [one for one in task.inputs.values() if isinstance(one, Retrieved)]
    return list({hit.passage.id: hit for one in found for hit in one.hits}.values())


def synthesis(mending: Mending, task: Task[Any]) -> Synthesis | None:
    """For each labelled hit that was in force, that it speaks for its option, as strongly as it is graded.

    Where passages are put before a model as they are, those that decide, if they were cut away.
    """
    if any(isinstance(one, Section) for one in task.inputs.values()):
        return None  # put together by a rule
    if mending.scene.facts.synthesis is not None and mending.scene.facts.synthesis.context is not None:
        return _context(mending, task)
    claims = claims_of(mending.scene, hits_of(task))
    return Synthesis(claims=claims, note="from labels" if claims else "insufficient: no labelled evidence")


def _context(mending: Mending, task: Task[Any]) -> Synthesis | None:
    decides = set(mending.scene.labels.decides)
    hits = [hit for hit in hits_of(task) if hit.passage.ref in decides]
    if not hits:
        return None
    text, served = "", []
    for hit in hits:
        served.append(ContextPassage(passage=hit.passage.id, start=len(text), end=len(text) + len(hit.passage.text)))
        text += f"{hit.passage.text}\n"
    return Synthesis(claims=(), note="what decides", context=Context(text=text.rstrip("\n"), passages=tuple(served)))


def section(mending: Mending, task: Task[Any]) -> Section:
    """The same for one researcher's section."""
    claims = claims_of(mending.scene, hits_of(task))
    return Section(option=str(task.parameters["option"]), claims=claims, note="from labels")


def claims_of(scene: Scene, hits: Iterable[Hit]) -> tuple[Claim, ...]:
    """What labelled evidence says, as far as it was in force on the day."""
    speaks = scene.labels.speaks
    return tuple(
        _claim(hit, speaks[hit.passage.ref])
        for hit in hits
        if hit.passage.ref in speaks and hit.passage.ref not in scene.labels.outdated
    )


def choice(mending: Mending, task: Task[Any]) -> Choice:
    """The option with most support weighted by certainty; abstains where there is none, or a tie.

    Of a context that was put before a model as it is, each labelled version in it that was in force counts once.
    """
    scene = mending.scene
    question, decoding = cast("Question", task.inputs["question"]), cast("Decoding", task.inputs["decoding"])
    said = cast("Synthesis", task.inputs["synthesis"])
    totals = dict.fromkeys(sorted(question.options), 0.0)
    if said.context and not said.claims:
        for ref in sorted({one.evidence for one in said.context.passages} & scene.labels.speaks.keys()):
            if ref not in scene.labels.outdated and ref in mending.snapshot.headers:
                totals[scene.labels.speaks[ref]] += _weight(_certainty(mending.snapshot, ref))
    for letter, total in support(said).items():
        totals[letter] += total
    best = max(totals.values())
    leaders = [letter for letter, total in totals.items() if total == best]
    option = leaders[0] if best > 0 and len(leaders) == 1 else None
    return Choice(
        option=option,
        logits={letter: round(total, 6) for letter, total in totals.items()},
        claims=tuple(content_id(claim) for claim in said.claims if claim.option == option),
        reason="most support" if option else "no option is supported above the others",
        ballots=Ballots(votes=(option,) * decoding.samples, temperature=decoding.temperature, seed=decoding.seed),
    )


def checked(mending: Mending, task: Task[Any]) -> CheckedAnswers | None:
    """The letters that the words select in so many words, by the rule."""
    question, chosen = cast("Question", task.inputs["question"]), cast("Choice", task.inputs["choice"])
    if chosen.said is None:
        return None

    def confirmed(words: str | None) -> LetterVerdict:
        found = explicit_letter(words or "", question.options)
        return LetterVerdict(parsed=found.letter, confirmed=found.letter, clear="yes", reason=found.reason)

    return CheckedAnswers(
        greedy=confirmed(chosen.said.greedy), ballots=tuple(map(confirmed, chosen.said.drawn)), by="the rule"
    )


def support(synthesis: Synthesis) -> Mapping[str, float]:
    """Net strength of the claims for each option, each weighted by its certainty."""
    totals: dict[str, float] = {}
    for claim in synthesis.claims:
        sign = 1 if claim.stance == "supports" else -1
        totals[claim.option] = totals.get(claim.option, 0.0) + sign * claim.strength * _weight(claim.certainty)
    return totals


def _claim(hit: Hit, option: str) -> Claim:
    grade = hit.passage.header.grade
    return Claim(
        option=option,
        stance="supports",
        strength=(rank(grade) + 1) / 5,
        quote=hit.passage.text,
        passage=hit.passage.id,
        start=0,
        end=len(hit.passage.text),
        certainty=grade.certainty if grade else None,
    )


def _certainty(snapshot: Snapshot, ref: str) -> Certainty | None:
    grade = snapshot.headers[ref].grade
    return grade.certainty if grade else None


def _weight(certainty: Certainty | None) -> float:
    """High 1, moderate 0.8, low 0.6, very low 0.4, unrated 0.2: an order, not a measurement."""
    return (1 if certainty is None else LEVELS.index(certainty) + 2) / 5
