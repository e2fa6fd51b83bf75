"""The report: failure profiles, blame, the worst questions and every failed run, on one page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evitrail.traces.lazy_package import lazy_package

if TYPE_CHECKING:
    from evitrail.eval.report.page import render as render

__getattr__, __dir__, __all__ = lazy_package(
    __name__,
    {
        "page": ("render",),
    },
)
