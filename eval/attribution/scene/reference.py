"""The store as it should have been: a reference state, so that the store can be blamed like any step.

Rules kept here, in this order
- A state that somebody names is right (``--reference``): a moment of the same store, or another store.
- Else the labels of the case say what is wrong with what the failure rests on: the deciding evidence is missing or
  out of force (S1), out-of-date evidence counts as in force (S2), evidence against it stands above it (S3) or
  beside it (S4), a stranger says the wrong thing in so many words (S5), the deciding evidence is not found by its
  own title (S6).
- Only what the failure rests on is put right; the rest of the store stays as it is. Of a stranger, the copies go too
  that a gate held back beside it: without it they would take its place.
- What the store does not hold at all cannot be put right from labels: then the fault is told, and no replay shows it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from evitrail.eval.attribution.scene.scene import Correction, Scene
from evitrail.eval.attribution.scene.standing import standing_in_words
from evitrail.evidence_store.grading.grade import LEVELS, Grade
from evitrail.evidence_store.model import Header
from evitrail.evidence_store.snapshot import Snapshot
from evitrail.retrieval.fixed import Fixed
from evitrail.retrieval.gates.echo import COPY

IN_SO_MANY_WORDS = 0.7
"""The part of an option's words that a passage has when it is said to speak for it in so many words."""
ASSUMED = "as the labels of the case have it"
"""The reason on a certainty that nobody has judged."""
WORD = re.compile(r"[a-z0-9]+(?:\.[0-9]+)?")


class WrongReference(ValueError):
    """The reference that somebody named cannot be one; the message says what it lacks."""


@dataclass(frozen=True)
class Reference:
    """The store put right."""

    snapshot: Snapshot
    corrections: tuple[Correction, ...]
    found_again: tuple[str, ...] = ()
    """Versions that the index lost, to be served as if it held them."""
    complete: bool = True
    """Whether all that is wrong could be put right; not where a text is nowhere to be had."""


def reference(scene: Scene) -> Reference:
    """The state that the store should have been in for this run; ``WrongReference`` where a named one cannot be."""
    return _as_named(scene, scene.named) if scene.named is not None else _as_labelled(scene)


def _as_labelled(scene: Scene) -> Reference:
    found = list(corrections(scene))
    view = scene.snapshot
    gone: set[str] = set()
    headers: dict[str, Header] = {}
    complete, lost = True, []
    for one in found:
        if one.code == "S1":
            fixed = _in_force_again(scene, one.ref)
            complete &= fixed is not None
            headers |= {one.ref: fixed} if fixed else {}
            gone |= _successors(scene, one.ref) if fixed else set()
        elif one.code == "S3":
            headers |= _swapped(scene, one.ref, headers)
        elif one.code == "S4" and scene.labels.standing(one.ref) == "against" and (lower := _lowered(scene, one.ref)):
            headers[one.ref] = lower
        elif one.code == "S6":
            lost.append(one.ref)
        else:
            gone.add(one.ref)
    if headers:
        view = view.supposing(headers[ref] for ref in sorted(headers))
    if gone:
        view = view.without(sorted(gone))
    return Reference(view, tuple(found), tuple(lost), complete)


def corrections(scene: Scene) -> Iterator[Correction]:
    """What is wrong with the store, as far as this failure rests on it; nothing where the run searched nothing."""
    labels, snapshot = scene.labels, scene.snapshot
    if scene.retriever is None or not scene.facts.retrieved:
        return
    if labels.decides and not scene.decides:
        for ref in labels.decides:
            held = ref in snapshot.headers
            held_as = f"holds {ref}, which decides the question, as {standing_in_words(snapshot, ref)}" if held else ""
            yield Correction("S1", ref, held_as or f"does not hold {ref}, which decides the question")
        return
    if scene.decides and not scene.decides & scene.facts.refs and not isinstance(scene.retriever, Fixed):
        for ref in sorted(scene.decides):
            if not scene.panel.found(snapshot.headers[ref].title, snapshot).finds([ref]):
                yield Correction("S6", ref, f"holds {ref}, and its own title does not find it")
    surest = max(map(scene.certainty, scene.decides), default=0)
    for ref in sorted(scene.rests_on):
        if not scene.in_force(ref):
            continue
        if ref in labels.outdated:
            yield Correction("S2", ref, f"holds {ref} as in force, which was out of date on the day")
        elif labels.standing(ref) == "against" and scene.certainty(ref) >= surest and scene.decides:
            above = scene.certainty(ref) > surest
            yield Correction(
                "S3" if above else "S4",
                ref,
                f"grades {ref} above the evidence that decides, which it contradicts"
                if above
                else f"grades {ref} like the evidence that decides, which it contradicts",
            )
        elif _is_unknown_stranger(scene, ref):
            equal = scene.certainty(ref) == surest and _known_publisher(scene, ref)
            yield _stranger("S4" if equal else "S5", scene, ref)
            for copy in sorted(_copies_held_back(scene) - scene.rests_on.keys()):
                if scene.in_force(copy) and _is_unknown_stranger(scene, copy):
                    yield _stranger("S5", scene, copy)


