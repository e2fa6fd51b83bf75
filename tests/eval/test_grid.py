"""A grid varies every condition that searches, and each run sees the store state that its condition names."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest
from ward import WardReader, advice, arm, ask, blamed, case, opened

from evitrail.agent.model import Answer
from evitrail.eval.experiment.experiment import Experiment
from evitrail.eval.log.run_config import RunConfig
from evitrail.eval.log.runs import JOURNAL, outcomes, traces
from evitrail.eval.metrics.outcome import Outcome
from evitrail.eval.plan.condition import condition
from evitrail.eval.plan.custom_conditions import admit
from evitrail.eval.plan.grid import Grid, spread
from evitrail.eval.plan.run_name import GridName
from evitrail.eval.plan.store_state import states
from evitrail.eval.plugin import make_plugin
from evitrail.eval.report.profile import table_order
from evitrail.eval.rerun.fork import answer_again
from evitrail.evidence_store import EvidenceStore
from evitrail.evidence_store.errors import EvidenceError
from evitrail.evidence_store.snapshot import Snapshot
from evitrail.retrieval import BM25, RETRIEVERS
from evitrail.retrieval.base import Retrieved
from evitrail.traces import Journal, Verify

ASKED = [case("apixaban"), case("heparin")]
NEWER = date(2019, 6, 1)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[EvidenceStore]:
    """A store that said C of apixaban until 2019, and was told so only after it was tagged."""
    with opened(tmp_path) as store:
        store.ingest([advice("apixaban", "C"), advice("heparin", "B")])
        store.tag("before")
        store.ingest([advice("apixaban", "B", "2", supersedes="apixaban@1", valid_from=NEWER, published=NEWER)])
        yield store


def names(*arms: str, **axes: tuple[object, ...]) -> list[str]:
    return [one.name for one in spread(map(condition, arms), Grid(**axes))]  # type: ignore[arg-type]


def test_every_arm_that_searches_is_varied_in_the_order_that_is_written() -> None:
    assert names("clean", "standard", retrievers=("hybrid", "bm25"), k=(5, 1)) == [
        "clean",
        "standard+retriever=hybrid+k=5",
        "standard+retriever=hybrid+k=1",
        "standard+retriever=bm25+k=5",
        "standard+retriever=bm25+k=1",
    ]


def test_an_arm_that_reads_all_there_is_is_varied_over_states_of_the_store_only() -> None:
    said = names("max_context", "standard", k=(5,), snapshots=("r1",))
    assert said == ["max_context+snapshot=r1", "standard+snapshot=r1+k=5"]


def test_no_grid_leaves_every_arm_as_it_is() -> None:
    arms = [condition("standard"), condition("closed_book")]
    assert spread(arms, Grid()) == arms


def test_a_varied_arm_is_the_arm_with_what_its_name_says() -> None:
    (varied,) = spread([condition("standard")], Grid(("hybrid",), ("120",), (3,)))
    said = {"name": "standard+retriever=hybrid+snapshot=120+k=3", "retriever": "hybrid", "snapshot": "120", "k": 3}
    assert varied == condition("standard").model_copy(update=said)
    assert GridName.parse(varied.name).base == "standard"


def test_a_retriever_of_ones_own_is_named_by_its_class_and_two_alike_are_told_apart() -> None:
    said = names("standard", retrievers=("mine.search:Own(k=3)", "theirs:Own(k=3)"))
    assert said == ["standard+retriever=Own-k-3", "standard+retriever=Own-k-3-2"]


def test_tables_count_numbers_in_names_as_numbers_and_keep_variations_with_their_preset() -> None:
    written = ["mine", "gated", "standard+k=10", "standard+k=5@b", "standard+k=5@a", "closed_book"]
    assert sorted(written, key=table_order) == [
        "closed_book", "standard+k=5@a", "standard+k=5@b", "standard+k=10", "gated", "mine",
    ]  # fmt: skip


def answered(folder: Path) -> dict[str, Outcome]:
    with Journal.open(folder / JOURNAL, create=False) as journal:
        return {outcome.run: outcome for outcome in outcomes(journal)}


def test_an_arm_sees_the_release_number_or_day_that_it_names(tmp_path: Path, store: EvidenceStore) -> None:
    before = store.seq_of("before")
    arms = spread([arm("words", retriever="clean")], Grid(snapshots=("before", str(before), "now", "2019-01-01")))
    assert ask(tmp_path / "x", store, ASKED, arms, WardReader(guesses="D")) == []
    said = answered(tmp_path / "x")
    chosen = {one.name.partition("=")[2]: said[f"{one.name}.q-apixaban"].chosen for one in arms}
    assert chosen == {"before": "C", str(before): "C", "now": "B", "2019-01-01": "C"}
    with Journal.open(tmp_path / "x" / JOURNAL, create=False) as journal:
        kept = {trace.run: trace.config(RunConfig) for trace in traces(journal)}
    of = {name: kept[f"words+snapshot={name}.q-apixaban"] for name in chosen}
    assert {name: (one.seq, one.case.as_of) for name, one in of.items()} == {
        "before": (before, date(2020, 1, 1)),
        str(before): (before, date(2020, 1, 1)),
        "now": (store.seq, date(2020, 1, 1)),
        "2019-01-01": (store.seq, date(2019, 1, 1)),
    }
    assert of["before"].snapshot == store.snapshot(seq=before).id != of["now"].snapshot


def test_what_a_run_saw_is_what_it_is_verified_and_blamed_on(tmp_path: Path, store: EvidenceStore) -> None:
    arms = spread([arm("words", retriever="clean")], Grid(snapshots=("before", "now", "2019-01-01")))
    ask(tmp_path / "x", store, ASKED, arms, WardReader())
    found = blamed(tmp_path / "x", store, WardReader())
    wrong = {blame.run for blame in found if blame.outcome == "wrong"}
    assert wrong == {"words+snapshot=before.q-apixaban", "words+snapshot=2019-01-01.q-apixaban"}
    with Journal.open(tmp_path / "x" / JOURNAL) as journal:
        for trace in traces(journal):
            verify = Verify(journal, trace.run)
            assert answer_again(trace, verify, store, WardReader()) == trace.output(Answer)
            assert {checked.verdict for checked in verify.finish()} == {"recomputed-same"}


def test_a_day_or_release_decides_nothing_that_was_recorded_later(tmp_path: Path, store: EvidenceStore) -> None:
    began = store.seq
    arms = spread([arm("words", retriever="clean")], Grid(snapshots=("before", "now")))
    Experiment(ASKED, arms, store, WardReader(), seq=began).run(tmp_path / "one")
    store.ingest([advice("apixaban", "A", "3", supersedes="apixaban@2", valid_from=date(2019, 9, 1))])
    Experiment(ASKED, arms, store, WardReader(), seq=began).run(tmp_path / "two")
    assert answered(tmp_path / "one") == answered(tmp_path / "two")


def test_a_store_whose_last_event_is_a_release_can_be_asked(tmp_path: Path, store: EvidenceStore) -> None:
    store.tag("after")
    arms = spread([arm("words", retriever="clean")], Grid(snapshots=("after", "now")))
    assert ask(tmp_path / "x", store, ASKED, arms, WardReader()) == []
    assert {outcome.chosen for outcome in answered(tmp_path / "x").values()} == {"B"}


def test_a_state_the_store_never_was_in_is_refused_with_the_releases_there_are(store: EvidenceStore) -> None:
    with pytest.raises(EvidenceError, match=r"one of \['before'\], got 'befor'; did you mean 'before'\?"):
        states([arm(snapshot="befor")], store)
    with pytest.raises(EvidenceError, match="expected a ledger number up to"):
        states([arm(snapshot="999")], store)


@dataclass(frozen=True)
class Own:
    """A retriever of one's own."""

    most: int = 1

    def search(self, query: str, snapshot: Snapshot, k: int) -> Retrieved:
        return BM25().search(query, snapshot, min(k, self.most))


