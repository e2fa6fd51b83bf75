"""An experiment gives equal outcomes for equal seeds, whatever interrupted it, and does no step twice."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from ward import DRUGS, WardReader, advice, arm, ask, case, opened

import evitrail.eval.experiment.experiment
from evitrail.agent.model import Decoding
from evitrail.agent.reader import ExtractiveReader
from evitrail.eval.experiment.experiment import Experiment
from evitrail.eval.log.run_config import RunConfig
from evitrail.eval.log.runs import JOURNAL, outcomes, traces
from evitrail.eval.metrics.outcome import Outcome
from evitrail.eval.metrics.outcomes_file import read_outcomes, write_outcomes
from evitrail.eval.plan.condition import condition
from evitrail.evidence_store import EvidenceStore
from evitrail.retrieval.base import Retrieved
from evitrail.traces.audit.integrity import verify_journal
from evitrail.traces.journal.journal import Journal

SOURCE = Path(evitrail.__file__).parents[1]
CASES = [case(drug) for drug in DRUGS]
ARMS = [condition("closed_book"), condition("clean"), condition("standard"), arm("loop", agent="agentic")]
FROM_BALLOTS = {
    "ballots", "majority", "majority_correct", "plurality_high_risk", "plurality_unsafe", "plurality_contradicts",
    "confidence", "overconfident",
}  # fmt: skip


@pytest.fixture
def store(tmp_path: Path) -> Iterator[EvidenceStore]:
    with opened(tmp_path) as store:
        store.ingest(advice(drug, "BC"[place % 2]) for place, drug in enumerate(DRUGS))
        yield store


def parquet(folder: Path) -> bytes:
    """The bytes of outcomes.parquet, as the journal in this folder has it."""
    with Journal.open(folder / JOURNAL, create=False) as journal:
        write_outcomes(folder / "outcomes.parquet", outcomes(journal))
    return (folder / "outcomes.parquet").read_bytes()


def scored(folder: Path) -> dict[str, Outcome]:
    parquet(folder)
    return {outcome.run: outcome for outcome in read_outcomes(folder / "outcomes.parquet")}


def paths(folder: Path) -> dict[str, Counter[str]]:
    """How often each step stands in each run's chain."""
    with Journal.open(folder / JOURNAL, create=False) as journal:
        return {trace.run: Counter(step.path for step in trace.activities) for trace in traces(journal)}


def interrupt_after(runs: int) -> Any:
    """Ctrl-C once so many runs are done."""

    def progress(done: int, of: int) -> None:
        if done == runs:
            raise KeyboardInterrupt

    return progress


@pytest.mark.parametrize("reader", [WardReader(), ExtractiveReader()])
def test_equal_seeds_give_equal_bytes_with_any_number_of_workers(
    tmp_path: Path, store: EvidenceStore, reader: Any
) -> None:
    assert ask(tmp_path / "one", store, CASES, ARMS, reader, in_flight=1) == []
    assert ask(tmp_path / "two", store, CASES[::-1], ARMS[::-1], reader, in_flight=4) == []
    assert parquet(tmp_path / "one") == parquet(tmp_path / "two")


@pytest.mark.parametrize("reader", [WardReader(), ExtractiveReader()])
def test_another_seed_changes_only_what_follows_from_the_ballots(
    tmp_path: Path, store: EvidenceStore, reader: Any
) -> None:
    for seed in (0, 1):
        ask(tmp_path / str(seed), store, CASES, ARMS, reader, decoding=Decoding(seed=seed))
    one, other = scored(tmp_path / "0"), scored(tmp_path / "1")
    assert one.keys() == other.keys()
    moved = {name for run in one for name, value in one[run] if value != getattr(other[run], name)}
    assert "ballots" in moved
    assert moved <= FROM_BALLOTS


def test_every_case_is_asked_in_every_condition_and_the_journal_is_sound(tmp_path: Path, store: EvidenceStore) -> None:
    ask(tmp_path / "x", store, CASES, ARMS, WardReader())
    assert set(scored(tmp_path / "x")) == {f"{arm_.name}.{case_.id}" for arm_ in ARMS for case_ in CASES}
    with Journal.open(tmp_path / "x" / JOURNAL, create=False) as journal:
        assert verify_journal(journal).sound


