"""What an index was built with. It stands in the store's folder, and in the name of every snapshot.

Rules kept here
- Two indexes of one ledger with equal manifests give equal results, to the bit.
- An approximate index also says which build it is. A graph comes out another one each time it is built, and may find
  other passages; so what one build found is never taken for what another would find.

    IndexManifest.model_validate_json(Path("evitrail-store/manifest.json").read_text()).mode
"""

from __future__ import annotations

import json
from typing import Literal

from evitrail.evidence_store.errors import StoreError
from evitrail.traces.record import Grown, content_id

Mode = Literal["exact", "approximate"]

EXACT: Mode = "exact"
APPROXIMATE = "approximate(m=32, ef_construct=200, ef=192, sifted after the walk)"
"""HNSW: edges of a point, candidates weighed when it is put in, and candidates weighed by a search."""
SEARCHES: dict[Mode, str] = {"exact": EXACT, "approximate": APPROXIMATE}
"""What the manifest says for each mode."""
PAYLOAD = "5"
"""The form of points that is written now: a rectangle each, its bounds side by side, words in 256ths."""


class IndexManifest(Grown, stored_as="Manifest"):
    """What an index was built with; see ``named`` for what of it decides results."""

    later = frozenset({"search", "build"})

    engine: str
    engine_version: str
    model: str
    dimension: int
    chunker: str
    lexical: str
    payload: str = "1"
    """The form of what points carry; absent in the first."""
    revision: str = ""
    """Which of the models that go by that name; empty where the encoder does not say."""
    search: str = EXACT
    """How it is searched by meaning: one of ``SEARCHES``; absent where it is exact."""
    build: str = ""
    """Which build of the graph, where there is one; another after each write."""

    @property
    def mode(self) -> Mode:
        """Exact or approximate."""
        return "exact" if self.search == EXACT else "approximate"

    @property
    def short(self) -> str:
        """Eight digits of its content's name, to tell indexes of one store apart; equal for all builds of one."""
        return content_id(self.model_copy(update={"build": ""})).partition(":")[2][:8]

    def exactly(self) -> IndexManifest:
        """The manifest of the same index where it is searched exactly: every build of its graph answers alike then."""
        return self.model_copy(update={"search": EXACT, "build": ""})

    def in_full(self) -> str:
        """As it stands in the store's folder, with what is left out of names."""
        return json.dumps({name: getattr(self, name) for name in type(self).model_fields}, indent=2)


def mode_named(name: str) -> Mode:
    """The way of searching by that name; raises ``StoreError`` listing those there are."""
    for mode in SEARCHES:
        if mode == name:
            return mode
    raise StoreError(f"search: expected {' or '.join(SEARCHES)}, got {name!r}")
