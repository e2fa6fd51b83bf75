"""outcomes.parquet, written and read: one scored run a row, the same bytes for the same outcomes in whatever order.

Rules kept here
- First stand the fields of an outcome, then what else is known of the run (``run_columns.py``).
- A file of an earlier version lacks some of the latter; it is read all the same. A column that nobody knows is refused.

    write_outcomes(folder / OUTCOMES, outcomes, {"standard.rad-001": RunColumns(day=date(2020, 1, 1))})
    read_outcomes(folder / OUTCOMES)
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from typing import Any, get_args, get_origin

from evitrail.eval.dataset.labels import Flag
from evitrail.eval.metrics.outcome import Outcome
from evitrail.eval.metrics.run_columns import RunColumns
from evitrail.traces.whole_file import replace_bytes

OUTCOMES = "outcomes.parquet"
LATER = {"relabelled"}
"""Fields of an outcome that files of earlier versions lack."""


def write_outcomes(path: Path, outcomes: Iterable[Outcome], columns: Mapping[str, RunColumns] | None = None) -> None:
    """Write one row per run, sorted by run; a reader sees the old file or the new one, never half of one.

    ``columns`` is what else is known of runs, by their names.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    rows = sorted(outcomes, key=lambda outcome: outcome.run)
    twice = next((one.run for one, other in pairwise(rows) if one.run == other.run), None)
    if twice is not None:
        raise ValueError(f"expected one outcome per run, got two for run {twice!r}; score each run once")
    known, nothing = columns or {}, RunColumns()
    cells = [outcome.model_dump() | known.get(outcome.run, nothing).row() for outcome in rows]
    table = pa.Table.from_pylist(cells, schema=outcomes_schema())
    data = BytesIO()
    # Every option that shapes bytes is stated, so that a changed default cannot change a file.
    pq.write_table(table, data, compression="zstd", compression_level=3, version="2.6", row_group_size=65_536)
    replace_bytes(path, data.getvalue())


def read_outcomes(path: Path) -> list[Outcome]:
    """The outcomes of one file, sorted by run."""
    table = read_table(path)
    there = [name for name in Outcome.model_fields if name in table.column_names]
    return [Outcome(**row) for row in table.select(there).to_pylist()]


def read_table(path: Path) -> Any:
    """The file as an Arrow table; columns that it does not have yet are not in it."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    if not path.is_file():
        said = f"expected outcomes at {str(path)!r}, found no file"
        raise FileNotFoundError(f"{said}; `evitrail report` writes it for an experiment")
    try:
        table = pq.ParquetFile(path).read()
    except pa.ArrowInvalid as error:
        raise ValueError(f"expected a parquet file of outcomes at {str(path)!r}, got: {error}") from None
    found, needed = set(table.column_names), set(Outcome.model_fields) - LATER
    if differing := (needed - found) | (found - needed - LATER - RunColumns().row().keys()):
        raise ValueError(f"expected the columns of an outcome in {str(path)!r}, differing in {sorted(differing)!r}")
    return table


def outcomes_schema() -> Any:
    """The columns of outcomes.parquet: the fields of an outcome, in their order, then what else is known of a run."""
    import pyarrow as pa

    text, flag, texts = pa.string(), pa.bool_(), pa.list_(pa.string())
    types: dict[Any, Any] = {
        str: text,
        str | None: text,
        bool: flag,
        bool | None: flag,
        int: pa.int32(),
        float | None: pa.float64(),
        tuple[str, ...]: texts,
        tuple[str | None, ...]: texts,
        tuple[Flag, ...]: texts,
    }
    outcome = [(name, types[field.annotation]) for name, field in Outcome.model_fields.items()]
    return pa.schema([*outcome, *((name, _type(name)) for name in RunColumns().row())])


def _type(column: str) -> Any:
    """The type of a column of ``RunColumns``: as its field says; of blame a list, of fault a text."""
    import pyarrow as pa

    text, texts = pa.string(), pa.list_(pa.string())
    if column not in RunColumns.model_fields:
        return texts if column.startswith("blame.") else text
    said = get_args(RunColumns.model_fields[column].annotation)
    if any(get_origin(one) is tuple for one in said):
        return texts
    return next(
        (kind for of, kind in ((int, pa.int64()), (float, pa.float64()), (date, pa.date32())) if of in said), text
    )
