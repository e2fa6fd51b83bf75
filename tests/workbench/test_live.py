"""The stream of events: each run that ends is told once, however often the connection is cut; nothing waits for it."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from desk import Desk
from growing import Growing
from serving_pages import asking, running, unpacked

from evitrail.eval.report.results import write_results
from evitrail.traces.growth import Growth, Position
from evitrail.traces.journal.journal import Journal
from evitrail.workbench.api.folders import ExperimentFolders
from evitrail.workbench.api.live.watched import ROWS, Watched
from evitrail.workbench.api.live.watchers import MOST, Watchers

PATIENCE = 120
"""Seconds that anything may take, however busy the machine is."""
PATIENT_SERVER = """
from evitrail.workbench.cli import main
from evitrail.workbench.web import serve
serve.GRACE = 100_000
main()
"""
"""`evitrail`, with a server that would wait for a day until its streams end."""


class Told(NamedTuple):
    """One event as a browser reads it."""

    kind: str
    id: str
    data: dict[str, Any]

    @property
    def runs(self) -> list[str]:
        names = self.data["columns"]["run"]
        return [names["distinct"][code] for code in names["codes"]]


@contextmanager
def listening(address: str, exp: str, after: str = "", header: str = "") -> Iterator[Iterator[Told]]:
    """The events of a stream."""
    asked = urllib.request.Request(f"{address}/api/events?exp={exp}&after={urllib.request.quote(after)}")  # type: ignore[attr-defined]
    if header:
        asked.add_header("Last-Event-ID", header)
    with urllib.request.urlopen(asked, timeout=PATIENCE) as stream:
        yield _events(stream)


def _events(stream: Any) -> Iterator[Told]:
    said: dict[str, str] = {}
    for line in stream:
        name, _, value = line.decode().rstrip("\n").partition(": ")
        if name:
            said[name] = value
        elif "event" in said:
            yield Told(said["event"], said.get("id", ""), json.loads(said["data"]))
            said = {}


def heard_until(events: Iterator[Told], done: int) -> list[Told]:
    """Every event up to the progress that so many runs are done."""
    found = []
    for event in events:
        found.append(event)
        if event.kind == "progress" and event.data["done"] >= done:
            return found
    raise AssertionError(found)


@pytest.fixture
def growing(desk: Desk, tmp_path: Path) -> Iterator[Growing]:
    made = Growing(desk.run, tmp_path / "grow")
    yield made
    made.close()


def own_runs(names: list[str]) -> list[str]:
    """Those that are no forks."""
    return [name for name in names if "~" not in name]


def test_a_run_that_ends_is_told_with_the_row_that_the_results_will_have(growing: Growing) -> None:
    ended = own_runs(growing.grow(4))
    with running(growing.folder) as address:
        with listening(address, "grow") as events:
            first = heard_until(events, len(ended))
            more = own_runs(growing.grow(3))
            second = heard_until(events, len(ended) + len(more))
        told = [event for event in (*first, *second) if event.kind == "runs"]
        assert [run for event in told for run in event.runs] == ended + more
        write_results(growing.folder)
        packed = {row["run"]: row for row in asking(growing.folder).get("/api/experiments/grow/runs").json()["runs"]}
    columns = told[0].data["columns"]
    for flag in ("correct", "abstained", "high_risk", "stale"):
        known = {True: 1, False: 0, None: 2}
        assert columns[flag]["values"] == [known[packed[run][flag]] for run in told[0].runs]
    assert columns["confidence"]["values"] == [packed[run]["confidence"] for run in told[0].runs]
    header, _ = unpacked(asking(growing.folder).get("/api/experiments/grow/pack").content)
    assert {name: one["kind"] for name, one in header["columns"].items() if name != "ms"} == {
        name: one["kind"] for name, one in columns.items()
    }


@pytest.mark.parametrize("seed", range(6))
def test_cut_anywhere_and_taken_up_with_the_last_id_no_run_is_missed_or_told_twice(
    growing: Growing, seed: int, tmp_path: Path
) -> None:
    chance, ended, told, last = random.Random(seed), list[str](), list[str](), ""
    with running(growing.folder) as address:
        while growing.left:
            ended += own_runs(growing.grow(chance.randint(1, 5)))
            by_header = chance.random() < 0.5
            with listening(address, "grow", "" if by_header else last, last if by_header else "") as events:
                for event in events:
                    told += event.runs if event.kind == "runs" else []
                    last = event.id or last
                    if len(told) == len(ended) or chance.random() < 0.2:  # cut here
                        break
        with listening(address, "grow", last) as events:
            for event in heard_until(events, len(ended)):
                told += event.runs if event.kind == "runs" else []
    assert told == ended


def test_runs_of_several_writers_are_each_told_once(growing: Growing, desk: Desk) -> None:
    other = Growing(desk.run, growing.folder, "journal-2.db")
    first, same = own_runs(growing.grow(3)), own_runs(other.grow(5))
    with running(growing.folder) as address, listening(address, "grow") as events:
        told = [run for event in heard_until(events, len(same)) if event.kind == "runs" for run in event.runs]
    other.close()
    assert set(first) < set(same)
    assert sorted(told) == sorted(same)


def test_what_the_results_hold_is_not_told_as_new(growing: Growing) -> None:
    growing.grow(3)
    write_results(growing.folder)
    more = own_runs(growing.grow(2))
    with running(growing.folder) as address, listening(address, "grow") as events:
        told = [run for event in heard_until(events, 5) if event.kind == "runs" for run in event.runs]
    assert told == more


def test_results_that_are_written_while_one_looks_are_told(growing: Growing) -> None:
    growing.grow(3)
    with running(growing.folder) as address, listening(address, "grow") as events:
        heard_until(events, 3)
        write_results(growing.folder)
        assert next(event for event in events if event.kind == "results").data["stamp"]


def test_a_finished_experiment_is_told_as_it_stands(desk: Desk) -> None:
    name = "evitrail-run"
    with running(desk.folder) as address, listening(address, name) as events:
        heard = heard_until(events, 1)
    (progress,) = (event.data for event in heard if event.kind == "progress")
    assert progress["done"] == progress["planned"]
    assert (progress["failed"], progress["rate"]) == (0, None)
    assert not [event for event in heard if event.kind == "runs"]


def test_without_a_name_every_experiment_is_told_and_no_row(desk: Desk, growing: Growing) -> None:
    ended = own_runs(growing.grow(4))
    with running(desk.folder, growing.folder) as address, listening(address, "") as events:
        found = dict[str, int]()
        for event in events:
            assert event.kind != "runs"
            if event.kind == "progress":
                found[event.data["exp"]] = event.data["done"]
            if len(found) == 2:
                break
    assert found["grow"] == len(ended)


def test_what_a_killed_writer_wrote_is_told_and_the_next_one_is_followed(growing: Growing, desk: Desk) -> None:
    script = (
        "import sys, os, signal; sys.path[:0] = sys.argv[3:]; from pathlib import Path; from growing import Growing\n"
        "growing = Growing(Path(sys.argv[1]), Path(sys.argv[2]), 'journal-2.db'); growing.grow(4)\n"
        "growing._db.execute('BEGIN'); print('begun', flush=True); os.kill(os.getpid(), signal.SIGKILL)"
    )
    paths = [str(Path(__file__).parents[1])]
    with running(growing.folder) as address, listening(address, "grow") as events:
        killed = subprocess.run(
            [sys.executable, "-c", script, str(desk.run), str(growing.folder), *paths], capture_output=True, text=True
        )
        assert killed.returncode == -signal.SIGKILL, killed.stderr
        told = [run for event in heard_until(events, 4) if event.kind == "runs" for run in event.runs]
        assert len(told) == 4
        growing.grow(6)
        told += [run for event in heard_until(events, 6) if event.kind == "runs" for run in event.runs]
    assert len(told) == len(set(told)) == 6


def test_another_journal_in_its_place_is_told_from_the_start(growing: Growing, desk: Desk) -> None:
    growing.grow(5)
    with running(growing.folder) as address, listening(address, "grow") as events:
        heard_until(events, 5)
        for file in growing.folder.glob("journal.db*"):
            file.unlink()
        Growing(desk.run, growing.folder).close()
        assert next(event for event in events if event.kind in ("anew", "runs")).kind == "anew"


def test_who_reads_too_slowly_is_told_to_ask_anew_and_nothing_grows_for_them(
    growing: Growing, monkeypatch: pytest.MonkeyPatch
) -> None:
    watched = Watched("grow", growing.folder, {})
    watched.takes_rows(1)
    number = watched.joined(None).number
    monkeypatch.setattr("evitrail.workbench.api.live.watched.KEPT", 3)
    watched._rows = type(watched._rows)(maxlen=3)
    for _ in range(5):
        growing.grow(1)
        watched.look()
    assert watched.after(number, rows=True) is None
    assert watched.after(number, rows=False) is not None
    watched.close()


def test_many_who_look_are_served_by_one_watcher(growing: Growing) -> None:
    ended = own_runs(growing.grow(4))
    watchers = Watchers(ExperimentFolders([growing.folder]))
    with watchers.watching("grow") as one, watchers.watching("grow") as other:
        assert one is other
        assert len([t for t in threading.enumerate() if t.name == "watch"]) >= 1
        (missed,) = one.missed(one.joined(None).ends, None)
        assert missed.data["n"] == len(ended) <= ROWS
    watchers.close()


def test_more_streams_than_are_kept_open_are_refused_in_one_line(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("evitrail.workbench.api.live.watchers.MOST", 0)
    answer = asking(desk.folder).get("/api/events?exp=evitrail-run")
    assert (answer.status_code, MOST) == (503, 64)
    assert answer.json()["fault"].startswith("expected at most 0 streams at once")


@pytest.mark.parametrize(
    ("asked", "status", "said"),
    [
        ("exp=nobody", 404, "expected an experiment that is served, got 'nobody'"),
        ("exp=evitrail-run&after=x", 422, "after: expected a position such as journal.db=120, got 'x'"),
        ("exp=evitrail-run&after=journal.db%3D-1", 422, "after: expected a position"),
    ],
)
def test_what_cannot_be_followed_is_refused_in_one_line(desk: Desk, asked: str, status: int, said: str) -> None:
    answer = asking(desk.folder).get(f"/api/events?{asked}")
    assert (answer.status_code, answer.json()["fault"][: len(said)]) == (status, said)


def test_a_server_that_is_stopped_ends_its_streams_and_waits_for_none(desk: Desk) -> None:
    command = [sys.executable, "-c", PATIENT_SERVER, "serve", str(desk.folder), "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as server:
        assert server.stdout
        address = next(word for word in server.stdout.readline().split() if word.startswith("http")).rstrip("/")
        with listening(address, "evitrail-run") as one, listening(address, "evitrail-run") as other:
            heard_until(one, 1)
            heard_until(other, 1)
            server.send_signal(signal.SIGTERM)
            for stream in (one, other):
                assert not [event for event in stream if event.kind == "anew"]  # to the end of it
            server.wait(timeout=PATIENCE)  # in vain, were it to wait for a stream
        assert server.stderr
        assert server.stderr.read() == ""


def test_nobody_who_writes_waits_for_who_looks(growing: Growing) -> None:
    growing.grow(2)
    with Growth(growing.folder) as growth:
        assert growth.moved()
        assert not growth.moved()
        reading = growth.between(Position(), growth.end())
        next(reading)
        growing.grow(2)  # would wait for 30 seconds, and fail, where a reader held it up
        with Journal.open(growing.folder / "journal.db") as journal:
            assert journal.database.read("PRAGMA wal_checkpoint(TRUNCATE)")[0][0] == 0
        assert growth.moved()
