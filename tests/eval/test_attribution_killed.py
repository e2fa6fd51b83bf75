"""What was paid for survives: an attribution that is killed goes on where it was, and asks no model twice."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from attributing import ASKED, asked, reader_in
from nursery import Nursery
from ward import advice, arm, ask, case, opened

from evitrail.agent.model import Decoding
from evitrail.eval.attribution.blame_record import blames
from evitrail.eval.log.runs import JOURNAL
from evitrail.traces.journal.journal import Journal


@pytest.fixture(scope="module")
def nursery() -> Iterator[Nursery]:
    with Nursery("attributing:attribute") as started:
        yield started


def made(folder: Path) -> Path:
    """An experiment with one failed run, whose attribution has not begun."""
    folder.mkdir()
    with opened(folder) as store:
        store.ingest([advice("apixaban", "B"), advice("heparin", "C")])
        ask(folder / "runs", store, [case("apixaban")], [arm()], reader_in(folder), decoding=Decoding(samples=2))
    (folder / ASKED).unlink()
    return folder


@pytest.mark.parametrize("kills", [(3,), (9,), (5, 12, 19)])
def test_a_killed_attribution_goes_on_and_no_call_that_returned_is_made_again(
    nursery: Nursery, tmp_path: Path, kills: tuple[int, ...]
) -> None:
    whole, cut = made(tmp_path / "whole"), made(tmp_path / "cut")
    assert nursery.start(str(whole), "0").end() == 0
    for number in kills:
        assert nursery.start(str(cut), str(number)).end() == -signal.SIGKILL
    assert nursery.start(str(cut), "0").end() == 0
    assert asked(whole) > max(kills)
    assert asked(cut) == asked(whole) + len(kills), "only the calls that were under way are made again"
    with Journal.open(whole / "runs" / JOURNAL) as one, Journal.open(cut / "runs" / JOURNAL) as other:
        assert [b.culprit for b in blames(one)] == [b.culprit for b in blames(other)] != []
