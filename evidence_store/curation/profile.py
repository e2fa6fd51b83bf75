"""An evidence profile: how sure raters are of each outcome that a version speaks of, recorded after it was published.

Rules kept here
- A profile is recorded whole and takes the place of the one before it, from its event on; that one stays on record.
- The version's certainty is then that of the outcome that decides (lowest among the critical ones), with the judgements
  of that outcome. A profile that leaves the certainty open leaves the version unrated.
- Other systems' codes stand beside it as they are.

    {"ref": "aspirin@2022", "reason": "panel of May", "assessments": [{"outcome": "stroke", …}]}
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import Field, model_validator

from evitrail.evidence_store.grading.assessment import DOWNGRADES, UPGRADES, Assessment, Overall, overall
from evitrail.evidence_store.grading.grade import Grade, Strength
from evitrail.evidence_store.grading.native_grade import Rating
from evitrail.evidence_store.ledger.event import ASSESSED, Draft
from evitrail.evidence_store.model import Header
from evitrail.traces.record import Record


class Profile(Record):
    """What raters say of one version, outcome by outcome and in other systems' codes."""

    ref: str
    assessments: tuple[Assessment, ...] = ()
    ratings: tuple[Rating, ...] = ()
    strength: Strength | None = None
    reason: str = Field(min_length=1)
    """What the rating rests on, and why it was made."""

    @property
    def overall(self) -> Overall:
        return overall(self.assessments)

    @property
    def grade(self) -> Grade | None:
        """The certainty of the version, with the judgements of the outcome that decides it."""
        decided = self.overall
        if decided.certainty is None:
            return None
        deciding = next(a for a in self.assessments if a.outcome == decided.decided_by[0])
        assert deciding.study_design  # the next validator refuses another
        return Grade(
            certainty=decided.certainty,
            strength=self.strength,
            study_design=deciding.study_design,
            start=deciding.start,
            downgrades={domain: -n for domain in DOWNGRADES if (n := getattr(deciding, domain).levels)},
            upgrades={domain: n for domain in UPGRADES if (n := getattr(deciding, domain).levels)},
            override_reason=deciding.override_reason,
        )

    @model_validator(mode="after")
    def _decides(self) -> Profile:
        names = [a.outcome for a in self.assessments]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"expected each outcome once, got {', '.join(twice)} more than once")
        if not self.assessments and not self.ratings:
            raise ValueError("expected assessments or ratings, got neither")
        decided = self.overall
        for a in self.assessments:
            if a.outcome in decided.decided_by[:1] and (a.study_design is None or a.start is None):
                raise ValueError(
                    f"outcome {a.outcome!r} decides the certainty: expected its study_design and start, got none"
                )
        return self


def profiling(profiles: Sequence[Profile], known: Mapping[str, Header]) -> tuple[list[str], list[Draft]]:
    """Why these cannot be recorded, each in a line, and the events that record them."""
    faults = [
        f"expected a version the store holds, got {profile.ref!r}; see `evitrail store list`"
        for profile in profiles
        if profile.ref not in known
    ]
    refs = [profile.ref for profile in profiles]
    faults += [f"{ref!r} stands twice; remove one" for ref in sorted({ref for ref in refs if refs.count(ref) > 1})]
    return faults, [Draft(type=ASSESSED, subject=p.ref, body=_body(p)) for p in profiles]


def _body(profile: Profile) -> dict[str, Any]:
    return profile.model_dump(mode="json", exclude={"ref"})
