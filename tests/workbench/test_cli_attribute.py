"""``evitrail attribute`` attributes what was not attributed yet, and compares failed runs with a baseline."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from desk import BENCHMARK, CASES, Desk, demo_evidence, evitrail, tree, with_holes, write_lines
from talking import chat, models, talking

from evitrail.eval.log.runs import traces
from evitrail.traces import Journals


@pytest.fixture
def unattributed(own: Desk) -> Path:
    """The desk's experiment, run again without attribution."""
    folder = own.folder / "unattributed"
    assert evitrail("run", *own.plan, "--no-attribute", "--out", folder).code == 0
    return folder


def results(folder: Path) -> dict[str, str]:
    """The result files of a folder."""
    return {name: digest for name, digest in tree(folder).items() if "journal" not in name and "timings" not in name}


def test_it_does_what_a_run_does_that_attributes_at_once(own: Desk, unattributed: Path) -> None:
    said = evitrail("attribute", unattributed, "--json")
    assert (said.code, said.err) == (0, "")
    assert said.json["attributed"] == len({blame["run"] for blame in said.json["blames"]}) > 0
    once, later = results(own.run), results(unattributed)
    assert once["attribution.json"] == later["attribution.json"]
    assert once["outcomes.parquet"] == later["outcomes.parquet"]


def test_asked_again_it_attributes_nothing_and_changes_nothing(own: Desk) -> None:
    before = tree(own.run)
    said = evitrail("attribute", own.run)
    assert (said.code, said.err) == (0, "")
    assert "0 failed runs attributed now" in said.out
    assert "failures by condition and the steps that are blamed" in said.out
    blames = evitrail("attribute", own.run, "--json").json["blames"]
    folded = " ".join(said.out.split())
    assert all(blame["run"] in folded for blame in blames)
    assert "failures that repairing the steps of one kind alone prevents" in folded
    assert "failures that nobody is blamed for, by reason" in folded
    assert tree(own.run) == before


def test_a_dry_run_counts_and_writes_nothing(unattributed: Path) -> None:
    before = tree(unattributed)
    said = evitrail("attribute", unattributed, "--dry-run", "--json").json
    assert tree(unattributed) == before
    assert len(said["attribute"]) == evitrail("attribute", unattributed, "--json").json["attributed"]
    line = evitrail("attribute", unattributed, "--dry-run", "--baseline", "gated").out
    assert "0 failed runs to attribute" in line
    assert "to compare with gated; nothing was run, nothing was written" in line


def test_a_dry_run_tells_about_as_many_re_runs_as_are_then_made(unattributed: Path) -> None:
    told = evitrail("attribute", unattributed, "--dry-run", "--json").json["replays"]
    made = evitrail("attribute", unattributed, "--json").json["replays"]
    assert told == pytest.approx(made, rel=0.2), "of two failed runs; of many it comes nearer"


def test_of_a_model_that_finds_nothing_in_any_evidence_it_tells_them_within_a_tenth(own: Desk) -> None:
    folder = own.folder / "asked"
    with talking() as server:
        server.says(chat("B"))
        server.says(models(model=8192), path="/v1/models")
        plan = [word if word != "closed_book,standard,gated" else "standard" for word in own.plan]
        reader = ("--reader", f"openai:model@{server.url}", "--samples", 1)
        assert evitrail("run", *plan, *reader, "--no-attribute", "--out", folder).code == 0
        asked = len(server.bodies())
        told = evitrail("attribute", folder, "--dry-run", "--json").json
        assert len(server.bodies()) == asked, "counting asks nobody"
        made = evitrail("attribute", folder, "--json").json["replays"]
        assert told["replays"] == pytest.approx(made, rel=0.1)
        assert told["calls"] >= len(server.bodies()) - asked > 0


def test_each_failed_run_is_compared_with_the_baseline_in_a_sentence_and_counted(own: Desk) -> None:
    found = evitrail("attribute", own.run, "--baseline", "gated", "--json").json["swaps"]
    assert {swap["condition"] for swap in found} <= {"closed_book", "standard"}
    decided = [swap for swap in found if swap["verdict"] == "decided"]
    assert decided
    said = evitrail("attribute", own.run, "--baseline", "gated")
    assert (said.code, said.err) == (0, "")
    assert all(f"{swap['run']} (" in said.out and swap["sentence"] in said.out for swap in found)
    assert "failures that a swap for the baseline's component prevents" in said.out


def test_the_event_since_which_a_run_fails_is_named_with_its_author_and_reason(own: Desk) -> None:
    lines = [json.loads(line) for line in (BENCHMARK / "acute.jsonl").read_text("utf-8").splitlines()]
    unlabelled = [{**case, "clean_evidence": []} for case in lines if case["id"] in CASES]
    cases, folder = write_lines(own.folder / "cases.jsonl", unlabelled), own.folder / "later"
    for ref in sorted({ref for case in lines if case["id"] in CASES for ref in case["clean_evidence"]}):
        notice = ("--reason", "drill: withdrawn", "--by", "d.larsen", "--store", own.store)
        assert evitrail("store", "retract", ref, *notice).code == 0
    plan = ("--benchmark", cases, "--store", own.store, "--conditions", "gated", "--samples", 5)
    assert evitrail("run", *plan, "--no-attribute", "--out", folder).code == 0
    found = evitrail("attribute", folder, "--bisect", "--json").json
    assert found["not_bisected"] == []
    assert {event["actor"] for event in found["events"] if event["turned"]} == {"d.larsen"}
    said = evitrail("attribute", folder, "--bisect")
    assert (said.code, said.err) == (0, "")
    assert all(event["run"] in said.out for event in found["events"])
    assert "by d.larsen (drill: withdrawn)" in said.out


