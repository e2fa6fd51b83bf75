"""Several processes may write to one ledger, and be killed at any moment: one chain, and nothing told is lost."""

from __future__ import annotations

import random

import pytest
from ledgers import Place, noted

from evitrail.evidence_store.errors import StoreError


def test_two_processes_that_append_at_once_make_one_chain(place: Place) -> None:
    place.ledger().close()
    writers = [place.start(name, batch=2, times=50) for name in ("a", "b")]
    for writer in writers:
        writer.finish()
    ledger = place.ledger()
    events = list(ledger.events())
    assert [event.seq for event in events] == list(range(1, 201))
    for writer in writers:  # each one's own, in its own order
        name = writer.notes.name.removeprefix("told-")
        assert [event.subject for event in events if event.actor == name] == writer.told()
    assert ledger.verify() == []


def test_of_two_writers_that_follow_the_same_event_one_wins(place: Place) -> None:
    first, second = place.filled(), place.ledger()
    first.append_many([noted("first@1")], actor="a", after=4)
    with pytest.raises(StoreError, match="another process wrote, try again"):
        second.append_many([noted("second@1"), noted("second@2")], actor="b", after=4)
    assert [event.subject for event in second.events(after=4)] == ["first@1"]
    assert second.append_many([noted("second@1")], actor="b", after=5) == 6
    assert first.verify() == second.verify() == []


def test_a_reader_waits_for_no_writer(place: Place) -> None:
    ledger, other = place.filled(), place.ledger()
    with other.engine.begin() as db:
        other.dialect.lock(db)
        assert ledger.head()[0] == 4
        assert len(list(ledger.events())) == 4
        assert ledger.verify() == []


@pytest.mark.parametrize("batch", [1, 7])
def test_after_kill_9_at_any_moment_all_that_was_told_is_there(place: Place, batch: int) -> None:
    moments = random.Random(batch)
    place.ledger().close()
    killed = 0
    for turn in range(5):
        writer = place.start(f"w{turn}", batch=batch, times=2000)
        killed += writer.kill(after=moments.uniform(0, 0.05))
        ledger = place.ledger()
        assert ledger.verify() == []
        there = [event.subject for event in ledger.events(about=f"w{turn}-")]
        told = writer.told()
        assert there[: len(told)] == told
        assert len(there) % batch == 0
        assert len(there) - len(told) in (0, batch)  # recorded, and killed before it could be told
        ledger.close()
    assert killed == 5
