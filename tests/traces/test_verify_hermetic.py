"""Verifying refuses the network at the socket, serves what came from outside, and names what a change was."""

from __future__ import annotations

import asyncio
import importlib
import re
import socket
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from scribe import Note, Order, Scribe

from evitrail.traces import Journal, Live, Record, Run, StepVerdict, Task, Verify
from evitrail.traces.run.hermetic import hermetic

ORDER = Order(words=())


@dataclass
class Server:
    """A real server on loopback, and the requests that reached it."""

    address: tuple[str, int]
    asked: list[str]

    @property
    def url(self) -> str:
        return f"http://{self.address[0]}:{self.address[1]}/"


@pytest.fixture
def server() -> Iterator[Server]:
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"from outside")

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as serving:
        thread = Thread(target=serving.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield Server(("127.0.0.1", serving.server_port), asked)
        serving.shutdown()
        thread.join()


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with Journal.open(tmp_path / "journal.db") as opened:
        yield opened


def by_urllib(server: Server) -> str:
    return str(urllib.request.urlopen(server.url, timeout=5).read().decode())


def by_socket(server: Server) -> str:
    with socket.create_connection(server.address, timeout=5) as plain:
        plain.sendall(b"GET / HTTP/1.0\r\n\r\n")
        return plain.makefile().read().rpartition("\n")[2]


def by_asyncio(server: Server) -> str:
    async def get() -> str:
        reader, writer = await asyncio.open_connection(*server.address)
        writer.write(b"GET / HTTP/1.0\r\n\r\n")
        said = (await reader.read()).decode()
        writer.close()
        return said.rpartition("\n")[2]

    return asyncio.run(get())


def by_a_thread(server: Server) -> str:
    with ThreadPoolExecutor() as pool:
        return pool.submit(by_urllib, server).result()


def by_name(server: Server) -> str:
    found = socket.getaddrinfo("localhost", server.address[1], type=socket.SOCK_STREAM)
    return "from outside" if found else ""


def by_datagram(server: Server) -> str:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as plain:
        plain.sendto(b"hello", server.address)
    return "from outside"


WAYS = [by_urllib, by_socket, by_asyncio, by_a_thread, by_name, by_datagram]


def reaching(run: Run, server: Server, way: Callable[[Server], str], effect: Any = "pure") -> Note:
    """A step that goes to the server, and one that goes on from what it said."""
    said = run.step(Task("look", lambda: Note(text=way(server)), returns=Note, inputs={}, by=Scribe(), effect=effect))
    return run.step(
        Task("think", lambda: Note(text=said.text.upper()), returns=Note, inputs={"note": said}, by=Scribe())
    )


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_a_step_that_says_it_is_pure_and_is_not_is_refused_and_named(
    journal: Journal, server: Server, way: Callable[[Server], str]
) -> None:
    reaching(Live.begin(journal, "run", ORDER), server, way)
    reached = list(server.asked)
    verify = Verify(journal, "run")
    assert reaching(verify, server, way) == Note(text="FROM OUTSIDE")
    first, second = verify.finish()
    assert (first.path, first.verdict) == ("look[1]", "blocked-effect")
    host, port = ("localhost" if way is by_name else server.address[0]), str(server.address[1])
    assert host in first.detail
    assert port in first.detail
    assert second == StepVerdict("think[1]", "recomputed-same")
    assert server.asked == reached


def test_a_library_that_swallows_the_refusal_is_found_out_all_the_same(journal: Journal, server: Server) -> None:
    def or_else(server: Server) -> str:
        try:
            return by_urllib(server)
        except OSError:
            return "from outside"

    reaching(Live.begin(journal, "run", ORDER), server, or_else)
    verify = Verify(journal, "run")
    reaching(verify, server, or_else)
    assert [checked.verdict for checked in verify.finish()] == ["blocked-effect", "recomputed-same"]
    assert server.asked == ["/"]


def test_the_step_within_which_it_happens_is_named_before_the_step_around_it(journal: Journal, server: Server) -> None:
    def nested(run: Run) -> None:
        run.step(Task("outer", lambda: reaching(run, server, by_urllib), returns=Note, inputs={}, by=Scribe()))

    nested(Live.begin(journal, "run", ORDER))
    verify = Verify(journal, "run")
    nested(verify)
    assert [(c.path, c.verdict) for c in verify.finish()] == [
        ("outer[1]/look[1]", "blocked-effect"),
        ("outer[1]/think[1]", "recomputed-same"),
        ("outer[1]", "blocked-effect"),
    ]


def test_what_is_read_from_outside_is_served_and_the_server_hears_nothing(journal: Journal, server: Server) -> None:
    reaching(Live.begin(journal, "run", ORDER), server, by_urllib, "reads_external")
    assert server.asked == ["/"]
    verify = Verify(journal, "run")
    assert reaching(verify, server, by_urllib, "reads_external") == Note(text="FROM OUTSIDE")
    assert [(c.path, c.verdict) for c in verify.finish()] == [("look[1]", "reused"), ("think[1]", "recomputed-same")]
    assert server.asked == ["/"]


def test_a_new_question_to_the_outside_is_refused_and_the_step_around_it_is_served(
    journal: Journal, server: Server
) -> None:
    def asked(run: Run, times: int) -> Note:
        def looks() -> Note:
            given = {"returns": Note, "inputs": {}, "by": Scribe(), "effect": "reads_external"}
            said = [run.step(Task("look", lambda: Note(text=by_urllib(server)), **given)) for _ in range(times)]  # type: ignore[arg-type]
            return Note(text=" ".join(note.text for note in said))

        return run.step(Task("outer", looks, returns=Note, inputs={}, by=Scribe()))

    then = asked(Live.begin(journal, "run", ORDER), 1)
    verify = Verify(journal, "run")
    assert asked(verify, 2) == then
    assert [(c.path, c.verdict) for c in verify.finish()] == [
        ("outer[1]/look[1]", "reused"),
        ("outer[1]/look[2]", "blocked-effect"),
        ("outer[1]", "recomputed-changed"),
    ]
    assert server.asked == ["/"]


def test_the_network_works_again_after_the_last_block(server: Server) -> None:
    for way in WAYS:
        with hermetic() as outer:
            with hermetic() as inner, pytest.raises(OSError, match="network is blocked"):
                way(server)
            assert inner
            with pytest.raises(OSError, match="network is blocked"):
                way(server)
            assert outer == inner * 2
        assert way(server) == "from outside"
    assert set(server.asked) == {"/"}


@dataclass(frozen=True)
class Searcher:
    """Finds as many things as it is asked for, and one that its mood adds."""

    by: str = "words"


class Found(Record, stored_as="Found"):
    hits: tuple[str, ...]
    scores: dict[str, float]


def search(run: Run, *, k: int = 10, snapshot: str = "sha256:a", by: Any = None, mood: float = 0.0) -> Found:
    found = Found(hits=tuple(f"hit {n} of {snapshot}" for n in range(k)), scores={"best": 1.0 + mood})
    task = Task(
        "search",
        lambda: found,
        returns=Found,
        inputs={},
        by=by or Searcher(),
        parameters={"k": k, "snapshot": snapshot},
    )
    return run.step(task)


@pytest.mark.parametrize(
    ("change", "verdict", "told"),
    [
        ({"k": 5}, "input-changed", "k: recorded 10, now 5"),
        ({"snapshot": "sha256:b"}, "store-changed", "snapshot: recorded 'sha256:a', now 'sha256:b'"),
        ({"by": Searcher("meaning"), "mood": 1.0}, "code-changed", "done by Searcher(by='meaning')"),
        ({"mood": 0.5}, "recomputed-changed", "scores.best: recorded 1.0, now 1.5"),
    ],
    ids=["parameter", "store", "component", "not deterministic"],
)
def test_what_was_another_is_named_and_nothing_is_written(
    journal: Journal, change: dict[str, Any], verdict: str, told: str
) -> None:
    search(Live.begin(journal, "run", ORDER))
    before = journal.heads()
    verify = Verify(journal, "run")
    search(verify, **change)
    (checked,) = verify.finish()
    assert (checked.path, checked.verdict) == ("search[1]", verdict)
    assert re.search(re.escape(told), checked.detail), checked.detail
    assert journal.heads() == before


def test_a_step_that_fails_this_time_is_told_and_the_others_are_still_checked(journal: Journal) -> None:
    def worked(run: Run, failing: str | None = None) -> None:
        said = Note(text="")
        for word in ("a", "b", "c"):

            def call(word: str = word) -> Note:
                if word == failing:
                    raise TimeoutError("no answer in 30 s")
                return Note(text=word)

            said = run.step(Task("say", call, returns=Note, inputs={"note": said}, by=Scribe()))

    worked(Live.begin(journal, "run", ORDER))
    verify = Verify(journal, "run")
    worked(verify, failing="b")
    assert verify.finish() == [
        StepVerdict("say[1]", "recomputed-same"),
        StepVerdict("say[2]", "recomputed-changed", "it raised TimeoutError: no answer in 30 s"),
        StepVerdict("say[3]", "recomputed-same"),
    ]


def test_another_result_under_other_code_is_laid_to_the_code(
    journal: Journal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(tmp_path))
    parts = []
    for name in ("finder_then", "finder_now"):
        source = f"class Finder:\n    def __repr__(self):\n        return 'Finder()'\n    home = '{name}'\n"
        (tmp_path / f"{name}.py").write_text(source)
        parts.append(importlib.import_module(name).Finder())
    search(Live.begin(journal, "run", ORDER), by=parts[0])
    verify = Verify(journal, "run")
    search(verify, by=parts[1], mood=1.0)
    assert verify.finish() == [StepVerdict("search[1]", "code-changed", "the code of Finder() has changed")]
