"""The folder's public names, and what they cost to import."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from world import WordVectors, clock, evidence

import evitrail.evidence_store
from evitrail.evidence_store import EvidenceStore

SOURCE = Path(evitrail.__file__).parents[1]
SEARCH = """
import sys
sys.path.insert(0, {root!r})
from evitrail.evidence_store import EvidenceStore
with EvidenceStore.open({store!r}) as store:
    assert store.snapshot().lexical("aspirin stroke", 3)
heavy = {{"torch", "sentence_transformers", "llama_index", "qdrant_client"}} & set(sys.modules)
sys.exit(f"imported {{heavy}}" if heavy else 0)
"""


def test_public_names_are_sorted_and_there() -> None:
    assert evitrail.evidence_store.__all__ == sorted(evitrail.evidence_store.__all__)
    assert all(hasattr(evitrail.evidence_store, name) for name in evitrail.evidence_store.__all__)


def test_opening_and_searching_by_words_load_no_model(tmp_path: Path) -> None:
    path = tmp_path / "store"
    with EvidenceStore.open(path, create=True, embedder=WordVectors(), clock=clock) as store:
        store.ingest([evidence("aspirin")])
    code = SEARCH.format(root=str(SOURCE), store=str(path))
    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
