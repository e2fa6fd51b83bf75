"""From a plan to the parts that carry it out: the readers, the arms, the cases, the experiment, its results."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from evitrail.agent.model import Decoding
from evitrail.agent.reader import ExtractiveReader, Reader, reader_named
from evitrail.agent.reader.extractive.embedding_similarity import question_texts
from evitrail.agent.reader.sentences import sentences
from evitrail.eval.dataset.case import Case, check, load
from evitrail.eval.dataset.masking import Mask, mask_named
from evitrail.eval.experiment.experiment import Engine, Experiment
from evitrail.eval.experiment.sweep import Failure
from evitrail.eval.log.skipped import skips
from evitrail.eval.plan.condition import Condition
from evitrail.eval.plan.custom_conditions import admit
from evitrail.eval.plan.plan import PLAN, Plan, read_plan, settle
from evitrail.eval.plan.readers import Readers, probe
from evitrail.eval.plan.readers import readers as readers_in
from evitrail.eval.plan.run_name import labels
from evitrail.eval.plan.store_state import states
from evitrail.eval.report.results import blame_folder, write_results
from evitrail.evidence_store import EvidenceStore
from evitrail.evidence_store.input_lines import InputError, fitting
from evitrail.traces import Journals
from evitrail.workbench.cli.console import complain, progress, sweeping

SEVERAL = re.compile("^--(reader|retriever|snapshot)s:")
"""Keys of a plan that take a list, for which an option is given again and again."""
EMBEDDED = 512
"""Texts embedded between two ticks of the progress bar."""


def plan_in(file: Path) -> Plan:
    """A plan file, its paths made absolute: the experiment's copy must mean the same from any folder."""
    plan = read_plan(file)
    names = [name for name in ("benchmark", "store", "mask_names") if getattr(plan, name) is not None]
    names += ["prompts"] if Path(plan.prompts).exists() else []
    return plan.model_copy(update={name: str(Path(getattr(plan, name)).resolve()) for name in names})


def plan_of(benchmark: Path, store: Path, **options: Any) -> Plan:
    """The plan that a command line's options make; raises ``InputError`` naming the option at fault."""
    try:
        return fitting(Plan, {"benchmark": str(benchmark.resolve()), "store": str(store.resolve()), **options})
    except InputError as error:
        raise InputError([SEVERAL.sub(r"--\1:", fault) for fault in error.faults]) from error


def reader_of(spec: str, plan: Plan, store: EvidenceStore) -> Reader:
    """One reader that a plan names; raises ``ValueError`` listing those there are."""
    return reader_named(
        spec,
        store.encoder.encode,
        prompts=plan.prompts,
        judge=plan.judge,
        held=plan.held,
        max_tokens=plan.max_tokens,
    )


def readers_of(plan: Plan, store: EvidenceStore) -> Readers:
    """All readers of a plan, under their labels; raises ``ValueError`` where there is none of that name."""
    made = [reader_of(spec, plan, store) for spec in plan.read_by]
    return Readers(dict(zip(labels(plan.read_by), made, strict=True)))


def mask_of(plan: Plan, *, allow_code: bool = False) -> Mask | None:
    """The mask a plan names; raises ``ValueError`` where there is none, or it is code that nobody allowed."""
    return mask_named(plan.mask, Path(plan.mask_names) if plan.mask_names else None, allow_code=allow_code)


def prepared(plan: Plan, store: EvidenceStore, *, allow_code: bool = False) -> tuple[list[Case], list[Condition]]:
    """The cases and arms of a plan, every reference, date and state proven against the store.

    Raises ``ValueError`` where a retriever is code that nobody allowed.
    """
    admit(plan.asked, allow_code=allow_code)
    cases = plan.select(load(Path(plan.benchmark)))
    check(cases, store.snapshot(seq=plan.seq))
    states(plan.asked, store, plan.seq)
    return cases, plan.asked


