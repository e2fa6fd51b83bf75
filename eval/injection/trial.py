"""One cell of the injection: the questions of a data set, read by one reader, with one fault.

Rules kept here
- Of a double, only the questions count that each fault alone breaks (OR), or neither alone (AND).
- *Admitted* is a run that passes without the fault and fails with it. What a fault does not break is *masked*; some of
  those are kept as controls. What failed before is nobody's injection, and is not tried. Both readers here are
  deterministic, so once stands for ten times.
- Each cell is an experiment of its own, in a folder of its own, that a reviewer can open.
- The attribution is told nothing: it gets the journal, the store and the reader, as for any experiment.
- A run whose attribution raises is kept with the error, and counts as not named.
"""

from __future__ import annotations

import hashlib
import random
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import Field

from evitrail.agent.llm.base import LLM
from evitrail.agent.model import Answer, Decoding
from evitrail.agent.reader.base import Reader
from evitrail.agent.reader.extractive.extractive import ExtractiveReader
from evitrail.eval.attribution.attribute import attribute, evidence_named
from evitrail.eval.attribution.blame import FAILS, Blame
from evitrail.eval.dataset.case import Case
from evitrail.eval.experiment.experiment import Experiment
from evitrail.eval.injection.baselines import failed_run, guesses
from evitrail.eval.injection.bases import BASES, BaseName
from evitrail.eval.injection.conditioned import conditioned
from evitrail.eval.injection.donors import Donors, donors
from evitrail.eval.injection.judges import judged
from evitrail.eval.injection.operators import Operator
from evitrail.eval.injection.step_text import kind_text
from evitrail.eval.injection.store_faults import added_table, contested, faulted, with_weaker_label
from evitrail.eval.injection.table_reader import TableReader
from evitrail.eval.log.run_config import RunConfig
from evitrail.eval.log.runs import JOURNAL, outcome_of, traces
from evitrail.eval.plan.readers import readers
from evitrail.evidence_store.index.embed import Encoder
from evitrail.evidence_store.model import Evidence
from evitrail.evidence_store.store import EvidenceStore
from evitrail.traces.journal.journal import Journal
from evitrail.traces.record import Record
from evitrail.traces.trace import Trace

NO_SAMPLES = Decoding(samples=0)
"""No sampled answers: what is injected decides the greedy answer."""
MASKED = 2
"""Masked runs kept of each cell, as controls."""


@dataclass(frozen=True)
class Material:
    """Questions with their evidence, and the folder to work in."""

    name: str
    cases: tuple[Case, ...]
    evidence: tuple[Evidence, ...]
    folder: Path
    embedder: Encoder = field(repr=False)


class Trial(Record):
    """One injected run: what was done to it, and what was said of it."""

    operator: str
    sort: str
    data: str
    reader: str
    case: str
    run: str
    truth: tuple[str, ...]
    code: str | None
    blame: Blame | None
    """None where the run did not fail, or could not be attributed."""
    failed: bool = True
    error: str = ""
    """Why it could not be attributed."""
    guesses: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """What each baseline says."""
    injected: str = ""
    """The words of the step that is to blame."""
    about: str = ""
    """The lineage of the evidence that decides its question."""
    clean: str = ""
    """The words of the same step in the run without the fault."""


@dataclass(frozen=True)
class CleanRuns:
    """What the runs of one base came to, read by one reader, without any fault."""

    passed: frozenset[str]
    """The questions that are answered rightly."""
    kinds: Mapping[str, frozenset[str]]
    """By question, the kinds of its steps."""
    donors: Donors
    folder: Path


