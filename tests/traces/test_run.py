"""A step runs once; what decides its output decides its key, and what is remembered is not called again."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from types import ModuleType

import pytest
from scribe import Note, Order, Scribe, copied, entity, recorded, ticking

from evitrail.traces import (
    Activity,
    Edge,
    Journal,
    JournalError,
    Live,
    Task,
    Trace,
    content_id,
    recorded_work,
    verify_journal,
)

ORDER = Order(words=("stroke", "risk", "falls"))


@dataclass(frozen=True)
class Tired(Scribe):
    """Fails at one word."""

    of: str = field(default="", repr=False)

    def write(self, note: Note, word: str) -> Note:
        if word == self.of:
            raise TimeoutError("no answer in 30 s")
        return super().write(note, word)


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with Journal.open(tmp_path / "journal.db", clock=ticking()) as opened:
        yield opened


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], ModuleType]:
    """A module of that name with a component ``Part`` whose module sets a name of its own."""
    monkeypatch.syspath_prepend(str(tmp_path))

    def made(name: str, sets: str) -> ModuleType:
        source = "from dataclasses import dataclass\n@dataclass(frozen=True)\nclass Part:\n    pass\n"
        (tmp_path / f"{name}.py").write_text(f"{source}{sets} = 1\n")
        monkeypatch.delitem(sys.modules, name, raising=False)
        return importlib.import_module(name)

    return made


def one_step(journal: Journal, name: str, note: Note = Note(text="a"), **given: object) -> Activity:  # noqa: B008
    run = Live.begin(journal, name, Order(words=()))
    call = {"kind": "write", "returns": Note, "inputs": {"note": note}, "by": Scribe(), "parameters": {"k": 1}, **given}
    run.step(Task(call=lambda: Note(text="out"), **call))  # type: ignore[arg-type]
    return Trace(journal, name).activities[-1]


def test_equal_work_has_equal_keys_in_every_run(journal: Journal) -> None:
    assert one_step(journal, "a").key == one_step(journal, "b").key


@pytest.mark.parametrize(
    "change",
    [
        {"note": Note(text="b")},
        {"inputs": {"other": Note(text="a")}},
        {"inputs": {"note": Order(words=("a",))}},
        {"parameters": {"k": 2}},
        {"parameters": {}},
        {"by": Scribe(hand="square")},
        {"kind": "copy"},
    ],
    ids=["input", "role", "type", "parameter", "no parameter", "component", "kind"],
)
def test_a_steps_key_changes_with_what_decides_its_output(journal: Journal, change: dict[str, object]) -> None:
    assert one_step(journal, "a").key != one_step(journal, "b", **change).key  # type: ignore[arg-type]


def test_a_steps_key_does_not_change_with_the_order_of_its_parameters(journal: Journal) -> None:
    keys = {one_step(journal, str(p), parameters=p).key for p in ({"k": 1, "n": 2}, {"n": 2, "k": 1})}
    assert len(keys) == 1


def test_a_steps_key_changes_with_the_source_of_its_component(
    journal: Journal, module: Callable[[str, str], ModuleType]
) -> None:
    first, same, other = (module(n, r).Part() for n, r in (("part_a", "x"), ("part_b", "x"), ("part_c", "y")))
    assert repr(first) == repr(same) == repr(other)
    keys = [one_step(journal, str(n), by=part).key for n, part in enumerate((first, same, other))]
    assert keys[0] == keys[1] != keys[2]


def test_steps_are_named_by_kind_and_place(journal: Journal) -> None:
    run = Live.begin(journal, "run", ORDER)
    copied(run, ORDER)
    by = Scribe()
    run.step(Task("check", lambda: Note(text="ok"), returns=Note, inputs={}, by=by))
    assert [a.path for a in Trace(journal, "run").activities] == ["write[1]", "write[2]", "write[3]", "check[1]"]


def test_the_same_work_done_twice_in_a_run_is_called_twice_and_remembered_twice(journal: Journal) -> None:
    drawn = iter("abcd")

    def draws(run: Live) -> list[str]:
        return [
            run.step(Task("draw", lambda: Note(text=next(drawn)), returns=Note, inputs={}, by=Scribe())).text
            for _ in range(2)
        ]

    first = draws(Live.begin(journal, "run", ORDER))
    assert first == ["a", "b"]
    assert draws(Live.begin(journal, "run", ORDER)) == first
    assert draws(Live.begin(journal, "fork", ORDER, memory=recorded_work(journal, "run"))) == first


def test_a_recorded_run_reads_back_as_it_was(journal: Journal) -> None:
    scribe = Scribe()
    note = recorded(journal, "run", ORDER, scribe)
    trace = Trace(journal, "run")
    assert scribe.asked == list(ORDER.words)
    assert (trace.config(Order), trace.output(Note), trace.ended, trace.parent) == (ORDER, note, True, None)
    for activity, word in zip(trace.activities, ORDER.words, strict=True):
        assert activity.parameters == {"word": word}
        assert activity.by == "Scribe(hand='round')"
        assert activity.effect == "pure"
        assert activity.reused_from is None
        assert activity.inputs[0].role == "note"
        assert journal.get(activity.output, Note).text.endswith(word)
    assert [r.type for r in trace.records] == ["run.begin", *["activity.end"] * 3, "run.end"]


def test_edges_come_back_with_their_spans_and_each_names_a_stored_record(journal: Journal) -> None:
    recorded(journal, "run", ORDER)
    trace = Trace(journal, "run")
    texts = ["", "stroke", "stroke risk", "stroke risk falls"]
    notes = [Note(text=text) for text in texts]
    assert trace.edges().edges == tuple(
        Edge(relation="wasDerivedFrom", source=entity(out), target=entity(before), start=0, end=len(out.text))
        for before, out in pairwise(notes)
    )
    assert [journal.get(content_id(note), Note) for note in notes] == notes


def test_a_step_without_edges_stores_none(journal: Journal) -> None:
    assert one_step(journal, "run").edges is None


def test_a_run_that_has_not_ended_has_no_output(journal: Journal) -> None:
    copied(Live.begin(journal, "run", ORDER), ORDER)
    trace = Trace(journal, "run")
    assert (trace.ended, trace.output(Note)) == (False, None)


def test_a_run_taken_up_again_calls_nothing_it_did_before(journal: Journal) -> None:
    copied(Live.begin(journal, "run", ORDER), Order(words=ORDER.words[:2]))
    scribe = Scribe()
    note = recorded(journal, "run", ORDER, scribe)
    assert scribe.asked == ["falls"]
    assert note == Note(text="stroke risk falls")
    assert [a.reused_from for a in Trace(journal, "run").activities] == [None] * 3
    before = journal.heads()
    assert recorded(journal, "run", ORDER, scribe) == note
    assert (scribe.asked, journal.heads()) == (["falls"], before), "a finished run writes nothing more"


def test_a_fork_that_changes_nothing_calls_nothing_and_says_where_the_work_was_done(journal: Journal) -> None:
    note = recorded(journal, "run", ORDER)
    scribe = Scribe()
    fork = Live.begin(journal, "fork", ORDER, parent="run", memory=recorded_work(journal, "run"))
    assert copied(fork, ORDER, scribe) == note
    assert scribe.asked == []
    done = Trace(journal, "fork").activities
    assert [a.reused_from for a in done] == ["run"] * 3
    assert [a.milliseconds for a in done] == [0.0] * 3
    assert Trace(journal, "fork").parent == "run"
    assert Trace(journal, "fork").edges() == Trace(journal, "run").edges()


def test_a_fork_does_again_only_what_comes_after_the_change(journal: Journal) -> None:
    recorded(journal, "run", ORDER)
    scribe = Scribe()
    fork = Live.begin(journal, "fork", ORDER, parent="run", memory=recorded_work(journal, "run"))
    copied(fork, Order(words=("stroke", "rate", "falls")), scribe)
    assert scribe.asked == ["rate", "falls"]
    assert [a.reused_from for a in Trace(journal, "fork").activities] == ["run", None, None]


def test_a_fork_of_a_fork_names_the_run_that_did_the_work(journal: Journal) -> None:
    recorded(journal, "run", ORDER)
    for parent, name in (("run", "fork"), ("fork", "again")):
        copied(Live.begin(journal, name, ORDER, parent=parent, memory=recorded_work(journal, parent)), ORDER)
    assert {a.reused_from for a in Trace(journal, "again").activities} == {"run"}


def test_a_parents_memory_serves_a_fork_without_reading_the_parent(journal: Journal) -> None:
    run = Live.begin(journal, "run", ORDER)
    copied(run, ORDER)
    scribe = Scribe()
    copied(Live.begin(journal, "fork", ORDER, parent="run", memory=run.memory), ORDER, scribe)
    assert scribe.asked == []


def test_what_a_fork_does_is_not_put_into_its_parents_memory(journal: Journal) -> None:
    run = Live.begin(journal, "run", ORDER)
    copied(run, ORDER)
    before = set(run.memory)
    copied(Live.begin(journal, "fork", ORDER, memory=run.memory), Order(words=("other",)))
    assert set(run.memory) == before


def test_a_run_begun_with_another_configuration_is_refused(journal: Journal) -> None:
    recorded(journal, "run", ORDER)
    before = journal.heads()
    with pytest.raises(JournalError, match=r"'run'.*another configuration") as caught:
        Live.begin(journal, "run", Order(words=("other",)))
    assert "\n" not in str(caught.value)
    assert journal.heads() == before


def test_a_failing_call_is_recorded_and_the_run_can_be_taken_up_again(journal: Journal) -> None:
    with pytest.raises(TimeoutError, match="no answer"):
        copied(Live.begin(journal, "run", ORDER), ORDER, Tired(of="risk"))
    (error,) = Trace(journal, "run").of_type("activity.error")
    assert (error.body["path"], error.body["error"]) == ("write[2]", "TimeoutError: no answer in 30 s")
    assert [a.path for a in Trace(journal, "run").activities] == ["write[1]"]
    scribe = Tired(of="risk")
    run = Live.begin(journal, "run", ORDER)
    with pytest.raises(TimeoutError):
        copied(run, ORDER, scribe)
    assert scribe.asked == []
    mended = Tired()
    assert recorded(journal, "run", ORDER, mended) == Note(text="stroke risk falls")
    assert mended.asked == ["risk", "falls"]
    assert verify_journal(journal).integrity == ()


def test_an_output_that_cannot_be_stored_is_an_error_of_its_step(journal: Journal) -> None:
    run = Live.begin(journal, "run", ORDER)
    with pytest.raises(ValueError, match="surrogates"):
        run.step(Task("write", lambda: Note.model_construct(text="\ud800"), returns=Note, inputs={}, by=Scribe()))
    assert Trace(journal, "run").activities == []
    assert verify_journal(journal).integrity == ()


def test_what_a_step_returns_first_is_what_it_returns_ever_after(journal: Journal) -> None:
    decomposed = "e\u0301tude \u2265 2 mm"

    def asked() -> Note:
        run = Live.begin(journal, "run", ORDER)
        return run.step(Task("write", lambda: Note(text=decomposed), returns=Note, inputs={}, by=Scribe()))

    assert asked() == asked()


def test_ending_a_run_twice_changes_nothing(journal: Journal) -> None:
    recorded(journal, "run", ORDER)
    before = journal.heads()
    recorded(journal, "run", ORDER)
    assert journal.heads() == before
