"""``evitrail report``: build every result file of an experiment again from its journal, or its published files."""

from __future__ import annotations

from evitrail.workbench.cli.console import Json
from evitrail.workbench.cli.experiment.run import show_results
from evitrail.workbench.cli.experiment.safe_scale import show_published
from evitrail.workbench.cli.folder import Folder


def report(folder: Folder, json: Json = False) -> None:
    """Write results and report again, from the journal or from imported published files."""
    from evitrail.eval.run_plan import results_in
    from evitrail.eval.safe_scale import is_official, write_official_results

    if is_official(folder):
        show_published(folder, write_official_results(folder), json=json)
    else:
        show_results(results_in(folder), json=json)
