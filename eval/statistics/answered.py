"""The outcomes of an experiment laid out by condition, reader and case, as statistics over several of them read them.

Rules kept here
- A reader goes by its label where the experiment has several, else by its name. Conditions are in the order of tables.
- Where one case was asked on two states of the store, each state is a condition of its own: ``standard · 0f3a…``.

    answered = by_condition(outcomes, called(outcomes))
    answered["top_10"]["Qwen3-4B"]["rad-001"].correct
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from evitrail.eval.metrics.outcome import Outcome
from evitrail.eval.report.profile import short, table_order
from evitrail.evidence_store.did_you_mean import nearest

Answered = Mapping[str, Mapping[str, Mapping[str, Outcome]]]
"""By condition, reader and case."""


def by_condition(outcomes: Iterable[Outcome], labels: Mapping[str, str]) -> dict[str, dict[str, dict[str, Outcome]]]:
    """Every outcome in its place; ``labels`` are those of the readers, as ``called`` gives them."""
    asked: dict[tuple[str, str], list[Outcome]] = {}
    for outcome in outcomes:
        asked.setdefault((outcome.condition, outcome.reader), []).append(outcome)
    found: dict[str, dict[str, dict[str, Outcome]]] = {}
    for (condition, reader), group in sorted(asked.items()):
        several = len({outcome.case for outcome in group}) < len(group)
        for outcome in sorted(group, key=lambda one: (one.case, one.run)):
            name = f"{condition} · {short(outcome.snapshot)}" if several else condition
            found.setdefault(name, {}).setdefault(labels.get(reader, reader), {})[outcome.case] = outcome
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
