"""A small run to test the journal with: a scribe copies words, each step from the note before it.

with Journal.open(path, clock=ticking()) as journal:
    run = Live.begin(journal, "first", Order(words=("a", "b")))
    copied(run, Order(words=("a", "b")))
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count

from evitrail.traces import Clock, Edge, Entity, Journal, Live, Record, Run, Task, content_id


class Order(Record, stored_as="Order"):
    """What a run is asked to do."""

    words: tuple[str, ...]


class Note(Record, stored_as="Note"):
    """What one step wrote."""

    text: str


@dataclass(frozen=True)
class Scribe:
    """Appends a word to a note, and remembers having been asked."""

    hand: str = "round"
    asked: list[str] = field(default_factory=list, repr=False, compare=False)

    def write(self, note: Note, word: str) -> Note:
        self.asked.append(word)
        return Note(text=f"{note.text} {word}".strip())


def ticking() -> Clock:
    """A clock that counts instead of telling the time."""
    ticks = count()
    return Clock(wall=lambda: f"2020-01-01T00:00:{next(ticks):06d}", mono=lambda: next(ticks))


def entity(note: Note) -> Entity:
    return Entity(id=content_id(note), type="Note", label=note.text)


def copied(run: Run, order: Order, by: Scribe | None = None) -> Note:
    """One step per word; each note is derived from the one before."""
    scribe, note = by or Scribe(), Note(text="")
    for word in order.words:

        def edges(out: Note, before: Note = note) -> Iterator[Edge]:
            yield Edge(relation="wasDerivedFrom", source=entity(out), target=entity(before), start=0, end=len(out.text))

        task = Task(
            "write",
            lambda note=note, word=word: scribe.write(note, word),  # type: ignore[misc]
            returns=Note,
            inputs={"note": note},
            by=scribe,
            parameters={"word": word},
            edges=edges,
        )
        note = run.step(task)
    return note


def recorded(journal: Journal, name: str, order: Order, by: Scribe | None = None) -> Note:
    """A whole run, begun and ended."""
    run = Live.begin(journal, name, order)
    note = copied(run, order, by)
    run.end(note)
    return note
