"""What the workbench tells of experiments: found by name, listed without their runs, and unknown is never false."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from desk import Desk
from exhibit import RUN, experiment
from serving_pages import unpacked
from ward import WardReader, advice, arm, ask, case, opened

from evitrail.eval.metrics.outcome import score
from evitrail.eval.metrics.outcomes_file import OUTCOMES, write_outcomes
from evitrail.eval.metrics.table import metric_rows
from evitrail.eval.query.parse import QueryError
from evitrail.eval.report.files import write_json
from evitrail.eval.report.results import write_results
from evitrail.evidence_store import EvidenceStore
from evitrail.workbench.api.experiments import experiment_line, experiments
from evitrail.workbench.api.folders import ExperimentFolders, UnknownName
from evitrail.workbench.api.fresh import Fresh
from evitrail.workbench.api.integrity import integrity
from evitrail.workbench.api.profile import profile
from evitrail.workbench.api.run.run import run_view
from evitrail.workbench.api.runs.pack import UNKNOWN_FLAG, columns_of, pack
from evitrail.workbench.api.runs.runs import cells, listed_runs, neighbours, selection


def array(arrays: bytes, place: dict[str, Any]) -> list[Any]:
    """One array of a pack."""
    kind = np.dtype(place["type"].lower()).newbyteorder("<")
    return np.frombuffer(arrays, kind, place["length"], place["at"]).tolist()  # type: ignore[no-any-return]


@pytest.fixture(scope="module")
def stale(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An experiment in which outdated evidence led to a wrong answer, with results."""
    folder = experiment(tmp_path_factory.mktemp("stale"))
    write_results(folder)
    return folder


