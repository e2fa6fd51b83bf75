"""The published SaFE-Scale files: its questions with their labels, and its answers as a judge confirmed them.

    dataset = read_dataset(Sources(labels=Path("risk_radiorag_full_merged.json")))
    judged = read_judged(Path("judged"), dataset)
    metric_rows(judged.outcomes)

What the files hold and mean is said in ``published.py`` and ``questions.py``; no text of the benchmark is here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from evitrail.traces.lazy_package import lazy_package

if TYPE_CHECKING:
    from evitrail.eval.safe_scale.dataset import Dataset as Dataset
    from evitrail.eval.safe_scale.dataset import Sources as Sources
    from evitrail.eval.safe_scale.dataset import read_dataset as read_dataset
    from evitrail.eval.safe_scale.export import Exported as Exported
    from evitrail.eval.safe_scale.export import export_experiment as export_experiment
    from evitrail.eval.safe_scale.folder import PublishedResults as PublishedResults
    from evitrail.eval.safe_scale.folder import import_judged as import_judged
    from evitrail.eval.safe_scale.folder import is_official as is_official
    from evitrail.eval.safe_scale.folder import write_official_results as write_official_results
    from evitrail.eval.safe_scale.judged import JudgedResults as JudgedResults
    from evitrail.eval.safe_scale.judged import read_judged as read_judged

__getattr__, __dir__, __all__ = lazy_package(
    __name__,
    {
        "dataset": ("Dataset", "Sources", "read_dataset"),
        "export": ("Exported", "export_experiment"),
        "folder": ("PublishedResults", "import_judged", "is_official", "write_official_results"),
        "judged": ("JudgedResults", "read_judged"),
    },
)
