"""The blame records of an experiment, as its results have them: with the overrides of reviewers.

recorded_blames(folder)
"""

from __future__ import annotations

from pathlib import Path

from pydantic import TypeAdapter

from evitrail.eval.attribution.blame import Blame
from evitrail.eval.report.blame_shares_file import ATTRIBUTION
from evitrail.workbench.api.fresh import Fresh
from evitrail.workbench.one_line import one_line

RECORDS = TypeAdapter(tuple[Blame, ...])


def _read(folder: Path) -> tuple[Blame, ...]:
    path = folder / ATTRIBUTION
    if not path.is_file():
        return ()
    try:
        return RECORDS.validate_json(path.read_bytes())
    except ValueError as error:
        do = f"`evitrail report {folder}` writes it again"
        raise ValueError(f"{path}: expected blame records as JSON, got {one_line(error)}; {do}") from None


recorded_blames = Fresh(_read, lambda folder: [folder / ATTRIBUTION], 4)
"""Every blame that counts, by run and kind of failure; none where nothing was attributed."""
