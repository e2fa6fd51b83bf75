"""An experiment is checked, run, taken up again and read, always with the same result."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from pathlib import Path

from desk import BENCHMARK, CASES, SCRIPT, Desk, evitrail, tree, write_lines

from evitrail.eval.plan.plan import plan_in

MADE = ("outcomes.parquet", "metrics.json")


def test_check_proves_and_writes_nothing(desk: Desk) -> None:
    before = tree(desk.folder)
    said = evitrail("run", *desk.plan, "--check", "--out", desk.folder / "new", "--json")
    arms = ["closed_book", "standard", "gated"]
    assert said.json == {"cases": 2, "conditions": arms, "runs": 6, "excluded": {}, "contradictions": {}}
    ingested = evitrail("store", "ingest", desk.evidence, "--check", "--store", desk.folder / "new-store")
    assert "nothing was written" in ingested.out
    assert tree(desk.folder) == before


def test_a_run_repeated_does_nothing_and_says_the_same(own: Desk) -> None:
    first = evitrail("run", *own.plan, "--out", own.folder / "new", "--json")
    before = tree(own.folder / "new")
    again = evitrail("run", *own.plan, "--out", own.folder / "new", "--json")
    assert again == first
    assert tree(own.folder / "new") == before


def test_equal_plans_give_equal_bytes_in_another_folder(desk: Desk, tmp_path: Path) -> None:
    assert evitrail("run", *desk.plan, "--out", tmp_path / "again").code == 0
    assert [tree(tmp_path / "again")[name] for name in MADE] == [tree(desk.run)[name] for name in MADE]


def test_the_plan_in_the_folder_makes_the_experiment_again_from_anywhere(desk: Desk, tmp_path: Path) -> None:
    assert evitrail("run", desk.run / "plan.toml", "--out", tmp_path / "again").code == 0
    assert [tree(tmp_path / "again")[name] for name in MADE] == [tree(desk.run)[name] for name in MADE]
    assert plan_in(tmp_path / "again") == plan_in(desk.run)


def test_a_plan_with_relative_paths_means_the_same_once_it_lies_in_its_folder(desk: Desk, tmp_path: Path) -> None:
    file = tmp_path / "plan.toml"
    store, cases = (os.path.relpath(path) for path in (desk.store, BENCHMARK))
    arms = f'conditions = ["closed_book"]\nonly = ["{CASES[0]}"]\nsamples = 1\n'
    file.write_text(f'store = "{store}"\nbenchmark = "{cases}"\n{arms}')
    assert evitrail("run", file, "--out", tmp_path / "run").code == 0
    assert plan_in(tmp_path / "run").store == str(desk.store.resolve())


def test_without_attribution_nobody_is_blamed(desk: Desk, tmp_path: Path) -> None:
    assert evitrail("run", *desk.plan, "--no-attribute", "--out", tmp_path / "run").code == 0
    assert "blamed" not in evitrail("report", tmp_path / "run").out
    assert all(row["blamed"] is None for row in evitrail("trace", "list", tmp_path / "run", "--json").json)


def test_ingesting_the_same_evidence_again_changes_nothing(own: Desk) -> None:
    entries = len(own.evidence.read_text().splitlines())
    said = evitrail("store", "ingest", own.evidence, "--store", own.store, "--json").json
    assert (said["published"], len(said["unchanged"])) == ([], entries)


def test_a_later_file_may_supersede_what_an_earlier_one_brings(desk: Desk, tmp_path: Path) -> None:
    import json

    entries = [json.loads(line) for line in desk.evidence.read_text("utf-8").splitlines()]
    old = [e for e in entries if e["supersedes"] is None]
    new = [e for e in entries if e["supersedes"]]
    assert new
    files = write_lines(tmp_path / "old.jsonl", old), write_lines(tmp_path / "new.jsonl", new)
    assert evitrail("store", "ingest", *files, "--check", "--store", tmp_path / "store").code == 0


def test_ctrl_c_exits_with_3_and_the_same_command_finishes_the_work(desk: Desk, tmp_path: Path) -> None:
    where = ("--benchmark", BENCHMARK, "--store", desk.store, "--out", tmp_path / "run")
    plan = (*where, "--only", ",".join(CASES), "--conditions", "closed_book,standard,gated,agentic", "--samples", 2)
    arguments = [str(argument) for argument in ("run", *plan)]
    process = subprocess.Popen(
        [SCRIPT, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # a shell's background job is started deaf to SIGINT, and its children with it
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    journal = tmp_path / "run" / "journal.db"
    for _ in range(600):
        if journal.is_file() or process.poll() is not None:
            break
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=120)
    assert (process.returncode, out) == (3, ""), err
    far = r"(, \d of 8 runs are done)?"  # where it had come to the runs
    assert re.fullmatch(f"evitrail: interrupted{far}; finished work is saved, run the same command to resume\n", err)
    assert not (tmp_path / "run" / "report.html").exists()

    assert evitrail(*arguments, "--json").json["unfinished"] == []
    assert evitrail("trace", "verify", tmp_path / "run").code == 0
    whole = ("--out", tmp_path / "whole")
    assert evitrail("run", *plan[:4], *whole, *plan[6:]).code == 0
    assert [tree(tmp_path / "run")[name] for name in MADE] == [tree(tmp_path / "whole")[name] for name in MADE]
