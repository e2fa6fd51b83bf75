"""``evitrail serve``: what it refuses in one line, and what its first page needs to load."""

from __future__ import annotations

import os
import socket
import urllib.request
from pathlib import Path

import pytest
from desk import Desk, evitrail
from server_process import served

TOKEN = "0123456789abcdef0123456789abcdef"
UNWANTED = {
    "torch",
    "pandas",
    "sentence_transformers",
    "transformers",
    "llama_index",
    "matplotlib",
    "networkx",
    "ray",
    "vllm",
}
"""Modules that take long to load, and no page needs."""


def test_the_first_pages_load_no_model_and_no_plots(desk: Desk) -> None:
    with served(desk.folder) as (address, process):
        for path in ("", "e/evitrail-run", "e/evitrail-run/runs/gated.acute-001", "api/experiments/evitrail-run/pack"):
            with urllib.request.urlopen(address + path, timeout=60) as answer:
                assert answer.status == 200
        assert process.stdin
        assert process.stderr
        process.stdin.write("modules\n")
        process.stdin.flush()
        loaded = set(process.stderr.readline().split())
    assert "evitrail.workbench.web.app" in loaded
    assert loaded & UNWANTED == set()


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1"])
def test_an_address_that_others_can_reach_needs_a_token_and_a_name(desk: Desk, tmp_path: Path, host: str) -> None:
    file = tmp_path / "token"
    file.write_text(TOKEN + "\n", encoding="utf-8")
    for more, got in (
        ((), "neither"),
        (("--token-file", file), "--token-file"),
        (("--trusted-host", "a.example"), "--trusted-host"),
    ):
        said = evitrail("serve", desk.folder, "--host", host, *more)
        assert said.code == 2
        assert said.out == ""
        (line,) = said.faults
        assert f"expected --token-file or --people, and --trusted-host, with it, got {got};" in line


def test_a_token_that_is_short_or_missing_is_refused(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("hunter2", encoding="utf-8")
    said = evitrail("serve", desk.folder, "--token-file", tmp_path / "token")
    assert (said.code, "expected a token of at least 16" in said.faults[0]) == (2, True)
    assert "hunter2" not in said.err
    assert evitrail("serve", desk.folder, "--token-file", tmp_path / "none").code == 2


def test_a_folder_that_is_not_there_and_a_port_that_is_taken_are_one_line(desk: Desk) -> None:
    said = evitrail("serve", desk.folder / "nowhere")
    assert (said.code, len(said.faults)) == (2, 1)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        said = evitrail("serve", desk.folder, "--port", taken.getsockname()[1])
    assert said.code == 2
    assert "expected a port that is free" in said.faults[0]


def test_serving_writes_nothing_into_an_experiment(own: Desk) -> None:
    before = sorted((path.name, path.stat().st_size) for path in own.run.iterdir() if path.suffix != ".db-shm")
    with served(own.run) as (address, _):
        for path in ("e/evitrail-run", "e/evitrail-run/runs/gated.acute-001", "api/experiments/evitrail-run/integrity"):
            with urllib.request.urlopen(address + path, timeout=60) as answer:
                answer.read()
    after = sorted((path.name, path.stat().st_size) for path in own.run.iterdir() if path.suffix != ".db-shm")
    assert [name for name in after if name not in before and not name[0].endswith(("-wal", "-shm"))] == []
    assert os.path.getsize(own.run / "journal.db") == dict(before)["journal.db"]
