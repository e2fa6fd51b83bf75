"""A live agent's reports can be frozen: every reader is then served the same one, by its id, and no search finds it."""

from __future__ import annotations

from pathlib import Path

import pytest
from ward import WardReader, advice, ask, case, opened

from evitrail.agent.llm import ScriptedLLM
from evitrail.agent.model import Decoding, Synthesis
from evitrail.agent.reader import DirectReader
from evitrail.eval.dataset.case import check, load
from evitrail.eval.plan.condition import Condition, condition
from evitrail.eval.safe_scale.freeze_reports import frozen, write_frozen
from evitrail.evidence_store import read_evidence
from evitrail.evidence_store.store import EvidenceStore
from evitrail.traces.journal.journal import Journal
from evitrail.traces.trace import Trace

LIVE = Condition(name="per_option", agent="per_option", retriever="bm25", k=2)
BRIEF = Decoding(samples=2)
CASES = [case("apixaban"), case("heparin")]


def researched(folder: Path, store: EvidenceStore) -> Path:
    """Reports written by a live agent, frozen into a folder."""
    store.ingest([advice("apixaban", "B"), advice("heparin", "C")])
    assert ask(folder / "live", store, CASES, [LIVE], WardReader(), decoding=BRIEF) == []
    with Journal.open(folder / "live" / "journal.db") as journal:
        write_frozen(folder / "frozen", frozen(journal, "per_option"))
    return folder / "frozen"


def test_a_frozen_report_is_put_before_every_reader_word_for_word(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        made = researched(tmp_path, store)
        store.ingest(read_evidence(made / "evidence.jsonl", store.headers))
        cases = load(made / "benchmark.jsonl")
        check(cases, store.snapshot())
        for model in ("one", "other"):
            llm = ScriptedLLM((("advice", "B"),), name=model)
            folder = tmp_path / model
            assert ask(folder, store, cases, [condition("deep_research")], DirectReader(llm), decoding=BRIEF) == []
            with Journal.open(folder / "journal.db") as journal:
                for each in cases:
                    trace = Trace(journal, f"deep_research.{each.id}")
                    said = trace.journal.get(trace.activities[1].output, Synthesis)
                    assert said.context is not None
                    assert said.context.text == store.get(each.reports[0]).text
                    assert any(said.context.text in prompt.messages[-1].content for prompt in llm.asked)


def test_a_report_names_its_author_and_has_no_grade(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        made = researched(tmp_path, store)
    (report, _) = read_evidence(made / "evidence.jsonl")
    assert (report.id, report.grade) == ("report-q-apixaban", None)
    assert repr(WardReader()) in report.organization
    assert "For:\n- For apixaban the advice is option B. [apixaban@1" in report.text


def test_no_search_finds_what_was_written_for_one_question(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        made = researched(tmp_path, store)
        before = [passage.id for passage, _ in store.snapshot().lexical("apixaban advice option", 10)]
        store.ingest(read_evidence(made / "evidence.jsonl", store.headers))
        snapshot = store.snapshot()
        assert [passage.id for passage, _ in snapshot.lexical("apixaban advice option", 10)] == before
        assert {passage.ref for passage, _ in snapshot.dense("report on apixaban", 10)} == {"apixaban@1", "heparin@1"}
        assert snapshot.passages(load(made / "benchmark.jsonl")[0].reports[0])


def test_an_experiment_without_reports_is_refused_in_a_line(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        store.ingest([advice("apixaban", "B")])
        ask(tmp_path / "x", store, CASES[:1], [condition("closed_book")], WardReader(), decoding=BRIEF)
    with (
        Journal.open(tmp_path / "x" / "journal.db") as journal,
        pytest.raises(ValueError, match="`per_option` writes them"),
    ):
        frozen(journal, "closed_book")
