"""Results of an experiment whose conditions answered as a word says, without a journal.

written(tmp_path / "x", {"standard": "AAB", "gated": "ABA"})
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from evitrail.eval.dataset.labels import Flags
from evitrail.eval.metrics.outcome import Outcome, score
from evitrail.eval.metrics.outcomes_file import OUTCOMES, write_outcomes
from evitrail.eval.metrics.table import metric_rows
from evitrail.eval.report.files import write_json

LABELS = {"B": Flags(high_risk=True), "C": Flags(contradicts=True)}


def answered(condition: str, case: str, chosen: str | None, **more: Any) -> Outcome:
    """One run; the right answer is A, unless another is given."""
    said = {"answer": "A", "options": 4, "labels": LABELS, "reader": "r", "snapshot": "s", "ballots": ()} | more
    return score(run=f"{condition}.{case}", case=case, condition=condition, chosen=chosen, **said)


def written(folder: Path, answers: dict[str, str], **more: Any) -> Path:
    """The folder; a letter of a condition's word is its answer to case-0, case-1, …, and ``-`` abstains."""
    folder.mkdir(parents=True)
    found = [
        answered(condition, f"case-{place}", None if letter == "-" else letter, **more)
        for condition, letters in answers.items()
        for place, letter in enumerate(letters)
    ]
    write_outcomes(folder / OUTCOMES, found)
    write_json(folder / "metrics.json", metric_rows(found))
    return folder