@dataclass
class Bench:
    """All cells of one data set, with the stores and clean runs they share."""

    material: Material
    seed: int = 0
    candidates: int = 30
    """Questions tried in each cell."""
    admitted: int = 12
    """Runs attributed in each cell, at most."""
    judge: LLM | None = None
    """Who is asked as a judge beside the baselines."""
    _clean: dict[tuple[str, str], CleanRuns] = field(default_factory=dict)
    _stores: dict[str, EvidenceStore] = field(default_factory=dict)

    def readers(self) -> dict[str, Reader]:
        """The two that read everything."""
        cases = self.material.cases
        added = added_table(cases)
        speaks = {case.id: {**case.supported_by(), **added.get(case.id, {})} for case in cases}
        held = {item.ref: item.title for item in self.material.evidence}
        titles = {case.id: held[case.clean_evidence[0]] for case in cases if case.clean_evidence}
        return {
            "extractive": ExtractiveReader(embed=self.material.embedder.encode),
            "table": TableReader(self.material.name, speaks, titles),
        }

    def trials(self, operator: Operator, label: str, reader: Reader) -> list[Trial]:
        """The admitted runs of one cell, attributed, and some of the masked ones."""
        clean = self.clean(operator.base, label, reader)
        able = [
            case
            for case in self.material.cases
            if case.id in clean.passed and (operator.needs is None or operator.needs in clean.kinds[case.id])
        ]
        dice = random.Random(f"{self.seed} {operator.name} {label} {self.material.name}")
        tried = len(able) if operator.sort == "fluke" else min(self.candidates, len(able))
        cases = sorted(dice.sample(able, tried), key=lambda case: case.id)
        if not cases:
            return []
        base = BASES[operator.base]
        asked = [with_weaker_label(case) if base.store == "contested" else case for case in cases]
        asked = [operator.asked(case) if operator.asked else case for case in asked]
        by_id = {case.id: case for case in cases}
        who = operator.reader(reader, by_id) if operator.reader else reader
        store = self.store(base.store, operator.store, cases)
        folder = self.folder(operator, label)
        for part in operator.parts:
            kept = self._failed(part, label, reader, asked, by_id, clean)
            asked = [case for case in asked if (case.id in kept) == (operator.sort == "OR")]
        with conditioned(operator, reader, by_id, clean.donors) as condition:
            Experiment(asked, [condition], store, who, NO_SAMPLES).run(folder)
            return list(self._attributed(folder, operator, label, store, who, clean))

    def _failed(
        self,
        part: Operator,
        label: str,
        reader: Reader,
        asked: Sequence[Case],
        by_id: Mapping[str, Case],
        clean: CleanRuns,
    ) -> set[str]:
        """The questions that fail with one fault of a double alone."""
        folder = self.folder(part, label)
        store = self.store(BASES[part.base].store, part.store, list(by_id.values()))
        with conditioned(part, reader, by_id, clean.donors) as condition:
            Experiment(asked, [condition], store, reader, NO_SAMPLES).run(folder)
        with Journal.open(folder / JOURNAL) as journal:
            ended = [(trace.config(RunConfig), trace.output(Answer)) for trace in traces(journal)]
        fails = FAILS[part.outcome]
        return {c.case.id for c, said in ended if said is not None and fails(outcome_of(c.case.id, c, said))}

    def folder(self, operator: Operator, label: str) -> Path:
        """Where the experiment of a cell lies."""
        return self.material.folder / slug(f"{operator.name} {label}")

    def clean(self, base: BaseName, label: str, reader: Reader) -> CleanRuns:
        """The runs of a base without any fault, done once."""
        key = (base, label)
        if key not in self._clean:
            cases = [case for case in self.material.cases if case.clean_evidence]
            asked = [with_weaker_label(case) for case in cases] if BASES[base].store == "contested" else cases
            plain = Operator(f"without fault {base}", (), base=base)
            folder = self.material.folder / slug(f"without fault {base} {label}")
            with conditioned(plain, reader, {case.id: case for case in cases}, Donors()) as condition:
                store = self.store(BASES[base].store, None, ())
                Experiment(asked, [condition], store, reader, NO_SAMPLES).run(folder)
                with Journal.open(folder / JOURNAL) as journal:
                    self._clean[key] = _clean_runs(journal, folder)
        return self._clean[key]

    def store(self, sort: str, fault: str | None, cases: Sequence[Case]) -> EvidenceStore:
        """The store of this sort with a fault done to the evidence of these cases, made once."""
        of = " ".join(case.id for case in cases) if fault else ""
        name = slug(f"store {sort} {fault or 'sound'} {hashlib.sha256(of.encode()).hexdigest()[:8]}")
        if name not in self._stores:
            whole = [case for case in self.material.cases if case.clean_evidence]
            given = contested(whole, self.material.evidence) if sort == "contested" else list(self.material.evidence)
            store = EvidenceStore.open(self.material.folder / name, create=True, embedder=self.material.embedder)
            store.ingest(faulted(fault, cases, given) if fault else given)
            self._stores[name] = store
        return self._stores[name]

    def close(self) -> None:
        """Close the stores."""
        for store in self._stores.values():
            store.close()

    def _attributed(
        self, folder: Path, operator: Operator, label: str, store: EvidenceStore, reader: Reader, clean: CleanRuns
    ) -> Iterator[Trial]:
        with Journal.open(folder / JOURNAL) as journal, Journal.open(clean.folder / JOURNAL) as before:
            vouched = evidence_named(journal)
            done = masked = 0
            for trace in list(traces(journal)):
                config, said = trace.config(RunConfig), trace.output(Answer)
                failed = said is not None and bool(FAILS[operator.outcome](outcome_of(trace.run, config, said)))
                is_masked = not failed and bool(operator.truth)
                masked += is_masked
                if not failed and operator.sort == "fluke":
                    continue
                if done == self.admitted or (is_masked and masked > MASKED):
                    continue
                done += not is_masked
                blame, guessed, error = self._blame_and_guesses(
                    journal, trace.run, operator, store, reader, vouched, failed
                )
                yield Trial(
                    operator=operator.name,
                    sort="masked" if is_masked else operator.sort,
                    data=self.material.name,
                    reader=label,
                    case=config.case.id,
                    run=trace.run,
                    truth=() if is_masked else operator.truth,
                    code=None if is_masked else operator.code,
                    blame=blame,
                    failed=failed,
                    error=error,
                    guesses=guessed,
                    about="".join(config.case.clean_evidence[:1]).partition("@")[0],
                    injected=kind_text(trace, operator.truth),
                    clean=_clean_text(before, config.case.id, operator.truth),
                )

    def _blame_and_guesses(
        self,
        journal: Journal,
        run: str,
        operator: Operator,
        store: EvidenceStore,
        reader: Reader,
        vouched: frozenset[str],
        failed: bool,
    ) -> tuple[Blame | None, dict[str, tuple[str, ...]], str]:
        """The blame of one run, what the baselines say of it if it failed, and the error if there was one."""
        try:
            with journal.transaction():
                found = attribute(journal, run, store, reader, vouched=vouched)
                blame = next((one for one in found if one.outcome == operator.outcome), None)
                if not failed:
                    return blame, {}, ""
                args = (vouched, operator.outcome, blame, self.seed)
                one = failed_run(journal, run, store, readers(reader), *args)
                said = guesses(one) | (judged(self.judge, one.scene) if self.judge else {})
                return blame, said, ""
        except Exception as error:  # one run that cannot be attributed must not end the others
            return None, {}, " ".join(f"{type(error).__name__}: {error}".split())


def _clean_runs(journal: Journal, folder: Path) -> CleanRuns:
    passed, kinds, lending = set(), {}, []
    for trace in traces(journal):
        config, said = trace.config(RunConfig), trace.output(Answer)
        if said is not None and outcome_of(trace.run, config, said).correct:
            passed.add(config.case.id)
        kinds[config.case.id] = frozenset(step.kind for step in trace.activities)
        lending.append((config.case, trace))
    return CleanRuns(frozenset(passed), kinds, donors(lending), folder)


def _clean_text(journal: Journal, case: str, kinds: Sequence[str]) -> str:
    """The words of these steps in the clean run of a case."""
    return kind_text(Trace(journal, f"injected.{case}"), kinds)


def slug(name: str) -> str:
    """A name as it can stand in a path."""
    return re.sub(r"[^A-Za-z0-9]+", "-", name).strip("-")
