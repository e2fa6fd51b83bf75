"""``evitrail report``: build every result file of an experiment again from its journal, or its published files."""

from __future__ import annotations

from workbench.cli.console import Json
from workbench.cli.folder import Folder
from workbench.cli.official import told
from workbench.cli.run import report as show


def report(folder: Folder, json: Json = False) -> None:
    """Write the results and report again from the journal, or from the published files taken in."""
    from eval.official import is_official, write_official_results
    from eval.results import write_results

    if is_official(folder):
        told(folder, write_official_results(folder), json=json)
    else:
        show(folder, write_results(folder), [], json=json)
