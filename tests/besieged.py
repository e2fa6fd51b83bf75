"""A small experiment to attack: a few questions of the demonstration, on a store that has publishers or none.

world = made(tmp_path, publishers=True)
world.attack(tmp_path / "out", attacks=("S1",)).rows
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

from desk import digest
from world import WordVectors

from evitrail.eval.dataset.case import load
from evitrail.eval.demo import DEMO_CASES
from evitrail.eval.injection.donors import lineages
from evitrail.eval.plan.plan_file import write_plan_file
from evitrail.eval.redteam.store.red_team import RedTeam
from evitrail.eval.redteam.store.run_attacks import Attacked, run_attacks
from evitrail.evidence_store import EvidenceStore, Registrar, read_evidence
from evitrail.evidence_store.demo import DEMO_EVIDENCE, DEMO_PUBLISHERS, vouched
from evitrail.evidence_store.formats.publishers_toml import read_publishers

ASKED = [one for one in load(DEMO_CASES) if one.id in ("acute-001", "acute-003", "medicine-003", "radiology-005")]
NAMED = set[str]().union(*map(lineages, ASKED))
EVIDENCE = [one for one in read_evidence(DEMO_EVIDENCE) if one.id in NAMED or one.id < "anaphylaxis-p"]


class World(NamedTuple):
    """An experiment on a store with publishers, which was told its questions."""

    folder: Path

    @property
    def store(self) -> Path:
        return self.folder / "store"

    @property
    def experiment(self) -> Path:
        return self.folder / "experiment"

    def attack(self, out: Path, **asked: Any) -> Attacked:
        return run_attacks(RedTeam(**asked), self.experiment, out, embedder=WordVectors())


def made(folder: Path, *, publishers: bool) -> World:
    world = World(folder)
    with EvidenceStore.open(world.store, create=True, embedder=WordVectors(), actor="owner") as store:
        known = read_publishers(DEMO_PUBLISHERS) if publishers else []
        if publishers:
            Registrar(store).add(known, reason="the demonstration")
            Registrar(store).add_questions("asked", [one.stem for one in ASKED], reason="the demonstration")
        assert store.ingest(EVIDENCE, publisher=vouched(EVIDENCE, known)).held == ()
    benchmark = folder / "benchmark.jsonl"
    benchmark.write_text("".join(f"{one.model_dump_json()}\n" for one in ASKED), "utf-8")
    plan = {"benchmark": str(benchmark), "store": str(world.store), "conditions": ["standard", "gated"], "samples": 0}
    write_plan_file(world.experiment / "plan.toml", plan)
    return world


def digests(folder: Path) -> dict[str, str]:
    return {str(file.relative_to(folder)): digest(file) for file in sorted(folder.rglob("*")) if file.is_file()}
