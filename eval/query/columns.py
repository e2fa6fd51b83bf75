"""The columns of an experiment's results, each read when a query first asks for it.

Rules kept here
- What is asked of a column is asked of its distinct values, and spread over the runs by their codes: 100,000 runs have
  a handful of conditions.
- Only the columns that a query names are read from the file.
- No journal is opened, but for the words of claims and passages, and then for the runs alone that hang on them.
- A column that a file of an earlier version lacks is a fault that says how to add it, not a column of unknowns.

    columns = Columns.of(Path("my-run"))
    columns.names("condition").holds(lambda name: name == "gated")
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evitrail.eval.log.scored_runs import MEASURING
from evitrail.eval.metrics.outcomes_file import OUTCOMES
from evitrail.eval.query.arrow_arrays import flags, known, numbers, places_array
from evitrail.eval.query.recorded_words import Progress, Recorded, recorded_words
from evitrail.eval.query.truth import Truth
from evitrail.eval.report.questions_file import QUESTIONS
from evitrail.evidence_store.input_text import InputError

TIMINGS = "timings.parquet"


class Names:
    """A column of names, one a run: its distinct values, and for each run which of them it has, -1 for unknown."""

    def __init__(self, distinct: Sequence[str], codes: NDArray[np.int64]) -> None:
        self.distinct = distinct
        self.codes = codes

    @classmethod
    def of(cls, values: Iterable[str | None]) -> Names:
        """The column of these values."""
        places: dict[str, int] = {}
        codes = [-1 if value is None else places.setdefault(value, len(places)) for value in values]
        return cls(list(places), np.array(codes, dtype=np.int64))

    @property
    def known(self) -> NDArray[np.bool_]:
        return self.codes >= 0

    def holds(self, test: Callable[[str], bool]) -> Truth:
        """For which runs the test holds of their value."""
        found = np.array([test(value) for value in self.distinct] + [False], dtype=np.bool_)
        return Truth.where(self.known, found[self.codes])

    def at(self, place: int) -> str | None:
        """The value of one run."""
        code = self.codes[place]
        return None if code < 0 else self.distinct[code]


class Lists:
    """A column of lists of names."""

    def __init__(self, known: NDArray[np.bool_], lengths: NDArray[np.int64], items: Names) -> None:
        self.known = known
        self.lengths = lengths
        self.items = items
        self._runs = np.repeat(np.arange(len(known)), lengths)

    @property
    def distinct(self) -> Sequence[str]:
        return self.items.distinct

    def holds(self, test: Callable[[str], bool]) -> Truth:
        """For which runs the test holds of any of their values."""
        of_items = self.items.holds(test)
        any_true = self._any(of_items.true)
        unknown = ~self.known | (self._any(of_items.unknown) & ~any_true)
        return Truth(any_true & self.known, ~any_true & ~unknown)

    @property
    def unknown(self) -> Truth:
        """Whether the list, or one of its values, is unknown."""
        return Truth.known(~self.known | self._any(~self.items.known))

    def _any(self, flags: NDArray[np.bool_]) -> NDArray[np.bool_]:
        return np.bincount(self._runs[flags], minlength=len(self.known)) > 0


class Columns:
    """The results of one experiment, by column."""

    def __init__(self, outcomes: Any, questions: Any = None, timings: Any = None, folder: Path = Path()) -> None:
        """Tables of Arrow, or what reads single columns like one: ``column_names`` and ``column(name)``."""
        self._outcomes, self._questions, self._timings = outcomes, questions, timings
        self._folder = folder
        self._names: dict[str, Names] = {}
        self._lists: dict[str, Lists] = {}
        self._words: dict[str, dict[int, str | None]] = {}

    @classmethod
    def of(cls, folder: Path) -> Columns:
        """The results in a folder; raises ``FileNotFoundError`` where there are none."""
        outcomes = ColumnFile(folder / OUTCOMES)
        questions, timings = (
            ColumnFile(path) if path.is_file() else None for path in (folder / QUESTIONS, folder / TIMINGS)
        )
        return cls(outcomes, questions, timings, folder)

    @cached_property
    def n(self) -> int:
        """How many runs there are."""
        return len(self._outcomes.column("run"))

    @property
    def cells(self) -> list[str]:
        """The names of all columns of outcomes.parquet, in order."""
        return list(self._outcomes.column_names)

    def names(self, name: str) -> Names:
        """A column of names."""
        if name not in self._names:
            self._names[name] = _names(self._column(name))
        return self._names[name]

    def lists(self, name: str) -> Lists:
        """A column of lists."""
        if name not in self._lists:
            column = _chunk(self._column(name))
            lengths, there = np.diff(numbers(column.offsets, np.int32)).astype(np.int64), known(column)
            self._lists[name] = Lists(there, np.where(there, lengths, 0), _names(column.flatten()))
        return self._lists[name]

    def flag(self, name: str) -> Truth:
        """A column of flags."""
        column = _chunk(self._column(name))
        return Truth.where(known(column), flags(column))

    def numbers(self, name: str) -> NDArray[np.float64]:
        """A column of numbers, or of days as days since 1970; NaN where it is unknown."""
        import pyarrow as pa

        column = _chunk(self._column(name))
        if pa.types.is_date(column.type):
            column = column.cast(pa.int32())
        column = column.cast(pa.float64())
        return np.where(known(column), numbers(column, np.float64), np.nan)

    @cached_property
    def texts(self) -> Names:
        """The words of each run's question."""
        return self._of_question("text")

    @cached_property
    def run_names(self) -> list[tuple[str, int]]:
        """Each run's name in small letters, and where in it the name of its case begins."""
        runs, cases = self.names("run"), self.names("case")
        names = [((runs.at(place) or "").lower(), (cases.at(place) or "").lower()) for place in range(self.n)]
        return [(run, run.find(f".{case}") + 1 if case else 0) for run, case in names]

    def words(self, what: Recorded) -> Names:
        """The words of claims or passages, as far as they were read; of the other runs they are unknown."""
        read = self._words.get(what, {})
        return Names.of(read.get(place) for place in range(self.n))

    def was_read(self, what: Recorded) -> NDArray[np.bool_]:
        """Of which runs these words were read."""
        return np.isin(np.arange(self.n), list(self._words.get(what, {})))

    def read_words(self, what: Recorded, places: NDArray[np.int64], progress: Progress) -> None:
        """Read the words of these runs from the journal."""
        names = self._outcomes.column("run").to_pylist()
        found = recorded_words(self._folder, what, [names[place] for place in places], progress)
        self._words[what] = dict(zip(places.tolist(), found, strict=True))

    def decides(self) -> dict[str, tuple[str, ...]]:
        """By case, the evidence that decides it."""
        cases, refs = (self._questions_column(name).to_pylist() for name in ("case", "decides"))
        return {case: tuple(found) for case, found in zip(cases, refs, strict=True)}

    @cached_property
    def milliseconds(self) -> NDArray[np.float64]:
        """The time that each run's steps took, to a tenth, without what measures its answer."""
        if self._timings is None:
            raise self._older(TIMINGS)
        run, kind = _names(self._timings.column("run")), _names(self._timings.column("kind"))
        outermost = _names(self._timings.column("step")).holds(lambda path: "/" not in path).true
        counted = outermost & kind.holds(lambda name: name not in MEASURING).true
        spent = numbers(_chunk(self._timings.column("milliseconds").cast("float64")), np.float64)
        total = np.bincount(run.codes[counted], spent[counted], minlength=len(run.distinct)).astype(np.float64)
        total[np.bincount(run.codes[counted], minlength=len(run.distinct)) == 0] = np.nan
        by_run = dict(zip(run.distinct, np.round(total, 1).tolist(), strict=True))
        return np.array([by_run.get(name, np.nan) for name in self._outcomes.column("run").to_pylist()])

    def rows(self, places: Sequence[int] | NDArray[Any], names: Sequence[str] = ()) -> list[dict[str, Any]]:
        """These runs with these columns of outcomes.parquet, or all of them."""
        return list(self.table(places, names).to_pylist())

    def table(self, places: Sequence[int] | NDArray[Any], names: Sequence[str] = ()) -> Any:
        """The same as a table of Arrow."""
        import pyarrow as pa

        wanted = [name for name in names or self._outcomes.column_names if name in self._outcomes.column_names]
        return pa.table({name: self._outcomes.column(name).take(places_array(places)) for name in wanted})

    def expect(self, *names: str) -> None:
        """Raise ``InputError`` where one of these columns of outcomes.parquet is missing."""
        for name in names:
            if name not in self._outcomes.column_names:
                raise self._older(f"the column {name!r} in {OUTCOMES}")

    def _of_question(self, name: str) -> Names:
        cases, cells = self._questions_column("case").to_pylist(), self._questions_column(name).to_pylist()
        by_case = dict(zip(cases, range(len(cases)), strict=True))
        asked = self.names("case")
        place = np.array([by_case.get(case, -1) for case in asked.distinct] + [-1], dtype=np.int64)
        return Names(cells, place[asked.codes])

    def _questions_column(self, name: str) -> Any:
        if self._questions is None:
            raise self._older(QUESTIONS)
        return self._questions.column(name)

    def _column(self, name: str) -> Any:
        self.expect(name)
        return self._outcomes.column(name)

    def _older(self, what: str) -> InputError:
        said = f"{self._folder}: expected {what}, found none: the results are of an earlier version"
        return InputError([f"{said}; `evitrail report {self._folder}` writes them again"])


class ColumnFile:
    """A Parquet file of which single columns are read."""

    def __init__(self, path: Path) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        if not path.is_file():
            said = f"expected outcomes at {str(path)!r}, found no file"
            raise FileNotFoundError(f"{said}; `evitrail report` writes it for an experiment")
        try:
            self._file = pq.ParquetFile(path)
        except pa.ArrowInvalid as error:
            raise ValueError(f"expected a parquet file at {str(path)!r}, got: {error}") from None
        self.column_names: list[str] = self._file.schema_arrow.names

    def column(self, name: str) -> Any:
        """One column."""
        return self._file.read(columns=[name]).column(name)


def _chunk(column: Any) -> Any:
    """A column in one piece."""
    return column.combine_chunks() if hasattr(column, "combine_chunks") else column


def _names(column: Any) -> Names:
    coded = _chunk(column).dictionary_encode()
    codes = np.where(known(coded.indices), numbers(coded.indices, np.int32), -1).astype(np.int64)
    return Names(coded.dictionary.to_pylist(), codes)