class Nameless:
    def search(self, query: str, snapshot: Snapshot, k: int) -> Retrieved:
        return BM25().search(query, snapshot, k)


@pytest.fixture
def registry(monkeypatch: pytest.MonkeyPatch) -> None:
    """The retrievers as they are, whatever a test admits."""
    for name in (f"{__name__}:Own(most=2)", f"{__name__}:Own"):
        monkeypatch.setitem(RETRIEVERS, name, BM25())
        monkeypatch.delitem(RETRIEVERS, name)


@pytest.mark.usefixtures("registry")
def test_a_retriever_of_ones_own_runs_only_where_it_is_allowed(tmp_path: Path, store: EvidenceStore) -> None:
    own = arm("own", retriever=f"{__name__}:Own(most=2)")
    with pytest.raises(ValueError, match="is code that would be run; give --allow-code"):
        admit([own], allow_code=False)
    admit([own], allow_code=True)
    assert ask(tmp_path / "x", store, ASKED, [own], WardReader()) == []
    with Journal.open(tmp_path / "x" / JOURNAL, create=False) as journal:
        by = {step.by for trace in traces(journal) for step in trace.activities if step.kind == "retrieve"}
    assert by == {"Own(most=2)"}


def test_code_that_is_no_retriever_or_has_no_name_of_its_own_is_refused() -> None:
    with pytest.raises(ValueError, match=r"expected a method search\(query, snapshot, k\), it has none"):
        admit([arm(retriever="datetime:timedelta(1)")], allow_code=True)
    with pytest.raises(ValueError, match="expected a repr that says what it is"):
        admit([arm(retriever=f"{__name__}:Nameless")], allow_code=True)
    with pytest.raises(ValueError, match="could not be made: ModuleNotFoundError"):
        admit([arm(retriever="no.such.module:Own")], allow_code=True)


def test_an_old_plan_finds_a_class_of_ours_where_our_folders_lie_by_now(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    moved = tmp_path / "ours_by_now" / "retrieval"
    moved.mkdir(parents=True)
    (moved / "by_rank.py").write_text("class ByRank:\n    def search(self, query, snapshot, k): ...\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setitem(make_plugin.__globals__, "ABOVE", "ours_by_now.")
    found = make_plugin("retrieval.by_rank:ByRank()", "retriever", "search(query, snapshot, k)", allow_code=True)
    assert type(found).__module__ == "ours_by_now.retrieval.by_rank"
    with pytest.raises(ValueError, match="No module named 'clinic'"):  # not one of ours
        make_plugin("clinic.by_rank:ByRank()", "retriever", "search(query, snapshot, k)", allow_code=True)