def _is_unknown_stranger(scene: Scene, ref: str) -> bool:
    """A stranger that no label speaks of; where no label says what decides, nobody can be called one."""
    labels = scene.labels
    return bool(labels.decides) and labels.standing(ref) == "not judged" and is_stranger(scene, ref)


def _stranger(code: Literal["S4", "S5"], scene: Scene, ref: str) -> Correction:
    said = f"says nearly word for word what option {scene.rested_on_option} says"
    return Correction(code, ref, f"holds {ref}, which {said}, and which no case of the benchmark names")


def _copies_held_back(scene: Scene) -> set[str]:
    """The versions that a gate held back as copies of another hit."""
    reports = (report for found in scene.facts.retrieved for report in found.gates)
    return {drop.passage.rpartition("#")[0] for report in reports for drop in report.dropped if drop.rule == COPY}


def is_stranger(scene: Scene, ref: str) -> bool:
    """Whether a version that no case names says what the wrong option says, word for word or nearly."""
    said = scene.rested_on_option
    if ref in scene.vouched or said is None:
        return False
    options = scene.config.case.options
    text = words(scene.snapshot.evidence(ref).text)
    parts = {letter: _part(words(option), text) for letter, option in options.items()}
    others = max(part for letter, part in parts.items() if letter != said)
    return parts[said] >= IN_SO_MANY_WORDS and parts[said] > others


def words(text: str) -> set[str]:
    """The words and numbers of a text that carry meaning by their length."""
    return {word for word in WORD.findall(text.lower()) if len(word) > 3 or word[0].isdigit()}


def _part(of: set[str], within: set[str]) -> float:
    return len(of & within) / len(of) if of else 0.0


def _known_publisher(scene: Scene, ref: str) -> bool:
    """Whether its publisher has published something that a case names."""
    headers = scene.snapshot.headers
    return any(headers[other].organization == headers[ref].organization for other in scene.vouched & headers.keys())


def _in_force_again(scene: Scene, ref: str) -> Header | None:
    """The header of deciding evidence as it would be in force; None where the store holds no such version."""
    header, day = scene.snapshot.headers.get(ref), scene.snapshot.as_of
    if header is None:
        return None
    begins = min(header.valid_from, day) if day else header.valid_from
    return header.model_copy(update={"retracted": False, "valid_from": begins, "valid_to": None})


def _successors(scene: Scene, ref: str) -> set[str]:
    """The versions that took the place of one, where no day is asked about: without them it is the newest."""
    if scene.snapshot.as_of is not None:
        return set()
    return {other for other in scene.snapshot.related(ref) if other != ref and other not in scene.labels.decides}


def _swapped(scene: Scene, ref: str, before: Mapping[str, Header]) -> dict[str, Header]:
    """The headers of evidence against the answer, and of what decides, with their grades the other way round."""
    headers = scene.snapshot.headers
    surest = max(scene.decides, key=lambda one: (scene.certainty(one), one))
    high, low = headers[ref].grade, headers[surest].grade
    raised = {one: headers[one].model_copy(update={"grade": high}) for one in scene.decides if one not in before}
    return {**raised, ref: headers[ref].model_copy(update={"grade": low})}


def _lowered(scene: Scene, ref: str) -> Header | None:
    """The header with a certainty just below the deciding evidence; None where there is no lower one."""
    below = max(map(scene.certainty, scene.decides), default=0) - 2
    if below < 0:
        return None
    header = scene.snapshot.headers[ref]
    before = header.grade or Grade(certainty="very_low", study_design="expert")
    grade = Grade.model_validate({**before.model_dump(), "certainty": LEVELS[below], "override_reason": ASSUMED})
    return header.model_copy(update={"grade": grade})


def _as_named(scene: Scene, named: Snapshot) -> Reference:
    lineages = sorted({ref.partition("@")[0] for ref in scene.labels.decides})
    wanting = [lineage for lineage in lineages if not any(h.id == lineage for h in named.related(lineage).values())]
    if wanting:
        raise WrongReference(
            f"{scene.run}: expected a reference that holds the lineage {wanting[0]!r}, which decides "
            f"{scene.config.case.id!r}, got one without it; name another reference"
        )
    return Reference(named, tuple(_differences(scene, named)))


def _differences(scene: Scene, named: Snapshot) -> Iterator[Correction]:
    """What the reference holds otherwise, of all that the run was served and all that decides its case."""
    now = scene.snapshot
    for ref in sorted(scene.facts.refs | set(scene.labels.decides) | set(scene.labels.against)):
        if ref not in now.headers:
            if ref in named.headers and named.status(ref) == "current" and ref in scene.labels.decides:
                yield Correction("S1", ref, f"does not hold {ref}, which the reference holds")
        elif ref not in named.headers:
            yield Correction("S5", ref, f"holds {ref}, which the reference does not hold")
        elif named.status(ref) != now.status(ref):
            gone = named.status(ref) == "current"
            said = f"holds {ref} as {now.status(ref)}, which is {named.status(ref)} in the reference"
            yield Correction("S1" if gone else "S2", ref, said)
        elif named.headers[ref].grade != now.headers[ref].grade:
            yield Correction("S3", ref, f"grades {ref} otherwise than the reference")
