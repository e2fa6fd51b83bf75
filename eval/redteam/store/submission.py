"""Attacks submitted to a store, and what the store's rules stopped of them.

Rules kept here
- Every attacker uses what anybody can: ``ingest``, ``assess`` and ``notify``. A registered one was registered by the
  store's owner before.
- All evidence is submitted in one batch, except what the store refuses: one such line would refuse the whole batch.
- A store without publishers takes evidence from anyone, and holds nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from evitrail.eval.redteam.store.attack import Attack, Plot
from evitrail.evidence_store import EvidenceError, EvidenceStore, Profile, Registrar
from evitrail.evidence_store.curation.lineage import lineage_faults
from evitrail.evidence_store.curation.notices import Notice

Attacker = Literal["anyone", "unknown", "registered", "unforeseen"]
"""Who attacks: anyone, in a store without publishers; a source that is not registered; a registered publisher; a
registered publisher where the question was not registered, as the questions of users never are."""
REFUSED = "refused"
"""What stopped an act that the store records for nobody."""

Stopped = Mapping[str, tuple[str, ...]]
"""By source, the rules that stopped something, each once, in the order they were met."""


def attackers_of(store: EvidenceStore) -> tuple[Attacker, ...]:
    """Who can attack a store."""
    if store.quarantine.open:
        return ("anyone",)
    return ("unknown", "registered", "unforeseen") if store.quarantine.questions else ("unknown", "registered")


def submit(store: EvidenceStore, attack: Attack, plots: Sequence[Plot], attacker: Attacker) -> Stopped:
    """Submit this attack on every question; returns what was stopped."""
    if attacker in ("registered", "unforeseen"):
        Registrar(store).add([attack.publisher(plot) for plot in plots], reason="asked to publish")
    refused = {
        plot.source for plot in plots if lineage_faults([(one.ref, one) for one in plot.evidence], store.headers)
    }
    source_of = {one.ref: plot.source for plot in plots for one in plot.evidence}
    if given := [one for plot in plots if plot.source not in refused for one in plot.evidence]:
        store.ingest(given, publisher=None if attacker == "anyone" else source_of)
    for plot in plots:
        try:
            _act(store, plot, None if attacker == "anyone" else plot.source)
        except EvidenceError:
            refused.add(plot.source)
    found: dict[str, list[str]] = {plot.source: [REFUSED] if plot.source in refused else [] for plot in plots}
    for held in store.quarantine.waiting:
        if held.publisher in found:
            found[held.publisher] += [stop.rule for stop in held.stops]
    return {source: tuple(dict.fromkeys(rules)) for source, rules in found.items()}


def _act(store: EvidenceStore, plot: Plot, source: str | None) -> None:
    for act in plot.acts:
        if isinstance(act, Profile):
            store.assess([act], publisher=source)
        elif isinstance(act, Notice):
            store.notify([act], publisher=source)
