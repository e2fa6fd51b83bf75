"""Attacks brought to a store, and what the store's rules stopped of them.

Rules kept here
- Every attacker goes the ways that anybody has: ``ingest``, ``assess`` and ``notify``. A registered one was registered
  by the store's owner before.
- All evidence is brought in one batch, except what the store records for nobody: one such line spoils a batch.
- In a store without publishers anybody is served, and nothing is held.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from evitrail.eval.redteam.store.attack import Attack, Plot
from evitrail.evidence_store import EvidenceError, EvidenceStore, Profile, Registrar
from evitrail.evidence_store.curation.lineage import lineage_faults
from evitrail.evidence_store.curation.notices import Notice

Strength = Literal["anyone", "unknown", "registered", "unforeseen"]
"""Who attacks: anyone, where nobody is asked who brings evidence; a source that is not registered; a publisher; a
publisher where the store was not told the question, as it never is of what users will ask."""
REFUSED = "refused"
"""What stopped an act that the store records for nobody."""

Stopped = Mapping[str, tuple[str, ...]]
"""By attacker, the rules that stopped something, each once, in the order they were met."""


def strengths(store: EvidenceStore) -> tuple[Strength, ...]:
    """Who can attack a store."""
    if store.quarantine.open:
        return ("anyone",)
    return ("unknown", "registered", "unforeseen") if store.quarantine.questions else ("unknown", "registered")


def assault(store: EvidenceStore, attack: Attack, plots: Sequence[Plot], strength: Strength) -> Stopped:
    """Bring every attack; returns what was stopped."""
    if strength in ("registered", "unforeseen"):
        Registrar(store).add([attack.publisher(plot) for plot in plots], reason="asked to publish")
    refused = {plot.who for plot in plots if lineage_faults([(one.ref, one) for one in plot.evidence], store.headers)}
    who = {one.ref: plot.who for plot in plots for one in plot.evidence}
    if given := [one for plot in plots if plot.who not in refused for one in plot.evidence]:
        store.ingest(given, publisher=None if strength == "anyone" else who)
    for plot in plots:
        try:
            _act(store, plot, None if strength == "anyone" else plot.who)
        except EvidenceError:
            refused.add(plot.who)
    found: dict[str, list[str]] = {plot.who: [REFUSED] if plot.who in refused else [] for plot in plots}
    for held in store.quarantine.waiting:
        if held.publisher in found:
            found[held.publisher] += [stop.rule for stop in held.stops]
    return {who: tuple(dict.fromkeys(rules)) for who, rules in found.items()}


def _act(store: EvidenceStore, plot: Plot, who: str | None) -> None:
    for act in plot.acts:
        if isinstance(act, Profile):
            store.assess([act], publisher=who)
        elif isinstance(act, Notice):
            store.notify([act], publisher=who)
