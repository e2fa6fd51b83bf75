"""The report: failure profiles, blame, the worst questions and every failed run, on one page."""

from evitrail.eval.report.page import render

__all__ = ["render"]
