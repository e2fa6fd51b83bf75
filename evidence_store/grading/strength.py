"""How strong a recommendation is beside how sure its evidence is: a strong one on low certainty has to say why.

Rules kept here (GRADE guidelines 15, J Clin Epidemiol 2013; table 1 of BMJ Open 2017, 7: e018593)
- Strong on low or very low certainty is discordant. It is flagged, and refused without a reason.
- The reason is one of GRADE's five paradigmatic situations, or the panel's own words where none of them fits.

    >>> RatedStrength(strength="strong", certainty="low", situation="catastrophic_harm").discordant
    True
"""

from __future__ import annotations

from typing import Literal

from pydantic import model_validator

from evitrail.evidence_store.grading.grade import Certainty, Strength
from evitrail.traces.record import Record

Situation = Literal[
    "life_threatening",
    "uncertain_benefit_certain_harm",
    "equal_benefit_less_harm",
    "equal_benefit_possible_harm",
    "catastrophic_harm",
]
SITUATIONS: dict[Situation, str] = {
    "life_threatening": "Without treatment people may die, and a doubtful chance to save them is wanted.",
    "uncertain_benefit_certain_harm": "The benefit is in doubt and the harm or cost is not: strong against.",
    "equal_benefit_less_harm": "The options seem to do equal good, and one surely does less harm or costs less.",
    "equal_benefit_possible_harm": "The options surely do equal good, and one may do more harm or cost more.",
    "catastrophic_harm": "A modest benefit, surely, and perhaps a catastrophic harm: strong against.",
}


def discordant(strength: Strength | None, certainty: Certainty | None) -> bool:
    """Whether a recommendation is stronger than its evidence; what is not rated is not discordant."""
    return strength == "strong" and certainty in ("low", "very_low")


class RatedStrength(Record):
    """A recommendation's strength, the certainty it rests on, and what excuses the two where they are discordant."""

    strength: Strength
    certainty: Certainty | None
    situation: Situation | None = None
    reason: str | None = None
    """The panel's own words; enough by themselves where no situation fits."""

    @property
    def discordant(self) -> bool:
        return discordant(self.strength, self.certainty)

    @model_validator(mode="after")
    def _is_excused(self) -> RatedStrength:
        if self.discordant and not self.situation and not (self.reason or "").strip():
            raise ValueError(
                f"strong on {self.certainty} certainty is discordant: expected a situation "
                f"({', '.join(SITUATIONS)}) or a reason, got neither"
            )
        return self
