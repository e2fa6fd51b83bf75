"""What reaches outside says so before it does; what writes there does it once, whoever forks or kills the run."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from scribe import Note, Order, Scribe, ticking

import evitrail.traces
from evitrail.traces import Journal, Live, Task, Trace, recorded_work, verify_journal
from evitrail.traces.run.live import BlockedEffect

SOURCE = Path(evitrail.__file__).parents[1]
ORDER = Order(words=())
OUTSIDE: dict[str, Any] = {"effect": "writes_external"}


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with Journal.open(tmp_path / "journal.db", clock=ticking()) as opened:
        yield opened


@pytest.fixture
def ward(tmp_path: Path) -> Path:
    """A file that stands for all that is outside: each line is one thing that was done there."""
    (tmp_path / "ward").touch()
    return tmp_path / "ward"


def notify(run: Live, ward: Path, text: str = "call the surgeon", **given: Any) -> Note:
    """A step that writes outside."""

    def send() -> Note:
        with ward.open("a") as file:
            file.write(f"{text}\n")
        return Note(text=f"sent: {text}")

    return run.step(
        Task("notify", send, returns=Note, inputs={"text": Note(text=text)}, by=Scribe(), **OUTSIDE, **given)
    )


def fork(journal: Journal, **given: Any) -> Live:
    return Live.begin(journal, "fork", ORDER, parent="run", memory=recorded_work(journal, "run"), **given)


@pytest.mark.parametrize("effect", ["reads_external", "writes_external"])
def test_a_step_that_reaches_outside_says_so_before_it_does(journal: Journal, effect: Any) -> None:
    seen: list[str] = []

    def call() -> Note:
        seen.extend(record.type for record in journal.records("run"))
        return Note(text="back")

    run = Live.begin(journal, "run", ORDER)
    run.step(Task("ask", call, returns=Note, inputs={}, by=Scribe(), effect=effect))
    assert seen == ["run.begin", "activity.begin"]
    (begun,) = Trace(journal, "run").of_type("activity.begin")
    (ended,) = Trace(journal, "run").activities
    said = {"path": "ask[1]", "kind": "ask", "by": "Scribe(hand='round')", "effect": effect, "key": ended.key}
    assert begun.body == said


def test_a_step_that_reaches_nowhere_says_nothing_beforehand(journal: Journal) -> None:
    run = Live.begin(journal, "run", ORDER)
    run.step(Task("think", lambda: Note(text="x"), returns=Note, inputs={}, by=Scribe()))
    assert [record.type for record in journal.records("run")] == ["run.begin", "activity.end"]


def test_the_first_run_writes_outside_once_and_taken_up_again_not_at_all(journal: Journal, ward: Path) -> None:
    for _ in range(2):
        notify(Live.begin(journal, "run", ORDER), ward)
    assert ward.read_text() == "call the surgeon\n"


def test_a_fork_reuses_what_was_written_outside_and_refuses_to_write_anything_else(
    journal: Journal, ward: Path
) -> None:
    notify(Live.begin(journal, "run", ORDER), ward)
    run = fork(journal)
    assert notify(run, ward) == Note(text="sent: call the surgeon")
    with pytest.raises(BlockedEffect, match=r"^notify\[2\] by Scribe.* writes externally, and a fork would") as caught:
        notify(run, ward, "cancel the surgeon")
    assert "acknowledge" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert ward.read_text() == "call the surgeon\n"


def test_a_fork_may_lay_down_what_it_may_not_do(journal: Journal, ward: Path) -> None:
    Live.begin(journal, "run", ORDER)
    run = fork(journal, given={"notify[1]": {"text": "as if sent"}})
    assert notify(run, ward) == Note(text="as if sent")
    assert ward.read_text() == ""


def test_a_fork_writes_outside_when_somebody_answers_for_it_and_the_chain_says_who(
    journal: Journal, ward: Path
) -> None:
    Live.begin(journal, "run", ORDER)
    with pytest.raises(BlockedEffect):
        notify(fork(journal), ward)
    for _ in range(2):
        notify(fork(journal, acknowledged="Dr Amara"), ward)
    assert ward.read_text() == "call the surgeon\n"
    (acknowledged,) = Trace(journal, "fork").of_type("acknowledgement")
    assert (acknowledged.body["by"], acknowledged.body["path"]) == ("Dr Amara", "notify[1]")
    assert [record.type for record in journal.records("fork")][1:] == [
        *("acknowledgement", "activity.begin", "activity.end"),
    ]
    assert verify_journal(journal).integrity == ()


def test_an_acknowledgement_that_nothing_needed_is_not_recorded(journal: Journal, ward: Path) -> None:
    notify(Live.begin(journal, "run", ORDER), ward)
    notify(fork(journal, acknowledged="Dr Amara"), ward)
    assert Trace(journal, "fork").of_type("acknowledgement") == []


WORKER = """
import os, signal, sys
from pathlib import Path
from test_fork_outside import ORDER, OUTSIDE, Journal, Live, Note, Scribe, Task
folder = Path(sys.argv[1])

