"""outcomes.parquet, written and read: one scored run a row, the same bytes for the same outcomes in whatever order."""

from __future__ import annotations

import os
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from evitrail.eval.metrics.outcome import Outcome


def write_outcomes(path: Path, outcomes: Iterable[Outcome]) -> None:
    """Write one row per run, sorted by run; a reader sees the old file or the new one, never half of one."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    rows = sorted(outcomes, key=lambda outcome: outcome.run)
    twice = next((one.run for one, other in pairwise(rows) if one.run == other.run), None)
    if twice is not None:
        raise ValueError(f"expected one outcome per run, got two for run {twice!r}; score each run once")
    table = pa.Table.from_pylist([outcome.model_dump() for outcome in rows], schema=_schema())
    with TemporaryDirectory(dir=path.parent, prefix=f".{path.name}.") as folder:
        partial = Path(folder) / path.name
        # Every option that shapes bytes is stated, so that a changed default cannot change a file.
        pq.write_table(table, partial, compression="zstd", compression_level=3, version="2.6", row_group_size=65_536)
        os.replace(partial, path)


def read_outcomes(path: Path) -> list[Outcome]:
    """The outcomes of one file, sorted by run."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    if not path.is_file():
        said = f"expected outcomes at {str(path)!r}, found no file"
        raise FileNotFoundError(f"{said}; `evitrail report` writes it for an experiment")
    try:
        table = pq.ParquetFile(path).read()
    except pa.ArrowInvalid as error:
        raise ValueError(f"expected a parquet file of outcomes at {str(path)!r}, got: {error}") from None
    if differing := set(table.column_names) ^ set(Outcome.model_fields):
        raise ValueError(f"expected the columns of an outcome in {str(path)!r}, differing in {sorted(differing)!r}")
    return [Outcome(**row) for row in table.to_pylist()]


def _schema() -> Any:
    """The columns of outcomes.parquet: the fields of an outcome, in their order."""
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
    }
    return pa.schema([(name, types[field.annotation]) for name, field in Outcome.model_fields.items()])