def test_an_experiment_is_found_below_the_folder_given_and_its_name_does_not_change(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    shutil.copytree(desk.run, tmp_path / "a" / "b" / "x")
    shutil.copytree(desk.run, tmp_path / "x")
    assert list(ExperimentFolders([tmp_path]).all()) == ["x"], "three levels down is too deep"
    assert list(ExperimentFolders([tmp_path / "a", tmp_path]).all()) == ["b:x", "x"]
    assert list(ExperimentFolders([tmp_path / "x"]).all()) == ["x"]
    assert list(ExperimentFolders([tmp_path / "x", tmp_path]).all()) == ["x"], "the same folder is told once"


def test_a_name_that_no_experiment_has_is_refused_with_a_near_one(desk: Desk) -> None:
    folders = ExperimentFolders([desk.run])
    assert folders.named("evitrail-run") == desk.run
    with pytest.raises(UnknownName, match="did you mean 'evitrail-run'"):
        folders.named("evitrail-rum")
    for path in ("../evitrail-run", str(desk.run), ".", ""):
        with pytest.raises(UnknownName):
            folders.named(path)
    with pytest.raises(ValueError, match="expected a folder with experiments, found nothing"):
        ExperimentFolders([desk.folder / "nowhere"])


def test_a_line_tells_runs_ranges_seal_and_store(desk: Desk) -> None:
    (line,) = experiments(ExperimentFolders([desk.folder]))
    assert (line.exp, line.conditions, line.cases, line.runs) == ("evitrail-run", 3, 2, 6)
    assert line.accuracy
    assert 0 <= line.accuracy.min <= line.accuracy.max <= 1
    assert line.seal
    assert line.seal.sealed
    assert line.seal.newer == 0
    assert (line.store.found, line.store.name) == (True, "evitrail-store")
    assert line.fault == ""


def test_an_experiment_without_its_store_says_which_store_is_lacking(desk: Desk, tmp_path: Path) -> None:
    shutil.copytree(desk.run, tmp_path / "copied")
    line = experiment_line("copied", tmp_path / "copied")
    assert not line.store.found
    assert "expected the evidence store it was run on" in line.store.lacking
    with EvidenceStore.open(tmp_path / "other", create=True):
        pass  # another store beside it is not taken for it
    assert not experiment_line("copied", tmp_path / "copied").store.found


def test_a_folder_that_cannot_be_read_says_why_and_hides_no_other(own: Desk) -> None:
    shutil.copytree(own.run, own.folder / "spoilt")
    (own.folder / "spoilt" / "metrics.json").write_text("{", encoding="utf-8")
    spoilt = {line.exp: line for line in experiments(ExperimentFolders([own.folder]))}
    assert "expected the metrics of an experiment as JSON" in spoilt["spoilt"].fault
    assert spoilt["evitrail-run"].fault == ""


def test_the_check_of_a_journal_names_what_was_altered(own: Desk) -> None:
    assert integrity(own.run).verdict == "sound"
    whole = (own.run / "journal.db").read_bytes()
    at = whole.index(b'"type":"run.end"')
    (own.run / "journal.db").write_bytes(whole[:at] + b'"type":"run.eng"' + whole[at + 16 :])
    found = integrity(own.run)
    assert found.verdict == "altered"
    assert any("its bytes are not those that were hashed" in fault for fault in found.altered)
    assert found.not_covered


def test_the_pack_has_every_run_and_keeps_unknown_apart_from_false(desk: Desk) -> None:
    made = pack(desk.run)
    header, arrays = unpacked(made.data)
    columns = header["columns"]
    assert (header["format"], header["n"]) == (1, 6)
    names = columns["run"]
    runs = [names["distinct"][code] for code in array(arrays, names["codes"])]
    assert runs == sorted(columns_of(desk.run).names("run").distinct)
    rows = {row["run"]: row for row in columns_of(desk.run).rows(range(6))}
    stale = array(arrays, columns["stale"]["values"])
    assert stale == [UNKNOWN_FLAG if rows[run]["stale"] is None else int(rows[run]["stale"]) for run in runs]
    cited, start = columns["cited"], 0
    for run, end in zip(runs, array(arrays, cited["ends"]), strict=True):
        assert [cited["distinct"][code] for code in array(arrays, cited["codes"])[start:end]] == rows[run]["cited"]
        start = end
    confidence = array(arrays, columns["confidence"]["values"])
    assert confidence == [rows[run]["confidence"] for run in runs]
    assert columns["text"]["distinct"]


def test_a_pack_is_named_by_its_content(own: Desk) -> None:
    first = pack(own.run)
    assert pack(own.run).etag == first.etag
    shutil.copy(own.run / "outcomes.parquet", own.run / "again.parquet")
    (own.run / "again.parquet").replace(own.run / "outcomes.parquet")
    assert pack(own.run).etag == first.etag, "written again, with the same content"
    (own.run / "questions.parquet").unlink()
    assert pack(own.run).etag != first.etag
    assert "text" not in unpacked(pack(own.run).data)[0]["columns"]


def test_a_query_selects_places_in_the_order_asked_for(desk: Desk) -> None:
    runs = list(columns_of(desk.run).names("run").distinct)
    found = selection(desk.run, "condition:gated")
    assert [runs[place] for place in found.places] == ["gated.acute-001", "gated.acute-006"]
    back = selection(desk.run, "condition:gated", sort="case", descending=True)
    assert back.places == found.places[::-1]
    assert selection(desk.run, "stale:unknown OR stale OR -stale").unknown == 0
    with pytest.raises(QueryError, match="did you mean 'condition'"):
        selection(desk.run, "conditoin:gated")
    with pytest.raises(ValueError, match="expected one of"):
        selection(desk.run, "", sort="colour")


def test_runs_are_sorted_by_outcome_gravest_first(stale: Path) -> None:
    places = selection(stale, "", sort="outcome", descending=True).places
    rows = columns_of(stale).rows(places, ("correct", "high_risk", "contradicts"))
    graver = [(bool(row["high_risk"]), bool(row["contradicts"]), not row["correct"]) for row in rows]
    assert len(set(graver)) > 1
    assert graver == sorted(graver, reverse=True)


def test_listed_runs_are_paged_and_written_for_spreadsheets(desk: Desk) -> None:
    whole = [row["run"] for row in listed_runs(desk.run).runs]
    first = listed_runs(desk.run, limit=4)
    rest = listed_runs(desk.run, limit=4, after=first.after)
    assert [row["run"] for row in (*first.runs, *rest.runs)] == whole
    assert rest.after is None
    assert cells(first)[0]["correct"] in ("true", "false")
    with pytest.raises(ValueError, match="expected a run that this query means"):
        listed_runs(desk.run, after="nobody")


def test_the_neighbours_of_a_run_are_those_of_the_list_one_came_from(desk: Desk) -> None:
    alone = neighbours(desk.run, "gated.acute-001")
    assert (alone.of, alone.next) == (6, "gated.acute-006")
    among = neighbours(desk.run, "gated.acute-001", "case:acute-001", sort="condition")
    assert (among.place, among.of, among.previous, among.next) == (2, 3, "closed_book.acute-001", "standard.acute-001")
    assert neighbours(desk.run, "gated.acute-001", "condition:standard").place is None


def test_the_profile_has_intervals_blame_by_kind_and_the_query_behind_each_row(stale: Path) -> None:
    found = profile(stale)
    for row in found.rows:
        assert len(selection(stale, row.query).places) == row.n
        assert row.metrics["accuracy"].lo is not None
        for kind, steps in row.blame.items():
            assert sum(step.share for step in steps) == pytest.approx(1)
            assert row.failed[kind] > 0
    assert any(step.role == "choose" and step.share > 0 for row in found.rows for step in row.blame.get("wrong", ()))


def test_several_readers_and_several_store_states_are_rows_of_their_own(tmp_path: Path) -> None:
    for folder, readers, states in (
        ("readers", ("a", "b"), ("s",)),
        ("states", ("a",), ("sha256:" + "1" * 64, "sha256:" + "2" * 64)),
    ):
        outcomes = [
            score(
                run=f"gated@{reader}.q" if len(readers) > 1 else f"gated.q~{state[-1]}",
                case="q",
                condition="gated",
                reader=f"reader {reader}",
                snapshot=state,
                answer="A",
                options=4,
                labels={},
                chosen="A",
                ballots=(),
            )
            for reader in readers
            for state in states
        ]
        (tmp_path / folder).mkdir()
        write_outcomes(tmp_path / folder / OUTCOMES, outcomes)
        write_json(tmp_path / folder / "metrics.json", metric_rows(outcomes))
        rows = profile(tmp_path / folder).rows
        assert len({row.label for row in rows}) == 2
        for row in rows:
            assert len(selection(tmp_path / folder, row.query).places) == 1, row.query


def test_a_run_tells_who_replaced_the_evidence_that_it_rests_on(stale: Path) -> None:
    view = run_view(stale, RUN)
    assert (view.state, view.integrity.holds) == ("ended", True)
    assert view.case
    assert view.chain
    assert view.outcome
    assert (view.case.answer, view.outcome.chosen) == ("B", "C")
    assert "store" not in {standing.known_from for standing in view.standing.values()}, "it has no plan, so no store"
    old = view.standing["apixaban@0"]
    assert (old.status, old.superseded_by, str(old.since)) == ("superseded", "apixaban@1", "2018-01-01")
    assert view.standing["apixaban@1"].status == "current"
    texts = {passage.passage: passage.text for passage in view.passages}
    first = view.chain.support[0]
    assert texts[first.passage][first.claim.start : first.claim.end] == first.claim.quote
    assert [blame.outcome for blame in view.blames][:1] == ["wrong"]
    assert all(blame.fault_code in view.codes for blame in view.blames if blame.fault_code)


def test_a_run_of_an_experiment_whose_store_is_at_hand_is_judged_by_the_store(desk: Desk) -> None:
    view = run_view(desk.run, "standard.acute-001")
    assert {standing.known_from for standing in view.standing.values()} == {"store"}
    assert None not in {standing.status for standing in view.standing.values()}


def test_a_run_that_is_not_there_is_refused_with_a_near_name(desk: Desk) -> None:
    with pytest.raises(UnknownName, match=r"did you mean 'gated.acute-001'"):
        run_view(desk.run, "gated.acute-0001")
    with pytest.raises(UnknownName):
        run_view(desk.run, "experiment")


def test_a_damaged_run_is_told_with_its_first_fault_and_its_outline(own: Desk) -> None:
    whole = (own.run / "journal.db").read_bytes()
    run = b'"run":"gated.acute-001","seq":1'
    at = whole.index(run)
    (own.run / "journal.db").write_bytes(whole[:at] + run.replace(b'seq":1', b'seq":7') + whole[at + len(run) :])
    view = run_view(own.run, "gated.acute-001")
    assert view.state == "damaged"
    assert "run 'gated.acute-001' record 1" in view.why
    assert len(view.outline) > 3
    assert view.chain is None
    assert view.row
    assert view.row["case"] == "acute-001"


def test_patient_data_does_not_leave(tmp_path: Path) -> None:
    secret = case("heparin", stem="Ms Mira Okonkwo takes heparin. What is the advice?", sensitive=("stem",))
    with opened(tmp_path) as store:
        store.ingest([advice("heparin", "C")])
        assert ask(tmp_path / "x", store, [secret], [arm()], WardReader()) == []
        write_results(tmp_path / "x")
    (run,) = columns_of(tmp_path / "x").names("run").distinct
    view = run_view(tmp_path / "x", run)
    assert view.state == "withheld"
    assert view.case is None
    assert view.chain is None
    assert view.row
    assert view.row["case"] == "q-heparin"
    assert "Okonkwo" not in view.model_dump_json() + str(unpacked(pack(tmp_path / "x").data)[0])


def test_what_is_kept_is_made_again_once_a_file_changes(tmp_path: Path) -> None:
    file, made = tmp_path / "file", []
    file.write_text("1", encoding="utf-8")

    def read(path: Path) -> str:
        made.append(path)
        return path.read_text("utf-8")

    kept = Fresh(read, lambda path: [path])
    assert (kept(file), kept(file), len(made)) == ("1", "1", 1)
    file.write_text("22", encoding="utf-8")
    assert (kept(file), len(made)) == ("22", 2)
