"""What is loaded once raises no alarm when a run is verified: a library that is imported, a model that is read in."""

from __future__ import annotations

import importlib
import socket
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from scribe import Note, Order, Scribe

from evitrail.traces import Journal, Live, Run, Task, Verify
from evitrail.traces.run.hermetic import loading

ORDER = Order(words=())


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with Journal.open(tmp_path / "journal.db") as opened:
        yield opened


def looked(run: Run, way: Callable[[], str]) -> Note:
    return run.step(Task("look", lambda: Note(text=way()), returns=Note, inputs={}, by=Scribe()))


def verdict(journal: Journal, name: str, way: Callable[[], str]) -> str:
    verify = Verify(journal, name)
    looked(verify, way)
    (checked,) = verify.finish()
    return checked.verdict


def listened() -> str:
    """Uses a socket, on this machine alone."""
    with socket.socket() as plain:
        plain.bind(("127.0.0.1", 0))
    return "listened"


def test_a_library_that_tries_the_network_as_it_is_imported_is_refused_and_raises_no_alarm(
    journal: Journal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = (
        "import socket",
        "try:",
        "    socket.socket().bind(('127.0.0.1', 0))",
        "    HEARD = True",
        "except OSError:",
        "    HEARD = False",
    )
    (tmp_path / "late_probe.py").write_text("\n".join(lines))
    monkeypatch.syspath_prepend(str(tmp_path))

    def needs_it() -> str:
        importlib.import_module("late_probe")
        return "done"

    looked(Live.begin(journal, "run", ORDER), needs_it)
    del sys.modules["late_probe"]
    assert verdict(journal, "run", needs_it) == "recomputed-same"
    assert sys.modules["late_probe"].HEARD is False


def test_what_is_loaded_once_may_use_the_network_and_the_step_that_needs_it_may_not(journal: Journal) -> None:
    loaded: list[str] = []

    def model() -> str:
        if not loaded:
            with loading():
                loaded.append(listened())
        return loaded[0]

    for name, way, expected in (
        ("a", model, "recomputed-same"),
        ("b", lambda: model() and listened(), "blocked-effect"),
    ):
        looked(Live.begin(journal, name, ORDER), way)
        loaded.clear()
        assert verdict(journal, name, way) == expected
