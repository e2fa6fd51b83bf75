"""An embedding model that a server loads in the background once it is first needed, and never before.

Rules kept here
- Loading is begun by ``load`` and done by a thread: nobody waits for it. Who asks for a vector before that is done is
  refused at once.
- Models are kept for the whole process, one for each name and revision, whichever stores they belong to.
- If a model cannot be loaded the reason is kept; it is tried again after a restart of the server.

    encoder = warm_encoder(store_folder)
    encoder.load()
    encoder.state           # "loading", then "ready"
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from threading import Lock, Thread
from typing import Literal

from evitrail.evidence_store.index.embed import Encoder, Revised, Vectors
from evitrail.evidence_store.store import CHUNKER
from evitrail.evidence_store.store_manifest import Opening, made_with
from evitrail.workbench.one_line import one_line

EncoderState = Literal["not loaded", "loading", "ready", "failed"]


class EncoderNotReady(Exception):
    """A vector was asked for before the model was loaded."""


class WarmEncoder:
    """See the module; an ``Encoder``."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder, self._lock = encoder, Lock()
        self.state: EncoderState = "not loaded"
        self.why = ""
        """Why it could not be loaded; empty where it could, or was not tried."""

    @property
    def model(self) -> str:
        return self._encoder.model

    @property
    def revision(self) -> str:
        return self._encoder.revision if isinstance(self._encoder, Revised) else ""

    @property
    def dimension(self) -> int:
        self._expect_ready()
        return self._encoder.dimension

    def encode(self, texts: Sequence[str]) -> Vectors:
        """See ``Encoder.encode``; raises ``EncoderNotReady``."""
        self._expect_ready()
        return self._encoder.encode(texts)

    def load(self) -> None:
        """Begin to load the model, unless that was begun before."""
        with self._lock:
            if self.state != "not loaded":
                return
            self.state = "loading"
        Thread(target=self._load, name="embedding model", daemon=True).start()

    def _load(self) -> None:
        try:
            self._encoder.encode(["a text, so that the model is in memory"])
        except Exception as error:  # whatever it is, the page says so and goes on without
            self.why = one_line(error) or type(error).__name__
            self.state = "failed"
        else:
            self.state = "ready"

    def _expect_ready(self) -> None:
        if self.state != "ready":
            raise EncoderNotReady(f"the embedding model {self.model!r} is {self.state}")


_known: dict[tuple[str, str], WarmEncoder] = {}
_lock = Lock()


def warm_encoder(store: Path) -> WarmEncoder:
    """The model that the index of a store was built with; raises ``StoreError`` where there is no store."""
    made = made_with(store, Opening(chunker=repr(CHUNKER), read_only=True))
    name = made.manifest.model, made.manifest.revision
    with _lock:
        return _known.setdefault(name, WarmEncoder(made.encoder))