def test_the_comparison_itself_changes_no_journal(own: Desk) -> None:
    def recorded() -> dict[str, int]:
        with Journals.open(own.run) as journal:
            return {trace.run: len(trace.records) for trace in traces(journal)} | {"all": len(journal.runs())}

    before = recorded(), (own.run / "journal.db").read_bytes()
    assert evitrail("attribute", own.run, "--baseline", "gated").code == 0
    assert (recorded(), (own.run / "journal.db").read_bytes()) == before


def test_another_folder_is_compared_whether_it_shares_the_store_or_has_a_copy_of_it(
    own: Desk, unattributed: Path
) -> None:
    shutil.copytree(own.store, own.folder / "copied-store", copy_function=with_holes)
    asked = ("--benchmark", BENCHMARK, "--only", ",".join(CASES), "--samples", 5, "--conditions", "gated")
    found = []
    for name, store in (("shared", own.store), ("apart", own.folder / "copied-store")):
        assert evitrail("run", *asked, "--store", store, "--out", own.folder / name).code == 0
        found.append(evitrail("attribute", unattributed, "--baseline", own.folder / name, "--json").json["swaps"])
    shared, apart = found
    assert {swap["baseline"].partition(".")[0] for swap in shared} == {"gated"}, "the only condition there is"
    assert shared == apart, "both stores are in one state"
    assert any(swap["verdict"] == "decided" for swap in shared)


def test_a_store_that_was_moved_is_named_and_another_one_is_refused(own: Desk, unattributed: Path) -> None:
    moved, another = own.folder / "far" / "away" / "moved", own.folder / "another"
    moved.parent.mkdir(parents=True)  # one beside the experiment would be found by what it holds
    own.store.rename(moved)
    assert "give its folder with --store PATH" in evitrail("attribute", unattributed).faults[0]
    assert evitrail("attribute", unattributed, "--store", moved, "--baseline", "gated").code == 0
    fewer = write_lines(own.folder / "fewer.jsonl", [one for one in demo_evidence(CASES) if not one["supersedes"]][:1])
    assert evitrail("store", "ingest", fewer, "--store", another).code == 0
    said = evitrail("attribute", unattributed, "--store", another)
    assert (said.code, said.out, len(said.faults)) == (2, "", 1)
    assert f"{another}: expected the store that {unattributed} was run on" in said.faults[0]


def test_bad_input_is_refused_in_one_line_and_nothing_is_written(own: Desk, unattributed: Path) -> None:
    other = own.folder / "other"
    plan = ("--benchmark", BENCHMARK, "--store", own.store, "--only", CASES[0], "--samples", 5)
    assert evitrail("run", *plan, "--conditions", "closed_book,standard,gated", "--out", other).code == 0
    alone = own.folder / "alone"
    assert evitrail("run", *plan, "--conditions", "closed_book", "--out", alone).code == 0
    refused = {
        "an unknown condition": (unattributed, "gatd", "did you mean 'gated'?"),
        "a folder that is not there": (unattributed, "nowhere/at/all", "expected a folder of an experiment"),
        "the folder itself": (unattributed, str(unattributed), "got the same folder"),
        "the only condition there is": (alone, "closed_book", "expected another condition or folder"),
        "a folder without an experiment": (unattributed, str(own.store), "journal"),
        "a folder without a failed case": (unattributed, str(other), CASES[1]),
    }
    before = tree(own.folder)
    for what, (folder, baseline, word) in refused.items():
        said = evitrail("attribute", folder, "--baseline", baseline)
        assert (said.code, said.out, len(said.faults)) == (2, "", 1), what
        assert word in said.faults[0], what
    assert evitrail("attribute", own.folder / "nothing").code == 2
    assert tree(own.folder) == before


def test_a_reference_that_is_none_or_lacks_what_decides_is_refused_in_one_line(own: Desk, unattributed: Path) -> None:
    other = own.folder / "other-store"
    lines = write_lines(own.folder / "other.jsonl", demo_evidence(("radiology-003",)))
    assert evitrail("store", "ingest", lines, "--store", other).code == 0
    before = results(unattributed)
    for named, told in (("nosuch", "a store's folder, 'now', a ledger number"), (other, "holds the lineage")):
        said = evitrail("attribute", unattributed, "--reference", named)
        assert (said.code, said.out) == (2, "")
        assert len(said.err.splitlines()) == 1
        assert told in said.err
    assert results(unattributed) == before
