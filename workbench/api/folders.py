"""The experiments that a workbench serves: each found in a folder that it was given, and known by a name.

Rules kept here
- An experiment is a folder with a journal or with results. It is looked for in each folder given, and two levels below.
- Its name is its path below the folder given, with ``:`` for ``/``; where the folder given is one, that folder's name.
  So a name stays when another experiment is added.
- A request names an experiment; it is looked up among those found, and no path is made from it.

    folders = ExperimentFolders([Path("evitrail-demo")])
    folders.named("experiment")
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from evitrail.eval.metrics.outcomes_file import OUTCOMES
from evitrail.evidence_store.did_you_mean import nearest

DEEPEST = 2
"""Levels below a given folder in which experiments are looked for."""


class UnknownName(LookupError):
    """A request for what is not there: an experiment, a run, a step."""


class ExperimentFolders:
    """See the module."""

    def __init__(self, given: Sequence[Path]) -> None:
        for folder in given:
            if not folder.is_dir():
                got = "a file" if folder.exists() else "nothing"
                raise ValueError(f"{folder}: expected a folder with experiments, found {got}; see `evitrail demo`")
        self._given = tuple(given)

    def all(self) -> dict[str, Path]:
        """Every experiment that is there now, by name."""
        found: dict[str, Path] = {}
        for folder in self._given:
            for path in _experiments(folder, DEEPEST):
                below = path.relative_to(folder).as_posix()
                name = path.resolve().name if below == "." else below.replace("/", ":")
                if path.resolve() not in {known.resolve() for known in found.values()}:
                    found[_free(name, found)] = path
        return dict(sorted(found.items()))

    def named(self, name: str) -> Path:
        """The folder of an experiment; raises ``UnknownName``."""
        found = self.all()
        if name not in found:
            raise UnknownName(f"expected an experiment that is served, got {name!r}{nearest(name, found)}")
        return found[name]


def _experiments(folder: Path, levels: int) -> Iterator[Path]:
    try:
        inner = sorted(folder.iterdir())
    except OSError:  # of somebody else
        return
    if any(each.name == OUTCOMES or (each.name.startswith("journal") and each.suffix == ".db") for each in inner):
        yield folder
    for each in inner if levels else ():
        if each.is_dir() and not each.is_symlink() and not each.name.startswith("."):
            yield from _experiments(each, levels - 1)


def _free(name: str, taken: dict[str, Path]) -> str:
    number, free = 1, name
    while free in taken:
        number += 1
        free = f"{name}-{number}"
    return free
