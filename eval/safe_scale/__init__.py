"""The published SaFE-Scale files: its questions with their labels, and its answers as a judge confirmed them.

    dataset = read_dataset(Sources(labels=Path("risk_radiorag_full_merged.json")))
    judged = read_judged(Path("judged"), dataset)
    metric_rows(judged.outcomes)

What the files hold and mean is said in ``published.py`` and ``questions.py``; no text of the benchmark is here.
"""

from __future__ import annotations

from evitrail.eval.safe_scale.dataset import Dataset, Sources, read_dataset
from evitrail.eval.safe_scale.export import Exported, export_experiment
from evitrail.eval.safe_scale.folder import PublishedResults, import_judged, is_official, write_official_results
from evitrail.eval.safe_scale.judged import JudgedResults, read_judged

__all__ = [
    "Dataset",
    "Exported",
    "JudgedResults",
    "PublishedResults",
    "Sources",
    "export_experiment",
    "import_judged",
    "is_official",
    "read_dataset",
    "read_judged",
    "write_official_results",
]
