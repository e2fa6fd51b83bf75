"""Curators at work in one office: Anna writes, Ben looks at it."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from world import WordVectors, clock, evidence

from evitrail.evidence_store import Curator, EvidenceStore

TEXT = "Aspirin lowers stroke risk in adults."
NEW = evidence("aspirin", "2026", text=TEXT, valid_from=date(2026, 1, 1), includes=("doi:10.1000/trial",))
BETTER = NEW.model_copy(update={"text": "Aspirin may lower stroke risk in adults."})


class Office:
    """Anna writes, Ben looks at it; both use the same folder, one after the other."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def by(self, actor: str) -> EvidenceStore:
        return EvidenceStore.open(self.folder, create=True, embedder=WordVectors(), clock=clock, actor=actor)

    def drafted(self) -> None:
        with self.by("Anna") as store:
            assert Curator(store).draft([NEW], reason="update of May") == ["aspirin@2026~1"]
            Curator(store).submit("aspirin@2026")

    def published(self) -> None:
        self.drafted()
        with self.by("Ben") as store:
            Curator(store).sign_off("aspirin@2026", "checked against the source", {"accuracy": 5})
            Curator(store).publish(["aspirin@2026"])
