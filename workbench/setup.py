"""From a plan to the parts that carry it out: the reader, the cases, the experiment, its results."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from agent.model import Decoding
from agent.reader import READERS, ExtractiveReader, Reader
from agent.reader.meanings import question_texts
from agent.reader.sentences import sentences
from eval.benchmark import Case, check, load
from eval.condition import Condition, condition
from eval.experiment import JOURNAL, Experiment, Failure
from eval.masking import Mask, mask_named
from eval.plan import PLAN, Plan, read_plan, settle
from eval.results import blame_failures, write_results
from evidence_store import EvidenceStore
from evidence_store.formats.lines import fitting
from traces import Journal, Journals
from workbench.cli.console import progress

EMBEDDED = 512
"""Texts embedded between two ticks of the progress bar."""


def plan_in(file: Path) -> Plan:
    """A plan file, its paths made absolute: the experiment's copy must mean the same from any folder."""
    plan = read_plan(file)
    names = [name for name in ("benchmark", "store", "mask_names") if getattr(plan, name) is not None]
    return plan.model_copy(update={name: str(Path(getattr(plan, name)).resolve()) for name in names})


def plan_of(benchmark: Path, store: Path, **options: Any) -> Plan:
    """The plan that a command line's options make; raises ``InputError`` naming the option at fault."""
    return fitting(Plan, {"benchmark": str(benchmark.resolve()), "store": str(store.resolve()), **options})


def reader_of(plan: Plan, store: EvidenceStore) -> Reader:
    """The reader a plan names; raises ``ValueError`` listing those there are."""
    if plan.reader not in READERS:
        raise ValueError(f"expected a reader among {', '.join(READERS)}, got {plan.reader!r}")
    return READERS[plan.reader](store.encoder.encode)


def mask_of(plan: Plan, *, allow_code: bool = False) -> Mask | None:
    """The mask a plan names; raises ``ValueError`` where there is none, or it is code that nobody allowed."""
    return mask_named(plan.mask, Path(plan.mask_names) if plan.mask_names else None, allow_code=allow_code)


def prepared(plan: Plan, store: EvidenceStore) -> tuple[list[Case], list[Condition]]:
    """The cases and arms of a plan, every reference and date proven against the store."""
    arms = [condition(name) for name in plan.conditions]
    cases = plan.select(load(Path(plan.benchmark)))
    check(cases, store.snapshot(seq=plan.seq))
    return cases, arms


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
    reader: Reader


@contextmanager
def reopened(folder: Path) -> Iterator[Reopened]:
    """An experiment's journal, store and reader, as its plan names them; nothing is written.

    Raises ``ValueError`` where there is a journal and no plan: nothing in it was done here.
    """
    if any(folder.glob("journal*.db")) and not (folder / PLAN).exists():
        raise ValueError(
            f"{folder}: expected an experiment, found a journal without {PLAN}; what was recorded elsewhere "
            "cannot be done again, for its code is not here"
        )
    with Journals.open(folder) as past:
        plan = read_plan(folder / PLAN)
        with EvidenceStore.open(Path(plan.store)) as store:
            yield Reopened(past, store, reader_of(plan, store))


def carry_out(
    plan: Plan, folder: Path, *, attribute: bool = True, allow_code: bool = False
) -> tuple[list[dict[str, object]], list[Failure]]:
    """Run what is not done yet, blame what failed, write the results; returns metric rows and unfinished runs."""
    mask = mask_of(plan, allow_code=allow_code)
    with EvidenceStore.open(Path(plan.store)) as store:
        cases, arms = prepared(plan, store)
        reader = reader_of(plan, store)
        if isinstance(reader, ExtractiveReader):
            embed_together(cases, store)
        plan = settle(plan, folder, store.seq)
        decoding = Decoding(samples=plan.samples, temperature=plan.temperature, seed=plan.seed)
        experiment = Experiment(cases, arms, store, reader, decoding, plan.seq, mask=mask)
        with progress("running") as told:
            failures = experiment.run(folder, told)
        if attribute:
            with Journal.open(folder / JOURNAL) as journal, progress("attributing") as told:
                blame_failures(journal, store, reader, told)
    return write_results(folder), failures
