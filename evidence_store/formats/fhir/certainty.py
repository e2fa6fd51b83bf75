"""``Evidence.certainty``: GRADE judgements, outcome by outcome, and other systems' codes; there and back.

Rules kept here
- One ``certainty`` of type Overall for each outcome of a profile, and one for the grade that the version was published
  with; the judgements are its subcomponents, their reasons the notes.
- What GRADE has and FHIR has not (the start, the importance, the threshold, …) is in one extension of each.
- Another system's code stays as it is, in a code system of its own with its edition as version.
- Nothing is guessed: a code that is not known, or a certainty without a study design, is refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, get_args

from evitrail.evidence_store.curation.profile import Profile
from evitrail.evidence_store.formats.fhir import terms
from evitrail.evidence_store.formats.fhir.shape import Json, coded, codes, extended, extension, noted, notes, part, slim
from evitrail.evidence_store.grading.assessment import DOWNGRADES, UPGRADES, Assessment, Judgement
from evitrail.evidence_store.grading.grade import Grade
from evitrail.evidence_store.grading.native_grade import Rating, System

RATING = terms.system("rating-system")
SYSTEMS: tuple[System, ...] = get_args(System)
LEVEL_OF = {code: level for level, code in terms.LEVELS.items()}
DOMAIN_OF = {code: domain for domain, code in terms.DOMAINS.items()}


def certainties(grade: Grade | None, profile: Profile | None) -> list[Json]:
    """What is known of how sure the raters are; ``grade`` is what the version was published with."""
    told = [*map(_outcome, profile.assessments), *map(_native, profile.ratings)] if profile else []
    return [*told, _published(grade)] if grade else told


def grade_of(elements: list[Json], design: str | None) -> Grade | None:
    """The grade that a version was published with; ``design`` is the study design where the grade states none."""
    found = [(n, one) for n, one in enumerate(elements) if not _outcome_or_native(one)]
    if not found:
        return None
    (n, one), *others = found
    place = f"certainty.{n}"
    if others:
        raise ValueError(f"certainty.{others[0][0]}: expected one certainty for the whole, got {len(found)}")
    if codes(one.get("type"), terms.CERTAINTY_TYPE) != [terms.OVERALL]:
        raise ValueError(
            f"{place}.type: expected Overall of {terms.CERTAINTY_TYPE}, got {_codes_text(one.get('type'))}"
        )
    own = extended(one, "grade") or {}
    judged = _judgements(one, place)
    level = _level(one, place)
    if level is None:
        raise ValueError(f"{place}.rating is missing; expected one of {', '.join(LEVEL_OF)}")
    if not (design := own.get("study-design", design)):
        raise ValueError(f"{place}: expected a studyDesign to add it up from, got none")
    return Grade.model_validate(
        {
            "certainty": level,
            "strength": own.get("strength"),
            "study_design": design,
            "start": own.get("start"),
            "downgrades": {domain: -n for domain, (n, _) in judged.items() if domain in DOWNGRADES and n},
            "upgrades": {domain: n for domain, (n, _) in judged.items() if domain in UPGRADES and n},
            "override_reason": noted(one),
        }
    )


def profile_of(elements: list[Json], ref: str, told: Json | None) -> Profile | None:
    """The outcomes and other systems' codes; ``told`` is what our extension of the resource says of them."""
    assessments = [_assessment(one, f"certainty.{n}") for n, one in enumerate(elements) if extended(one, "outcome")]
    ratings = [_rating(one, f"certainty.{n}") for n, one in enumerate(elements) if codes(one.get("type"), RATING)]
    if not assessments and not ratings:
        return None
    if told is None:
        raise ValueError(
            "certainty: expected a reason in the extension 'profile' beside outcomes and ratings, got none"
        )
    return Profile.model_validate({**told, "ref": ref, "assessments": assessments, "ratings": ratings})


def _outcome_or_native(element: Json) -> bool:
    return bool(extended(element, "outcome") or codes(element.get("type"), RATING))


def _published(grade: Grade) -> Json:
    """With the version: no outcome of its own, and no reasons."""
    own = extension(
        "grade",
        **{
            "study-design": part(valueCode=grade.study_design),
            "start": part(valueCode=grade.start),
            "strength": part(valueCode=grade.strength),
        },
    )
    moved = [_component(domain, abs(n), None) for domain, n in grade.moves.items()]
    return _overall("As published with the version", grade.certainty, grade.override_reason, own, moved)


