"""A plan resolved: everything it names is looked up and proven against the store, before anything is written.

Rules kept here
- A plan is resolved once. Checking it, estimating it and running it are three calls on the value that comes out.
- What is proven: the mask, code that somebody must allow, the readers, the cases, every reference and date, every
  store state, and that something is left to run. What is wrong is raised as one ``InputError``.
- Nothing is written, and no model is asked. A server may be asked how much its model can hold.
- An experiment that is resumed is proven against the store state that it began with.

    with opened(plan) as experiment:
        summary(experiment)                 # what ``evitrail run --check`` prints
        estimate(experiment, folder)        # what ``evitrail run --dry-run`` prints
        experiment.run(folder)
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

from evitrail.agent.model import Decoding
from evitrail.agent.reader import Reader, reader_named
from evitrail.eval.attribution.scene.labels import contradictions
from evitrail.eval.dataset.case import check, load
from evitrail.eval.dataset.masking import Mask, mask_named, masked
from evitrail.eval.experiment.experiment import Engine, Experiment
from evitrail.eval.log.recorded_store import recorded_store
from evitrail.eval.plan.condition import Condition
from evitrail.eval.plan.custom_conditions import admit
from evitrail.eval.plan.plan import PLAN, Plan, settle
from evitrail.eval.plan.plan_paths import located
from evitrail.eval.plan.readers import Readers, readers
from evitrail.eval.plan.run_name import ReadCondition, labels
from evitrail.evidence_store import EvidenceStore
from evitrail.evidence_store.input_text import InputError
from evitrail.traces import Journals


@contextmanager
def opened(
    plan: Plan, folder: Path | None = None, *, allow_code: bool = False, engine: Engine | None = None
) -> Iterator[Experiment]:
    """The plan's store opened, and the plan resolved; where ``folder`` holds an experiment, as a resumption of it.

    Raises ``InputError`` for a plan that cannot be run, or that is not the one the folder belongs to.
    """
    with _one_error():
        mask_of(plan, allow_code=allow_code)  # before the store, which takes longer to open
    with ExitStack() as held:
        past = None
        if folder is not None and (folder / PLAN).exists():
            plan = settle(plan, folder, 0)
            past = held.enter_context(Journals.open(folder)) if any(folder.glob("journal*.db")) else None
        given = None if folder is not None and past is not None else Path(plan.store)
        store = held.enter_context(recorded_store(folder or Path("the plan"), plan, past, given))
        yield resolve(plan, store, allow_code=allow_code, engine=engine)


def resolve(plan: Plan, store: EvidenceStore, *, allow_code: bool = False, engine: Engine | None = None) -> Experiment:
    """The experiment that a plan describes, with every part of it proven; raises ``InputError``."""
    with _one_error():
        mask = mask_of(plan, allow_code=allow_code)
        admit(plan.asked, allow_code=allow_code)
        cases = plan.select(load(Path(plan.benchmark)))
        seq = store.seq if plan.seq is None else plan.seq
        check(cases, store.snapshot(seq=seq))
        decoding = Decoding(samples=plan.samples, temperature=plan.temperature, seed=plan.seed)
        experiment = Experiment(
            cases, plan.asked, store, readers_of(plan, store), decoding, seq, plan.in_flight, mask, engine
        )
        _expect_open_answers(experiment)
        experiment.jobs(cases)  # proves the store states, that no run is named twice, and that one is left
    return experiment


def _expect_open_answers(experiment: Experiment) -> None:
    """Raise ``ValueError`` where a case without options is put to a condition or reader that needs them."""
    case = next((case for case in experiment.cases if case.is_open), None)
    for condition in experiment.conditions if case else ():
        for _, reader in readers(experiment.reader):
            if why := condition.lacking_openly(reader):
                raise ValueError(
                    f"case {case.id if case else ''!r} asks for an answer in free text, which condition "
                    f"{condition.name!r} cannot give: {why}; leave the condition or the case out"
                )


class ExperimentSummary(NamedTuple):
    """What an experiment comes to, before any of it is run."""

    cases: int
    conditions: Mapping[str, Condition]
    """By the name that results call them: ``condition``, or ``condition@reader``."""
    excluded: Mapping[str, str]
    """The conditions that are not run, each with the reason."""
    runs: int
    contradictions: Mapping[str, tuple[str, ...]]
    """By case, where its key, its flags of harm and ``supports`` contradict each other."""


def summary(experiment: Experiment) -> ExperimentSummary:
    """Cases, conditions and runs of an experiment; raises ``Unmasked`` for a case that cannot be masked."""
    cases = [masked(case, experiment.mask) for case in experiment.cases]
    excluded = experiment.excluded(cases)
    every = {
        str(ReadCondition(condition.name, label)): condition
        for condition in experiment.conditions
        for label, _ in readers(experiment.reader)
    }
    kept = {name: condition for name, condition in every.items() if name not in excluded}
    doubts = {case.id: tuple(found) for case in cases if (found := contradictions(case))}
    return ExperimentSummary(len(cases), kept, excluded, len(experiment.jobs(cases)), doubts)


def absolute(plan: Plan) -> Plan:
    """The plan with absolute paths: the copy in the experiment's folder must mean the same from any folder."""
    return located(plan, Path())


def readers_of(plan: Plan, store: EvidenceStore) -> Readers:
    """All readers of a plan, under their labels; raises ``ValueError`` where there is none of that name."""
    found = [_reader(spec, plan, store) for spec in plan.read_by]
    return Readers(dict(zip(labels(plan.read_by), found, strict=True)))


def mask_of(plan: Plan, *, allow_code: bool = False) -> Mask | None:
    """The mask that a plan names; raises ``ValueError`` where there is none, or it is code that nobody allowed."""
    return mask_named(plan.mask, Path(plan.mask_names) if plan.mask_names else None, allow_code=allow_code)


def _reader(spec: str, plan: Plan, store: EvidenceStore) -> Reader:
    return reader_named(
        spec,
        store.encoder.encode,
        prompts=plan.prompts,
        judge=plan.judge,
        held=plan.held,
        max_tokens=plan.max_tokens,
        key_env=plan.key_env,
    )


@contextmanager
def _one_error() -> Iterator[None]:
    """Whatever is wrong with a plan is an ``InputError``, whoever found it."""
    try:
        yield
    except InputError:
        raise
    except ValueError as error:
        raise InputError(str(error).splitlines() or [type(error).__name__]) from error