def embed_together(cases: Sequence[Case], store: EvidenceStore) -> None:
    """Embed what the extractive reader will compare, in large batches; run by run they would be small.

    What a patient was asked about is not: vectors are kept in the store.
    """
    refs = dict.fromkeys(ref for case in cases for ref in (*case.clean_evidence, *case.conflict_evidence))
    plain = (case for case in cases if not case.sensitive)
    options = ((case.stem, [case.options[letter] for letter in sorted(case.options)]) for case in plain)
    texts = [text for stem, written in options for text in question_texts(stem, written)]
    texts += [sentence.text for ref in refs for sentence in sentences(store.get(ref).text)]
    with progress("embedding") as told:
        for at in range(0, len(texts), EMBEDDED):
            store.encoder.encode(texts[at : at + EMBEDDED])
            told(min(at + EMBEDDED, len(texts)), len(texts))


class Reopened(NamedTuple):
    """An experiment that something is to be done with again."""

    past: Journals
    """All that was recorded; ``Journal.open`` is where new runs go."""
    store: EvidenceStore
    readers: Readers


@contextmanager
def reopened(folder: Path, *, allow_code: bool = False) -> Iterator[Reopened]:
    """An experiment's journal, store and readers, as its plan names them; nothing is written.

    Raises ``ValueError`` where there is a journal and no plan: nothing in it was done here.
    """
    if any(folder.glob("journal*.db")) and not (folder / PLAN).exists():
        raise ValueError(
            f"{folder}: expected an experiment, found a journal without {PLAN}; what was recorded elsewhere "
            "cannot be done again, for its code is not here"
        )
    with Journals.open(folder) as past:
        plan = read_plan(folder / PLAN)
        admit(plan.asked, allow_code=allow_code)
        with EvidenceStore.open(Path(plan.store)) as store:
            yield Reopened(past, store, readers_of(plan, store))


def experiment_of(plan: Plan, store: EvidenceStore, *, allow_code: bool = False) -> Experiment:
    """The experiment that a plan says, every reference and date proven against the store."""
    mask = mask_of(plan, allow_code=allow_code)
    cases, arms = prepared(plan, store, allow_code=allow_code)
    decoding = Decoding(samples=plan.samples, temperature=plan.temperature, seed=plan.seed)
    return Experiment(cases, arms, store, readers_of(plan, store), decoding, plan.seq, plan.in_flight, mask)


def carry_out(
    plan: Plan, folder: Path, *, attribute: bool = True, allow_code: bool = False, engine: Engine | None = None
) -> tuple[list[dict[str, object]], list[Failure]]:
    """Run what is not done yet, blame what failed, write the results; returns metric rows and unfinished runs."""
    mask_of(plan, allow_code=allow_code)  # before the store, which takes longer
    with EvidenceStore.open(Path(plan.store)) as store:
        planned = experiment_of(plan, store, allow_code=allow_code)
        if not (folder / PLAN).exists():
            probe(planned.reader)  # before anything is written
        readers = readers_in(planned.reader)
        if any(isinstance(reader, ExtractiveReader) for _, reader in readers):
            embed_together(planned.cases, store)
        planned.jobs(planned.cases)  # before anything is written: raises where nothing is left
        for arm, why in planned.left_out(planned.cases).items():
            complain(f"left out: {arm}: {why}")
        experiment = replace(planned, seq=settle(plan, folder, store.seq).seq, engine=engine)
        with sweeping() as watch:
            failures = experiment.run(folder, watch=watch)
        if attribute:
            with progress("attributing") as told:
                blame_folder(folder, store, readers, told)
    with Journals.open(folder) as past:
        skipped = skips(past)
    for arm, reasons in skipped.items():
        complain(f"skipped: {arm}: {len(reasons)} questions do not fit: {reasons[0]}")
    rows = write_results(folder)
    if skipped and not rows and not failures:
        raise ValueError(
            f"{folder}: expected a question that fits the model, got none; ask less, or one that holds more"
        )
    return rows, failures
