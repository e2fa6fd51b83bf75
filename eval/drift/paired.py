"""Two experiments, opened, and their conditions in pairs: the same condition, read by the same reader, of equal cases.

    run-a                   all conditions of an experiment
    run-a::gated            one of them
    run-a::gated@qwen3-8b   the same, where several readers answered

Rules kept here
- Conditions are matched by name; what the name says of the state of the store (``+snapshot=r2025``) does not count.
  Where each side names one condition, these two are a pair whatever they are called.
- Readers are matched by label. Where each side has one reader of a condition, these two are a pair.
- What has no counterpart is told. Experiments without any pair, or whose shared cases are other questions, are refused.
- Both are done again on one store, B's: its ledger must hold the state that A was run on.

    with opened_sides("run-a", "run-b::gated") as (a, b):
        for one, other in matched(a, b): ...
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from evitrail.eval.attribution.baseline.baseline_runs import Side
from evitrail.eval.compare.arm import ELSEWHERE, Arm, expect_same_questions, profile_of
from evitrail.eval.metrics.outcome import Outcome
from evitrail.eval.plan.condition import ALIASES
from evitrail.eval.plan.run_name import GridName, ReadCondition
from evitrail.eval.rerun.reopened import reopened
from evitrail.evidence_store.did_you_mean import nearest
from evitrail.evidence_store.errors import StoreError
from evitrail.evidence_store.input_text import InputError

STATE = "snapshot"
"""The field of a condition that names the state of the store."""


@dataclass(frozen=True)
class Asked:
    """One of the two experiments, or a condition of it."""

    name: str
    """As its user names it."""
    side: Side
    arms: tuple[Arm, ...]
    named: bool
    """Whether its user names the condition."""


class Matched(NamedTuple):
    """The conditions of both, in pairs, and those that have no counterpart."""

    pairs: tuple[tuple[Arm, Arm], ...]
    only_a: tuple[str, ...]
    only_b: tuple[str, ...]


@contextmanager
def opened_sides(
    a: str, b: str, *, allow_code: bool = False, store: Path | None = None
) -> Iterator[tuple[Asked, Asked]]:
    """Both experiments, opened; nothing is written.

    ``store`` is where the store is that holds both states; None: where B has it. Raises ``ValueError`` where one of the
    two has no answers or no such condition, ``StoreError`` where the ledger never was in a state.
    """
    (here, first), (there, second) = _parts(a), _parts(b)
    same = here.resolve() == there.resolve()
    if same and not (first and second):
        raise InputError(
            [f"expected two experiments, or two conditions as DIR{ELSEWHERE}CONDITION, got {a!r} and {b!r}"]
        )
    with ExitStack() as closing:
        later = closing.enter_context(reopened(there, allow_code=allow_code, store=store))
        try:
            opening = reopened(here, allow_code=allow_code, store=later.store)
            earlier = later if same else closing.enter_context(opening)
        except StoreError as error:
            raise StoreError(f"{error}; give a store that holds the states of both with --store PATH") from error
        sides = (Side(each.past, each.store, each.readers) for each in (earlier, later))
        one, other = (asked(name, side) for name, side in zip((a, b), sides, strict=True))
        yield one, other


def asked(name: str, side: Side) -> Asked:
    """An experiment that is open, as its user names it; raises ``ValueError`` where none of its answers is meant."""
    folder, condition = _parts(name)
    found = [Arm(_label(profile.outcomes[0]), folder, profile) for profile in profile_of(folder)]
    meant = [arm for arm in found if condition in ("", arm.label, ReadCondition.parse(arm.label).condition)]
    if not meant:
        known = [arm.label for arm in found]
        raise InputError(
            [f"{folder}: expected a condition among {', '.join(known)}, got {condition!r}{nearest(condition, known)}"]
        )
    return Asked(name, side, tuple(meant), bool(condition))


def matched(a: Asked, b: Asked) -> Matched:
    """The conditions in pairs, in the order of tables; raises ``ValueError`` where there are none."""
    ours, theirs = _by_condition(a), _by_condition(b)
    if a.named and b.named:  # they are a pair, whatever they are called
        ours, theirs = ({"": [arm for arms in each.values() for arm in arms]} for each in (ours, theirs))
    pairs = tuple(pair for name in ours if name in theirs for pair in _same_reader(a, b, ours[name], theirs[name]))
    if not pairs:
        raise InputError(
            [f"{b.name}: expected a condition of {a.name} ({', '.join(ours)}), found {', '.join(theirs)}; name one of "
             f"each, as DIR{ELSEWHERE}CONDITION"]
        )  # fmt: skip
    for one, other in pairs:
        if (one.folder.resolve(), one.label) == (other.folder.resolve(), other.label):
            raise InputError([f"expected two conditions, got {one.label} of {one.folder} twice; name another"])
        if not one.outcomes.keys() & other.outcomes.keys():
            raise InputError(
                [f"{b.name}: expected cases of {a.name} ({_few(one.outcomes)}), found {_few(other.outcomes)}; give "
                 "experiments on one benchmark"]
            )  # fmt: skip
        if one.folder.resolve() != other.folder.resolve():
            expect_same_questions(one, other)
    return Matched(pairs, *(_alone(each, pairs) for each in (a, b)))


def _parts(name: str) -> tuple[Path, str]:
    """The folder, and the condition if one is named."""
    folder, said, condition = name.rpartition(ELSEWHERE)
    return (Path(folder), ALIASES.get(condition, condition)) if said else (Path(name), "")


def _label(outcome: Outcome) -> str:
    """``gated``, or ``gated@qwen3-8b`` where several readers answered."""
    return str(ReadCondition.of(outcome.run, outcome.condition))


def _by_condition(asked: Asked) -> dict[str, list[Arm]]:
    """The conditions by their names without the state of the store."""
    found: dict[str, list[Arm]] = {}
    for arm in asked.arms:
        base, settings = GridName.parse(arm.profile.condition)
        name = str(GridName(base, tuple(setting for setting in settings if setting[0] != STATE)))
        found.setdefault(name, []).append(arm)
    return found


def _same_reader(a: Asked, b: Asked, ours: list[Arm], theirs: list[Arm]) -> list[tuple[Arm, Arm]]:
    """The arms of one condition in pairs."""
    here, there = _by_reader(a, ours), _by_reader(b, theirs)
    if len(here) == len(there) == 1:
        return list(zip(here.values(), there.values(), strict=True))
    shared = [label for label in here if label in there]
    if not shared:
        listed = (", ".join(arm.label for arm in arms) for arms in (ours, theirs))
        raise InputError(
            [f"{b.name}: expected the readers of {a.name} ({next(listed)}), found {next(listed)}; name one of each, as "
             f"DIR{ELSEWHERE}CONDITION@READER"]
        )  # fmt: skip
    return [(here[label], there[label]) for label in shared]


def _by_reader(asked: Asked, arms: list[Arm]) -> dict[str, Arm]:
    """By the reader's label; raises ``ValueError`` where one condition was run on several states of the store."""
    found = {ReadCondition.parse(arm.label).reader: arm for arm in arms}
    if len(found) < len(arms):
        listed = ", ".join(arm.label for arm in arms)
        raise InputError(
            [f"{asked.name}: expected one state of the store, found {listed}; name one as DIR{ELSEWHERE}CONDITION"]
        )
    return found


def _alone(asked: Asked, pairs: tuple[tuple[Arm, Arm], ...]) -> tuple[str, ...]:
    paired = [arm for pair in pairs for arm in pair]
    return tuple(arm.label for arm in asked.arms if not any(arm is one for one in paired))


def _few(outcomes: Mapping[str, Outcome]) -> str:
    cases = sorted(outcomes)
    return ", ".join(cases[:3]) + (", …" if len(cases) > 3 else "")
