"""Overrides of blame through the workbench, and a policy to audit the desk's experiment by."""

from __future__ import annotations

from time import sleep

from evitrail.workbench.api.attribution import results_writer

OWNED = """[policy]
name = "answers"
version = "1"
owner = "A. Meyer"
"""
"""A policy without rules yet."""
POLICY = f"""{OWNED}
[[threshold]]
condition = "closed_book"
metric = "high_risk_rate"
at_most = 0.03
[[threshold]]
condition = "closed_book"
metric = "accuracy"
at_most = 0.9
[[evidence]]
condition = "standard"
rule = "nothing_superseded_cited"
"""


def settled() -> None:
    """Wait until no results are being written any more."""
    for _ in range(3000):
        if not results_writer.is_writing():
            return
        sleep(0.02)
    raise AssertionError("the results are still being written")
