"""An experiment of many runs, made of those of the demonstration: its results, and a journal with every run's steps.

    make_experiment(demo / "experiment", folder, cases=294)       # 34 readers x 10 conditions x 294 questions

Each run is one of the demonstration's under another name, its records linked and hashed anew, so every run opens. Its
row in the results is that run's row. A blame is written for every failure, as the demonstration has it.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from evitrail.eval.attribution.blame import Blame
from evitrail.eval.metrics.outcomes_file import OUTCOMES, read_outcomes
from evitrail.eval.metrics.table import metric_rows
from evitrail.eval.report.blame_shares_file import ATTRIBUTION, BLAME_SHARES, blame_share_rows
from evitrail.eval.report.files import write_json
from evitrail.eval.report.questions_file import QUESTIONS
from evitrail.traces.audit.seal import seal
from evitrail.traces.journal.journal import Journal
from evitrail.traces.journal.schema import genesis, link
from evitrail.traces.record import canonical_json

READERS = 34
CONDITIONS = 10


class Copy(NamedTuple):
    """A run of the demonstration, and what it is called here."""

    source: str
    run: str
    case: str
    condition: str
    reader: str


def make_experiment(demo: Path, folder: Path, cases: int) -> int:
    """Write it; returns the number of its runs."""
    folder.mkdir(parents=True)
    table = pq.ParquetFile(demo / OUTCOMES).read()
    copies = list(_copies(table, cases))
    _write_results(demo, folder, table, copies)
    _write_journal(demo / "journal.db", folder / "journal.db", copies)
    return len(copies)


def _copies(table: pa.Table, cases: int) -> Iterator[Copy]:
    known = [(row["condition"], row["case"]) for row in table.select(["condition", "case"]).to_pylist()]
    conditions, asked = sorted({one for one, _ in known}), sorted({one for _, one in known})
    runs = dict(zip(known, table.column("run").to_pylist(), strict=True))
    names = [conditions[n % len(conditions)] + (f"+k={n}" if n >= len(conditions) else "") for n in range(CONDITIONS)]
    for number, name in enumerate(names):
        for reader in range(READERS):
            for place in range(cases):
                old = asked[place % len(asked)]
                case, label = f"{old}-{place // len(asked):03}", f"reader-{reader:02}"
                source = runs[conditions[number % len(conditions)], old]
                yield Copy(source, f"{name}@{label}.{case}", case, name, label)


def _write_results(demo: Path, folder: Path, table: pa.Table, copies: list[Copy]) -> None:
    copies = sorted(copies, key=lambda copy: copy.run)
    place = {run: n for n, run in enumerate(table.column("run").to_pylist())}
    many = table.take(pa.array([place[copy.source] for copy in copies]))
    for name in ("run", "case", "condition", "reader"):
        many = many.set_column(
            many.schema.get_field_index(name), name, pa.array([getattr(one, name) for one in copies])
        )
    pq.write_table(many, folder / OUTCOMES, compression="zstd", compression_level=3)
    texts = {row["case"]: row for row in pq.ParquetFile(demo / QUESTIONS).read().to_pylist()}
    asked = {copy.case: texts[copy.case.rpartition("-")[0]] | {"case": copy.case} for copy in copies}
    schema = pq.ParquetFile(demo / QUESTIONS).schema_arrow
    pq.write_table(pa.Table.from_pylist(list(asked.values()), schema=schema), folder / QUESTIONS, compression="zstd")
    _write_timings(demo, folder, copies)
    outcomes = read_outcomes(folder / OUTCOMES)
    write_json(folder / "metrics.json", metric_rows(outcomes))
    blamed: dict[str, list[Blame]] = {}
    for blame in json.loads((demo / ATTRIBUTION).read_text("utf-8")):
        blamed.setdefault(blame["run"], []).append(Blame.model_validate(blame))
    blames = [
        blame.model_copy(update={"run": copy.run, "case": copy.case, "condition": copy.condition})
        for copy in copies
        for blame in blamed.get(copy.source, ())
    ]
    with (folder / ATTRIBUTION).open("w", encoding="utf-8") as file:
        file.write("[" + ",".join(blame.model_dump_json() for blame in blames) + "]\n")
    write_json(folder / BLAME_SHARES, blame_share_rows(outcomes, blames))


def _write_timings(demo: Path, folder: Path, copies: list[Copy]) -> None:
    timings = pq.ParquetFile(demo / "timings.parquet").read()
    rows: dict[str, list[int]] = {}
    for n, run in enumerate(timings.column("run").to_pylist()):
        rows.setdefault(run, []).append(n)
    taken = timings.take(pa.array([n for copy in copies for n in rows.get(copy.source, ())]))
    names = pa.array([copy.run for copy in copies for _ in rows.get(copy.source, ())])
    pq.write_table(taken.set_column(0, "run", names), folder / "timings.parquet")


def _write_journal(source: Path, target: Path, copies: list[Copy]) -> None:
    Journal.open(target).close()
    with sqlite3.connect(f"{source.resolve().as_uri()}?mode=ro", uri=True) as old:
        blobs = old.execute("SELECT number, id, bytes FROM blob").fetchall()
        lines: dict[str, list[dict[str, Any]]] = {}
        for run, data in old.execute("SELECT run, bytes FROM record ORDER BY run, seq"):
            if "~" not in run:
                lines.setdefault(run, []).append(json.loads(data))
    new = sqlite3.connect(target, isolation_level=None)
    new.execute("PRAGMA synchronous=OFF")
    new.execute("BEGIN")
    new.executemany("INSERT INTO blob VALUES (?, ?, ?)", blobs)
    for copy in copies:
        new.executemany("INSERT INTO record VALUES (?, ?, ?, ?, ?)", _linked(copy.run, lines[copy.source]))
    new.execute("COMMIT")
    new.close()
    with Journal.open(target) as journal:
        seal(journal)


def _linked(run: str, lines: list[dict[str, Any]]) -> Iterator[tuple[str, int, str, str, bytes]]:
    prev = genesis(run)
    for seq, line in enumerate(line for line in lines if line["type"] not in ("blame", "review")):
        data = canonical_json(line | {"run": run, "seq": seq, "prev": prev}).encode()
        head = link(prev, data)
        yield run, seq, prev, head, data
        prev = head
