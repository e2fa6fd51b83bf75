"""How a sweep is carried out decides nothing: how many runs at once, by whom, and in how many parts."""

from __future__ import annotations

import json
import os
import pty
import subprocess
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from desk import CASES, SCRIPT, Desk, evitrail, tree
from model_server import ModelServer

from evitrail.agent.llm.server import connection

MADE = ("outcomes.parquet", "metrics.json", "attribution.json")


@pytest.fixture
def server() -> Iterator[ModelServer]:
    with ModelServer() as server:
        yield server


@pytest.fixture
def prompted(desk: Desk, server: ModelServer) -> tuple[object, ...]:
    """The desk's plan, asked of a model behind a port."""
    return *desk.plan, "--reader", f"openai:ward@{server.url}", "--no-attribute"


def same(one: Path, other: Path) -> bool:
    return [tree(one)[name] for name in MADE] == [tree(other)[name] for name in MADE]


def foretold(*arguments: object) -> Any:
    return evitrail("run", *arguments, "--dry-run", "--json").json


@pytest.mark.parametrize(
    ("options", "fault"),
    [
        (("--engine", "dask"), "--engine: expected threads or ray, got 'dask'"),
        (("--workers", "2"), "--workers: expected beside --engine ray only"),
        (("--address", "auto"), "--address: expected beside --engine ray only"),
    ],
)
def test_an_option_that_cannot_be_meant_is_refused_in_one_line(
    desk: Desk, tmp_path: Path, options: tuple[str, ...], fault: str
) -> None:
    said = evitrail("run", *desk.plan, *options, "--out", tmp_path / "run")
    assert (said.code, said.faults) == (2, [fault])
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("option", ["--in-flight", "--workers"])
def test_nothing_is_done_by_nobody(desk: Desk, tmp_path: Path, option: str) -> None:
    said = evitrail("run", *desk.plan, "--engine", "ray", option, "0", "--out", tmp_path / "run")
    assert (said.code, len(said.faults)) == (2, 1)
    assert option in said.faults[0]


def test_how_many_runs_are_under_way_may_change_from_day_to_day(own: Desk) -> None:
    assert evitrail("run", *own.plan, "--in-flight", 1, "--out", own.folder / "new").code == 0
    before = tree(own.folder / "new")
    assert evitrail("run", *own.plan, "--in-flight", 7, "--out", own.folder / "new").code == 0
    assert tree(own.folder / "new") == before
    assert same(own.folder / "new", own.run)


def test_a_plan_may_say_how_many_and_the_command_line_something_else(own: Desk, tmp_path: Path) -> None:
    said = (own.run / "plan.toml").read_text()
    plan = own.folder / "again" / "plan.toml"  # beside the run, where its paths mean the same
    plan.parent.mkdir()
    plan.write_text(f"in_flight = 3\n{said}")
    assert evitrail("run", plan, "--in-flight", 5, "--out", tmp_path / "run").code == 0
    assert same(tmp_path / "run", own.run)
    assert evitrail("run", plan, "--out", tmp_path / "run").code == 0


def test_ray_comes_to_the_same_bytes_with_any_part_of_the_cases_done_before(own: Desk) -> None:
    pytest.importorskip("ray", reason="Ray is not installed")
    out = own.folder / "new"
    said = evitrail("run", *own.plan, "--engine", "ray", "--in-flight", 3, "--out", out, "--json")
    assert (said.code, said.err) == (0, "")
    assert said.json["unfinished"] == []
    assert same(out, own.run)
    assert len(list(out.glob("journal-*.db"))) == 2
    assert evitrail("trace", "verify", out).code == 0
    assert evitrail("run", *own.plan, "--out", out, "--json").json == said.json, "threads find nothing left to do"


def test_a_dry_run_writes_nothing_and_tells_what_is_left(desk: Desk) -> None:
    before, new = tree(desk.folder), desk.folder / "new"
    whole = foretold(*desk.plan, "--out", new)
    assert whole["cases"] == 2
    assert whole["total"].pop("runs") == 6
    assert set(whole["total"].values()) == {0}, "it asks no model"
    assert foretold(*desk.plan, "--out", desk.run)["total"]["runs"] == 0, "nothing is left"
    one = foretold(*desk.plan, "--limit", 1, "--out", new)
    assert (one["cases"], one["total"]["runs"]) == (1, 3)
    only = [CASES[1] if word == ",".join(CASES) else word for word in desk.plan]
    assert foretold(*only, "--out", new)["total"]["runs"] == 3
    assert "no model was asked, nothing was written" in evitrail("run", *desk.plan, "--out", new, "--dry-run").out
    assert tree(desk.folder) == before


def test_a_dry_run_refuses_what_a_check_refuses(desk: Desk, tmp_path: Path) -> None:
    only = ["nobody" if word == ",".join(CASES) else word for word in desk.plan]
    checked = evitrail("run", *only, "--check", "--out", tmp_path / "run")
    assert checked.code == 2
    assert evitrail("run", *only, "--dry-run", "--out", tmp_path / "run") == checked


def test_what_a_dry_run_foretells_is_asked(
    desk: Desk, tmp_path: Path, server: ModelServer, prompted: tuple[object, ...]
) -> None:
    arms = [word if word != "closed_book,standard,gated" else "closed_book" for word in prompted]
    total = foretold(*arms, "--prompts", "published", "--out", tmp_path / "run")["total"]
    assert server.begun == 0
    assert total["calls"] == 4, "two cases, each asked once for an answer and once for all ballots"
    assert evitrail("run", *arms, "--prompts", "published", "--out", tmp_path / "run").code == 0
    assert server.begun == total["calls"]


def test_a_server_that_is_gone_ends_the_command_with_one_line(
    desk: Desk, tmp_path: Path, server: ModelServer, prompted: tuple[object, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "time", SimpleNamespace(sleep=lambda seconds: None))  # between its tries
    server.gone_after = 3
    said = evitrail("run", *prompted, "--prompts", "published", "--in-flight", 2, "--out", tmp_path / "run")
    assert (said.code, said.out) == (1, "")
    (fault,) = said.faults
    assert "the model server is down" in fault
    assert server.url in fault
    assert fault.endswith("of 6 runs are done, run the same command to resume")
    asked, server.gone_after = sum(server.asked.values()), None
    assert evitrail("run", *prompted, "--prompts", "published", "--out", tmp_path / "run").code == 0
    assert sum(server.asked.values()) == 12
    assert 3 <= asked <= 4, "what was being answered when it went"


def test_on_a_terminal_it_says_how_far_it_is_and_elsewhere_nothing(desk: Desk, tmp_path: Path) -> None:
    shown, end = pty.openpty()
    arguments = [str(word) for word in ("run", *desk.plan, "--out", tmp_path / "run", "--json")]
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "160"}
    with subprocess.Popen([SCRIPT, *arguments], stdout=subprocess.PIPE, stderr=end, env=environment) as process:
        os.close(end)
        said = b""
        while True:
            try:
                part = os.read(shown, 4096)
            except OSError:  # the other end was closed
                break
            if not part:
                break
            said += part
        assert process.stdout is not None
        out = process.stdout.read()
    os.close(shown)
    assert process.returncode == 0, said
    assert json.loads(out)["unfinished"] == []
    for words in ("6/6", "0 failed", "in flight", "tokens/s"):
        assert words in said.decode(), words
    quiet = evitrail("run", *desk.plan, "--out", tmp_path / "quiet", "--json")
    assert (quiet.code, quiet.err) == (0, "")
