"""Attacks tried on copies of an experiment's store, with the experiment's own conditions and readers at work.

Rules kept here
- The runs are ordinary runs of the experiment's conditions, by its readers, as its plan says. They can be read like any
  other; the store they were done on is deleted.
- With the rules off the store is as it would be without publishers, and the gates ``AGAINST_FALSE`` are left out.
- An attack that changes what the store holds is tried in waves: questions that share a lineage are in different ones,
  each with a copy of its own. The number of waves is that of the questions that share the commonest lineage.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TypeVar

from evitrail.agent.model import Decoding
from evitrail.eval.dataset.case import Case, check
from evitrail.eval.experiment.experiment import Experiment
from evitrail.eval.injection.donors import lineages
from evitrail.eval.injection.wrong_option import wrong_option
from evitrail.eval.log.run_config import RunConfig
from evitrail.eval.log.runs import traces
from evitrail.eval.plan.condition import Condition
from evitrail.eval.plan.plan import Plan
from evitrail.eval.plan.run_name import ReadCondition
from evitrail.eval.redteam.store.attack import Attack, Plot, Scene
from evitrail.eval.redteam.store.attempt import Attempt, Chosen, chosen_of, gates_passed
from evitrail.eval.redteam.store.red_team import Rules
from evitrail.eval.redteam.store.submission import Attacker, attackers_of, submit
from evitrail.eval.redteam.store.throwaway import throwaway
from evitrail.eval.resolve import mask_of, readers_of
from evitrail.evidence_store import Evidence, EvidenceStore
from evitrail.evidence_store.index.embed import Encoder
from evitrail.evidence_store.ledger.event import OF_PUBLISHERS, QUESTIONS
from evitrail.retrieval import RETRIEVERS, Clean
from evitrail.retrieval.gates import GATES
from evitrail.traces import Journals
from evitrail.traces.trace import Trace

T = TypeVar("T")

AGAINST_FALSE = ("echo", "corroboration")
"""The gates against false evidence."""
GATED, UNGUARDED = "clean", "clean without the gates against false evidence"
"""The retriever that passes gates, and what it is called where those are left out."""


class AttackRuns:
    """One experiment's questions, conditions and store, with the rules on or off."""

    def __init__(
        self,
        plan: Plan,
        store: Path,
        cases: Sequence[Case],
        conditions: Sequence[Condition],
        encoder: Encoder,
        folder: Path,
        rules: Rules,
    ) -> None:
        self.plan = plan
        self.at = store
        self.cases = cases
        self.conditions = [_unguarded(one) for one in conditions] if rules == "off" else list(conditions)
        self.encoder = encoder
        self.folder = folder
        self.rules = rules

    @contextmanager
    def store(self, attacker: Attacker | None = None) -> Iterator[EvidenceStore]:
        """A copy of the store, as this attacker finds it."""
        lacking = OF_PUBLISHERS if self.rules == "off" else {QUESTIONS} if attacker == "unforeseen" else ()
        with throwaway(self.at, self.folder / "copy", self.encoder, lacking) as copy:
            yield copy

    @cached_property
    def held(self) -> dict[str, Evidence]:
        """What the store holds, each version with its end as it is known."""
        with self.store() as copy:
            check(self.cases, copy.snapshot())
            ends = {ref: header.valid_to for ref, header in copy.headers.items()}
            return {ref: copy.get(ref).model_copy(update={"valid_to": end}) for ref, end in ends.items()}

    def unattacked(self) -> tuple[list[Chosen], tuple[Attacker, ...]]:
        """What every run chooses where nobody attacks, and who can attack."""
        with self.store() as copy:
            choices = [choice for choice, _ in self._runs(copy, self.cases, "unattacked")]
            return self._in_order(choices, lambda one: one), attackers_of(copy)

    def attacked(self, attack: Attack, attacker: Attacker, before: Sequence[Chosen]) -> list[Attempt]:
        """What every run chooses where this is done, beside what it chose before."""
        was = {(one.condition, one.case): one for one in before}
        found = []
        for number, plots in enumerate(waves(attack, self._plots(attack)), 1):
            by_case = {plot.case.id: plot for plot in plots}
            name = f"{attack.name}.{attacker}.{number}"
            with self.store(attacker) as copy:
                stopped = submit(copy, attack, plots, attacker)
                for after, trace in self._runs(copy, [plot.case for plot in plots], name):
                    plot = by_case[after.case]
                    if (earlier := was.get((after.condition, after.case))) is None:
                        continue
                    dropped, served = gates_passed(trace, plot)
                    found.append(
                        Attempt(
                            attack=attack.name,
                            attacker=attacker,
                            condition=after.condition,
                            run=f"{self.rules}/{name}/{trace.run}",
                            before=earlier,
                            after=after,
                            target=plot.target,
                            stopped_by=tuple(dict.fromkeys((*stopped[plot.source], *dropped))),
                            served=served,
                        )
                    )
        return self._in_order(found, lambda one: one.after)

    def _in_order(self, found: Sequence[T], choice: Callable[[T], Chosen]) -> list[T]:
        """By condition as they were named, reader and case."""
        names = [one.name for one in self.conditions]

        def place(one: T) -> tuple[int, str, str]:
            told = choice(one)
            return names.index(ReadCondition.parse(told.condition).condition), told.condition, told.case

        return sorted(found, key=place)

    def _plots(self, attack: Attack) -> list[Plot]:
        scenes = (Scene(case, wrong_option(case), self.held, n) for n, case in enumerate(self.cases, 1))
        return [plot for scene in scenes if (plot := attack.make(scene)) is not None]

    def _runs(self, store: EvidenceStore, cases: Sequence[Case], name: str) -> Iterator[tuple[Chosen, Trace]]:
        """Every run of these questions on this copy, from the beginning; raises ``ValueError`` where one fails."""
        folder = self.folder / "runs" / self.rules / name
        shutil.rmtree(folder, ignore_errors=True)
        plan = self.plan
        decoding = Decoding(samples=plan.samples, temperature=plan.temperature, seed=plan.seed)
        with _unguarded_is_known():
            failures = Experiment(
                cases,
                self.conditions,
                store,
                readers_of(plan, store),
                decoding,
                in_flight=plan.in_flight,
                mask=mask_of(plan, allow_code=True),
            ).run(folder)
        if failures:
            said = f"{len(failures)} runs could not be finished, the first is {failures[0].run} ({failures[0].error})"
            raise ValueError(f"{said}; run the same command to resume")
        with Journals.open(folder) as journal:
            for trace in traces(journal):
                config = trace.config(RunConfig)
                condition = str(ReadCondition.of(trace.run, config.condition.name))
                if (choice := chosen_of(trace, condition, config.case)) is not None:
                    yield choice, trace


@contextmanager
def _unguarded_is_known() -> Iterator[None]:
    """While the block lasts, the clean retriever without the gates against false evidence has a name."""
    RETRIEVERS[UNGUARDED] = Clean(gates=tuple(gate for gate in GATES if gate not in AGAINST_FALSE))
    try:
        yield
    finally:
        RETRIEVERS.pop(UNGUARDED)


def _unguarded(condition: Condition) -> Condition:
    return condition.model_copy(update={"retriever": UNGUARDED}) if condition.retriever == GATED else condition


def waves(attack: Attack, plots: Sequence[Plot]) -> list[list[Plot]]:
    """The plots that are tried in one copy together, wave by wave."""
    if not attack.changes_others:
        return [list(plots)] if plots else []
    found: list[tuple[set[str], list[Plot]]] = []
    for plot in plots:
        touched = lineages(plot.case)
        free = next((wave for wave in found if not wave[0] & touched), None)
        if free is None:
            free = (set(), [])
            found.append(free)
        free[0].update(touched)
        free[1].append(plot)
    return [made for _, made in found]
