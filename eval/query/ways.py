"""The ways in which a field is compared with columns, as values that evaluators elsewhere are given as data.

Rules kept here
- A way holds no code of its own beside its call: its fields say everything, so ``vocabulary.py`` can hand it on.
- The names that may be asked for are listed in one order: the closed list, kinds or lineages, then what is there.

    ByName("cited", EVIDENCE, alike="lineage", many=True)(Where("cites", ":", (Value("sepsis"),)), columns)
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import reduce
from operator import add
from typing import ClassVar, Literal

import numpy as np

from evitrail.eval.attribution.scene.players import kind_of
from evitrail.eval.query.columns import Columns, Lists, Names
from evitrail.eval.query.matching import day_number, level_in, name_in, number_in, plain_number, text_in
from evitrail.eval.query.recorded_words import Recorded
from evitrail.eval.query.tree import Where
from evitrail.eval.query.truth import Truth

Alike = Literal["same", "lineage", "kind", "part", "digits"]
"""When a name that is asked for is like one that is there: it is the same, or the lineage of a version, the kind of a
step, what stands before the point, or the first digits of a store state."""

DIGITS = 8
"""Digits of a store state's name that are enough to name it."""
HASH = "sha256:"
ORDINARY = "wrong"
"""The kind of failure that is meant where none is named."""


def lineage(ref: str) -> str:
    """The lineage of an evidence version."""
    return ref.partition("@")[0]


def before_point(name: str) -> str:
    """``blame`` of ``blame.wrong``."""
    return name.partition(".")[0]


SHORT: dict[Alike, Callable[[str], str]] = {"lineage": lineage, "kind": kind_of, "part": before_point}
"""The shorter name by which a name may be asked for, too."""


def alike(how: Alike, asked: str, name: str) -> bool:
    """Whether a name that is asked for means one that is there."""
    if how == "digits":
        return len(asked) >= DIGITS and name.removeprefix(HASH).startswith(asked.removeprefix(HASH))
    return asked == name or (how in SHORT and asked == SHORT[how](name))


@dataclass(frozen=True)
class ByName:
    """A column of names, or of lists of names."""

    by: ClassVar[str] = "name"

    column: str
    """With ``{part}`` where there is a column for each kind of failure."""
    what: str
    """What is expected, for a message."""
    closed: tuple[str, ...] = ()
    """Names that a run could have, whether or not one has."""
    alike: Alike = "same"
    many: bool = False
    """Whether it is a column of lists."""
    met: tuple[str, ...] = ()
    """Other columns of lists whose names may be asked for, too."""
    none_is_known: bool = False
    """Whether a run without a name is known to have none."""

    def __call__(self, where: Where, columns: Columns) -> Truth:
        """What the term says of each run."""
        column = columns_of(self, where, columns)
        return name_in(
            where, column, self.what, self.known(column, columns), lambda asked, name: self.like(asked, name)
        )

    def like(self, asked: str, name: str) -> bool:
        """Whether a name that is asked for means one that is there."""
        return alike(self.alike, asked, name)

    def known(self, column: Names | Lists, columns: Columns) -> Iterator[str]:
        """Every name that may be asked for."""
        there = {name for other in self.met for name in columns.lists(other).distinct}
        there |= {name for name in column.distinct if name}
        yield from self.closed
        if self.alike in SHORT:
            yield from sorted(map(SHORT[self.alike], there))
        yield from sorted(there)


def columns_of(way: ByName, where: Where, columns: Columns) -> Names | Lists:
    """The column that answers a term."""
    name = way.column.format(part=where.part or ORDINARY)
    if way.many:
        return columns.lists(name)
    found = columns.names(name)
    if not way.none_is_known:
        return found
    return Names([*found.distinct, ""], np.where(found.known, found.codes, len(found.distinct)))


@dataclass(frozen=True)
class ByLevel:
    """A column of lists of levels."""

    by: ClassVar[str] = "level"

    column: str
    what: str
    levels: tuple[str, ...]
    """From the lowest to the highest."""

    def __call__(self, where: Where, columns: Columns) -> Truth:
        """What the term says of each run."""
        return level_in(where, columns.lists(self.column), self.what, self.levels)


@dataclass(frozen=True)
class ByNumber:
    """A column of numbers, or the sum of several."""

    by: ClassVar[str] = "number"

    columns: tuple[str, ...]
    what: str = "a number"
    day: bool = False
    """Whether the numbers are days since 1970."""

    def __call__(self, where: Where, columns: Columns) -> Truth:
        """What the term says of each run."""
        total = reduce(add, map(columns.numbers, self.columns))
        return number_in(where, total, self.what, day_number if self.day else plain_number)


@dataclass(frozen=True)
class ByMilliseconds:
    """The time that a run took: a number of which the file of timings tells."""

    by: ClassVar[str] = "milliseconds"

    what: str = "a number of milliseconds"

    def __call__(self, where: Where, columns: Columns) -> Truth:
        """What the term says of each run."""
        return number_in(where, columns.milliseconds, self.what, plain_number)


@dataclass(frozen=True)
class ByQuestion:
    """The words of the question and its options."""

    by: ClassVar[str] = "question"

    def __call__(self, where: Where, columns: Columns) -> Truth:
        """What the term says of each run."""
        return text_in(where, columns.texts)


@dataclass(frozen=True)
class ByRecordedWords:
    """Words that the journal alone has."""

    by: ClassVar[str] = "recorded"

    words: Recorded

    def __call__(self, where: Where, columns: Columns) -> Truth:
        """What the term says of each run: nothing, not even that it is unknown, of one whose words were not read."""
        found, read = text_in(where, columns.words(self.words)), columns.was_read(self.words)
        return Truth(found.true & read, found.false & read)
