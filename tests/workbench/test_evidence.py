"""What the workbench tells of evidence: what held on a day, known at a number, how sure, and who relies on it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from desk import Desk
from evidence_shelf import ODD, SEEN, shelf

from evitrail.eval.metrics.outcomes_file import OUTCOMES
from evitrail.workbench.api.diff.word_diff import MOST, word_diff
from evitrail.workbench.api.evidence.lineage import lineage, version_text
from evitrail.workbench.api.evidence.reliance import reliance
from evitrail.workbench.api.evidence.search import search
from evitrail.workbench.api.folders import ExperimentFolders, UnknownName
from evitrail.workbench.api.runs.runs import listed_runs
from evitrail.workbench.api.store.opened import OpenedStore, day_of, opened_store, store_choices

DAY = date(2019, 1, 1)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return shelf(tmp_path_factory.mktemp("shelf"))


@pytest.fixture(scope="module")
def opened(folder: Path) -> Iterator[OpenedStore]:
    with opened_store(ExperimentFolders([folder])) as store:
        yield store


def test_a_version_is_worth_what_it_was_on_that_day_as_known_at_that_number(opened: OpenedStore) -> None:
    def worth(day: date | None, seq: int | None) -> dict[str, str]:
        return {one.header.version: one.status for one in lineage(opened, "apixaban", day, seq).versions}

    assert worth(date(2016, 1, 1), None) == {"0": "current", "1": "not_yet", ODD: "not_yet"}
    assert worth(DAY, None) == {"0": "superseded", "1": "current", ODD: "not_yet"}
    assert worth(None, None) == {"0": "superseded", "1": "superseded", ODD: "current"}
    assert worth(None, SEEN) == {"0": "superseded", "1": "current"}
    assert worth(None, 1) == {"0": "current"}
    assert worth(None, 0) == {}


def test_what_was_recorded_later_is_not_told_of_an_earlier_number(opened: OpenedStore) -> None:
    then, now = lineage(opened, "apixaban", seq=SEEN), lineage(opened, "apixaban")
    assert (then.disputes, [edge.kind for edge in then.edges]) == ((), [None])
    assert {one.certainty for one in then.profiles if one.ref == "apixaban@1"} == {"low"}
    assert all(one.reason == "" for one in then.profiles)
    assert max(line.seq for line in then.history) <= SEEN
    assert then.later == len(now.history) - len(then.history) > 0
    assert now.later == 0
    assert then.first == now.first == 1


def test_an_edge_has_its_kind_where_one_was_stated_and_each_pair_stands_once(opened: OpenedStore) -> None:
    edges = lineage(opened, "apixaban").edges
    told = [(edge.kind, edge.old, edge.new) for edge in edges]
    assert told == [
        (None, ("apixaban@0",), ("apixaban@1",)),
        ("replaces", ("apixaban@1",), (f"apixaban@{ODD}",)),
    ]


def test_a_draft_stands_in_the_history_and_is_no_version(opened: OpenedStore) -> None:
    view = lineage(opened, "apixaban")
    assert "apixaban@3~1" in {line.subject for line in view.history}
    assert [one.header.version for one in view.versions] == ["0", "1", ODD]
    for version in ("3", "3~1"):
        with pytest.raises(UnknownName, match="expected a version of 'apixaban'"):
            version_text(opened, "apixaban", version)


def test_what_was_not_assessed_is_not_zero_and_an_override_stands_beside_its_sum(opened: OpenedStore) -> None:
    (profile,) = [one for one in lineage(opened, "apixaban").profiles if one.ref == "apixaban@1"]
    stroke, bleeding = profile.outcomes
    assert (stroke.domains["risk_of_bias"].levels, stroke.domains["inconsistency"].levels) == (0, None)
    assert stroke.domains["imprecision"].levels == -1
    assert stroke.domains["imprecision"].reason.startswith("40 events")
    assert (stroke.computed, stroke.certainty) == ("moderate", "low")
    assert stroke.override_reason == "the panel knew of an unpublished trial"
    assert stroke.decides
    assert bleeding.domains["dose_response"].levels == 1
    assert (bleeding.override_reason, bleeding.decides) == ("", False)


def test_of_a_rating_without_a_profile_only_what_moved_it_is_known(opened: OpenedStore) -> None:
    (profile,) = lineage(opened, "heparin").profiles
    (whole,) = profile.outcomes
    assert (whole.outcome, whole.importance) == (None, None)
    assert {name: one.levels for name, one in whole.domains.items() if one.levels is not None} == {"imprecision": -1}


def test_a_diff_gives_both_texts_back() -> None:
    old = "Repeat CT at 3 months. If it persists, do CT every year for at least 3 years."
    new = "Repeat CT at 6-12 months. If it persists, do CT every 2 years until 5 years."
    parts = word_diff(old, new)
    assert "".join(text for op, text in parts if op != "-") == new
    assert "".join(text for op, text in parts if op != "+").split() == old.split()
    assert ("-", "3 ") in parts
    assert ("+", "6-12 ") in parts
    assert word_diff(old, old) == (("=", old),)
    assert word_diff("", new) == (("+", new),)
    assert word_diff("", "") == ()


def test_very_long_texts_are_compared_by_sentences() -> None:
    same = "This sentence is in both of them. " * (MOST // 4)
    parts = word_diff(f"{same}The first ends so.", f"{same}The second ends so.")
    assert parts[-2:] == (("-", "The first ends so."), ("+", "The second ends so."))
    assert "".join(text for op, text in parts if op == "=") == same


def test_evidence_is_found_by_its_name_first_and_then_by_words(opened: OpenedStore) -> None:
    found = search(opened, "heparin@1")
    assert (found.hits[0].ref, found.hits[0].method) == ("heparin@1", "name")
    versions = [hit.ref for hit in search(opened, "apixaban@1").hits if hit.method == "name"]
    assert versions == ["apixaban@1", f"apixaban@{ODD}", "apixaban@0"], "the very one, then the others, newest first"
    by_words = search(opened, "the advice on apixaban", as_of=DAY)
    assert {hit.ref for hit in by_words.hits} >= {"apixaban@0", "apixaban@1"}
    assert len({hit.ref for hit in by_words.hits}) == len(by_words.hits)
    assert all(hit.why.startswith("BM25") for hit in by_words.hits)


def test_a_status_leaves_the_counts_of_the_others(opened: OpenedStore) -> None:
    every, current = search(opened, "apixaban", DAY), search(opened, "apixaban", DAY, status="current")
    assert every.by_status == current.by_status
    assert {hit.status for hit in current.hits} == {"current"}
    assert current.found == every.by_status["current"] < every.found == sum(every.by_status.values())
    with pytest.raises(ValueError, match="status: expected one of current"):
        search(opened, "apixaban", status="new")


def test_what_a_gate_would_drop_is_shown_with_its_reason(opened: OpenedStore) -> None:
    hits = {hit.ref: hit for hit in search(opened, "advice on apixaban", DAY).hits}
    held = hits["apixaban@0"].held_back
    assert held
    assert (held.gate, "superseded" in held.why) == ("as_of", True)
    assert hits["apixaban@1"].held_back is None


def test_without_words_all_is_listed_and_a_near_name_is_offered(opened: OpenedStore) -> None:
    listed = search(opened)
    assert [hit.ref for hit in listed.hits] == ["apixaban@0", "apixaban@1", f"apixaban@{ODD}", "heparin@1"]
    assert listed.complete
    assert search(opened, seq=1).found == 1
    nothing = search(opened, "heparim")
    assert (nothing.hits, nothing.near) == ((), "; did you mean 'heparin'?")
    assert len(search(opened, k=2).hits) == 2
    with pytest.raises(ValueError, match="k: expected 1 to"):
        search(opened, k=0)


def test_each_number_of_who_relies_on_it_is_that_of_its_query(opened: OpenedStore, folder: Path) -> None:
    told = reliance(ExperimentFolders([folder]), opened.place, "apixaban@0")
    (one,) = told.experiments
    assert (one.exp, one.lacking) == ("x", "")
    assert one.cited
    assert one.seen
    assert one.cited.all.runs > 0
    assert one.cited.counts["wrong"].runs > 0
    for group in (one.cited, one.seen):
        for counted in (group.all, *group.counts.values()):
            found = listed_runs(folder, counted.query)
            assert (counted.runs, counted.unknown) == (found.found, found.unknown)
    assert {run["run"] for run in one.cited.runs} <= {row["run"] for row in listed_runs(folder, "apixaban").runs}
    whole = reliance(ExperimentFolders([folder]), opened.place, "apixaban").experiments[0]
    assert whole.cited
    assert whole.cited.all.runs >= one.cited.all.runs


def test_evidence_that_no_run_met_has_no_numbers_and_missing_results_are_said(own: Desk, opened: OpenedStore) -> None:
    folders = ExperimentFolders([own.folder])
    with opened_store(folders) as store:
        place = store.place
    (unmet,) = reliance(folders, place, "no-such-lineage").experiments
    assert (unmet.total, unmet.cited, unmet.seen, unmet.lacking) == (6, None, None, "")
    (own.run / OUTCOMES).unlink()
    (without,) = reliance(folders, place, "no-such-lineage").experiments
    assert (without.total, without.cited) == (None, None)
    assert OUTCOMES in without.lacking


def test_a_store_goes_by_an_experiment_that_was_run_on_it(desk: Desk, folder: Path, tmp_path: Path) -> None:
    both = ExperimentFolders([desk.folder, folder])
    assert [(one.exp, one.name) for one in store_choices(both)] == [("evitrail-run", "evitrail-store"), ("x", "store")]
    with pytest.raises(ValueError, match="exp: expected the experiment whose store is meant, one of evitrail-run, x"):
        opened_store(both).__enter__()
    with opened_store(both, "x") as opened:
        assert (opened.place.exp, opened.place.seen, opened.place.shared) == ("x", SEEN, ("x",))
    with pytest.raises(UnknownName, match="got 'y'"):
        opened_store(both, "y").__enter__()
    with pytest.raises(ValueError, match="found none"):
        opened_store(ExperimentFolders([tmp_path])).__enter__()


def test_what_is_not_there_is_told_with_a_near_name(opened: OpenedStore) -> None:
    with pytest.raises(UnknownName, match="did you mean 'heparin'"):
        lineage(opened, "heparim")
    with pytest.raises(UnknownName, match=r"it has heparin@1$"):
        version_text(opened, "heparin", "2")
    with pytest.raises(ValueError, match=f"seq: expected a ledger number from 0 to {opened.place.seq}, got 99"):
        lineage(opened, "heparin", seq=99)
    with pytest.raises(ValueError, match="asof: expected a day such as 2020-01-31, got '2020-13-01'"):
        day_of("2020-13-01")
    assert day_of("") is None
