"""The settings that an experiment's runs were made with, and how they differ from a baseline's.

===================  ================================================================
``store.release``    what the store had recorded, and the release or day asked of
``agent``            the steps and their order
``retriever``        what searches, with its parameters
``retriever.k``      how many passages a search returns
``gates``            which gates the passages passed, in order
``reader``           what turns passages into an answer: a reader, or a model with its revision
``prompts``          the content of the prompts
``decoding``         number of samples, temperature and seed
``fit``              what becomes of a context that is too long
``components``       who acts in a role in place of the reader
``code``             the source of each component, by its fingerprint
===================  ================================================================

Rules kept here
- Settings are read from the runs as recorded, never from the plan, whose words may have meant something else.
- A condition whose runs were made with several values of a setting has all of them.
- What a condition has none of, such as prompts without a language model, has no value, and is a value like any other.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from evitrail.eval.log.run_config import RunConfig
from evitrail.eval.log.runs import traces
from evitrail.eval.plan.run_name import ReadCondition
from evitrail.evidence_store.did_you_mean import nearest
from evitrail.retrieval.base import Retrieved
from evitrail.traces.journal.view import JournalView
from evitrail.traces.record import stored_name
from evitrail.traces.trace import Trace

SETTINGS = (
    *("store.release", "agent", "retriever", "retriever.k", "gates", "reader", "prompts", "decoding", "fit"),
    *("components", "code"),
)
PROMPTS = re.compile(r"(?:Prompts|Answering)\('[^']*'\)")
"""Prompts, within the name of the reader that has them."""
MEASURING = ("check", "influence")
"""Steps that judge or explain an answer and have no part in it."""

Settings = Mapping[str, tuple[str, ...]]
"""The values of each setting, in order."""


class Difference(NamedTuple):
    """A setting that differs from the baseline's."""

    condition: str
    setting: str
    baseline: tuple[str, ...]
    now: tuple[str, ...]


def setting_named(name: str) -> str:
    """The name, proven to be that of a setting; raises ``ValueError`` naming near ones."""
    if name not in SETTINGS:
        raise ValueError(f"expected a setting among {', '.join(SETTINGS)}, got {name!r}{nearest(name, SETTINGS)}")
    return name


def settings_of(journal: JournalView) -> dict[str, Settings]:
    """The settings of every condition, or condition and reader, that was run."""
    found: dict[str, dict[str, set[str]]] = {}
    for trace in traces(journal):
        config = trace.config(RunConfig)
        condition = str(ReadCondition.of(trace.run, config.condition.name))
        ours = found.setdefault(condition, {name: set() for name in SETTINGS})
        for name, value in (*_configured(config), *_executed(trace)):
            ours[name].add(value)
    return {
        condition: {name: tuple(sorted(values)) for name, values in ours.items()} for condition, ours in found.items()
    }


def differences(condition: str, now: Settings, baseline: Settings) -> list[Difference]:
    """The settings of one condition that differ from the baseline's, in the order of the table."""
    return [Difference(condition, name, baseline[name], now[name]) for name in SETTINGS if baseline[name] != now[name]]


def _configured(config: RunConfig) -> Iterator[tuple[str, str]]:
    """What the run was begun with."""
    condition = config.condition
    asked = f", searched as of {condition.snapshot}" if condition.snapshot else ""
    yield "store.release", f"{config.snapshot} (ledger number {config.seq}){asked}"
    yield "agent", condition.agent
    yield "retriever", condition.retriever or (f"{condition.curated} evidence" if condition.curated else "none")
    yield "retriever.k", str(condition.k)
    yield "reader", PROMPTS.sub("prompts", config.reader)
    yield from (("prompts", prompts) for prompts in PROMPTS.findall(config.reader))
    yield "decoding", repr(config.decoding)
    yield "fit", repr(condition.fit)
    yield from (("components", f"{role}: {spec}") for role, spec in condition.components.items())


def _executed(trace: Trace) -> Iterator[tuple[str, str]]:
    """What did its steps, and by which gates the passages went."""
    for step in trace.activities:
        if step.kind in MEASURING:
            continue
        yield "code", f"{step.kind} {step.code}"
        if step.output_type == stored_name(Retrieved):
            gates = trace.get(step.output, Retrieved).gates
            if gates:
                yield "gates", ", ".join(gate.gate for gate in gates)
            if trace.config(RunConfig).condition.curated is None:
                yield "retriever", step.by
