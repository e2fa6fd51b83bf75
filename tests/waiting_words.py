"""An embedding model that takes as long to load as a test says: the vectors of ``WordVectors``, behind a gate.

with waiting_words(monkeypatch) as model:
    ...                  # who compares meaning waits
    model.loaded()       # now the model is there
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from threading import Event
from time import sleep

import pytest
from world import WordVectors

from evitrail.evidence_store.index.embed import Vectors
from evitrail.evidence_store.store_manifest import MadeWith, Opening, made_with
from evitrail.workbench.api.retrieval import warm_encoder


class WaitingWords(WordVectors):
    """See the module; ``begun`` says how often it was begun to load."""

    def __init__(self) -> None:
        self._gate, self._begun = Event(), [0]

    def __setattr__(self, name: str, value: object) -> None:
        object.__setattr__(self, name, value)  # the vectors are those of a frozen value

    @property
    def begun(self) -> int:
        return self._begun[0]

    def encode(self, texts: Sequence[str]) -> Vectors:
        if not self._gate.is_set():
            self._begun[0] += 1
            self._gate.wait(timeout=60)
        return super().encode(texts)

    def loaded(self) -> None:
        """Let it through, and wait until that is known."""
        self._gate.set()
        for one in warm_encoder._known.values():
            for _ in range(500):
                if one.state != "loading":
                    break
                sleep(0.01)


@contextmanager
def waiting_words(patch: pytest.MonkeyPatch) -> Iterator[WaitingWords]:
    """The model of every store while the block lasts."""
    model = WaitingWords()

    def made(path: Path, how: Opening) -> MadeWith:
        return replace(made_with(path, how), encoder=model)

    patch.setattr(warm_encoder, "made_with", made)
    patch.setattr(warm_encoder, "_known", {})
    yield model
    model.loaded()
