"""A store and experiments as evitrail wrote them before it had one import root: ``fixtures/before_one_root/README.md``.

    kept = unpacked(tmp_path)
    evitrail("trace", "verify", kept / "experiment")

The store comes without its index, which is 350 MB of mostly nothing: it is built again from the ledger, with the
vectors that were kept. The plans name folders by absolute paths, which are made to fit here; nothing else is changed.
"""

from __future__ import annotations

import tarfile
from pathlib import Path

from evitrail.evidence_store import EvidenceStore

ARCHIVES = Path(__file__).with_name("fixtures") / "before_one_root"
WHERE = "/srv/clinic"
"""The folder that the plans were made in."""


def unpacked(folder: Path) -> Path:
    """The folder, with all that was kept in it and an index."""
    for archive in sorted(ARCHIVES.glob("*.tar.xz")):
        with tarfile.open(archive) as kept:
            kept.extractall(folder, filter="data")
    for plan in folder.glob("*/plan.toml"):
        plan.write_text(plan.read_text("utf-8").replace(WHERE, str(folder)), encoding="utf-8")
    with EvidenceStore.open(folder / "store", rebuild=True) as store:
        store.reindex()
    return folder
