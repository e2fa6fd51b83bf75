"""Conditions compared with a baseline: numbers, sentences, discordant cases, and where each lost its evidence.

Rules kept here
- The comparison is that of ``evitrail compare``, the funnel that of ``evitrail funnel``; nothing is computed otherwise.
- A condition's own values are of all its questions; differences are of the questions that both answered.
- It is computed from the results. A journal is opened only to see that two experiments asked the same questions, and to
  find the store for the funnel.
- It is kept until one of these files changes.

    compare(folders, "demo", "standard,gated").comparison.pairs[0].metrics["accuracy"].difference
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from evitrail.eval.chosen_outcomes import chosen_outcomes
from evitrail.eval.compare.arm import Arm, arms_of
from evitrail.eval.compare.comparison import Comparison, compared
from evitrail.eval.compare.sentences import cautions, summary
from evitrail.eval.metrics.stats import Correction
from evitrail.eval.metrics.table import metric_rows
from evitrail.eval.query.columns import Columns
from evitrail.eval.query.loss_funnel import Funnel, loss_funnel
from evitrail.eval.query.recorded_standing import recorded_standing
from evitrail.eval.report.blame_shares_file import ATTRIBUTION
from evitrail.eval.report.profile import ProfileRow, profile_rows
from evitrail.evidence_store.errors import StoreError
from evitrail.evidence_store.input_text import InputError
from evitrail.traces.journal.errors import JournalError
from evitrail.traces.record import Record
from evitrail.workbench.api.compare.choices import Side, sides
from evitrail.workbench.api.experiments import METRICS, metric_rows_in
from evitrail.workbench.api.folders import ExperimentFolders
from evitrail.workbench.api.fresh import Fresh
from evitrail.workbench.api.profile import Estimated, MetricColumn, estimated, profile
from evitrail.workbench.api.runs.pack import result_files
from evitrail.workbench.api.store.kept import store_files
from evitrail.workbench.one_line import one_line

CALIBRATION = ("ece", "mce")
"""Metrics of confidence, beside those of the profile."""
MOST_CASES = 1000
"""Cases of an answer at most; the column pack has them all."""


class ComparedCondition(Record):
    """One condition of a comparison."""

    label: str
    """What it is called here; ``EXP2::CONDITION`` for one of another experiment."""
    exp: str
    folder: str
    """The folder of its experiment: what commands take."""
    own_label: str
    """What it is called in its experiment."""
    description: str
    query: str
    """What finds its runs in its experiment."""
    n: int
    metrics: dict[str, Estimated]
    """Of all its questions: those of the profile, and how well its confidence is calibrated."""
    funnel: Funnel | None
    """None where the results do not name the evidence that decides."""
    funnel_lacking: str
    """What lacks for the funnel, or in it, in one line; empty where nothing does."""


class PairInWords(Record):
    """One condition compared with the baseline."""

    other: str
    summary: tuple[str, ...]
    cautions: tuple[str, ...]


class ConditionsCompared(Record):
    """Conditions compared with a baseline; see the module."""

    conditions: tuple[ComparedCondition, ...]
    """The baseline first."""
    columns: tuple[MetricColumn, ...]
    comparison: Comparison
    """Holds the gravest of the questions that were answered differently, up to the number asked for."""
    in_words: tuple[PairInWords, ...]


def compare(
    folders: ExperimentFolders,
    exp: str,
    conditions: str = "",
    baseline: str = "",
    other: str = "",
    correction: Correction = "holm",
    cases: int = 100,
) -> ConditionsCompared:
    """The comparison; raises ``ValueError`` where there is none, and ``UnknownName`` for an unknown experiment."""
    if not 0 <= cases <= MOST_CASES:
        raise ValueError(f"cases: expected 0 to {MOST_CASES}, got {cases}")
    found = _comparison(sides(folders, exp, conditions, baseline, other), correction)
    return found.model_copy(update={"comparison": _gravest(found.comparison, cases)})


def _gravest(comparison: Comparison, cases: int) -> Comparison:
    pairs = [pair.model_copy(update={"parted": pair.parted[:cases]}) for pair in comparison.pairs]
    return comparison.model_copy(update={"pairs": tuple(pairs)})


def _make(asked: tuple[Side, ...], correction: Correction) -> ConditionsCompared:
    arms = arms_of([side.asked for side in asked], _profiles)
    found = compared(arms, correction)
    return ConditionsCompared(
        conditions=tuple(_condition(side, arm) for side, arm in zip(asked, arms, strict=True)),
        columns=profile(asked[0].asked.folder).columns,
        comparison=_gravest(found, MOST_CASES),
        in_words=tuple(
            PairInWords(
                other=pair.other,
                summary=summary(pair, found.baseline, pair.other),
                cautions=cautions(pair, found.baseline, pair.other),
            )
            for pair in found.pairs
        ),
    )


def _files(asked: tuple[Side, ...], correction: Correction) -> Iterator[Path]:
    for folder in dict.fromkeys(side.asked.folder for side in asked):
        yield from (*result_files(folder), folder / METRICS, folder / ATTRIBUTION, *store_files(folder))


_comparison = Fresh(_make, _files, 8)


def _read_profiles(folder: Path) -> list[ProfileRow]:
    outcomes = chosen_outcomes(folder)
    return profile_rows(outcomes, metric_rows_in(folder) or metric_rows(outcomes))


_profiles = Fresh(_read_profiles, lambda folder: [*result_files(folder), folder / METRICS], 1)
"""The conditions of one experiment with their outcomes: 100,000 of these take seconds to read, and much memory."""


def _condition(side: Side, arm: Arm) -> ComparedCondition:
    (row,) = (row for row in profile(arm.folder).rows if row.label == arm.profile.label)
    funnel, lacking = _funnel(arm)
    return ComparedCondition(
        label=arm.label,
        exp=side.exp,
        folder=str(arm.folder),
        own_label=row.label,
        description=row.description,
        query=row.query,
        n=row.n,
        metrics=row.metrics | {name: estimated(arm.profile.row, name) for name in CALIBRATION},
        funnel=funnel,
        funnel_lacking=lacking,
    )


def _funnel(arm: Arm) -> tuple[Funnel | None, str]:
    """Where its runs lost the evidence that decides, and what is missing; without the store if that is missing."""
    try:
        columns = Columns.of(arm.folder)
        runs = {outcome.run for outcome in arm.profile.outcomes}
        places = np.flatnonzero(columns.names("run").holds(runs.__contains__).true)
        try:
            with recorded_standing(arm.folder) as standing:
                (funnel,) = loss_funnel(columns, places, standing)
                return funnel, "" if standing else "no store is known: what it held, and what was in force, is unknown"
        except (StoreError, JournalError) as error:
            (funnel,) = loss_funnel(columns, places, None)
            return funnel, one_line(error)
    except InputError as error:
        return None, one_line(error)
