"""Verify: run a recorded run again without writing, and say of each step whether its output is the same.

Rules kept here
- Every pure step is run again with the network blocked; steps with effects return their recorded output.
- A step after a changed one gets the verdict that its input changed, so the first cause can be found.
- If a step fails this time, this is its verdict, and its recorded output is used so that the others are still checked.
- Nothing is written, so verifying is always safe.

    verify = Verify(journal, "clean.rad-001")
    answer_again(verify)
    verify.finish()
"""

from __future__ import annotations

from typing import TypeVar

from evitrail.traces.journal.view import JournalView
from evitrail.traces.record import Record, stored_name
from evitrail.traces.run.activity import Activity
from evitrail.traces.run.blob_names import BlobNames
from evitrail.traces.run.diff import StepVerdict, body, changed_cause, differences, judge
from evitrail.traces.run.hermetic import hermetic
from evitrail.traces.run.live import BlockedEffect
from evitrail.traces.run.memory import outers, secret_of, unfolded
from evitrail.traces.run.step_key import Paths, Task, Work, work_of

T = TypeVar("T", bound=Record)


class Verify:
    """Runs a recorded run again without writing, and compares each step."""

    def __init__(self, journal: JournalView, name: str) -> None:
        self._journal = journal
        self._recorded = {a.path: a for a in unfolded(journal, name)}
        secret = secret_of(journal, name)
        self._names = BlobNames(journal.secret(secret) if secret else None)
        self.paths = Paths()
        self.checked: list[StepVerdict] = []

    def step(self, task: Task[T]) -> T:
        """See ``Run.step``; a step with effects returns its recorded output."""
        work = work_of(self.paths.take(task), task, self._names.of)
        then = self._recorded.get(work.path)
        if task.effect != "pure" or (then is not None and then.given):
            return self._serve(work, then, task.returns)
        with hermetic() as attempts, self.paths.within(work.path):
            try:
                output = self._names.as_stored(task.call(), task.returns)
            except Exception as error:
                if then is None:
                    raise
                why = f"it raised {type(error).__name__}: {error}"
                self.checked.append(
                    self._reached_out(work, attempts) or StepVerdict(work.path, "recomputed-changed", why)
                )
                return self._journal.get(then.output, task.returns)
        self.checked.append(self._reached_out(work, attempts) or self._judged(work, then, output))
        return output

    def finish(self) -> list[StepVerdict]:
        """All verdicts, including those on recorded steps that were not reached."""
        seen = {c.path for c in self.checked}
        whole = {a.path for a in self._recorded.values() if a.given}
        gone = [path for path in self._recorded if path not in seen and not whole.intersection(outers(path))]
        return self.checked + [StepVerdict(path, "missing", "not reached this time") for path in gone]

    def _serve(self, work: Work, then: Activity | None, returns: type[T]) -> T:
        if then is None:
            why = "it would have an external effect that the recorded run did not have"
            self.checked.append(StepVerdict(work.path, "blocked-effect", why))
            raise BlockedEffect(f"{work.path} by {work.by}: {why}; there is no recorded output to return")
        output = self._journal.get(then.output, returns)
        if then.given:
            self.checked.append(StepVerdict(work.path, "reused", "overridden, as recorded"))
        elif then.key == work.key:
            self.checked.append(StepVerdict(work.path, "reused", f"served as recorded ({work.effect})"))
        else:
            verdict, cause = changed_cause(then, self._activity(work, output))
            self.checked.append(StepVerdict(work.path, verdict or "input-changed", f"{cause}; served as recorded"))
        return output

    def _judged(self, work: Work, then: Activity | None, output: Record) -> StepVerdict:
        if then is None:
            return StepVerdict(work.path, "new", "the recorded run has no such step")

        def differing_field() -> str:
            fields = differences(body(self._journal, then.output), output.model_dump(mode="json"))
            return next(fields, "no field differs")

        return judge(then, self._activity(work, output), differing_field)

    def _activity(self, work: Work, output: Record) -> Activity:
        return Activity(**work._asdict(), output=self._names.of(output), output_type=stored_name(output), edges=None)

    @staticmethod
    def _reached_out(work: Work, attempts: list[str]) -> StepVerdict | None:
        if not attempts:
            return None
        return StepVerdict(
            work.path, "blocked-effect", f"declared as pure, but it tried to {attempts[0]}, which was blocked"
        )
