"""A fork does again what its change reaches and nothing else, and asks nothing of the outside a second time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from scribe import Note, Order, Scribe, ticking

from evitrail.traces import Activity, Journal, Live, Run, Task, Trace, recorded_work, verify_journal

ORDER = Order(words=())


@dataclass
class Desk:
    """Does steps, and remembers each call that was really made, by its path's last name."""

    run: Run
    calls: list[str] = field(default_factory=list)

    def do(self, kind: str, says: str | Callable[[], str], label: str | None = None, **given: Any) -> str:
        """One step; ``says`` is its output, or how it comes by it."""

        def call() -> Note:
            self.calls.append(label or kind)
            return Note(text=says() if callable(says) else says)

        inputs = {role: Note(text=text) for role, text in given.pop("inputs", {}).items()}
        return self.run.step(Task(kind, call, returns=Note, inputs=inputs, by=Scribe(), label=label, **given)).text


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with Journal.open(tmp_path / "journal.db", clock=ticking()) as opened:
        yield opened


def first(journal: Journal) -> Desk:
    return Desk(Live.begin(journal, "run", ORDER))


def forked(journal: Journal, name: str = "fork", of: str = "run", given: dict[str, Any] | None = None) -> Desk:
    return Desk(Live.begin(journal, name, ORDER, parent=of, memory=recorded_work(journal, of), given=given))


def steps(journal: Journal, run: str) -> dict[str, Activity]:
    return {activity.path: activity for activity in Trace(journal, run).activities}


def copies(desk: Desk, *words: str) -> str:
    """One step per word, each from what the one before said."""
    text = ""
    for word in words:
        text = desk.do("write", f"{text} {word}".strip(), inputs={"note": text}, parameters={"word": word})
    return text


def test_a_step_within_another_has_its_path_and_is_recorded_before_it(journal: Journal) -> None:
    desk = first(journal)
    for text in ("a", "b"):
        desk.do("outer", lambda: desk.do("inner", "x") + desk.do("inner", "y"), parameters={"t": text})
    assert list(steps(journal, "run")) == [
        *("outer[1]/inner[1]", "outer[1]/inner[2]", "outer[1]"),
        *("outer[2]/inner[1]", "outer[2]/inner[2]", "outer[2]"),
    ]


def test_a_label_stands_in_place_of_the_number(journal: Journal) -> None:
    desk = first(journal)
    desk.do("outer", lambda: desk.do("read", "x", label="ev-a@2017#0"))
    desk.do("read", "y", label="ev-a@2017#0")
    desk.do("read", "z", label="ev-a@2017#0")
    assert list(steps(journal, "run")) == [
        *("outer[1]/read[ev-a@2017#0]", "outer[1]", "read[ev-a@2017#0]", "read[ev-a@2017#0].2"),
    ]


def test_what_a_step_is_called_is_known_before_it_is_done(journal: Journal) -> None:
    run = Live.begin(journal, "run", ORDER)
    desk = Desk(run)
    paths = run.paths
    assert (paths.upcoming("write"), paths.reached("write[1]")) == ("write[1]", False)
    desk.do("write", lambda: str(paths.reached("write[1]")))
    assert (paths.upcoming("write"), paths.reached("write[1]"), paths.reached("write[2]")) == ("write[2]", True, False)


def test_a_step_that_is_put_in_shifts_no_other_kind(journal: Journal) -> None:
    copies(first(journal), "a", "b")
    desk = forked(journal)
    desk.do("check", "fine")
    copies(desk, "a", "b")
    assert desk.calls == ["check"]
    assert {p: a.reused_from for p, a in steps(journal, "fork").items()} == {
        "check[1]": None, "write[1]": "run", "write[2]": "run",
    }  # fmt: skip


def test_a_given_output_is_laid_down_uncalled_and_what_follows_is_done_on_it(journal: Journal) -> None:
    copies(first(journal), "a", "b", "c")
    desk = forked(journal, given={"write[2]": {"text": "z"}})
    assert copies(desk, "a", "b", "c") == "z c"
    assert desk.calls == ["write"]
    done = steps(journal, "fork")
    assert [(a.given, a.reused_from) for a in done.values()] == [(False, "run"), (True, None), (False, None)]
    assert journal.get(done["write[2]"].output, Note) == Note(text="z")
    assert verify_journal(journal).integrity == ()


def test_what_was_laid_down_is_never_remembered_as_work(journal: Journal) -> None:
    copies(first(journal), "a", "b")
    copies(forked(journal, given={"write[1]": {"text": "z"}}), "a", "b")
    laid = steps(journal, "fork")["write[1]"]
    assert (laid.key, laid.path) not in recorded_work(journal, "fork")
    again = forked(journal, "again", of="fork")
    assert copies(again, "a", "b") == "a b"
    assert again.calls == ["write", "write"]


