"""What is compared: a condition of an experiment, or of another experiment that asked the same questions.

    gated                       the condition of the experiment at hand
    gated@qwen3-8b              the same, where several readers answered
    ../other-run::gated         the condition of another experiment, by its folder

Rules kept here
- Each arm is read from its experiment's ``outcomes.parquet``; nothing is run.
- Experiments may be compared where every case that both asked is the same question: options and answer alike, and the
  words too, where both have a journal. If one differs, nothing is compared.

    one, other = arms(Path("evitrail-run"), ["standard", "../other-run::gated"])
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from evitrail.eval.chosen_outcomes import chosen_outcomes
from evitrail.eval.dataset.case import Case
from evitrail.eval.log.runs import JOURNAL, cases
from evitrail.eval.metrics.outcome import Outcome
from evitrail.eval.metrics.table import metric_rows
from evitrail.eval.plan.condition import ALIASES
from evitrail.eval.report.profile import ProfileRow, profile_rows
from evitrail.evidence_store.did_you_mean import nearest
from evitrail.traces.journal.folder import Journals

ELSEWHERE = "::"
"""Between the folder of another experiment and its condition."""


@dataclass(frozen=True)
class Arm:
    """One side of a comparison."""

    label: str
    folder: Path
    profile: ProfileRow

    @property
    def outcomes(self) -> dict[str, Outcome]:
        """Its outcomes by case."""
        return {outcome.case: outcome for outcome in self.profile.outcomes}


class Asked(NamedTuple):
    """A condition that is to be compared."""

    folder: Path
    condition: str
    """Its name or label in that experiment."""
    name: str = ""
    """What to call it; empty for its own label."""


def arms(folder: Path, names: Sequence[str]) -> list[Arm]:
    """The arms of these names, the first of them the baseline; raises ``ValueError`` as ``arms_of`` does."""
    return arms_of([_asked(folder, name) for name in names])


def arms_of(asked: Sequence[Asked], profiles_of: Callable[[Path], list[ProfileRow]] | None = None) -> list[Arm]:
    """The arms that are asked for, the first of them the baseline; ``profiles_of`` reads an experiment's conditions.

    Raises ``ValueError`` where a name is no condition, stands twice, or experiments asked different questions.
    """
    read = profiles_of or profile_of
    profiles = {where: read(where) for where in dict.fromkeys(one.folder for one in asked)}
    found = [
        Arm(one.name or profile.label, one.folder, profile)
        for one in asked
        for profile in [_named(one.condition, profiles[one.folder])]
    ]
    for place, arm in enumerate(found):
        if any(arm.folder == other.folder and arm.profile is other.profile for other in found[:place]):
            raise ValueError(f"expected different conditions, got {arm.label!r} twice; name another")
        if arm.folder != found[0].folder:
            expect_same_questions(found[0], arm)
    return found


def _asked(folder: Path, name: str) -> Asked:
    elsewhere, said, condition = name.rpartition(ELSEWHERE)
    return Asked(Path(elsewhere), condition, name) if said else Asked(folder, condition)


def profile_of(folder: Path) -> list[ProfileRow]:
    """The conditions of an experiment, from its outcomes; raises ``ValueError`` where no run chose an option."""
    outcomes = chosen_outcomes(folder)
    return profile_rows(outcomes, metric_rows(outcomes))


def _named(name: str, conditions: Sequence[ProfileRow]) -> ProfileRow:
    """The condition of this label, or the only one of this condition."""
    name = ALIASES.get(name, name)
    found = [condition for condition in conditions if condition.label == name] or [
        condition for condition in conditions if condition.condition == name
    ]
    if len(found) == 1:
        return found[0]
    if found:
        raise ValueError(f"expected one condition, {name!r} stands for {_joined_labels(found)}; name one of them")
    meant = nearest(name, [condition.label for condition in conditions])
    raise ValueError(f"expected a condition among {_joined_labels(conditions)}, got {name!r}{meant}")


def _joined_labels(conditions: Iterable[ProfileRow]) -> str:
    return ", ".join(condition.label for condition in conditions)


def expect_same_questions(one: Arm, other: Arm) -> None:
    """Raise ``ValueError`` where a case that both asked is another question in the other."""
    left, right = one.outcomes, other.outcomes
    shared = sorted(left.keys() & right.keys())
    differing = [
        case for case in shared if (left[case].answer, left[case].options) != (right[case].answer, right[case].options)
    ]
    differing = differing or _differing_words(one.folder, other.folder, shared)
    if differing:
        named = ", ".join(differing[:3]) + (", …" if len(differing) > 3 else "")
        raise ValueError(
            f"{other.folder}: expected the same questions as in {one.folder}, {len(differing)} of {len(shared)} "
            f"shared cases differ ({named}); compare experiments on one benchmark"
        )


def _differing_words(one: Path, other: Path, shared: Sequence[str]) -> list[str]:
    """The cases whose texts differ; none where an experiment has no journal, as published files have none."""
    if not all((folder / JOURNAL).is_file() for folder in (one, other)):
        return []
    with Journals.open(one) as here, Journals.open(other) as there:
        ours, theirs = cases(here), cases(there)
    return [case for case in shared if case in ours and case in theirs and _words(ours[case]) != _words(theirs[case])]


def _words(case: Case) -> tuple[str, tuple[tuple[str, str], ...]]:
    return case.stem, tuple(sorted(case.options.items()))
