"""Contracts: what each step promises, checked on what it recorded. Free, and needed to tell causes from bystanders.

Rules kept here
- A contract is ``given => then``: a step that was handed nothing useful breaks nothing.
- It speaks of what the failure rests on: a list may hold what was out of force, if nothing was made of it.
- A broken contract is a defect. Whether it is the *cause* only an intervention can tell.
- A defect that a later step had the chance to notice, and did not, is ``passed_on``: both share it, the later first.
- A synthesis that says truly what it was handed breaks nothing, whoever handed it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from evitrail.agent.model import CheckedAnswers, Choice, Claim, Critique, Decoding, Kept, Query, Synthesis
from evitrail.agent.reader.checking.explicit_letter import explicit_letter
from evitrail.agent.reader.extractive.extractive import ExtractiveReader
from evitrail.agent.steps.research import Section
from evitrail.eval.attribution.roles.oracles import support
from evitrail.eval.attribution.roles.role import Break, Role
from evitrail.eval.attribution.scene.players import BUDGET, STORE
from evitrail.eval.attribution.scene.scene import Scene, refs
from evitrail.eval.attribution.scene.standing import standing_in_words
from evitrail.retrieval.base import Hit
from evitrail.retrieval.fixed import Fixed
from evitrail.traces.run.activity import Activity


def broken(scene: Scene, roles: Mapping[str, Role]) -> list[Break]:
    """Every contract this run broke, in causal order."""
    found = list(store(scene))
    for step in scene.steps:
        role = roles.get(step.kind)
        found += role.contract(scene, step) if role is not None and role.contract is not None else ()
    return found


def store(scene: Scene) -> Iterator[Break]:
    """The store holds the deciding evidence in force, findable, and nothing that stands wrongly above it."""
    for one in scene.corrections:
        yield Break(STORE, STORE, one.what, one.code)


def query(scene: Scene, step: Activity) -> Iterator[Break]:
    """Some stock retriever would serve the deciding evidence for the query, where its title finds it.

    Would serve: rank it no lower than the list was long. Nothing is asked of a query once the evidence was found.
    """
    if not scene.decides or scene.decides & refs(scene.seen(step)) or not _findable(scene):
        return
    before = [other for other in scene.steps[: scene.order(step.path) - 1] if other.kind == "retrieve"]
    if any(scene.decides & refs(scene.retrieved(other).hits) for other in before):
        return
    asked = scene.trace.get(step.output, Query).text
    if not _would_serve(scene, asked):
        what = f"asked in words for which no stock retriever serves {_names(scene.decides)}"
        yield Break(step.kind, step.path, what, "Q1")


def retrieve(scene: Scene, step: Activity) -> Iterator[Break]:
    """The deciding evidence is served where it can be found, and what the answer rests on was valid that day."""
    found = scene.retrieved(step)
    served = refs(found.hits)
    curated = isinstance(scene.retriever, Fixed)
    earlier = [other for other in scene.steps[: scene.order(step.path) - 1] if other.kind == "retrieve"]
    before = set().union(*(refs(scene.retrieved(other).hits) for other in earlier)) if earlier else set()
    if scene.decides and not curated and not scene.decides & (served | before):
        noticed = _judged_after(scene, step)
        asked = scene.made_by_step(step)
        panel = scene.panel.found(found.query, scene.snapshot)
        if _would_serve(scene, found.query) if asked else panel.finds(scene.decides):
            wide = scene.retriever.search(found.query, scene.snapshot, scene.panel.depth) if scene.retriever else found
            code = "R2" if scene.decides & refs(wide.hits) else "R1"
            what = f"did not serve {_names(scene.decides)}, which can be found for this query"
            yield Break("retrieve", step.path, what, code, passed_on=noticed)
        elif not asked and _findable(scene):
            what = f"searched with the question as asked, which does not find {_names(scene.decides)}; its title does"
            yield Break("retrieve", step.path, what, "Q1", passed_on=noticed)
    lapsed = [ref for ref in sorted(served - before) if ref in scene.rests_on and not scene.in_force(ref)]
    if lapsed:
        states = " and ".join(f"{ref}, {standing_in_words(scene.snapshot, ref)}," for ref in lapsed[:3])
        yield Break(
            "retrieve",
            step.path,
            f"served {states} and the answer rests on {'it' if len(lapsed) == 1 else 'them'}",
            "S2",
        )


def keep(scene: Scene, step: Activity) -> Iterator[Break]:
    """Deciding evidence that was found once stays before the agent."""
    had = scene.decides & refs(scene.seen(step))
    still = {name.partition("#")[0] for name in scene.trace.get(step.output, Kept).passages}
    if had and not had & still:
        yield Break("keep", step.path, f"dropped {_names(had)}, which had been found", "Q2")


def critique(scene: Scene, step: Activity) -> Iterator[Break]:
    """Evidence is judged adequate exactly where labelled support is among it."""
    adequate = scene.trace.get(step.output, Critique).adequate
    held = scene.decides & refs(scene.seen(step))
    if adequate and scene.decides and not held and not isinstance(scene.retriever, Fixed):
        yield Break("critique", step.path, f"judged hits adequate that lack {_names(scene.decides)}", "K1")
    if not adequate and held:
        yield Break("critique", step.path, f"judged hits inadequate that hold {_names(held)}", "K2")
    found_before = any(scene.decides & refs(found.hits) for found in scene.facts.retrieved)
    if not adequate and not found_before and scene.decides and _last(scene, step) and _findable(scene):
        what = f"ended the search after {step.path}, which had judged the hits inadequate"
        yield Break(BUDGET, BUDGET, what, "B1")


def synthesise(scene: Scene, step: Activity) -> Iterator[Break]:
    """What is read is what the labelled evidence says; quotes stand where they are said to stand."""
    said = scene.synthesis(step)
    if said.context and not said.claims:
        cut = scene.decides & refs(scene.seen(step)) - {one.evidence for one in said.context.passages}
        if cut and not scene.decides & {one.evidence for one in said.context.passages}:
            yield Break("synthesise", step.path, f"cut away {_names(cut)}, which had been served", "Y1")
        return
    if any(given.type == "Section" for given in step.inputs):
        return  # put together by a rule from what others read
    yield from _read(scene, step, said.claims)


def section(scene: Scene, step: Activity) -> Iterator[Break]:
    """The same for one researcher's section."""
    yield from _read(scene, step, scene.trace.get(step.output, Section).claims)