@pytest.mark.parametrize(
    ("value", "field"),
    [
        ({"txt": "z"}, "text: Field required"),
        ({"text": 3}, "text: Input should be"),
        ("z", "the whole: "),
        (None, "the whole: "),
    ],
)
def test_an_output_that_does_not_fit_is_refused_in_a_line_that_names_the_field(
    journal: Journal, value: Any, field: str
) -> None:
    copies(first(journal), "a")
    with pytest.raises(ValueError, match=r"^write\[1\]: expected a Note; ") as caught:
        copies(forked(journal, given={"write[1]": value}), "a")
    assert field in str(caught.value)
    assert "\n" not in str(caught.value)
    assert steps(journal, "fork") == {}


def test_an_output_laid_down_within_a_step_has_that_step_done_again_and_only_once(journal: Journal) -> None:
    def outer(desk: Desk) -> str:
        desk.do("before", "b")
        return desk.do("outer", lambda: desk.do("inner", "x") + desk.do("other", "y"))

    assert outer(first(journal)) == "xy"
    for calls in (["outer"], []):
        desk = forked(journal, given={"outer[1]/inner[1]": {"text": "z"}})
        assert outer(desk) == "zy"
        assert desk.calls == calls


def draws(desk: Desk, bag: Iterator[str], *words: str) -> list[str]:
    """Two steps in each of which the same is asked of something that answers otherwise each time."""
    return [desk.do("outer", lambda: desk.do("draw", lambda: next(bag)), parameters={"word": word}) for word in words]


def test_reusing_the_first_of_two_does_not_hand_its_draw_to_the_second(journal: Journal) -> None:
    bag = iter("abcdef")
    assert draws(first(journal), bag, "x", "y") == ["a", "b"]
    desk = forked(journal)
    assert draws(desk, bag, "x", "other") == ["a", "b"]
    assert desk.calls == ["outer"]


def test_a_fork_of_a_fork_keeps_the_draws_apart_too(journal: Journal) -> None:
    bag = iter("abcdef")
    draws(first(journal), bag, "x", "y")
    draws(forked(journal), bag, "x", "other")
    desk = forked(journal, "again", of="fork")
    assert draws(desk, bag, "x", "third") == ["a", "b"]
    assert desk.calls == ["outer"]


def test_a_step_keeps_its_own_draw_when_an_earlier_one_draws_no_more(journal: Journal) -> None:
    bag = iter("abcdef")
    draws(first(journal), bag, "x", "y")
    desk = forked(journal)
    desk.do("outer", "nothing is drawn", parameters={"word": "other"})
    assert desk.do("outer", lambda: desk.do("draw", lambda: next(bag)), parameters={"word": "another"}) == "b"


def test_a_step_that_now_does_the_work_of_a_later_one_takes_nothing_from_it(journal: Journal) -> None:
    def both(desk: Desk, first: str) -> None:
        desk.do("write", "x", parameters={"word": first}, label="one")
        desk.do("write", "y", parameters={"word": "y"}, label="two")

    both(first(journal), "x")
    desk = forked(journal)
    both(desk, "y")
    assert desk.calls == []
    assert steps(journal, "fork")["write[two]"].reused_from == "run"


def test_laying_down_the_first_of_two_does_not_hand_its_draw_to_the_second(journal: Journal) -> None:
    bag = iter("abcdef")
    draws(first(journal), bag, "x", "y")
    desk = forked(journal, given={"outer[1]": {"text": "z"}})
    assert draws(desk, bag, "x", "other") == ["z", "b"]


def test_a_fork_that_was_cut_short_repeats_no_call_when_it_is_taken_up(journal: Journal) -> None:
    bag = iter("abcdef")
    draws(first(journal), bag, "x", "y")
    cut = forked(journal)
    draws(cut, bag, "x", "other")
    desk = forked(journal)
    assert draws(desk, bag, "x", "other", "new") == ["a", "b", "c"]
    assert desk.calls == ["outer", "draw"]


def test_untouched_siblings_are_reused_and_only_new_passages_are_read(journal: Journal) -> None:
    def read(desk: Desk, *passages: str) -> str:
        each = lambda p: desk.do("read", f"<{p}>", label=p, inputs={"passage": p})  # noqa: E731
        together = lambda: "".join(map(each, passages))  # noqa: E731
        return desk.do("synthesise", together, inputs={str(n): p for n, p in enumerate(passages)})

    read(first(journal), "a@1#0", "b@1#0", "c@1#0")
    desk = forked(journal)
    assert read(desk, "c@1#0", "d@1#0", "a@1#0") == "<c@1#0><d@1#0><a@1#0>"
    assert Counter(desk.calls) == {"synthesise": 1, "d@1#0": 1}


def test_an_output_that_comes_out_unchanged_stops_the_recompute(journal: Journal) -> None:
    def chained(desk: Desk, k: int) -> str:
        found = desk.do("retrieve", "the same hits", parameters={"k": k})
        claims = desk.do("synthesise", "claims", inputs={"hits": found})
        return desk.do("choose", "B", inputs={"claims": claims})

    chained(first(journal), 10)
    desk = forked(journal)
    assert chained(desk, 5) == "B"
    assert desk.calls == ["retrieve"]
    assert [a.reused_from for a in steps(journal, "fork").values()] == [None, "run", "run"]