def test_a_run_keeps_all_that_decided_it(tmp_path: Path, store: EvidenceStore) -> None:
    decoding = Decoding(samples=3, seed=9)
    ask(tmp_path / "x", store, CASES[:1], ARMS[2:3], WardReader(), decoding=decoding)
    with Journal.open(tmp_path / "x" / JOURNAL, create=False) as journal:
        (trace,) = traces(journal)
        kept = trace.config(RunConfig)
    assert trace.run == f"standard.{CASES[0].id}"
    assert (kept.case, kept.condition, kept.reader) == (CASES[0], ARMS[2], repr(WardReader()))
    assert (kept.seq, kept.snapshot, kept.decoding) == (store.seq, store.snapshot().id, decoding)


@pytest.mark.parametrize("interrupted_at", [0, 1, 7, 20])
def test_an_experiment_that_was_interrupted_is_finished_without_doing_a_step_twice(
    tmp_path: Path, store: EvidenceStore, interrupted_at: int
) -> None:
    whole, parts = WardReader(), WardReader()
    ask(tmp_path / "whole", store, CASES, ARMS, whole)
    with pytest.raises(KeyboardInterrupt):
        Experiment(CASES, ARMS, store, parts).run(tmp_path / "parts", interrupt_after(interrupted_at))
    assert len(parts.calls) < len(whole.calls)
    ask(tmp_path / "parts", store, CASES, ARMS, parts)
    assert sorted(parts.calls) == sorted(whole.calls)
    assert parquet(tmp_path / "parts") == parquet(tmp_path / "whole")


def test_a_finished_experiment_calls_no_reader_and_writes_nothing(tmp_path: Path, store: EvidenceStore) -> None:
    ask(tmp_path / "x", store, CASES, ARMS, WardReader())
    with Journal.open(tmp_path / "x" / JOURNAL, create=False) as journal:
        before = journal.heads()
    again, told = WardReader(), []
    Experiment(CASES, ARMS, store, again).run(tmp_path / "x", lambda done, of: told.append((done, of)))
    with Journal.open(tmp_path / "x" / JOURNAL, create=False) as journal:
        assert journal.heads() == before
    assert again.calls == []
    assert told == [(24, 24)]


def test_progress_counts_up_to_all_runs(tmp_path: Path, store: EvidenceStore) -> None:
    told: list[tuple[int, int]] = []
    Experiment(CASES, ARMS[:2], store, WardReader()).run(tmp_path / "x", lambda done, of: told.append((done, of)))
    assert told == [(done, 12) for done in range(13)]


def test_a_run_that_fails_is_reported_and_left_unfinished_and_the_others_finish(
    tmp_path: Path, store: EvidenceStore
) -> None:
    failures = ask(tmp_path / "x", store, CASES, ARMS, WardReader(faints="q-heparin"))
    assert failures == [(f"{name}.q-heparin", "RuntimeError: out of memory") for name in sorted(a.name for a in ARMS)]
    left = {failure.run for failure in failures}
    assert set(scored(tmp_path / "x")) == {f"{a.name}.{c.id}" for a in ARMS for c in CASES} - left
    healed = WardReader()
    assert ask(tmp_path / "x", store, CASES, ARMS, healed) == []
    assert Counter(healed.calls) == {"choose q-heparin": len(ARMS)}
    ask(tmp_path / "y", store, CASES, ARMS, WardReader())
    assert parquet(tmp_path / "x") == parquet(tmp_path / "y")


