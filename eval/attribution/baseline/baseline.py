"""What of a failed run differs from a run that is normal, and which of the differences decides?

Each failed run is compared with a baseline's run of the same case that does not fail: of another experiment, or of
another condition of the same one. The components that differ are listed (``components.py``). The failed run is done
again with one of them swapped for the baseline's; where no single swap prevents the failure, a minimal set is searched
by delta debugging (``delta_debugging.py``).

Rules kept here
- Nothing is recorded: the runs are done again in memory, and no journal of either experiment changes.
- A step whose work is recorded in either run is reused, never redrawn; only what a swap changes is executed.
- A swap is credited only where the run fails as recorded when it is done again unchanged.
- A question that is skipped, or components that do not go together, prevent no failure.
- A run whose re-run raises is listed as not compared, with the reason; the others are compared all the same. Once a
  model does not answer, no further run is done again.

    with opened_sides(Path("my-run"), "gated") as (ours, theirs):
        for swap in compare_with_baseline(ours, theirs):
            print(swap.run, swap.sentence)
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Literal

from evitrail.agent.llm.base import Unreachable
from evitrail.eval.attribution.baseline.baseline_runs import Pair, Side, failed_pairs, recorded_outcome
from evitrail.eval.attribution.baseline.components import Setting, differing, in_place, swapped
from evitrail.eval.attribution.baseline.delta_debugging import minimal_sets
from evitrail.eval.attribution.blame import FAILS, Kind
from evitrail.eval.attribution.event.event import failures
from evitrail.eval.experiment.answer import answer
from evitrail.eval.experiment.job import RunJob, fault_of
from evitrail.eval.log.run_config import RunConfig
from evitrail.eval.log.runs import outcome_of
from evitrail.eval.metrics.outcome import Outcome
from evitrail.traces.record import Record
from evitrail.traces.run.memory import Memory, recorded_work
from evitrail.traces.run.unrecorded import OtherRun, Unrecorded
from evitrail.traces.trace import Trace

Verdict = Literal["decided", "undecided", "baseline fails", "not compared"]


class Swap(Record):
    """One failure of one run, compared with the baseline's run of the same case."""

    run: str
    case: str
    condition: str
    outcome: Kind
    """The kind of failure."""
    baseline: str
    """The baseline's run."""
    verdict: Verdict
    differing: tuple[str, ...]
    """The components that differ, in a fixed order."""
    minimal: tuple[tuple[str, ...], ...]
    """Each set of components whose swap prevents the failure: all single ones, or else one minimal set."""
    replays: int
    """Re-runs that the verdict rests on."""
    sentence: str
    """The verdict in words."""


def compare_with_baseline(
    ours: Side, theirs: Side, progress: Callable[[int, int], None] = lambda done, of: None
) -> list[Swap]:
    """For every failed run: which components of the baseline, in place of its own, prevent the failure.

    One record for each run and kind of failure, by run. Raises ``InputError`` for a baseline that asked other cases.
    """
    pairs = failed_pairs(ours, theirs)
    found: list[Swap] = []
    down: str | None = None
    for done, pair in enumerate(pairs):
        progress(done, len(pairs))
        try:
            found += _compared(pair, ours, theirs, down)
        except Unreachable as error:
            down = fault_of(RunJob(pair.failed.run, pair.failed.config(RunConfig)), error)
            found += _compared(pair, ours, theirs, down)
    progress(len(pairs), len(pairs))
    return found


def decisive(swaps: Iterable[Swap]) -> dict[str, int]:
    """How many failures each component, or set of components, decides; the most frequent first.

    A failure that several components prevent, each alone, counts for each of them.
    """
    counts = Counter(" + ".join(names) for swap in swaps for names in swap.minimal)
    return dict(sorted(counts.items(), key=lambda each: (-each[1], each[0])))


def _compared(pair: Pair, ours: Side, theirs: Side, down: str | None) -> list[Swap]:
    """One record for each kind of failure of one run; ``down`` is why no run can be done again any more.

    Raises ``Unreachable`` where a model does not answer.
    """
    failed, other, kinds = pair.failed, pair.other, failures(pair.failed)
    if other is None or pair.why_not:
        return [_swap(pair, kind, "not compared", f"not compared: {pair.why_not}") for kind in kinds]
    comparison: Comparison | None = None
    swaps = []
    for kind in kinds:
        normal = FAILS[kind](_outcome(other))
        try:
            if normal is None:
                swap = _swap(pair, kind, "not compared", "not compared: the baseline drew no samples")
            elif down is not None and not normal:
                swap = _swap(pair, kind, "not compared", f"not compared: {down}")
            else:
                comparison = comparison or comparison_of(failed, other, ours, theirs)
                swap = comparison.swap(pair, kind, baseline_fails=normal)
        except Unreachable:
            raise
        except Exception as error:  # whatever a component raises: it is told, and the pass goes on
            config = failed.config(RunConfig)
            swap = _swap(pair, kind, "not compared", f"not compared: {fault_of(RunJob(failed.run, config), error)}")
        swaps.append(swap)
    return swaps