def send():
    with (folder / "ward").open("a") as file:
        file.write("call the surgeon\\n")
    os.kill(os.getpid(), signal.SIGKILL)

with Journal.open(folder / "journal.db") as journal:
    run = Live.begin(journal, "run", ORDER)
    given = {"text": Note(text="call the surgeon")}
    run.step(Task("notify", send, returns=Note, inputs=given, by=Scribe(), **OUTSIDE))
"""


@pytest.fixture
def killed(tmp_path: Path, ward: Path) -> Iterator[Journal]:
    """The journal of a run that was killed when it had just written outside, and nobody had heard back."""
    search = os.pathsep.join(map(str, (SOURCE, SOURCE.parent / "tests", SOURCE.parent / "tests" / "traces")))
    command = [sys.executable, "-c", WORKER, str(tmp_path)]
    done = subprocess.run(command, env={**os.environ, "PYTHONPATH": search}, check=False)
    assert done.returncode == -signal.SIGKILL
    assert ward.read_text() == "call the surgeon\n"
    with Journal.open(tmp_path / "journal.db", clock=ticking()) as journal:
        yield journal


def test_after_a_kill_in_the_middle_of_it_a_write_is_not_tried_again(killed: Journal, ward: Path) -> None:
    run = Live.begin(killed, "run", ORDER)
    with pytest.raises(BlockedEffect, match=r"notify\[1\].*an earlier attempt may have succeeded"):
        notify(run, ward)
    assert ward.read_text() == "call the surgeon\n"


def test_nor_is_it_tried_again_in_other_words_or_at_another_place(killed: Journal, ward: Path) -> None:
    with pytest.raises(BlockedEffect, match="an earlier attempt"):
        notify(Live.begin(killed, "run", ORDER), ward, "call the surgeon now")
    with pytest.raises(BlockedEffect, match="an earlier attempt"):
        notify(Live.begin(killed, "run", ORDER), ward, label="second floor")
    assert ward.read_text() == "call the surgeon\n"


def test_after_a_kill_it_is_tried_again_when_somebody_answers_for_it(killed: Journal, ward: Path) -> None:
    notify(Live.begin(killed, "run", ORDER, acknowledged="Dr Amara"), ward)
    assert ward.read_text() == "call the surgeon\n" * 2
    (said,) = Trace(killed, "run").of_type("acknowledgement")
    assert (said.body["by"], said.body["path"]) == ("Dr Amara", "notify[1]")
    notify(Live.begin(killed, "run", ORDER), ward)
    assert ward.read_text() == "call the surgeon\n" * 2


def test_what_was_not_begun_when_the_run_was_killed_is_done(killed: Journal, ward: Path) -> None:
    run = Live.begin(killed, "run", ORDER)
    with pytest.raises(BlockedEffect):
        notify(run, ward)
    notify(run, ward, "call the nurse")
    assert ward.read_text() == "call the surgeon\ncall the nurse\n"


def test_a_read_that_was_cut_off_is_simply_made_again(journal: Journal) -> None:
    def ask(says: str | None) -> Note:
        def call() -> Note:
            if says is None:
                raise TimeoutError("no answer in 30 s")
            return Note(text=says)

        run = Live.begin(journal, "run", ORDER)
        return run.step(Task("ask", call, returns=Note, inputs={}, by=Scribe(), effect="reads_external"))

    with pytest.raises(TimeoutError):
        ask(None)
    assert ask("here") == Note(text="here")
    assert [r.type for r in journal.records("run")][1:] == [
        *("activity.begin", "activity.error", "activity.begin", "activity.end"),
    ]
