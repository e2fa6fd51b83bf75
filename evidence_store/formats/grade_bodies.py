"""Reads published bodies of evidence, one a line: each domain's rating with its reason, and the certainty published.

Rules kept here
- The judgements are read as they stand. "Not assessed" is not assessed, not "Not serious".
- ``other`` is in GRADEpro's words for what raises the certainty, and for suspected publication bias.
- From which level the raters started is told by ``grade_start.py``, without a look at the certainty they published.
  Where it cannot tell, that is said, and nothing is computed.

    bodies = read_bodies(Path("bodies.jsonl"))
    [body.assessment.sum_in_words() for body in bodies if body.verdict == "differs"]
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import BeforeValidator, ValidationError

from evitrail.evidence_store.formats.grade_start import Way, design_of, lacks_randomisation
from evitrail.evidence_store.grading.assessment import Assessment, Importance, Judgement
from evitrail.evidence_store.grading.grade import Certainty
from evitrail.evidence_store.input_lines import LinePosition, jsonl_files, read_lines
from evitrail.evidence_store.input_record import fault_lines
from evitrail.evidence_store.input_text import InputError
from evitrail.traces.record import Record

Verdict = Literal["agrees", "differs", "overridden", "unknown"]

LEVELS_DOWN = {"not_assessed": None, "not_serious": 0, "serious": 1, "very_serious": 2, "extremely_serious": 3}
OTHER: dict[str, tuple[str, int]] = {
    "very strong association": ("large_effect", 2),
    "strong association": ("large_effect", 1),
    "dose response gradient": ("dose_response", 1),
    "all plausible residual confounding would reduce the demonstrated effect": ("plausible_confounding", 1),
    "all plausible residual confounding would suggest spurious effect, while no effect was observed": (
        "plausible_confounding",
        1,
    ),
    "publication bias strongly suspected": ("publication_bias", 1),
}
"""What ``other`` may say; of two that fit, the longer stands first."""


def _spelt(value: Any) -> Any:
    """``Very low`` as we write it."""
    return value.strip().lower().replace(" ", "_") if isinstance(value, str) else value


class DomainRating(Record):
    """How serious the raters found one domain, and why."""

    rating: Annotated[
        Literal["not_assessed", "not_serious", "serious", "very_serious", "extremely_serious"], BeforeValidator(_spelt)
    ]
    reason: str | None = None

    def judgement(self) -> Judgement:
        told = None if (self.reason or "").strip().lower() in ("", "none") else self.reason
        return Judgement(levels=LEVELS_DOWN[self.rating], reason=told)


class Body(Record):
    """A line as it was published, but for the spelling of its levels."""

    question: str
    outcome: str
    risk_of_bias: DomainRating
    inconsistency: DomainRating
    indirectness: DomainRating
    imprecision: DomainRating
    other: str = "None"
    certainty: Annotated[Certainty, BeforeValidator(_spelt)]
    importance: Annotated[Importance, BeforeValidator(_spelt)]
    literature: str | None = None
    """What was rated, in free text: "2 RCTs and 1 observational study"."""
    override_reason: str | None = None
    disease: str | None = None
    question_id: str | None = None
    population: str | None = None
    intervention: str | None = None
    comparator: str | None = None
    direction: str | None = None
    row: int | None = None


class PublishedBody(NamedTuple):
    """A body as its raters judged it, and what they published of it."""

    place: LinePosition
    body: Body
    assessment: Assessment
    """The judgements; without the certainty, which may not be what they add up to."""

    @property
    def published(self) -> Certainty:
        return self.body.certainty

    @property
    def verdict(self) -> Verdict:
        if self.assessment.computed is None:
            return "unknown"
        if self.assessment.computed == self.published:
            return "agrees"
        return "overridden" if (self.body.override_reason or "").strip() else "differs"

    def signed(self) -> Assessment:
        """The assessment with its published certainty; raises ``ValueError`` where that differs without a reason."""
        said = {"certainty": self.published, "override_reason": self.body.override_reason}
        return Assessment.model_validate({**self.assessment.model_dump(), **said})


def read_bodies(path: Path) -> list[PublishedBody]:
    """The bodies of a file or folder, in their order; raises ``InputError`` with every fault."""
    lines = read_lines(jsonl_files(path), Body)
    if not lines:
        raise InputError([f"{path}: expected at least one body of evidence, got none"])
    read: list[PublishedBody] = []
    faults: list[str] = []
    way = way_of(body for _, body in lines)
    for place, body in lines:
        try:
            read.append(PublishedBody(place, body, _assessment(body, way)))
        except ValidationError as error:
            faults += [f"{place}: {fault}" for fault in fault_lines(error, Assessment)]
        except ValueError as error:
            faults.append(f"{place}: {error}")
    if faults:
        raise InputError(faults)
    return read


def way_of(bodies: Iterable[Body]) -> Way:
    """How the raters of these bodies start."""
    alone = [body.risk_of_bias for body in bodies if design_of(body.literature) == "observational"]
    charged = [judged for judged in alone if LEVELS_DOWN[judged.rating] and lacks_randomisation(judged.reason)]
    return Way(charged=len(charged), observational=len(alone))


def _assessment(body: Body, way: Way) -> Assessment:
    design = design_of(body.literature)
    start, reason = way.start(design)
    rated = ("risk_of_bias", "inconsistency", "indirectness", "imprecision")
    judgements = {domain: _judgement(body, domain) for domain in rated}
    return Assessment(
        outcome=body.outcome,
        importance=body.importance,
        study_design=design,
        start=start,
        start_reason=reason,
        **judgements,
        **_other(body.other),
    )


def _judgement(body: Body, domain: str) -> Judgement:
    rating: DomainRating = getattr(body, domain)
    try:
        return rating.judgement()
    except ValidationError:
        raise ValueError(f"key {domain!r}: {rating.rating!r} needs a reason, got {rating.reason!r}") from None


def _other(text: str) -> dict[str, Judgement]:
    """What ``other`` says, each phrase being its own reason."""
    left, found = " ".join(text.replace("-", " ").lower().split()), {}
    for phrase, (domain, levels) in OTHER.items():
        if phrase in left:
            left = left.replace(phrase, "")
            found[domain] = Judgement(levels=levels, reason=phrase)
    if left.strip(" ,;.") not in ("", "none"):
        raise ValueError(f"key 'other': expected 'None' or of {', '.join(map(repr, OTHER))}, got {text!r}")
    return found
