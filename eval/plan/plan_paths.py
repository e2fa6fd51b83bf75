"""Where the paths of a plan lead.

Rules kept here
- A plan in an experiment's folder is written with paths relative to that folder, so a folder that is moved or copied
  together with its store finds it. A path that has only the root in common with the folder is written as it stands:
  the two are not moved together. Absolute paths are read as they stand.
- Relative paths of any plan file begin at the folder that the file is in. Where there is nothing, and ``here`` allows
  it, they begin at the working directory.
- In memory, paths are absolute.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from evitrail.agent.reader.prompting.answer_prompts import PUBLISHED
from evitrail.agent.reader.prompting.templates import names

if TYPE_CHECKING:
    from evitrail.eval.plan.plan import Plan

PATHS = ("benchmark", "store", "mask_names")
"""Keys that name a file or folder; a path is accepted for each."""


def located(plan: Plan, folder: Path, *, here: bool = False) -> Plan:
    """The plan with absolute paths, where relative ones begin at ``folder``."""

    def at(given: str) -> Path:
        beside = folder / given
        return (Path(given) if here and not beside.exists() and Path(given).exists() else beside).resolve()

    found = {key: at(given) for key, given in paths_of(plan).items()}
    return plan.model_copy(update={key: str(path) for key, path in found.items() if key in PATHS or path.exists()})


def relative_to(plan: Plan, folder: Path) -> Plan:
    """The plan as it is written in ``folder``; paths that are relative already stay."""
    here = folder.resolve()
    update = {
        key: Path(os.path.relpath(given, here)).as_posix()
        for key, given in paths_of(plan).items()
        if Path(given).is_absolute() and Path(given).parts[:2] == here.parts[:2]
    }
    return plan.model_copy(update=update)


def agreeing(asked: Plan, there: Plan) -> Plan:
    """The plan of a folder, where a path leads nowhere any more with the one that is asked for, if that does."""
    found = {key: path for key, path in paths_of(asked).items() if Path(path).exists()}
    gone = [key for key, path in paths_of(there).items() if key in found and not Path(path).exists()]
    return there.model_copy(update={key: found[key] for key in gone})


def paths_of(plan: Plan) -> dict[str, str]:
    """The keys of a plan that hold a path, each with it; ``prompts`` holds one where it is no set's name."""
    keys = [*PATHS, *(["prompts"] if plan.prompts not in (*names(), PUBLISHED) else [])]
    return {key: given for key in keys if (given := getattr(plan, key)) is not None}
