"""Where passages are searched: one contract (``base.py``), one file per engine, loaded when chosen."""

from __future__ import annotations

import re
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from evitrail.evidence_store.errors import EvidenceError, MissingPackageError
from evitrail.evidence_store.index.base import VectorIndex
from evitrail.evidence_store.index.manifest import IndexManifest

SERVER = "server"
"""The engine that is asked for by its address, not by a name."""
ENGINES = {"edge": "qdrant-edge-py", "local": "qdrant-client", SERVER: "qdrant-client"}
"""Each engine, and the package it comes from."""


def engine_of(index: str) -> str:
    """The engine that ``edge``, ``local`` or a server's address asks for."""
    engine = SERVER if index.startswith(("http://", "https://")) else index
    if engine not in ENGINES:
        got = "an address of another form" if re.search("[@=]", index) else repr(index)
        raise EvidenceError(f"expected an index 'edge', 'local' or 'http://host:6333/collection', got {got}")
    return engine


def engine_version(engine: str) -> str:
    """The package and version an engine runs on."""
    package = ENGINES[engine]
    try:
        return f"{package} {version(package)}"
    except PackageNotFoundError as error:
        raise MissingPackageError(f"the {engine!r} index needs {package}; run `pip install {package}`") from error


def open_index(index: str, folder: Path, manifest: IndexManifest) -> VectorIndex:
    """The index of a store, made if it is not there."""
    if engine_of(index) == "edge":
        from evitrail.evidence_store.index.edge import EdgeIndex

        return EdgeIndex(folder / "edge", manifest)
    from evitrail.evidence_store.index.connection import QdrantConnection
    from evitrail.evidence_store.index.qdrant import QdrantIndex

    connection = QdrantConnection(str(folder / "local") if index == "local" else index)
    try:
        return QdrantIndex(connection, manifest)
    except BaseException:
        connection.close()
        raise