def choose(scene: Scene, step: Activity) -> Iterator[Break]:
    """The option with most support is chosen, and none where nothing is supported."""
    said = next((one for one in scene.steps if one.path != step.path and one.kind == "synthesise"), None)
    if said is None:
        return
    synthesis, chosen = scene.synthesis(said), scene.trace.get(step.output, Choice).option
    key = scene.config.case.answer
    if synthesis.context and not synthesis.claims:
        if scene.decides & {one.evidence for one in synthesis.context.passages} and chosen != key:
            what = f"chose {chosen or 'no option'}, while the context supports {key}"
            yield Break("choose", step.path, what, _prior(scene))
        return
    totals = support(synthesis)
    if not any(total > 0 for total in totals.values()):
        if chosen is not None:
            yield Break("choose", step.path, f"chose {chosen}, though no claim supports any option", "C3")
        return
    best = max(totals, key=lambda option: (totals[option], option))
    tied = chosen is None and sorted(totals.values())[-2:] == [totals[best]] * 2
    if chosen not in (best, strongest(synthesis)) and not tied:
        what = f"chose {chosen or 'no option'}, while the claims speak most for {best}"
        yield Break("choose", step.path, what, _prior(scene) if chosen else "C1")


def check(scene: Scene, step: Activity) -> Iterator[Break]:
    """The letters confirmed, of the answer and of each ballot, are those that the words select."""
    chosen = scene.facts.choice
    if chosen is None or chosen.said is None:
        return
    told, options = scene.trace.get(step.output, CheckedAnswers), scene.config.case.question.options
    words = (chosen.said.greedy, *chosen.said.drawn)
    for said, verdict in zip(words, (told.greedy, *told.ballots), strict=False):
        selected = explicit_letter(said or "", options).letter
        if selected is not None and verdict.confirmed != selected:
            what = f"confirmed {verdict.confirmed or 'no letter'}, while the words select {selected}"
            yield Break("check", step.path, what, "C4")
            return


