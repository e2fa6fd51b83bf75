"""Several readers in one experiment: each run keeps its own, and whoever does it again takes that one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from ward import DRUGS, WardReader, advice, arm, blamed, case, opened

from evitrail.agent.llm import ScriptedLLM
from evitrail.agent.reader import PromptedReader
from evitrail.eval.attribution.blame_record import blame_failures, blames
from evitrail.eval.experiment.experiment import Experiment, Failure
from evitrail.eval.log.run_config import RunConfig
from evitrail.eval.log.runs import JOURNAL, cases, outcomes, traces
from evitrail.eval.metrics.outcome import Outcome
from evitrail.eval.metrics.outcomes_file import write_outcomes
from evitrail.eval.metrics.table import metric_rows
from evitrail.eval.plan.condition import condition
from evitrail.eval.plan.readers import Readers
from evitrail.eval.plan.run_name import ReadCondition, labels
from evitrail.eval.report import render
from evitrail.eval.report.profile import profile_rows as profile
from evitrail.eval.rerun.fork import answer_again, fork, forking
from evitrail.eval.rerun.gate_ablation import ablate_gates
from evitrail.eval.rerun.whatif import whatif
from evitrail.evidence_store import EvidenceStore
from evitrail.traces import Journal, Trace, Verify

CASES = [case(drug) for drug in DRUGS[:3]]
ARMS = [condition("closed_book"), condition("clean"), arm("words")]
SURE, ERRING = WardReader(), WardReader(misread="C")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[EvidenceStore]:
    with opened(tmp_path) as store:
        store.ingest(advice(drug, "B") for drug in DRUGS)
        yield store


def pair() -> Readers:
    """One that reads what stands there, and one that reads C everywhere; with nothing counted yet."""
    return Readers({"sure": WardReader(), "erring": WardReader(misread="C")})


def ask(folder: Path, store: EvidenceStore, readers: Readers, workers: int = 2) -> list[Failure]:
    return Experiment(CASES, ARMS, store, readers, in_flight=workers).run(folder)


def scored(folder: Path) -> list[Outcome]:
    with Journal.open(folder / JOURNAL, create=False) as journal:
        return outcomes(journal)


def parquet(folder: Path) -> bytes:
    write_outcomes(folder / "outcomes.parquet", scored(folder))
    return (folder / "outcomes.parquet").read_bytes()


def test_every_case_is_asked_of_every_reader_and_named_by_its_label(tmp_path: Path, store: EvidenceStore) -> None:
    assert ask(tmp_path / "x", store, pair()) == []
    by = {outcome.run: (outcome.reader, outcome.chosen) for outcome in scored(tmp_path / "x")}
    assert len(by) == len(CASES) * len(ARMS) * 2
    assert by["words@sure.q-heparin"] == (repr(SURE), "B")
    assert by["words@erring.q-heparin"] == (repr(ERRING), "C")
    with Journal.open(tmp_path / "x" / JOURNAL, create=False) as journal:
        assert {t.run: t.config(RunConfig).reader for t in traces(journal)} == {
            run: one for run, (one, _) in by.items()
        }


def test_one_reader_leaves_no_mark_in_any_name(tmp_path: Path, store: EvidenceStore) -> None:
    ask(tmp_path / "x", store, Readers({"sure": WardReader()}))
    Experiment(CASES, ARMS, store, WardReader()).run(tmp_path / "y")
    assert parquet(tmp_path / "x") == parquet(tmp_path / "y")
    assert {o.run for o in scored(tmp_path / "x")} == {f"{a.name}.{c.id}" for a in ARMS for c in CASES}


def test_equal_experiments_give_equal_bytes_with_any_number_of_workers(tmp_path: Path, store: EvidenceStore) -> None:
    ask(tmp_path / "one", store, pair(), workers=1)
    ask(tmp_path / "two", store, Readers(dict(reversed(pair().by_label.items()))), workers=4)
    assert parquet(tmp_path / "one") == parquet(tmp_path / "two")


def test_an_interrupted_experiment_asks_no_reader_twice(tmp_path: Path, store: EvidenceStore) -> None:
    whole, parts = pair(), pair()
    ask(tmp_path / "whole", store, whole)

    def progress(done: int, of: int) -> None:
        if done == 7:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Experiment(CASES, ARMS, store, parts, in_flight=1).run(tmp_path / "parts", progress)
    ask(tmp_path / "parts", store, parts)
    assert parquet(tmp_path / "parts") == parquet(tmp_path / "whole")

    def calls(readers: Readers) -> list[Counter[str]]:
        return [Counter(reader.calls) for reader in readers.by_label.values() if isinstance(reader, WardReader)]

    assert calls(parts) == calls(whole)


def test_a_run_that_is_done_again_is_read_by_its_own_reader(tmp_path: Path, store: EvidenceStore) -> None:
    ask(tmp_path / "x", store, pair())
    with Journal.open(tmp_path / "x" / JOURNAL) as journal:
        for trace in list(traces(journal)):
            verify = Verify(journal, trace.run)
            answer_again(trace, verify, store, pair())
            assert {checked.verdict for checked in verify.finish()} == {"recomputed-same"}, trace.run
        for label, option in (("sure", "B"), ("erring", "C")):
            of = Trace(journal, f"words@{label}.q-insulin")
            done = fork(journal, forking(of, None, {"k": 1}), store, pair())
            assert (done.run, done.answer.option) == (f"{of.run}~k=1", option)
            again = fork(journal, forking(Trace(journal, done.run), None, {"k": 2}), store, pair())
            assert again.answer.option == option


def test_a_supposition_is_put_to_each_reader(tmp_path: Path, store: EvidenceStore) -> None:
    ask(tmp_path / "x", store, pair())
    store.ingest([advice("heparin", "D", "2", supersedes="heparin@1", valid_from=date(2019, 1, 1))])
    with Journal.open(tmp_path / "x" / JOURNAL) as journal:
        found = whatif(journal, {"seq": store.seq, "retriever": "clean"}, store, pair()).affected
    now = {flip.run: (flip.before, flip.after) for flip in found}
    assert now["words@sure.q-heparin"] == ("B", "D")
    assert now["words@erring.q-heparin"] == ("C", "C")


def test_each_failure_is_blamed_with_the_reader_that_failed(tmp_path: Path, store: EvidenceStore) -> None:
    ask(tmp_path / "x", store, pair())
    with Journal.open(tmp_path / "x" / JOURNAL) as journal:
        blame_failures(journal, store, pair())
        wrong = {blame.run: blame for blame in blames(journal) if blame.outcome == "wrong"}
    assert {run for run in wrong if run.startswith("words")} == {f"words@erring.{one.id}" for one in CASES}
    assert all(wrong[run].roles == ("synthesise",) for run in wrong if run.startswith(("words", "clean")))
    assert {wrong[f"words@erring.{one.id}"].persistence for one in CASES} == {"systematic"}


def test_the_report_tells_arms_apart_by_reader_in_every_table(tmp_path: Path, store: EvidenceStore) -> None:
    readers = Readers({"lost": WardReader(blind=True), "erring": WardReader(misread="C")})
    ask(tmp_path / "x", store, readers)
    with Journal.open(tmp_path / "x" / JOURNAL) as journal:
        blame_failures(journal, store, readers)
        said, found, asked = outcomes(journal), blames(journal), cases(journal)
    rows = metric_rows(said)
    assert [a.label for a in profile(said, rows)] == [
        str(ReadCondition(one.name, label)) for one in ARMS for label in ("erring", "lost")
    ]
    page = render(title="two readers", outcomes=said, rows=rows, blames=found, cases=asked, root=None)
    blame_table = page.partition('id="report-blame"')[2].partition('id="report-questions"')[0]
    for one in ("words@erring", "words@lost"):
        assert f'<th scope="row">{one}</th><td class="num">{len(CASES)}</td>' in blame_table
    assert f"erring = {readers.by_label['erring']!r}" in page.replace("&#39;", "'")


def test_gates_are_left_out_reader_by_reader(tmp_path: Path, store: EvidenceStore) -> None:
    Experiment(CASES, [condition("gated")], store, pair()).run(tmp_path / "x")
    with Journal.open(tmp_path / "x" / JOURNAL) as journal:
        rows = ablate_gates(journal, store, pair())
    whole = {row.condition: row for row in rows if row.left_out is None}
    assert {name: row.metrics["accuracy"].value for name, row in whole.items()} == {"gated@erring": 0, "gated@sure": 1}
    assert {row.cases for row in rows} == {len(CASES)}


def prompted(letter: str) -> PromptedReader:
    """Says one letter whatever it is asked, and finds nothing in any passage."""
    return PromptedReader(
        ScriptedLLM((("You read one passage", '{"claims": []}'), ("", letter)), name=f"always-{letter}")
    )


def test_two_prompted_readers_are_told_apart_by_their_models(tmp_path: Path, store: EvidenceStore) -> None:
    specs = ["openai:always-B@http://127.0.0.1:1/v1", "openai:always-C@http://127.0.0.1:1/v1"]
    readers = Readers(dict(zip(labels(specs), (prompted("B"), prompted("C")), strict=True)))
    assert ask(tmp_path / "x", store, readers) == []
    with Journal.open(tmp_path / "x" / JOURNAL) as journal:
        for label, option in (("always-B", "B"), ("always-C", "C")):
            trace = Trace(journal, f"closed_book@{label}.q-heparin")
            assert answer_again(trace, Verify(journal, trace.run), store, readers).option == option


def test_a_reader_that_reads_otherwise_by_now_is_still_found_by_its_label() -> None:
    readers = pair()
    assert readers.of("words@erring.q-heparin", repr(SURE)) is readers.by_label["sure"]
    assert readers.of("words@erring.q-heparin", "WardReader(of an older version)") is readers.by_label["erring"]
    with pytest.raises(ValueError, match=r"was read by Nobody\(\), which is none of sure, erring"):
        readers.of("words@gone.q-heparin", "Nobody()")


def test_two_readers_that_no_result_could_tell_apart_are_refused() -> None:
    with pytest.raises(ValueError, match="one and other are one reader, WardReader"):
        Readers({"one": WardReader(), "other": WardReader()})
    with pytest.raises(ValueError, match="expected at least one reader"):
        Readers({})


def test_whoever_has_one_reader_may_hand_it_over_as_it_is(tmp_path: Path, store: EvidenceStore) -> None:
    Experiment(CASES, ARMS, store, ERRING).run(tmp_path / "x")
    found = blamed(tmp_path / "x", store, ERRING)
    assert {blame.run for blame in found} >= {f"words.{one.id}" for one in CASES}
