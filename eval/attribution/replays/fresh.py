"""Fresh re-runs: would it have failed again? The run from its start, nothing reused, every model asked again.

Rules kept here
- Pure steps and models are done anew, each time with a new seed and the same parameters. What else a step read from
  outside is served as recorded.
- Four at first; eight, then sixteen while neither "it mostly fails" nor "it mostly does not" is certain.
- A reader that says it is deterministic, and asks no model, is believed for this run if three re-runs come to the
  recorded output at every step (but the ballots, which have another seed). They can be had again at any time, so
  they are not stored.
- Any other is a stored run, a fork of the one that failed, so that a paid answer survives a kill.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from evitrail.agent.model import CheckedAnswers, Choice
from evitrail.agent.tools import Tools
from evitrail.eval.attribution.replays.budget import Budget
from evitrail.eval.attribution.replays.mended import Mended
from evitrail.eval.attribution.replays.replay import fork_name
from evitrail.eval.attribution.scene.scene import MODEL, Scene
from evitrail.eval.experiment.answer import answer_with
from evitrail.eval.log.runs import outcome_of
from evitrail.eval.metrics.outcome import Outcome
from evitrail.eval.metrics.stats import Interval, clopper_pearson
from evitrail.traces.journal.journal import Journal
from evitrail.traces.record import Record, as_stored, content_id
from evitrail.traces.run.live import Live, Run
from evitrail.traces.run.memory import Memory, activities, add_work, recorded_work
from evitrail.traces.run.step_key import Paths, Task

T = TypeVar("T", bound=Record)

LOOKS = (4, 8, 16)
"""How many re-runs there are, before it is asked whether that is enough."""
PROOFS = 3
"""How many must agree in every step before a deterministic reader is believed."""
ONE_SIDED = 0.90
"""The confidence of a two-sided interval whose one end is the one-sided bound at 95 %."""
FRESH = "fresh"
SINCE = ("aim", "keep")
"""Kinds of steps that runs from before they were recorded do not have."""

Fails = Callable[[Outcome], bool | None]


@dataclass(frozen=True)
class Fresh:
    """The run done again from the start."""

    outcomes: tuple[Outcome, ...] = ()
    exact: bool = False
    """Whether the run was shown to be deterministic."""
    runs: tuple[str, ...] = ()
    """Those that are stored, by name."""
    executed: int = 0
    """Steps done in them."""

    def failed(self, fails: Fails) -> int:
        """How many of them failed in this way."""
        return sum(bool(fails(outcome)) for outcome in self.outcomes)

    def rate(self, fails: Fails) -> tuple[float, Interval]:
        """How often they failed in this way, with its 95 % interval (Clopper and Pearson 1934)."""
        failed, n = self.failed(fails), len(self.outcomes)
        interval = Interval(*clopper_pearson(failed, n)) if n else Interval(0.0, 1.0)
        return (failed / n if n else 0.0), interval

    def is_fluke(self, fails: Fails) -> bool:
        """Whether it mostly does not fail: the upper bound of the rate, one-sided at 95 %, is below one half."""
        n = len(self.outcomes)
        return n > 0 and clopper_pearson(self.failed(fails), n, confidence=ONE_SIDED).hi < 0.5

    def decides(self, fails: Fails) -> bool:
        """Whether it is certain that it mostly fails, or mostly does not."""
        return self.is_fluke(fails) or self.rate(fails)[1].lo > 0.5


def do_again(journal: Journal, scene: Scene, kinds: Sequence[Fails], budget: Budget) -> Fresh:
    """As many re-runs as it takes to say of each kind of failure whether it mostly comes back.

    Raises ``OutOfBudget`` where more calls of a model would be needed than are left.
    """
    found = _proven(scene, kinds)
    if found is not None:
        return found
    outside, found = _read_outside(journal, scene.run), Fresh()
    for look in LOOKS:
        for number in range(len(found.outcomes) + 1, look + 1):
            budget.before_replay()
            found = _one_more(journal, scene, number, outside, found)
            budget.after_replay(journal, found.runs[-1])
        if all(found.decides(fails) for fails in kinds):
            break
    return found


def _proven(scene: Scene, kinds: Sequence[Fails]) -> Fresh | None:
    """The re-runs that show a run to be deterministic; None where they do not, or nobody says that it is.

    Another seed draws other ballots: where it is up to them whether it fails, there are as many as it takes.
    """
    steps = scene.trace.activities
    if not scene.says_deterministic or any(step.effect != "pure" or step.kind == MODEL for step in steps):
        return None
    found = Fresh((), True)
    for look in (PROOFS, *LOOKS[1:]):
        for number in range(len(found.outcomes) + 1, look + 1):
            again = Again(scene)
            said = answer_with(scene.config, tools_with_seed(scene, again, number))
            if not again.alike:
                return None
            outcome = outcome_of(scene.run, scene.config, said)
            found = Fresh((*found.outcomes, outcome), True, (), found.executed + again.executed)
        if all(found.failed(fails) == len(found.outcomes) or found.decides(fails) for fails in kinds):
            break
    return found


class Again:
    """A run that leaves no record, and says whether every step came out as recorded; keeps ``Run``."""

    def __init__(self, scene: Scene) -> None:
        self._trace = scene.trace
        self._recorded = {step.path: step for step in scene.trace.activities}
        self.paths = Paths()
        self.alike = True
        """Whether all outputs so far are those of the record."""
        self.executed = 0

    def step(self, task: Task[T]) -> T:
        """See ``Run.step``; the task is done."""
        path = self.paths.take(task)
        with self.paths.within(path):
            output = task.call()
        self.executed += 1
        then = self._recorded.get(path)
        if then is None:
            self.alike &= task.kind in SINCE
        else:
            said = as_stored(output, task.returns)
            self.alike = self.alike and (
                content_id(said) == then.output or self._alike_but_for_ballots(said, then.output, task.returns)
            )
        return output

    def _alike_but_for_ballots(self, said: Record, recorded: str, returns: type[Record]) -> bool:
        """Whether the output is the recorded one, save for what another seed may change."""
        return _without_ballots(said) == _without_ballots(self._trace.get(recorded, returns))


def _without_ballots(output: Record) -> object:
    """What of an output another seed must not change."""
    if isinstance(output, Choice):
        return output.option, output.logits, output.claims
    return output.greedy if isinstance(output, CheckedAnswers) else output


def tools_with_seed(scene: Scene, run: Run, more: int) -> Tools:
    """What the run was done with, and another seed."""
    config = scene.config
    decoding = config.decoding.model_copy(update={"seed": config.decoding.seed + more})
    return config.condition.tools(config.case, run, scene.snapshot, scene.reader, decoding)


def _one_more(journal: Journal, scene: Scene, number: int, outside: Memory, before: Fresh) -> Fresh:
    what = Mended(of=scene.run, replicate=number, edited=(FRESH,))
    name = fork_name(what)
    live = Live.begin(journal, name, what, parent=scene.run, memory=dict(outside))
    said = answer_with(scene.config, tools_with_seed(scene, live, number))
    live.end(said)
    outcome = outcome_of(name, scene.config, said)
    return Fresh((*before.outcomes, outcome), False, (*before.runs, name), before.executed + live.executed)


def _read_outside(journal: Journal, run: str) -> Memory:
    """What the run read from outside, save for what models said."""
    served: Memory = {}
    memory = recorded_work(journal, run)
    for step in activities(journal, run):
        if step.effect != "pure" and step.kind != MODEL and (step.key, step.path) in memory:
            add_work(served, step.key, step.path, 1, memory[step.key, step.path])
    return served
