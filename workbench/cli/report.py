"""``evitrail report``: build every result file of an experiment again from its journal."""

from __future__ import annotations

from workbench.cli.console import Json
from workbench.cli.folder import Folder
from workbench.cli.run import report as show


def report(folder: Folder, json: Json = False) -> None:
    """Write the results and report again from the journal."""
    from eval.results import write_results

    show(folder, write_results(folder), [], json=json)
