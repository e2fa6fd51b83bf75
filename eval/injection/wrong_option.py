"""The wrong option of a case: what injected faults lead to, and what attacks aim at."""

from __future__ import annotations

from evitrail.eval.dataset.case import Case


def wrong_option(case: Case) -> str:
    """The first that is labelled high-risk, else the first wrong one."""
    wrong = [letter for letter in sorted(case.options) if letter != case.answer]
    harmful = [letter for letter in wrong if case.labels and case.labels[letter].high_risk]
    return (harmful or wrong)[0]
