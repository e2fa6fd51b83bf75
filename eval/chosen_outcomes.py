"""The outcomes of an experiment, where any of its runs chose an option: what comparisons and statistics are made of.

chosen_outcomes(Path("evitrail-run"))
"""

from __future__ import annotations

from pathlib import Path

from evitrail.eval.claims.recorded_claims import CLAIMS
from evitrail.eval.metrics.outcome import Outcome
from evitrail.eval.metrics.outcomes_file import OUTCOMES, read_outcomes


def chosen_outcomes(folder: Path) -> list[Outcome]:
    """The outcomes, sorted by run; raises ``ValueError`` where there is none, with what there is instead."""
    if outcomes := read_outcomes(folder / OUTCOMES):
        return outcomes
    found, do = (
        ("only answers in free text", f"`evitrail claims {folder}` counts their claims")
        if (folder / CLAIMS).is_file()
        else ("none", "`evitrail run` asks the cases")
    )
    raise ValueError(f"{folder}: expected answers that choose an option, found {found}; {do}")
