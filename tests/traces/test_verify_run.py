"""Verifying a run does it again without writing, and names the first cause of each difference."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from scribe import Note, Order, Scribe, copied, recorded

from evitrail.traces import Journal, Live, Record, Run, StepVerdict, Task, Verify

ORDER = Order(words=("stroke", "risk", "falls"))


class Dose(Record, stored_as="Dose"):
    drug: str
    arms: tuple[dict[str, float], ...]


@dataclass(frozen=True)
class Marking(Scribe):
    """Writes differently without its name or code saying so."""

    mark: str = field(default="", repr=False)

    def write(self, note: Note, word: str) -> Note:
        return Note(text=f"{note.text} {word}{self.mark}")


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with Journal.open(tmp_path / "journal.db") as opened:
        yield opened


def weighed(run: Run, milligrams: float, by: object = None, **inputs: Record) -> Dose:
    task = Task(
        "weigh",
        lambda: Dose(drug="alteplase", arms=({"a": 1.0}, {"a": milligrams})),
        returns=Dose,
        inputs=inputs,
        by=by or Scribe(),
    )
    return run.step(task)


def verdicts(verify: Verify) -> list[tuple[str, str]]:
    return [(c.path, c.verdict) for c in verify.finish()]


def test_a_run_done_again_the_same_way_is_the_same_and_nothing_is_written(journal: Journal) -> None:
    note = recorded(journal, "run", ORDER)
    before = journal.heads()
    verify, scribe = Verify(journal, "run"), Scribe()
    assert copied(verify, ORDER, scribe) == note
    assert scribe.asked == list(ORDER.words)
    assert verdicts(verify) == [(f"write[{n}]", "recomputed-same") for n in (1, 2, 3)]
    assert journal.heads() == before


def test_a_changed_output_names_its_first_field_with_both_values(journal: Journal) -> None:
    weighed(Live.begin(journal, "run", ORDER), 90)
    verify = Verify(journal, "run")
    weighed(verify, 81)
    detail = "arms[1].a: recorded 90.0, now 81.0"
    assert verify.finish() == [StepVerdict("weigh[1]", "recomputed-changed", detail)]


def test_after_a_change_the_next_step_says_which_input_changed(journal: Journal) -> None:
    recorded(journal, "run", ORDER, Marking(mark="."))
    verify = Verify(journal, "run")
    copied(verify, ORDER, Marking(mark="!"))
    assert verdicts(verify) == [
        ("write[1]", "recomputed-changed"),
        ("write[2]", "input-changed"),
        ("write[3]", "input-changed"),
    ]
    assert verify.checked[1].detail == "note changed"


def test_an_input_that_came_or_went_is_a_changed_input(journal: Journal) -> None:
    first, second = Note(text="first"), Note(text="second")
    for then, now in (({"a": first}, {"a": first, "b": second}), ({"a": first, "b": second}, {"a": first})):
        name = f"run with {len(then)}"
        weighed(Live.begin(journal, name, ORDER), 90, **then)
        verify = Verify(journal, name)
        weighed(verify, 81, **now)
        assert verify.finish() == [StepVerdict("weigh[1]", "input-changed", "b changed")]


def test_another_input_that_makes_no_difference_is_the_same(journal: Journal) -> None:
    weighed(Live.begin(journal, "run", ORDER), 90, note=Note(text="then"))
    verify = Verify(journal, "run")
    weighed(verify, 90, note=Note(text="now"))
    assert verdicts(verify) == [("weigh[1]", "recomputed-same")]


def test_other_code_with_another_result_is_named_as_the_cause(
    journal: Journal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(tmp_path))
    parts: list[Any] = []
    for name, dose in (("scale_then", 90), ("scale_now", 81)):
        (tmp_path / f"{name}.py").write_text(
            f"class Scale:\n    dose = {dose}\n    def __repr__(self):\n        return 'Scale()'\n"
        )
        parts.append(importlib.import_module(name).Scale())
    then, now = parts
    weighed(Live.begin(journal, "run", ORDER), then.dose, by=then)
    verify = Verify(journal, "run")
    weighed(verify, now.dose, by=now)
    assert verify.finish() == [StepVerdict("weigh[1]", "code-changed", "the code of Scale() has changed")]
    again = Verify(journal, "run")
    weighed(again, then.dose, by=now)
    assert verdicts(again) == [("weigh[1]", "recomputed-same")]


def test_a_step_not_reached_is_missing_and_one_not_recorded_is_new(journal: Journal) -> None:
    recorded(journal, "run", ORDER)
    short = Verify(journal, "run")
    copied(short, Order(words=ORDER.words[:2]))
    assert verdicts(short)[-1] == ("write[3]", "missing")
    long = Verify(journal, "run")
    copied(long, Order(words=(*ORDER.words, "again")))
    assert verdicts(long)[-1] == ("write[4]", "new")
    assert len(verdicts(long)) == 4


@pytest.mark.parametrize("effect", ["reads_external", "writes_external"])
def test_what_came_from_outside_is_served_and_not_called(journal: Journal, effect: str) -> None:
    called: list[str] = []

    def asked(run: Run, said: str) -> Note:
        def call() -> Note:
            called.append(said)
            return Note(text=said)

        return run.step(Task("ask", call, returns=Note, inputs={}, by=Scribe(), effect=effect))  # type: ignore[arg-type]

    asked(Live.begin(journal, "run", ORDER), "then")
    verify = Verify(journal, "run")
    assert asked(verify, "now") == Note(text="then")
    assert called == ["then"]
    assert verdicts(verify) == [("ask[1]", "reused")]


def test_verifying_a_text_in_another_unicode_spelling_finds_it_the_same(journal: Journal) -> None:
    def asked(run: Run) -> Note:
        return run.step(Task("ask", lambda: Note(text="e\u0301tude"), returns=Note, inputs={}, by=Scribe()))

    def measured(run: Run, note: Note) -> Note:
        call = lambda: Note(text=str(len(note.text)))  # noqa: E731
        return run.step(Task("measure", call, returns=Note, inputs={"note": note}, by=Scribe()))

    live = Live.begin(journal, "run", ORDER)
    first = measured(live, asked(live))
    verify = Verify(journal, "run")
    assert measured(verify, asked(verify)) == first
    assert {verdict for _, verdict in verdicts(verify)} == {"recomputed-same"}
