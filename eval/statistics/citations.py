"""How faithful answers are to what they cite: is the quote there, does another reader take it so, does it decide?

Rules kept here
- All is computed from the record; no judge is asked. Whether a span entails a claim is a judgement: the only one on
  record is that of another reader of the experiment that made a claim of the same span for the same option. Where no
  other reader did, it is unknown.
- A citation whose passage the run was never served is not verbatim, whatever its quote.
- What claims support is their strength for an option less that against it, over the claims that the choice used; it is
  0 for an option that no claim is about. An option that ties with the strongest is supported. The reader's own rule
  may weigh the claims otherwise.
- An answer that cites nothing has no verbatim and no agreed citations, and one that rests on no claims, or abstains,
  is not asked whether they support it: each is unknown, and in no denominator.

    citation_rows(journal, outcomes(journal))[0]["citation_verbatim_rate"]["value"]
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from evitrail.agent.model import Claim
from evitrail.eval.log.claims import RunClaims, claims_in
from evitrail.eval.log.latest_check import counted, rechecked
from evitrail.eval.metrics import Metric, stats
from evitrail.eval.metrics.base import mean
from evitrail.eval.metrics.definition import OURS
from evitrail.eval.metrics.outcome import Outcome
from evitrail.eval.metrics.scored import Scored
from evitrail.eval.metrics.table import estimate_all
from evitrail.eval.report.profile import called
from evitrail.eval.statistics.answered import by_condition
from evitrail.traces.journal.view import JournalView
from evitrail.traces.trace import Trace

ALCE = "after citation precision in ALCE, Gao et al. (EMNLP 2023, arXiv 2305.14627), which asks a model of entailment"


class Faithful(NamedTuple):
    """What is known of one run."""

    verbatim: float | None = None
    agreed: float | None = None
    supported: float | None = None


UNKNOWN = Faithful()
TIE = 1e-9
"""Sums of strengths that differ by less are equal."""
FIELDS: dict[str, tuple[str, str, str, Callable[[Faithful], float | None]]] = {
    "citation_verbatim_rate": (
        "Mean share of an answer's citations whose quote stands word for word where it is said to stand.",
        "mean over answers that cite of #(passage was served, its text[start:end] == quote) / citations",
        OURS,
        lambda one: one.verbatim,
    ),
    "citation_agreement_rate": (
        "Mean share of an answer's citations that other readers of the experiment read as speaking for the same "
        "option, of those that any of them read for or against it.",
        "mean over answers of #(others' claims of an overlapping span support > refute) / #(support != refute)",
        ALCE,
        lambda one: one.agreed,
    ),
    "answer_supported_rate": (
        "Share of answers whose option is the one that the claims they rest on support most.",
        "#(option has the greatest sum of strength for - strength against) / answers that rest on claims",
        OURS,
        lambda one: one.supported,
    ),
}
"""By name: what it says, its formula, its source, and where it is read."""

Read = Callable[[Faithful], float | None]
Span = tuple[str, str, str]
"""Case, passage and option."""
Claimed = Mapping[Span, list[tuple[str, Claim]]]
"""By span, who claimed what of it."""


def citation_rows(journal: JournalView, outcomes: Iterable[Outcome]) -> list[dict[str, Any]]:
    """One row per condition and reader whose answers rest on claims."""
    listed = list(outcomes)
    latest = rechecked(journal)
    found = {}
    for outcome in listed:
        trace = Trace(journal, outcome.run)
        if claims := claims_in(trace, counted(trace, latest)):
            found[outcome.run] = claims
    known = faithful(listed, found)
    metrics, rows = citation_metrics(known), []
    for condition, readers in by_condition(listed, called(listed)).items():
        for reader, by_case in sorted(readers.items()):
            runs = [Scored(outcome) for _, outcome in sorted(by_case.items())]
            if any(known.get(run.outcome.run, UNKNOWN) != UNKNOWN for run in runs):
                told = {"condition": condition, "reader": reader, "n": len(runs)}
                rows.append(told | estimate_all(metrics, runs, stats.bootstrap_draws(len(runs))))
    return rows


def citation_metrics(known: Mapping[str, Faithful]) -> dict[str, Metric]:
    """The metrics; ``known`` is what is known of each run."""
    return {
        name: Metric(name, description, formula, source, mean(_of_run(known, read)), share=True)
        for name, (description, formula, source, read) in FIELDS.items()
    }


def faithful(outcomes: Iterable[Outcome], claims: Mapping[str, RunClaims]) -> dict[str, Faithful]:
    """What is known of each run, by name."""
    listed = [outcome for outcome in outcomes if outcome.run in claims]
    claimed: dict[Span, list[tuple[str, Claim]]] = defaultdict(list)
    for outcome in listed:
        for claim in claims[outcome.run].made:
            claimed[outcome.case, claim.passage, claim.option].append((outcome.reader, claim))
    return {
        outcome.run: Faithful(
            verbatim=_verbatim(claims[outcome.run]),
            agreed=_agreed(outcome, claims[outcome.run], claimed),
            supported=_supported(outcome, claims[outcome.run].used),
        )
        for outcome in listed
    }


def _of_run(known: Mapping[str, Faithful], read: Read) -> Callable[[Scored], float | None]:
    return lambda run: read(known.get(run.outcome.run, UNKNOWN))


def _verbatim(run: RunClaims) -> float | None:
    stands = [run.texts.get(one.passage, "")[one.start : one.end] == one.quote for one in run.cited]
    return sum(stands) / len(stands) if stands else None


def _agreed(outcome: Outcome, run: RunClaims, claimed: Claimed) -> float | None:
    verdicts = []
    for cited in run.cited:
        others = claimed.get((outcome.case, cited.passage, outcome.chosen or ""), ())
        sides = {
            (reader, claim.start, claim.end, claim.stance)
            for reader, claim in others
            if reader != outcome.reader and claim.start < cited.end and cited.start < claim.end
        }
        balance = sum(1 if stance == "supports" else -1 for *_, stance in sides)
        if balance:
            verdicts.append(balance > 0)
    return sum(verdicts) / len(verdicts) if verdicts else None


def _supported(outcome: Outcome, used: Iterable[Claim]) -> float | None:
    net: dict[str, float] = defaultdict(float)
    for claim in used:
        net[claim.option] += claim.strength if claim.stance == "supports" else -claim.strength
    if outcome.chosen is None or not net:
        return None
    strongest = max([*net.values(), *([0.0] if len(net) < outcome.options else [])])
    return float(net.get(outcome.chosen, 0.0) >= strongest - TIE)
