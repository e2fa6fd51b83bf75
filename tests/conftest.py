"""With EVITRAIL_TEST_ALL=1, as in CI, a test that would skip for a missing component fails instead.

Public data is not a component: where the folder beside the repository is absent, its tests still skip.
"""

from __future__ import annotations

import os
from collections.abc import Generator
from typing import Any

import pytest


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.skipped and os.environ.get("EVITRAIL_TEST_ALL") and not hasattr(report, "wasxfail"):
        reason: Any = report.longrepr
        if "public data" not in str(reason):
            report.outcome = "failed"
            report.longrepr = f"EVITRAIL_TEST_ALL is set, and this was skipped: {reason}"
    return report
