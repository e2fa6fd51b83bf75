"""The outcomes of an experiment laid out by condition, reader and case, as statistics over several of them read them.

Rules kept here
- A reader goes by its label where the experiment has several, else by its name. Conditions are in the order of tables.
- Where one case was asked on two states of the store, each state is a condition of its own: ``standard · 0f3a…``.

    answered = by_condition(outcomes)
    answered["top_10"]["Qwen3-4B"]["rad-001"].correct
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from evitrail.eval.metrics.outcome import Outcome
from evitrail.eval.report.profile import called, short, table_order
from evitrail.evidence_store.did_you_mean import nearest

Answered = Mapping[str, Mapping[str, Mapping[str, Outcome]]]
"""By condition, reader and case."""


def by_condition(outcomes: Iterable[Outcome]) -> dict[str, dict[str, dict[str, Outcome]]]:
    """Every outcome in its place."""
    listed = sorted(outcomes, key=lambda outcome: (outcome.condition, outcome.reader, outcome.case, outcome.run))
    labels = called(listed)
    states: dict[tuple[str, str, str], list[str]] = {}
    for outcome in listed:
        states.setdefault((outcome.condition, outcome.reader, outcome.case), []).append(outcome.snapshot)
    apart = {(condition, reader) for (condition, reader, _), seen in states.items() if len(seen) > 1}
    found: dict[str, dict[str, dict[str, Outcome]]] = {}
    for outcome in listed:
        several = (outcome.condition, outcome.reader) in apart
        condition = f"{outcome.condition} · {short(outcome.snapshot)}" if several else outcome.condition
        reader = labels.get(outcome.reader, outcome.reader)
        found.setdefault(condition, {}).setdefault(reader, {})[outcome.case] = outcome
    return {condition: found[condition] for condition in sorted(found, key=table_order)}


def readers_of(answered: Answered) -> list[str]:
    """Every reader, by name."""
    return sorted({reader for readers in answered.values() for reader in readers})


def expect_known(what: str, names: Iterable[str], known: Iterable[str]) -> None:
    """Raise ``ValueError`` for the first name that the experiment does not have."""
    listed = list(known)
    for name in names:
        if name not in listed:
            among = ", ".join(listed)
            raise ValueError(f"expected a {what} of this experiment among {among}, got {name!r}{nearest(name, listed)}")
