"""How far an experiment is, told by its records: what is done, what failed, how fast it goes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from evitrail.eval.log.sweep_state import SweepState
from evitrail.traces.growth import BEGIN, END, ERROR, Added, Position

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def added(run: str, kind: str, seconds: float, body: dict[str, Any] | None = None) -> Added:
    return Added("journal.db", 1, run, kind, (NOW + timedelta(seconds=seconds)).isoformat(), body or {"parent": None})


class Last:
    """Stands for a journal in which each run's last record is known."""

    def __init__(self, **last: str) -> None:
        self._last = last

    def last_type(self, name: str, run: str) -> str:
        return self._last[run]


def progress(state: SweepState, at: float, planned: int | None = 10, **last: str) -> Any:
    return state.progress(Last(**last), now=(NOW + timedelta(seconds=at)).timestamp(), planned=planned)  # type: ignore[arg-type]


def test_the_rate_is_that_of_the_last_minute_and_unknown_once_nothing_ends() -> None:
    state = SweepState()
    for n in range(6):
        state.note(added(f"r{n}", BEGIN, 0))
        assert state.note(added(f"r{n}", END, 10 * n))
    assert progress(state, 50).model_dump() == {"done": 6, "planned": 10, "failed": 0, "rate": 0.12, "eta_s": 33}
    assert progress(state, 50, None).eta_s is None
    assert (progress(state, 200).rate, progress(state, 200).eta_s) == (None, None)


def test_a_run_has_failed_while_its_last_record_is_an_error() -> None:
    state = SweepState()
    for run in ("a", "b", "c"):
        state.note(added(run, BEGIN, 0))
        state.note(added(run, ERROR, 1))
    state.note(added("c", END, 2))
    assert progress(state, 3, a=ERROR, b="activity.begin").failed == 1


def test_forks_and_runs_of_other_systems_are_not_counted() -> None:
    state = SweepState()
    state.note(added("f", BEGIN, 0, {"parent": "a"}))
    state.note(added("e", BEGIN, 0, {"parent": None, "recorded": "elsewhere"}))
    assert not state.note(added("f", END, 1))
    assert not state.note(added("e", END, 1))
    assert progress(state, 2).done == 0


def test_a_position_is_one_line_of_text_whatever_its_files_are_called() -> None:
    position = Position({"journal.db": 3, "journal-é & =\n.db": 12})
    assert Position.parse(str(position)) == position
    assert "\n" not in str(position)