def test_a_store_that_grew_meanwhile_changes_nothing_in_an_experiment_that_began_before(
    tmp_path: Path, store: EvidenceStore
) -> None:
    began = store.seq
    arms = [*ARMS, arm("words"), condition("gated"), condition("max_context")]
    undated = [case(drug, as_of=None) for drug in DRUGS]
    ask(tmp_path / "before", store, undated, arms, WardReader(), seq=began)
    with pytest.raises(KeyboardInterrupt):
        Experiment(undated, arms, store, WardReader(), seq=began).run(tmp_path / "across", interrupt_after(9))
    store.ingest(
        advice(drug, "D", "2", supersedes=f"{drug}@1", valid_from=date(2019, 1, 1), published=date(2019, 1, 1))
        for drug in DRUGS
    )
    store.ingest(advice(drug, "A", id=f"{drug}-letter-{n}") for drug in DRUGS for n in range(3))
    store.retract("insulin@1", "withdrawn")
    assert ask(tmp_path / "across", store, undated, arms, WardReader(), seq=began) == []
    ask(tmp_path / "after", store, undated, arms, WardReader(), seq=began)
    assert parquet(tmp_path / "across") == parquet(tmp_path / "before")
    assert parquet(tmp_path / "after") == parquet(tmp_path / "before")
    assert hits(tmp_path / "after") == hits(tmp_path / "before")
    ask(tmp_path / "today", store, undated, arms, WardReader())
    assert parquet(tmp_path / "today") != parquet(tmp_path / "before")


def hits(folder: Path) -> list[tuple[str, Retrieved]]:
    """Everything that was served, scores and all."""
    with Journal.open(folder / JOURNAL, create=False) as journal:
        served = [(t.run, step) for t in traces(journal) for step in t.activities if step.kind == "retrieve"]
        return [(run, journal.get(step.output, Retrieved)) for run, step in served]


def test_a_condition_named_twice_is_refused(tmp_path: Path, store: EvidenceStore) -> None:
    with pytest.raises(ValueError, match=r"expected each run once, got 'standard\.q-apixaban' twice"):
        ask(tmp_path / "x", store, CASES, [condition("standard"), condition("top_10")], WardReader())


CHILD = """
import sys, time
from pathlib import Path
from ward import DRUGS, WardReader, opened, case
from evitrail.eval.experiment.experiment import Experiment
from tests_experiment import ARMS, CASES


class Slow(WardReader):
    def __getattribute__(self, name):
        if name in ("plan", "appraise", "synthesise", "choose"):
            print(name, flush=True)
            time.sleep(0.01)
        return super().__getattribute__(name)

    def __repr__(self):
        return repr(WardReader())


with opened(Path(sys.argv[1])) as store:
    failures = Experiment(CASES, ARMS, store, Slow()).run(Path(sys.argv[2]))
    assert failures == [], failures
"""


def test_an_experiment_killed_again_and_again_is_finished_to_the_same_bytes(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        store.ingest(advice(drug, "B") for drug in DRUGS)
        ask(tmp_path / "whole", store, CASES, ARMS, WardReader())
    loader = f"import sys, importlib.util as u; s = u.spec_from_file_location('tests_experiment', {__file__!r}); "
    loader += "m = u.module_from_spec(s); sys.modules['tests_experiment'] = m; s.loader.exec_module(m)\n"
    search = f"import sys; sys.path[:0] = [{str(SOURCE)!r}, {str(SOURCE.parent / 'tests')!r}]\n"
    command = [sys.executable, "-c", search + loader + CHILD, str(tmp_path), str(tmp_path / "parts")]
    said = 0
    for acts in (3, 10, 14):
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as child:
            assert child.stdout is not None
            said += sum(1 for _ in zip(range(acts), child.stdout, strict=False))
            child.send_signal(signal.SIGKILL)
            said += len(child.stdout.readlines())
        assert child.returncode == -signal.SIGKILL
        assert len(scored(tmp_path / "parts")) < len(CASES) * len(ARMS)
    last = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert last.returncode == 0, last.stderr
    said += len(last.stdout.splitlines())
    assert parquet(tmp_path / "parts") == parquet(tmp_path / "whole")
    assert paths(tmp_path / "parts") == paths(tmp_path / "whole")
    assert all(times == 1 for steps in paths(tmp_path / "parts").values() for times in steps.values())
    reader = WardReader()
    with opened(tmp_path) as store:
        ask(tmp_path / "counted", store, CASES, ARMS, reader)
    assert said <= len(reader.calls) + 3 * 2, "only what two workers were doing when killed may be done again"
    with Journal.open(tmp_path / "parts" / JOURNAL, create=False) as journal:
        assert verify_journal(journal).sound
