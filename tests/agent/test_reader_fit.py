"""The fit of the extractive reader's weights: its slope is that of the reader's own sums."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

BENCH = str(Path(__file__).resolve().parents[2] / "bench")
KEPT = ("overlap", "pairs", "embedding", "other_number", "relevance: passage_words")

if TYPE_CHECKING:
    fitting: Any
else:
    sys.path.insert(0, BENCH)
    import conditional_logit as fitting

    sys.path.remove(BENCH)


def table() -> Any:
    """Random readings of five questions with four options and six sentences."""
    random = np.random.default_rng(7)
    return fitting.Readings(
        options=random.random((5, 4, 6, fitting.T)),
        relevance=-random.random((5, 6, fitting.R)),
        present=np.ones((5, 4), dtype=bool),
        answer=random.integers(4, size=5),
    )


def test_the_slope_of_the_loss_is_its_finite_difference() -> None:
    kept, readings, step = fitting.only(*KEPT), table(), 1e-6
    theta = kept * np.linspace(0.5, 1.5, len(kept)) * np.where(np.array(fitting.NAMES) == "other_number", -4.0, 1.0)
    _, slope = fitting.loss_and_slope(theta, readings, kept)
    for place in np.flatnonzero(kept):
        around = [theta + sign * step * np.eye(len(theta))[place] for sign in (1, -1)]
        up, down = (fitting.loss_and_slope(at, readings, kept)[0] for at in around)
        assert slope[place] == pytest.approx((up - down) / (2 * step), rel=1e-3, abs=1e-6)


def test_a_fit_keeps_the_signs_of_agreement_and_conflict_and_no_other_term() -> None:
    kept = fitting.only(*KEPT)
    theta = dict(zip(fitting.NAMES, fitting.fit([replace(table(), weight=0.2)], kept), strict=True))
    assert theta["overlap"] >= 0 >= theta["other_number"]
    assert all(value == 0 for name, value in theta.items() if name not in KEPT)


def test_an_unknown_term_is_refused_with_those_that_exist() -> None:
    with pytest.raises(ValueError, match=r"expected terms among overlap, .*got nonsense"):
        fitting.only("overlap", "nonsense")
