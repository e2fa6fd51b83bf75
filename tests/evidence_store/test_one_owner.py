"""A store that somebody else uses, or that is closed meanwhile: one line, and nothing is written twice or lost."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import pytest
from desk import SCRIPT, evitrail, write_lines
from world import WordVectors, clock, evidence

from evitrail.evidence_store import EvidenceStore, StoreError

BUSY = "the index is open in another process"


def evidence_file(path: Path, names: str, n: int = 5) -> Path:
    return write_lines(path, [evidence(f"{names}-{i}").model_dump(mode="json") for i in range(n)])


def test_of_two_ingests_at_once_into_a_new_store_each_is_done_or_told_in_one_line(tmp_path: Path) -> None:
    files = [evidence_file(tmp_path / f"{name}.jsonl", name) for name in ("a", "b")]
    store = tmp_path / "store"
    commands = [[SCRIPT, "store", "ingest", str(file), "--store", str(store)] for file in files]
    both = [subprocess.Popen(c, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for c in commands]
    for process in both:
        _, said = process.communicate()
        if process.returncode:
            assert process.returncode == 2
            (line,) = said.splitlines()
            assert BUSY in line or "another process" in line
    for file in files:
        assert evitrail("store", "ingest", file, "--store", store).code == 0
    assert len(evitrail("store", "list", "--store", store, "--json").json) == 10
    assert evitrail("store", "verify", "--store", store).code == 0


def test_a_command_that_would_write_to_a_store_that_another_process_writes_to_is_one_line(tmp_path: Path) -> None:
    store = tmp_path / "store"
    assert evitrail("store", "ingest", evidence_file(tmp_path / "a.jsonl", "a", 3), "--store", store).code == 0
    with EvidenceStore.open(store):  # a second opening is refused in this process as in another
        for command in (
            ("store", "verify", "--store", store),
            ("store", "retract", "a-1@1", "--reason", "x", "--by", "me", "--store", store),
            ("store", "ingest", tmp_path / "a.jsonl", "--store", store),
        ):
            said = evitrail(*command)
            assert (said.code, len(said.faults)) == (2, 1)
            assert BUSY in said.err
    assert evitrail("search", "aspirin", "--store", store).code == 0


@pytest.mark.parametrize("engine", ["edge", "local"])
def test_what_is_asked_of_an_index_while_it_is_closed_is_answered_or_one_line(engine: str, tmp_path: Path) -> None:
    store = EvidenceStore.open(tmp_path / "s", create=True, embedder=WordVectors(), index=engine, clock=clock)
    store.ingest([evidence(f"e-{n}") for n in range(30)])
    snapshot, begun = store.snapshot(), Event()
    acts: list[Callable[[], object]] = [
        lambda: snapshot.lexical("aspirin", 5),
        lambda: snapshot.dense("aspirin", 5),
        store.stats,
        store.verify,
    ]

    def asking(act: Callable[[], object]) -> str:
        while True:
            try:
                act()
                begun.set()
            except StoreError as error:
                return str(error)

    with ThreadPoolExecutor(len(acts)) as threads:
        told = [threads.submit(asking, act) for act in acts]
        assert begun.wait(30)
        store.close()
    for each in told:
        assert each.result().endswith("the index was closed while it was in use; open the store again and do it again")
