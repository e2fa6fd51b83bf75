"""One store, several commands at once: who reads is never refused, and a second writer is told who the first is."""

from __future__ import annotations

import subprocess
import sys

from desk import SCRIPT, Desk, evitrail, write_lines
from world import evidence


def test_one_searches_while_another_runs_an_experiment_and_a_third_ingests(own: Desk) -> None:
    store, before = own.store, len(evitrail("store", "list", "--store", own.store, "--json").json)
    more = write_lines(own.folder / "more.jsonl", [evidence(f"b-{i}").model_dump(mode="json") for i in range(40)])
    commands = [
        ["run", *map(str, own.plan), "--out", str(own.folder / "another")],
        ["store", "ingest", str(more), "--store", str(store)],
        *[["search", "aspirin", "--store", str(store), "--json"]] * 3,
    ]
    begun = [
        subprocess.Popen([SCRIPT, *command], stderr=subprocess.PIPE, stdout=subprocess.PIPE) for command in commands
    ]
    said = [process.communicate(timeout=300) for process in begun]
    assert [process.returncode for process in begun] == [0] * len(commands), said
    assert evitrail("store", "verify", "--store", store).code == 0
    assert len(evitrail("store", "list", "--store", store, "--json").json) == before + 40


def test_a_second_writer_is_told_who_writes_and_since_when(own: Desk) -> None:
    store, ingest = own.store, ("store", "ingest", own.evidence, "--store", own.store)
    held = f"""
import sys
from evitrail.evidence_store import EvidenceStore
with EvidenceStore.open({str(store)!r}):
    print("open", flush=True)
    sys.stdin.read()
"""
    owner = subprocess.Popen([sys.executable, "-c", held], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert owner.stdout is not None
    assert owner.stdout.readline() == b"open\n"
    said = evitrail(*ingest)
    assert (said.code, len(said.faults)) == (2, 1)
    assert f"the index is open in another process (process {owner.pid}, since 20" in said.err
    assert said.faults[0].endswith("UTC); wait until it ends, or stop it")
    owner.communicate()
    assert evitrail(*ingest).code == 0