@dataclass
class Comparison:
    """One failed run and the baseline's, with every re-run that was done so far."""

    failed: Trace
    mine: Setting
    other: Setting
    memory: Memory
    """Work of the failed run, and of its re-runs."""
    normal: OtherRun
    """Work of the baseline's run."""
    done: dict[frozenset[str], Outcome | None] = field(default_factory=dict)
    """The outcome with these components swapped; None where they do not go together, or the question was skipped."""

    def swap(self, pair: Pair, kind: Kind, *, baseline_fails: bool) -> Swap:
        """Which components decide this kind of failure; raises whatever a component raises."""
        names = differing(self.mine, self.other)
        if baseline_fails:
            return _swap(pair, kind, "baseline fails", "the baseline fails as well", names)
        asked: set[frozenset[str]] = set()

        def prevents(changed: frozenset[str]) -> bool:
            asked.add(changed)
            outcome = self.outcome(changed)
            return outcome is not None and FAILS[kind](outcome) is False

        verdict: Verdict = "undecided"
        minimal: tuple[tuple[str, ...], ...] = ()
        if prevents(frozenset()):
            said = "done again unchanged it does not fail: the code has changed since, or a component draws at random"
        elif not names:
            said = "no component differs; only chance or a change of the code can have made the difference"
        elif minimal := minimal_sets(names, prevents):
            verdict, said = "decided", self.sentence(minimal, names)
        else:
            said = f"it still fails with {_listed(names)} of the baseline; something else differs"
        replays = sum(self.done[changed] is not None for changed in asked)
        return _swap(pair, kind, verdict, said, names, minimal, replays)

    def outcome(self, changed: frozenset[str]) -> Outcome | None:
        """What the failed run comes to with these components of the baseline; see ``done``."""
        if changed not in self.done:
            self.done[changed] = self._do(swapped(self.mine, self.other, changed))
        return self.done[changed]

    def sentence(self, minimal: tuple[tuple[str, ...], ...], names: tuple[str, ...]) -> str:
        """The sets that decide, in words."""
        said = "; ".join(self._prevented(each) for each in minimal)
        if rest := [name for name in names if not any(name in each for each in minimal)]:
            makes = "make" if len(rest) > 1 else "makes"
            said += f" ({_listed(rest)} alone {makes} no difference)"
        if not (self.mine.reader.deterministic and self.other.reader.deterministic):
            said += "; the reader draws at random, so this rests on a single draw"
        return said

    def _prevented(self, names: tuple[str, ...]) -> str:
        with_these = _listed(in_place(name, self.mine, self.other) for name in names)
        alone = "" if len(names) == 1 else ", and none of them alone prevents it"
        return f"{_listed(names)}: with {with_these} it does not fail{alone}"

    def _do(self, setting: Setting) -> Outcome | None:
        if setting.impossible():
            return None
        config = setting.config
        snapshot = setting.store.snapshot(as_of=config.case.as_of, seq=config.seq)
        run = Unrecorded(self.failed.journal, self.failed.run, self.memory, others=(self.normal,))
        said = answer(config, snapshot, setting.reader, run)
        return None if said.skipped else outcome_of("", config, said)


def comparison_of(failed: Trace, other: Trace, ours: Side, theirs: Side) -> Comparison:
    """One run of the first side and one of the second, to do the first again with components of the second."""
    mine, normal = setting_of(failed, ours, ours), setting_of(other, theirs, ours)
    memory = recorded_work(ours.past, failed.run)
    return Comparison(failed, mine, normal, memory, OtherRun.of(theirs.past, other.run))


def setting_of(trace: Trace, side: Side, first: Side) -> Setting:
    """All that a run was done with. A reader that the first side has is not loaded a second time."""
    config = trace.config(RunConfig)
    unmeasured = config.condition.model_copy(update={"influence": None})  # it is measured after the choice
    known = {repr(reader): reader for _, reader in first.readers} if side.store is first.store else {}
    reader = known.get(config.reader) or side.readers.of(trace.run, config.reader)
    return Setting(config.model_copy(update={"condition": unmeasured}), reader, side.store)


def _outcome(trace: Trace) -> Outcome:
    outcome = recorded_outcome(trace)
    assert outcome is not None  # a pair whose baseline did not end is not compared
    return outcome


def _swap(
    pair: Pair,
    kind: Kind,
    verdict: Verdict,
    sentence: str,
    names: tuple[str, ...] = (),
    minimal: tuple[tuple[str, ...], ...] = (),
    replays: int = 0,
) -> Swap:
    config = pair.failed.config(RunConfig)
    return Swap(
        run=pair.failed.run,
        case=config.case.id,
        condition=config.condition.name,
        outcome=kind,
        baseline=pair.baseline,
        verdict=verdict,
        differing=names,
        minimal=minimal,
        replays=replays,
        sentence=sentence,
    )


def _listed(names: Iterable[str]) -> str:
    """``k, agent and reader``."""
    *before, last = names
    return f"{', '.join(before)} and {last}" if before else last