def _outcome(a: Assessment) -> Json:
    own = extension(
        "outcome",
        **{
            "importance": part(valueCode=a.importance),
            "target": part(valueString=a.target),
            "threshold": part(valueString=a.threshold),
            "variant": part(valueCode=a.variant),
            "study-design": part(valueCode=a.study_design),
            "start": part(valueCode=a.start),
            "start-reason": part(valueString=a.start_reason),
        },
    )
    judged = [(domain, getattr(a, domain)) for domain in (*DOWNGRADES, *UPGRADES)]
    components = [_component(domain, j.levels, j.reason) for domain, j in judged if j != Judgement()]
    return _overall(a.outcome, a.certainty, a.override_reason, own, components)


def _overall(description: str, level: str | None, note: str | None, own: Json, components: list[Json]) -> Json:
    return slim(
        extension=[own],
        description=description,
        note=notes(note),
        type=coded(terms.CERTAINTY_TYPE, terms.OVERALL),
        rating=coded(terms.CERTAINTY_RATING, terms.LEVELS[level]) if level else None,  # type: ignore[index]
        subcomponent=components,
    )


def _component(domain: str, levels: int | None, reason: str | None) -> Json:
    scale = terms.CONCERNS if domain in DOWNGRADES else terms.RISES
    return slim(
        note=notes(reason),
        type=coded(terms.CERTAINTY_TYPE, terms.DOMAINS[domain]),
        rating=None if levels is None else coded(terms.CERTAINTY_RATING, scale[levels]),
    )


def _native(rating: Rating) -> Json:
    return slim(
        type=coded(RATING, rating.system),
        rating=coded(terms.system(rating.system), rating.code, version=rating.edition),
    )


def _assessment(element: Json, place: str) -> Assessment:
    own = {key.replace("-", "_"): value for key, value in (extended(element, "outcome") or {}).items()}
    return Assessment.model_validate(
        {
            "outcome": element.get("description"),
            "certainty": _level(element, place),
            "override_reason": noted(element),
            **own,
            **{domain: {"levels": n, "reason": why} for domain, (n, why) in _judgements(element, place).items()},
        }
    )


def _rating(element: Json, place: str) -> Rating:
    (system,) = codes(element["type"], RATING)
    for coding in (element.get("rating") or {}).get("coding", []):
        if coding.get("system") == terms.system(system) and system in SYSTEMS:
            return Rating.model_validate(
                {"system": system, "edition": coding.get("version"), "code": coding.get("code")}
            )
    raise ValueError(
        f"{place}.rating: expected a code of {terms.system(system)}, got {_codes_text(element.get('rating'))}"
    )


def _judgements(element: Json, place: str) -> dict[str, tuple[int | None, str | None]]:
    """By domain, how many levels it moves the certainty, and why."""
    return dict(_judged(element.get("subcomponent", []), f"{place}.subcomponent"))


def _judged(components: list[Json], place: str) -> Iterator[tuple[str, tuple[int | None, str | None]]]:
    for n, one in enumerate(components):
        domain = next((DOMAIN_OF[c] for c in codes(one.get("type"), terms.CERTAINTY_TYPE) if c in DOMAIN_OF), None)
        if domain is None:
            expected = f"one of {', '.join(DOMAIN_OF)} of {terms.CERTAINTY_TYPE}"
            raise ValueError(f"{place}.{n}.type: expected {expected}, got {_codes_text(one.get('type'))}")
        scale = terms.DOWN if domain in DOWNGRADES else terms.UP
        levels = _one_of(scale, one.get("rating"), f"{place}.{n}.rating")
        yield domain, (levels, noted(one))


def _level(element: Json, place: str) -> str | None:
    level: str | None = _one_of(LEVEL_OF, element.get("rating"), f"{place}.rating")
    return level


def _one_of(table: dict[str, Any], concept: Json | None, place: str) -> Any:
    """What the concept's code means by the table; None where nothing is said."""
    if concept is None:
        return None
    for code in codes(concept, terms.CERTAINTY_RATING):
        if code in table:
            return table[code]
    raise ValueError(
        f"{place}: expected one of {', '.join(table)} of {terms.CERTAINTY_RATING}, got {_codes_text(concept)}"
    )


def _codes_text(concept: Json | None) -> str:
    told = [str(coding.get("code")) for coding in (concept or {}).get("coding", [])]
    return ", ".join(told) or repr((concept or {}).get("text", "none"))
