"""The table of metrics by which two conditions are compared."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from evitrail.workbench.cli.console import print_table, say
from evitrail.workbench.cli.experiment.run import SHOWN

if TYPE_CHECKING:
    from evitrail.eval.compare.comparison import ComparedMetric


def print_metrics(cases: int, metrics: Mapping[str, ComparedMetric], overridden: int) -> None:
    """Both sides and their difference, metric by metric, and how many labels reviewers overrode."""
    from evitrail.eval.compare.documents import metric_cells
    from evitrail.eval.log.reviews import overridden_in_words

    counted = f"{cases} case{'' if cases == 1 else 's'}"
    print_table(
        f"{counted} that both answered: per cent, and the difference B − A with its 95% interval",
        ("", "A", "B", "B − A", "n", "only A", "only B", "p", "adjusted", "bootstrap"),
        [(SHOWN[name], *metric_cells(metric)) for name, metric in metrics.items()],
    )
    if said := overridden_in_words(overridden):
        say(f"of the {counted} {said}")
