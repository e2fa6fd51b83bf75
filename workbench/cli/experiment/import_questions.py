"""``import-questions``: question sets that others publish, as a benchmark."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from evitrail.workbench.cli.console import Json, print_json, say


def import_questions(
    file: Annotated[Path, typer.Argument(help="File with the questions: JSON, JSON lines or a table.", metavar="FILE")],
    form: Annotated[
        str,
        typer.Option(
            "--format",
            help="Form of the file: medqa, medmcqa, pubmedqa, mmlu, bioasq; csv or json for any other.",
            metavar="NAME",
        ),
    ],
    out: Annotated[Path, typer.Option("--out", help="File to write the benchmark to.", metavar="FILE")] = Path(
        "benchmark.jsonl"
    ),
    columns: Annotated[
        Path | None,
        typer.Option("--map", help="TOML file that names the columns of a csv or json file.", metavar="FILE"),
    ] = None,
    json: Json = False,
) -> None:
    """Import a published question set as a benchmark.

    Harm and evidence are unlabelled there: what rests on these labels stays empty.
    """
    from evitrail.eval.dataset.exams.column_map import read_column_map
    from evitrail.eval.dataset.exams.read_exam import read_exam
    from evitrail.eval.report.files import write_records

    if out.exists():
        raise ValueError(f"--out: expected the name of a new file, got {out}, which is there; name another one")
    read = read_exam(file, form, read_column_map(columns) if columns else None)
    write_records(out, read.cases)
    if json:
        print_json({"benchmark": str(out), "questions": len(read.cases), "left_out": dict(read.left_out)})
        return
    say(f"{len(read.cases)} question{'s' * (len(read.cases) != 1)}: {out}")
    for reason, count in read.left_out.items():
        say(f"left out: {count} {reason}")