def _read(scene: Scene, step: Activity, claims: Sequence[Claim]) -> Iterator[Break]:
    """How the claims of one reading differ from what it was given; the gravest fault is told."""
    hits = scene.seen(step)
    invented = [claim for claim in claims if not _stands_there(claim, hits)]
    if invented:
        yield Break(step.kind, step.path, f"quoted what no passage says: “{_short(invented[0].quote)}”", "Y3")
        return
    held, key = scene.decides & refs(hits), scene.config.case.answer
    if not held:
        return
    whole = Synthesis(claims=tuple(claims), note="")
    totals = support(whole)
    best = max(totals, key=lambda option: (totals[option], option), default=None)
    if best == key and totals[key] > 0:
        if strongest(whole) == key:
            return
        best = strongest(whole)
    read = f"support for {best}" if best and totals.get(best, 0.0) > 0 else "no support for any option"
    what = f"found {read} in hits that hold {_names(held)}, which supports {key}"
    about = [claim for claim in claims if claim.evidence in held]
    if not any(claim.option == key and claim.stance == "supports" for claim in about):
        yield Break(step.kind, step.path, what, "Y2" if about else "Y1")
        return
    faithful = [claim for claim in claims if _faithful(scene, claim)]
    true = support(Synthesis(claims=tuple(faithful), note=""))
    if best is None or max(true, key=lambda option: (true[option], option), default=None) != best:
        yield Break(step.kind, step.path, what, "Y2")
    elif _weaker(scene, faithful, best, held):
        yield Break(step.kind, step.path, what, "Y4")


def _faithful(scene: Scene, claim: Claim) -> bool:
    """Whether a claim says of its evidence what the labels or, of a stranger, its words say."""
    speaks = scene.labels.speaks.get(claim.evidence)
    if speaks is None:
        return any(one.ref == claim.evidence for one in scene.corrections)
    return (claim.option == speaks) == (claim.stance == "supports")


def _weaker(scene: Scene, claims: Iterable[Claim], option: str | None, held: Collection[str]) -> bool:
    """Whether all that speaks for an option was in force, and less sure than the evidence that decides."""
    behind = {claim.evidence for claim in claims if claim.option == option and claim.stance == "supports"}
    labelled = {ref for ref in behind if scene.labels.standing(ref) == "against" and scene.in_force(ref)}
    surest = max(map(scene.certainty, held), default=0)
    return bool(labelled) and labelled == behind - set(held) and all(scene.certainty(ref) < surest for ref in labelled)


def _stands_there(claim: Claim, hits: Mapping[str, Hit]) -> bool:
    hit = hits.get(claim.passage)
    return hit is not None and hit.passage.text[claim.start : claim.end] == claim.quote


def _findable(scene: Scene) -> bool:
    """Whether the deciding evidence is found by its own title."""
    titles = {ref: scene.snapshot.headers[ref].title for ref in scene.decides}
    return any(scene.panel.found(title, scene.snapshot).finds([ref]) for ref, title in titles.items())


def _would_serve(scene: Scene, asked: str) -> bool:
    """Whether some stock retriever ranks the deciding evidence within the length of a list."""
    rank = scene.panel.found(asked, scene.snapshot).rank(scene.decides)
    return rank is not None and rank <= scene.panel.length


def _judged_after(scene: Scene, step: Activity) -> bool:
    """Whether a critique looked at what was found here."""
    after = scene.steps[scene.order(step.path) :]
    return any(other.kind == "critique" for other in after)


def _last(scene: Scene, step: Activity) -> bool:
    """Whether no search came after."""
    return not any(other.kind == "retrieve" for other in scene.steps[scene.order(step.path) :])


def _prior(scene: Scene) -> str:
    """C2 where the reader chooses the same without any evidence, and so does one that weighs words; else C1."""
    question = scene.config.case.question
    chosen = scene.facts.choice.option if scene.facts.choice else None
    nothing, decoding = Synthesis(claims=(), note="no evidence"), Decoding(samples=0)
    if not scene.reader.deterministic:
        return "C1"
    readers = (scene.reader, ExtractiveReader())
    alike = all(reader.choose(question, nothing, decoding).option == chosen for reader in readers)
    return "C2" if chosen is not None and alike else "C1"


def strongest(synthesis: Synthesis) -> str | None:
    """The option that the strongest single claim supports; some readers go by it rather than by the sum."""
    single: dict[str, float] = {}
    for claim in synthesis.claims:
        if claim.stance == "supports":
            single[claim.option] = max(single.get(claim.option, 0.0), claim.strength)
    return max(single, key=lambda option: (single[option], option), default=None)


def _names(found: Iterable[str]) -> str:
    names = sorted(found)
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def _short(text: str) -> str:
    return f"{text[:60]}…" if len(text) > 60 else text
