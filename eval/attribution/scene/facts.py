"""What a run recorded, by kind of step, read back from its journal."""

from __future__ import annotations

from typing import NamedTuple

from evitrail.agent.model import Choice, Critique, Synthesis
from evitrail.retrieval.base import Hit, Retrieved
from evitrail.traces.run.activity import Activity
from evitrail.traces.trace import Trace


class Facts(NamedTuple):
    """What a run recorded, by kind of step."""

    steps: dict[str, list[Activity]]
    retrieved: list[Retrieved]
    critiques: list[Critique]
    synthesis: Synthesis | None
    choice: Choice | None

    @property
    def hits(self) -> list[Hit]:
        """Every passage that was served, each once."""
        return list({hit.passage.id: hit for found in self.retrieved for hit in found.hits}.values())

    @property
    def refs(self) -> set[str]:
        """The evidence versions that were served."""
        return {hit.passage.ref for hit in self.hits}

    @property
    def rests_on(self) -> dict[str, float]:
        """For each version that spoke for the chosen option, the strength of its claims.

        Of a context that stood before a model as it is, every version in it counts alike.
        """
        return self.behind(self.choice.option) if self.choice else {}

    def behind(self, option: str | None) -> dict[str, float]:
        """For each version that spoke for an option, the strength of its claims."""
        if self.synthesis is None or option is None:
            return {}
        if self.synthesis.context and not self.synthesis.claims:
            return dict.fromkeys((served.evidence for served in self.synthesis.context.passages), 1.0)
        found: dict[str, float] = {}
        for claim in self.synthesis.claims:
            if claim.option == option and claim.stance == "supports":
                found[claim.evidence] = found.get(claim.evidence, 0.0) + claim.strength
        return found

    def last(self, role: str) -> str:
        """The path of the last step of a kind; the kind itself where there is none."""
        return self.steps[role][-1].path if role in self.steps else role


def facts(trace: Trace) -> Facts:
    """Read a run's steps back from the journal."""
    steps: dict[str, list[Activity]] = {}
    for activity in trace.activities:
        steps.setdefault(activity.kind, []).append(activity)
    get = trace.get
    synthesised, chosen = trace.last("synthesise"), trace.last("choose")
    return Facts(
        steps=steps,
        retrieved=[get(a.output, Retrieved) for a in steps.get("retrieve", [])],
        critiques=[get(a.output, Critique) for a in steps.get("critique", [])],
        synthesis=get(synthesised.output, Synthesis) if synthesised else None,
        choice=get(chosen.output, Choice) if chosen else None,
    )
