"""The modules and styles of the pages, as they lie in the package: what is in the repository is what is served.

Rules kept here
- A request names a file; it is looked up among those of the folder, and no path is made from it.
- An address begins with a version, which the content of all files gives: a browser keeps what it has under the
  present one, and a page never runs half of an old version. Under any other version a file is asked for anew each time.
- Which modules a page needs is read from their import lines, so that a browser fetches all of them at once.

    StaticFiles().modules("experiment.mjs")      # ["address.mjs", "dom.mjs", …, "experiment.mjs"]
"""

from __future__ import annotations

import posixpath
import re
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from evitrail.traces.record import sha256
from evitrail.workbench.api.folders import UnknownName

STATIC = Path(__file__).parent / "static"
TYPES = {".mjs": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
IMPORT = re.compile(r'^(?:import|export)\s[^;"]*?from "(\.[^"]+)";', re.MULTILINE)


class StaticFile(NamedTuple):
    """One file as it is sent."""

    data: bytes
    type: str
    etag: str


class StaticFiles:
    """See the module."""

    def __init__(self, *, read_only: bool = False) -> None:
        self.read_only = read_only
        """Whether the pages offer nothing that would write."""
        found = (path for path in sorted(STATIC.rglob("*")) if path.suffix in TYPES)
        self._paths = {path.relative_to(STATIC).as_posix(): path for path in found}

    @property
    def version(self) -> str:
        """The name of all files as they are now."""
        stats = ((path, path.stat()) for path in self._paths.values())
        return _version(tuple((path, stat.st_mtime_ns, stat.st_size) for path, stat in stats))

    @property
    def address(self) -> str:
        """Where a page finds them, by name."""
        return f"/static/{self.version}"

    def file(self, name: str) -> StaticFile:
        """A file by its name; raises ``UnknownName``."""
        if name not in self._paths:
            raise UnknownName(f"expected a file of the pages, got {name!r}")
        data = self._paths[name].read_bytes()
        kind = TYPES[self._paths[name].suffix]
        return StaticFile(data, f"{kind}; charset=utf-8", sha256(data).partition(":")[2][:32])

    def modules(self, entry: str) -> list[str]:
        """Every module that one needs, itself last."""
        return [*sorted({*self.in_order(entry)} - {entry}), entry]

    def in_order(self, entry: str) -> list[str]:
        """The same, each after those that it imports."""
        met: set[str] = set()
        found: list[str] = []

        def visit(name: str) -> None:
            if name in met or name not in self._paths:
                return
            met.add(name)
            for other in IMPORT.findall(self._paths[name].read_text("utf-8")):
                visit(posixpath.normpath(posixpath.join(posixpath.dirname(name), other)))
            found.append(name)

        visit(entry)
        return found


@lru_cache(maxsize=1)
def _version(files: tuple[tuple[Path, int, int], ...]) -> str:
    """Of the content of these, read anew once one of them has another time or size."""
    return sha256(b"".join(sha256(path.read_bytes()).encode() for path, _, _ in files)).partition(":")[2][:12]
