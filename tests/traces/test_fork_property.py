"""Whatever the steps and whatever is overridden: what that does not reach is not called, and the answer holds."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from hypothesis import event, given, settings
from hypothesis import strategies as st
from scribe import Note, Order, Scribe

from evitrail.traces import Journal, Live, Task, Trace, recorded_work
from evitrail.traces.run.diff import compared, first_cause

ORDER = Order(words=())
HANDS = ("round", "square")


class Node(NamedTuple):
    """A step: the earlier steps it takes from, who does it, and how many steps it does within itself."""

    takes: tuple[int, ...]
    hand: str
    inner: int
    values: int
    """Of how many values its output is one; the fewer, the more often a change goes no further."""


class Override(NamedTuple):
    """One step done otherwise: its output laid down, or by another hand."""

    node: int
    says: str | None


@dataclass
class Doing:
    """A graph of steps, done in a run; counts the calls made for each."""

    nodes: tuple[Node, ...]
    run: Any
    calls: list[int] = field(default_factory=list)

    def answer(self) -> str:
        said: list[str] = []
        for number, node in enumerate(self.nodes):
            said.append(self._do(number, node, {str(n): Note(text=said[n]) for n in node.takes}))
        return " ".join(said)

    def _do(self, number: int, node: Node, inputs: dict[str, Note]) -> str:
        by = Scribe(hand=node.hand)
        given = " ".join(f"{role}={note.text}" for role, note in inputs.items())

        def inner(n: int) -> Note:
            self.calls.append(number)
            return Note(text=digest(f"{n} {given}", node.values))

        def call() -> Note:
            self.calls.append(number)
            asked = {"given": Note(text=given)}
            parts = [
                self.run.step(
                    Task("part", lambda n=n: inner(n), returns=Note, inputs=asked, by=Scribe(), parameters={"n": n})
                ).text
                for n in range(node.inner)
            ]
            return Note(text=digest(f"{node.hand} {given} {parts}", node.values))

        task = Task(
            "step", call, returns=Note, inputs=inputs, by=by, parameters={"inner": node.inner, "values": node.values}
        )
        done = self.run.step(task)
        return str(done.text)


def digest(text: str, values: int) -> str:
    return str(int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big") % values)


@st.composite
def graphs(draw: st.DrawFn) -> tuple[Node, ...]:
    nodes: list[Node] = []
    for number in range(draw(st.integers(1, 9))):
        takes = draw(st.lists(st.integers(0, number - 1), max_size=3, unique=True)) if number else []
        nodes.append(
            Node(tuple(takes), draw(st.sampled_from(HANDS)), draw(st.integers(0, 2)), draw(st.sampled_from((1, 2, 9))))
        )
    return tuple(nodes)


@st.composite
def overridden(draw: st.DrawFn) -> tuple[tuple[Node, ...], Override]:
    nodes = draw(graphs())
    says = draw(st.sampled_from((None, "0", "1", "laid down")))
    return nodes, Override(draw(st.integers(0, len(nodes) - 1)), says)


def reached(nodes: tuple[Node, ...], start: int) -> set[int]:
    """The step that is overridden, and all that takes from it, directly or not."""
    found = {start}
    for number, node in enumerate(nodes):
        if found.intersection(node.takes):
            found.add(number)
    return found


def changed(nodes: tuple[Node, ...], override: Override) -> tuple[Node, ...]:
    """The graph with the step done by another hand."""
    if override.says is not None:
        return nodes
    other = nodes[override.node]._replace(hand="another")
    return (*nodes[: override.node], other, *nodes[override.node + 1 :])


@settings(max_examples=150, deadline=None)
@given(overridden())
def test_a_fork_calls_only_what_the_change_reaches_and_ends_as_a_run_from_scratch(
    asked: tuple[tuple[Node, ...], Override],
) -> None:
    nodes, override = asked
    laid = {f"step[{override.node + 1}]": {"text": override.says}} if override.says is not None else {}
    with TemporaryDirectory() as folder, Journal.open(Path(folder) / "journal.db") as journal:
        Doing(nodes, Live.begin(journal, "run", ORDER)).answer()
        now = changed(nodes, override)
        memory = recorded_work(journal, "run")
        fork = Doing(now, Live.begin(journal, "fork", ORDER, parent="run", memory=memory, given=laid))
        scratch = Doing(now, Live.begin(journal, "scratch", ORDER, given=laid))
        expected = scratch.answer()
        assert fork.answer() == expected
        assert set(fork.calls) <= reached(nodes, override.node)
        event(f"calls spared: {len(scratch.calls) - len(fork.calls) > 0}")

        again = Doing(now, Live.begin(journal, "fork", ORDER, given=laid))
        before = journal.heads()
        assert again.answer() == expected
        assert (again.calls, journal.heads()) == ([], before)

        steps = [Trace(journal, name).activities for name in ("run", "fork")]
        cause = first_cause(compared(journal, *steps))
        assert cause is None or cause.path.startswith(f"step[{override.node + 1}]")


@settings(max_examples=60, deadline=None)
@given(graphs(), st.data())
def test_a_fork_of_a_fork_calls_only_what_the_second_change_reaches(
    nodes: tuple[Node, ...], data: st.DataObject
) -> None:
    first, second = (data.draw(st.integers(0, len(nodes) - 1)) for _ in range(2))
    once = changed(nodes, Override(first, None))
    twice = (*once[:second], once[second]._replace(hand="third"), *once[second + 1 :])
    with TemporaryDirectory() as folder, Journal.open(Path(folder) / "journal.db") as journal:
        Doing(nodes, Live.begin(journal, "run", ORDER)).answer()
        memory = recorded_work(journal, "run")
        Doing(once, Live.begin(journal, "fork", ORDER, parent="run", memory=memory)).answer()
        memory |= recorded_work(journal, "fork")
        doing = Doing(twice, Live.begin(journal, "again", ORDER, parent="fork", memory=memory))
        assert doing.answer() == Doing(twice, Live.begin(journal, "scratch", ORDER)).answer()
        assert set(doing.calls) <= reached(nodes, second)
