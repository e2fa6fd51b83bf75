"""A clock, an id or a die is asked once; whoever does the run again hears what was heard then."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest
from scribe import Note, Order, Scribe

from evitrail.traces import Journal, Live, Run, Task, Trace, Verify, recorded_work
from evitrail.traces.run.virtual import System, Virtual

ORDER = Order(words=())


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with Journal.open(tmp_path / "journal.db") as opened:
        yield opened


@pytest.fixture
def system() -> System:
    """A machine whose clock ticks and whose dice never fall the same way twice."""
    seconds, falls = count(), count(7)
    return System(
        wall=lambda: datetime(2020, 1, 1, tzinfo=UTC) + timedelta(seconds=next(seconds)), bits=lambda: next(falls)
    )


def heard(run: Run, system: System, word: str = "") -> list[object]:
    """Everything twice, with a step in between that a fork may change."""
    virtual = Virtual(run, system)
    said: list[object] = [virtual.now(), virtual.uuid(), virtual.random().random()]
    run.step(Task("write", lambda: Note(text=word), returns=Note, inputs={}, by=Scribe(), parameters={"word": word}))
    return [*said, virtual.now(), virtual.uuid(), virtual.random().sample(range(100), 5)]


def test_time_passes_ids_differ_and_dice_fall_within_a_run(journal: Journal, system: System) -> None:
    now, identifier, drawn, later, other, sample = heard(Live.begin(journal, "run", ORDER), system)
    assert isinstance(now, datetime)
    assert now < later  # type: ignore[operator]
    assert now.tzinfo is UTC or now.utcoffset() == timedelta(0)
    assert identifier != other
    assert isinstance(drawn, float)
    assert len(set(sample)) == 5  # type: ignore[call-overload]


def test_two_runs_hear_different_things(journal: Journal, system: System) -> None:
    first, second = (heard(Live.begin(journal, name, ORDER), system) for name in ("one", "two"))
    assert all(a != b for a, b in zip(first, second, strict=True))


def test_verifying_hears_what_was_heard_then_and_asks_nobody(journal: Journal, system: System) -> None:
    then = heard(Live.begin(journal, "run", ORDER), system)
    verify = Verify(journal, "run")
    assert heard(verify, system) == then
    served = {"clock": "reused", "seed": "reused", "uuid": "recomputed-same", "write": "recomputed-same"}
    assert {step.path.partition("[")[0]: step.verdict for step in verify.finish()} == served


def test_a_run_that_is_taken_up_again_goes_on_with_what_it_heard(journal: Journal, system: System) -> None:
    run = Live.begin(journal, "run", ORDER)
    started = Virtual(run, system).now(), Virtual(run, system).uuid()
    again = heard(Live.begin(journal, "run", ORDER), system)
    assert (again[0], again[1]) == started
    assert heard(Live.begin(journal, "run", ORDER), system) == again


def test_a_fork_that_changes_something_else_hears_the_same(journal: Journal, system: System) -> None:
    then = heard(Live.begin(journal, "run", ORDER), system)
    fork = Live.begin(journal, "fork", ORDER, parent="run", memory=recorded_work(journal, "run"))
    assert heard(fork, system, word="changed") == then
    done = {a.path for a in Trace(journal, "fork").activities if a.reused_from is None}
    assert done == {"write[1]"}


def test_an_id_is_a_random_uuid_that_follows_from_its_seed(journal: Journal, system: System) -> None:
    identifier = Virtual(Live.begin(journal, "run", ORDER), system).uuid()
    assert (identifier.version, identifier.variant) == (4, "specified in RFC 4122")
    assert [a.path for a in Trace(journal, "run").activities] == ["uuid[1]/seed[1]", "uuid[1]"]


def test_the_machines_own_clock_and_dice_serve_where_none_is_given(journal: Journal) -> None:
    before = datetime.now(UTC)
    virtual = Virtual(Live.begin(journal, "run", ORDER))
    assert before <= virtual.now() <= datetime.now(UTC)
    assert virtual.random().random() != virtual.random().random()
