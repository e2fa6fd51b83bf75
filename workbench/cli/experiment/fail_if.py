"""``evitrail run --fail-if``: the option, and the exit code where one of its gates holds."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from evitrail.workbench.cli.console import CheckFailed

if TYPE_CHECKING:
    from evitrail.eval.audit.fail_if import Gate

FailIf = Annotated[
    list[str],
    typer.Option(
        "--fail-if",
        help="Exit with code 1 if this holds of the results: [CONDITION] METRIC value|upper|lower >|>=|<|<= NUMBER, "
        "such as 'high_risk_rate upper > 0.03'; upper and lower are exact one-sided 95% bounds. May be given again.",
        metavar="GATE",
    ),
]


def expect_open(gates: Sequence[Gate], folder: Path) -> None:
    """Exit with code 1, and a line for each, where a gate of ``--fail-if`` holds."""
    if not gates:
        return
    from evitrail.eval.audit.audited import read_audited
    from evitrail.eval.audit.fail_if import failing

    audited = read_audited(folder)
    if held := [f"--fail-if {gate.text!r}: {said}" for gate in gates if (said := failing(gate, audited))]:
        raise CheckFailed("\n".join(held))
