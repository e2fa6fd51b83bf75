"""Donors: what clean runs of other questions said, so that an injected step is worded like any other.

Rules kept here
- A faulty step says what some clean run said at the same kind of step, on another question: its query, its quote, the
  reason of its critique. Words made up for a fault would give it away (``leak.py`` measures that).
- A donor shares no lineage of evidence with the question it lends to.
- Which donor lends is drawn from the question's id: the same fault is worded alike each time.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from evitrail.agent.model import Critique, Query, Synthesis
from evitrail.agent.steps.aim import LastSentence
from evitrail.eval.dataset.case import Case
from evitrail.evidence_store.model import Evidence
from evitrail.traces.trace import Trace


@dataclass(frozen=True)
class Donors:
    """What clean runs said, by question; empty for a run that is itself clean."""

    cases: Mapping[str, Case] = field(default_factory=dict)
    queries: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Queries that a step decided on."""
    quotes: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """What claims quoted."""
    critiques: Mapping[str, Sequence[Critique]] = field(default_factory=dict)

    def query(self, case: Case, kind: str, asked: Sequence[str] = ()) -> str:
        """A query that another question's run made, or would make first; none of those asked before."""
        strangers = self._strangers(case, kind)
        made = [text for other in strangers for text in self.queries.get(other.id, ())]
        made += [LastSentence().aim(other.question).text for other in strangers]
        return next((text for text in made if text not in asked), case.stem)

    def quote(self, case: Case) -> str:
        """What a claim of another question's run quoted."""
        made = (text for other in self._strangers(case, "quote") for text in self.quotes.get(other.id, ()))
        return next(made, case.stem)

    def critique(self, case: Case, adequate: bool) -> Critique | None:
        """A critique with this verdict on another question; None where no clean run made one."""
        made = (one for other in self._strangers(case, "critique") for one in self.critiques.get(other.id, ()))
        return next((one for one in made if one.adequate == adequate), None)

    def _strangers(self, case: Case, what: str) -> list[Case]:
        """The other questions that share no evidence with this one, in an order of its own."""
        ours = lineages(case)
        others = [self.cases[name] for name in sorted(self.cases) if not lineages(self.cases[name]) & ours]
        others = [other for other in others if other.id != case.id]
        random.Random(f"{case.id} {what}").shuffle(others)
        return others


def donors(traces: Iterable[tuple[Case, Trace]]) -> Donors:
    """What these clean runs said."""
    cases: dict[str, Case] = {}
    queries: dict[str, list[str]] = {}
    quotes: dict[str, list[str]] = {}
    critiques: dict[str, list[Critique]] = {}
    for case, trace in traces:
        cases[case.id] = case
        for step in trace.activities:
            if step.output_type == "Query":
                queries.setdefault(case.id, []).append(trace.get(step.output, Query).text)
            elif step.kind == "critique":
                critiques.setdefault(case.id, []).append(trace.get(step.output, Critique))
            elif step.kind == "synthesise":
                claims = trace.get(step.output, Synthesis).claims
                quotes.setdefault(case.id, []).extend(claim.quote for claim in claims if claim.stance == "supports")
    return Donors(cases, queries, quotes, critiques)


def lent_version(case: Case, evidence: Sequence[Evidence]) -> Evidence:
    """A version on something else, whose words a version that is added for the case borrows."""
    ours = lineages(case)
    others = sorted((item for item in evidence if item.id not in ours), key=lambda item: item.ref)
    return random.Random(f"{case.id} version").choice(others or list(evidence))


def lineages(case: Case) -> frozenset[str]:
    """The lineages that a case names."""
    named = (*case.clean_evidence, *case.conflict_evidence, *case.outdated_evidence, *case.supports)
    return frozenset(ref.partition("@")[0] for ref in named)
