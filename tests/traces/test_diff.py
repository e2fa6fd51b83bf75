"""Two runs are compared step by step: a verdict on each, and the first cause, field by field."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scribe import Note, Order, Scribe

from evitrail.traces import Journal, Live, Record, Run, StepVerdict, Task, Trace, recorded_work
from evitrail.traces.run.diff import compared, differences, first_cause
from evitrail.traces.run.memory import unfolded

ORDER = Order(words=())


class Found(Record, stored_as="Found"):
    hits: tuple[dict[str, Any], ...]
    query: str = ""


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with Journal.open(tmp_path / "journal.db") as opened:
        yield opened


def chained(
    run: Run, *, query: str = "swab", k: int = 2, store: str = "then", by: Scribe | None = None, claims: str = "B"
) -> str:
    """Search, read, choose; what each says is decided by what it is given."""
    asked, by = Note(text=query), by or Scribe()
    task = Task(
        "retrieve",
        lambda: Found(hits=tuple({"rank": n, "of": f"{store} {by.hand}"} for n in range(k)), query=query),
        returns=Found,
        inputs={"query": asked},
        by=by,
        parameters={"k": k, "snapshot": store},
    )
    found = run.step(task)
    read = run.step(Task("read", lambda: Note(text=claims), returns=Note, inputs={"found": found}, by=Scribe()))
    return run.step(Task("choose", lambda: Note(text=read.text), returns=Note, inputs={"read": read}, by=Scribe())).text


def against(journal: Journal, **changes: Any) -> list[StepVerdict]:
    """A run, and a fork of it with something changed."""
    chained(Live.begin(journal, "run", ORDER))
    given = changes.pop("given", None)
    fork = Live.begin(journal, "fork", ORDER, parent="run", memory=recorded_work(journal, "run"), given=given)
    chained(fork, **changes)
    return compared(journal, Trace(journal, "run").activities, Trace(journal, "fork").activities)


def test_nothing_changed_is_nothing_found(journal: Journal) -> None:
    checked = against(journal)
    assert checked == [StepVerdict(path, "reused") for path in ("retrieve[1]", "read[1]", "choose[1]")]
    assert first_cause(checked) is None


@pytest.mark.parametrize(
    ("change", "verdict", "detail"),
    [
        ({"query": "culture"}, "input-changed", "query changed: text: recorded 'swab', now 'culture'"),
        ({"k": 1}, "input-changed", "k: recorded 2, now 1"),
        ({"store": "now"}, "store-changed", "snapshot: recorded 'then', now 'now'"),
        ({"store": "now", "k": 1}, "input-changed", "k: recorded 2, now 1; snapshot: recorded 'then', now 'now'"),
        ({"by": Scribe("square")}, "code-changed", "done by Scribe(hand='square'), recorded by Scribe(hand='round')"),
    ],
    ids=["input", "parameter", "store", "store and parameter", "component"],
)
def test_the_first_cause_says_what_went_in_otherwise(
    journal: Journal, change: dict[str, Any], verdict: str, detail: str
) -> None:
    checked = against(journal, **change)
    assert first_cause(checked) == StepVerdict("retrieve[1]", verdict, detail)  # type: ignore[arg-type]
    assert [(c.path, c.verdict) for c in checked[1:]] == [("read[1]", "recomputed-same"), ("choose[1]", "reused")]
    assert checked[1].detail == "found changed, but the output is the same"


def test_a_change_that_goes_on_is_told_at_each_step_it_reaches(journal: Journal) -> None:
    checked = against(journal, k=1, claims="C")
    assert [(c.verdict, c.detail) for c in checked[1:]] == [
        ("input-changed", "found changed"),
        ("input-changed", "read changed"),
    ]


def test_an_output_that_was_laid_down_is_the_cause_and_not_a_change_of_work(journal: Journal) -> None:
    checked = against(journal, given={"read[1]": {"text": "D"}})
    assert [c.verdict for c in checked] == ["reused", "given", "input-changed"]
    assert first_cause(checked) == StepVerdict("read[1]", "given", "its output was overridden")


def test_what_one_run_has_more_is_new_and_what_it_has_no_more_is_missing(journal: Journal) -> None:
    chained(Live.begin(journal, "short", ORDER))
    run = Live.begin(journal, "long", ORDER)
    chained(run)
    run.step(Task("check", lambda: Note(text="fine"), returns=Note, inputs={}, by=Scribe()))
    short, long = (Trace(journal, name).activities for name in ("short", "long"))
    assert compared(journal, short, long)[-1] == StepVerdict("check[1]", "new", "the other run has no such step")
    assert compared(journal, long, short)[-1] == StepVerdict("check[1]", "missing", "not reached this time")


def test_two_runs_that_did_the_same_apart_are_the_same(journal: Journal) -> None:
    for name in ("one", "two"):
        chained(Live.begin(journal, name, ORDER))
    checked = compared(journal, *(Trace(journal, name).activities for name in ("one", "two")))
    assert {c.verdict for c in checked} == {"recomputed-same"}
    assert first_cause(checked) is None


def test_an_answer_that_came_out_otherwise_for_no_reason_names_its_field(journal: Journal) -> None:
    for name, claims in (("one", "B"), ("two", "C")):
        chained(Live.begin(journal, name, ORDER), claims=claims)
    checked = compared(journal, *(Trace(journal, name).activities for name in ("one", "two")))
    assert first_cause(checked) == StepVerdict("read[1]", "recomputed-changed", "text: recorded 'B', now 'C'")


def nested(run: Run, word: str) -> None:
    def outer() -> Note:
        return run.step(Task("inner", lambda: Note(text="same"), returns=Note, inputs={}, by=Scribe()))

    run.step(Task("outer", outer, returns=Note, inputs={}, by=Scribe(), parameters={"word": word}))


def test_what_is_within_a_reused_step_is_neither_missing_nor_new(journal: Journal) -> None:
    nested(Live.begin(journal, "run", ORDER), "a")
    nested(Live.begin(journal, "fork", ORDER, parent="run", memory=recorded_work(journal, "run")), "a")
    memory = recorded_work(journal, "fork")
    nested(Live.begin(journal, "again", ORDER, parent="fork", memory=memory), "b")
    run, fork, again = (unfolded(journal, name) for name in ("run", "fork", "again"))
    assert [a.path for a in fork] == [a.path for a in run] == ["outer[1]/inner[1]", "outer[1]"]
    assert [c.verdict for c in compared(journal, run, Trace(journal, "fork").activities)] == ["reused"]
    assert [(c.path, c.verdict) for c in compared(journal, fork, again)] == [
        ("outer[1]/inner[1]", "reused"),
        ("outer[1]", "recomputed-same"),
    ]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.text("ab", max_size=2),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("xyz"), inner, max_size=3),
    max_leaves=8,
)


@given(JSON, JSON)
def test_two_values_differ_in_some_field_exactly_when_they_differ(one: Any, other: Any) -> None:
    same = json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
    assert (list(differences(one, other)) == []) is same


@pytest.mark.parametrize(
    ("then", "now", "told"),
    [
        ({"a": {"b": 1}}, {"a": {"b": 2}}, ["a.b: recorded 1, now 2"]),
        ({"a": [1, 2]}, {"a": [1, 3]}, ["a[1]: recorded 2, now 3"]),
        ({"a": [1]}, {"a": [2, 2]}, ["a: recorded 1 items, now 2", "a[0]: recorded 1, now 2"]),
        ({"a": 1}, {}, ["a: recorded 1, now nothing"]),
        ({}, {"a": None}, ["a: recorded nothing, now None"]),
        ({"a": 1}, {"a": True}, ["a: recorded 1, now True"]),
        (1, 2, ["the record: recorded 1, now 2"]),
        ({"a": "x" * 500}, {"a": ""}, [f"a: recorded '{'x' * 119}…, now ''"]),
    ],
)
def test_a_difference_names_its_place_and_both_values(then: Any, now: Any, told: list[str]) -> None:
    assert list(differences(then, now)) == told
