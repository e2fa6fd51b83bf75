"""What runs will embed, embedded before them in large batches; run by run it would be a few texts at a time.

Rules kept here
- It decides nothing: a text has the same vector in any company. What is forgotten here is embedded by the run.
- What a patient was asked about is not among it: vectors are kept in the store.

    embed_together(experiment.cases, experiment.conditions, experiment.store)
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from evitrail.agent.agents import Agent
from evitrail.agent.reader.sentences import sentences
from evitrail.agent.steps.aim import LastSentence, aim
from evitrail.eval.dataset.case import Case
from evitrail.eval.experiment.events import Embedding, Listener, ignore
from evitrail.eval.plan.condition import Condition
from evitrail.evidence_store import EvidenceStore

EMBEDDED = 512
"""Texts embedded between two events."""


def embed_together(
    cases: Sequence[Case], conditions: Sequence[Condition], store: EvidenceStore, on_event: Listener = ignore
) -> None:
    """Embed what the extractive reader will compare, and what is searched for first."""
    texts = [*_compared(cases, store), *_searched(cases, conditions)]
    for at in range(0, len(texts), EMBEDDED):
        store.encoder.encode(texts[at : at + EMBEDDED])
        on_event(Embedding(min(at + EMBEDDED, len(texts)), len(texts)))


def _compared(cases: Sequence[Case], store: EvidenceStore) -> Iterator[str]:
    """Questions with their options, and the sentences of the evidence that cases name."""
    for case in cases:
        if not case.sensitive:
            yield from (case.stem, *case.options.values())
    for ref in dict.fromkeys(ref for case in cases for ref in (*case.clean_evidence, *case.conflict_evidence)):
        yield from (sentence.text for sentence in sentences(store.get(ref).text))


def _searched(cases: Sequence[Case], conditions: Sequence[Condition]) -> Iterator[str]:
    """The first queries of agents that aim; the others search for a question's stem."""
    agents = [condition.steps for condition in conditions if "aim" not in condition.components]
    if any(isinstance(agent, Agent) and aim in agent.steps for agent in agents):
        yield from (LastSentence().aim(case.question).text for case in cases if not case.sensitive)
