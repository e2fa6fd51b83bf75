"""What a model that runs in our process is called: by its files, so that equal names are equal models.

Rules kept here
- A folder goes by its own name and a digest of its content, wherever it lies; a model of the hub by its
  name and commit.
- A model of the hub that was never used here is looked up there, so that its name is the same the second time.

    name_of("hf", "models/tiny", revision_of("models/tiny")) == "hf:tiny@0a1b2c3d"
"""

from __future__ import annotations

from pathlib import Path

from evitrail.evidence_store.index.model_revision import revision_of

DIGEST = "sha256:"
DIGITS = 8


def revision_asked(model: str) -> str:
    """Which of the models of this name is asked; empty where that cannot be known."""
    if known := revision_of(model):
        return known
    try:
        from huggingface_hub import hf_hub_download

        return Path(hf_hub_download(model, "config.json")).parent.name  # …/snapshots/COMMIT/config.json
    except Exception:  # whatever is wrong with it is said when the model is loaded
        return ""


def commit_of(revision: str) -> str | None:
    """The commit to ask the hub for; None for a folder."""
    return None if revision.startswith(DIGEST) else revision or None


def name_of(door: str, model: str, revision: str) -> str:
    """``DOOR:MODEL@REVISION``, the latter by its first digits; without it where it is not known."""
    named = Path(model).resolve().name if revision.startswith(DIGEST) else model
    return f"{door}:{named}@{revision.removeprefix(DIGEST)[:DIGITS]}" if revision else f"{door}:{named}"
