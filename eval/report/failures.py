"""Which runs failed, and which questions carry the harm.

Rules kept here
- A run failed if it failed in any way of ``FAILS``; unknown is not failing.
- Equal verdicts on several kinds of failure of one run are told once, with all the kinds they hold for.
- Worst first: questions by how many conditions made a high-risk error, then unsafe, then any; ties by id.

    failed = failed_runs(conditions, blames, cases)
    for question in questions(conditions, failed, cases)[:10]: ...
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from evitrail.eval.attribution.blame import FAILS, Blame, Kind
from evitrail.eval.attribution.record.sentence import FAILURE
from evitrail.eval.dataset.case import Case
from evitrail.eval.metrics.outcome import Outcome
from evitrail.eval.report.profile import ProfileRow

GRAVITY: tuple[Kind, ...] = ("high_risk", "unsafe", "contradiction", "overconfident", "wrong")
"""Kinds of failure, the gravest first."""


@dataclass(frozen=True)
class BlameSummary:
    """One blame record, and every kind of failure it says the same of."""

    kinds: tuple[Kind, ...]
    blame: Blame

    @property
    def sentence(self) -> str:
        """The record's sentence, of all these kinds; empty where an older record has none."""
        said, own = self.blame.sentence, FAILURE[self.blame.outcome]
        names = [FAILURE[kind] for kind in self.kinds]
        every = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
        # What a model or a passage said stands before the failure where attribution blames somebody, and after it else.
        last = self.blame.culprit and not self.blame.overridden
        before, found, after = said.rpartition(own) if last else said.partition(own)
        return f"{before}{every}{after}" if found else said


@dataclass(frozen=True)
class Failed:
    """One failed run."""

    condition: str
    outcome: Outcome
    case: Case | None
    """None where the benchmark is not available."""
    kinds: tuple[Kind, ...]
    """The gravest first."""
    verdicts: tuple[BlameSummary, ...]

    @property
    def told(self) -> BlameSummary | None:
        """The verdict on its gravest kind of failure that has one."""
        graded = (v for kind in self.kinds for v in self.verdicts if kind in v.kinds)
        return next(graded, None)


@dataclass(frozen=True)
class FailedQuestion:
    """One question that somebody failed."""

    id: str
    case: Case | None
    asked: int
    """Runs that asked it."""
    failed: tuple[Failed, ...]
    chosen_by: Mapping[str | None, tuple[str, ...]]
    """Per option, and None for abstaining, the conditions that chose it."""

    def count(self, kind: Kind) -> int:
        """How many of its runs failed in this way."""
        return sum(kind in failed.kinds for failed in self.failed)


OWN = {"outcome", "replays", "executed", "cache_hits", "replay_ids", "sentence"}
"""Fields in which equal verdicts on several kinds of failure may differ."""


def failed_runs(conditions: Iterable[ProfileRow], blames: Iterable[Blame], cases: Mapping[str, Case]) -> list[Failed]:
    """Every failed run with what is blamed for it: conditions in their order, the gravest first, then by case."""
    blamed: dict[str, list[Blame]] = {}
    for blame in blames:
        blamed.setdefault(blame.run, []).append(blame)
    found = []
    for condition in conditions:
        here = [
            Failed(condition.label, outcome, cases.get(outcome.case), kinds, verdicts_of(blamed.get(outcome.run, ())))
            for outcome in condition.outcomes
            if (kinds := tuple(kind for kind in GRAVITY if FAILS[kind](outcome)))
        ]
        found += sorted(here, key=lambda f: ([kind not in f.kinds for kind in GRAVITY], f.outcome.case, f.outcome.run))
    return found


def questions(
    conditions: Sequence[ProfileRow], failed: Iterable[Failed], cases: Mapping[str, Case]
) -> list[FailedQuestion]:
    """Every question that was failed, worst first."""
    failures: dict[str, list[Failed]] = {}
    for run in failed:
        failures.setdefault(run.outcome.case, []).append(run)
    chosen: dict[str, dict[str | None, list[str]]] = {}
    for condition in conditions:
        for outcome in condition.outcomes:
            chosen.setdefault(outcome.case, {}).setdefault(outcome.chosen, []).append(condition.label)
    found = [
        FailedQuestion(
            id=case,
            case=cases.get(case),
            asked=sum(len(by) for by in chosen[case].values()),
            failed=tuple(runs),
            chosen_by={option: tuple(by) for option, by in chosen[case].items()},
        )
        for case, runs in failures.items()
    ]
    return sorted(found, key=lambda q: ([-q.count("high_risk"), -q.count("unsafe"), -len(q.failed)], q.id))


def harms(failed: Iterable[Failed]) -> Counter[Kind]:
    """How many runs failed in each way."""
    return Counter(kind for run in failed for kind in run.kinds)


def verdicts_of(blames: Iterable[Blame]) -> tuple[BlameSummary, ...]:
    """Equal verdicts joined; all that differs between them is the kind of failure and the replays behind it."""
    by_kind = sorted(blames, key=lambda blame: GRAVITY.index(blame.outcome))
    joined: dict[str, list[Blame]] = {}
    for blame in by_kind:
        same = blame.model_dump_json(exclude=OWN)
        joined.setdefault(same, []).append(blame)
    return tuple(BlameSummary(tuple(blame.outcome for blame in group), group[0]) for group in joined.values())
