"""timings.parquet: the time that each step of each run took, by a clock.

write_timings(folder / TIMINGS, traces(journal))
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from evitrail.traces.run.activity import Activity
from evitrail.traces.trace import Trace


def write_timings(path: Path, runs: Iterable[Trace]) -> None:
    """Write one row a step."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    rows = [timing(trace, step) for trace in runs for step in trace.activities]
    pq.write_table(pa.Table.from_pylist(rows), path)


def timing(trace: Trace, step: Activity) -> dict[str, Any]:
    """The row of one step."""
    return {"run": trace.run, "step": step.path, "kind": step.kind, "by": step.by, "milliseconds": step.milliseconds}


def timings_schema() -> Any:
    """The columns of such rows."""
    import pyarrow as pa

    text = pa.string()
    return pa.schema([("run", text), ("step", text), ("kind", text), ("by", text), ("milliseconds", pa.float64())])
