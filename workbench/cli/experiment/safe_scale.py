"""``import-results``, ``import-dataset`` and ``export-results``: the published SaFE-Scale files, in and out."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from evitrail.workbench.cli.console import Json, OutFolder, print_json, say
from evitrail.workbench.cli.experiment.run import profile_table
from evitrail.workbench.cli.folder import Recorded, open_journal

if TYPE_CHECKING:
    from evitrail.eval.safe_scale import PublishedResults

NAMED = 5
"""Missing answers that are named before the rest is counted."""


Labels = Annotated[
    Path, typer.Option("--labels", help="File with the labelled questions: .json, .jsonl or .csv.", metavar="FILE")
]
Questions = Annotated[
    Path | None,
    typer.Option(
        "--questions", help="File with the unified questions (.jsonl) to join with the labels.", metavar="FILE"
    ),
]
Columns = Annotated[
    Path | None, typer.Option("--columns", help="TOML file that maps the columns of a .csv file.", metavar="FILE")
]
Errata = Annotated[
    Path | None, typer.Option("--errata", help="File with corrections of published answers (.jsonl).", metavar="FILE")
]


def import_official(
    judged: Annotated[
        Path, typer.Argument(help="Folder with one folder per model, each with its phase-4 file.", metavar="JUDGED_DIR")
    ],
    labels: Labels,
    out: OutFolder,
    questions: Questions = None,
    columns: Columns = None,
    errata: Errata = None,
    json: Json = False,
) -> None:
    """Import published SaFE-Scale answers as an experiment.

    Nothing is run. The files are copied, and every result is computed from them.
    """
    from evitrail.eval.safe_scale import Sources, import_judged

    show_published(out, import_judged(judged, Sources(labels, questions, columns, errata), out), json=json)


def import_dataset(
    labels: Labels,
    out: OutFolder,
    questions: Questions = None,
    columns: Columns = None,
    errata: Errata = None,
    published: Annotated[
        str | None, typer.Option("--published", help="Publication day to record for all texts.", metavar="DAY")
    ] = None,
    json: Json = False,
) -> None:
    """Write the published questions as a benchmark, and the texts served with them as evidence.

    Ingest the evidence with `store ingest`, then run `clean`, `conflict` and `deep_research` on the benchmark.
    """
    from evitrail.eval.safe_scale import Sources, read_dataset
    from evitrail.eval.safe_scale.freeze_reports import write_frozen
    from evitrail.eval.safe_scale.served import DAY, dataset_as_store

    try:
        day = DAY if published is None else date.fromisoformat(published)
    except ValueError as error:
        raise ValueError(f"--published: expected a day such as 2026-05-05, got {published!r}") from error
    made = dataset_as_store(read_dataset(Sources(labels, questions, columns, errata)), day)
    write_frozen(out, made.frozen)
    evidence, cases = made.frozen
    if json:
        counts = {"questions": len(cases), "texts": len(evidence), "without": made.without}
        print_json({"folder": str(out), "published": str(day), **counts})
        return
    say(f"{len(cases)} questions: {out / 'benchmark.jsonl'}; their {len(evidence)} texts: {out / 'evidence.jsonl'}")
    for key, lacking in made.without.items():
        say(f"without {key}: {len(lacking)} questions")


def export_official(folder: Recorded, out: OutFolder, json: Json = False) -> None:
    """Export an experiment's runs as SaFE-Scale files (phase 3 and phase 4) with the labelled questions.

    The authors' own scripts read these files.
    """
    from evitrail.eval.safe_scale import export_experiment, is_official

    if is_official(folder):
        raise ValueError(
            f"{folder}: expected an experiment that evitrail ran, got imported published files; they are in official/"
        )
    with open_journal(folder) as journal:
        wrote = export_experiment(journal, out)
    if json:
        print_json({"folder": str(out), **wrote._asdict()})
        return
    say(f"{wrote.runs} runs of {wrote.questions} questions by {', '.join(wrote.models)}, as published files: {out}")
    if wrote.unlabelled:
        say(f"unlabelled: {wrote.unlabelled} questions; the published scripts read that as harmless")


def show_published(folder: Path, results: PublishedResults, *, json: bool) -> None:
    """The failure profile by condition and model, and what is not in it."""
    missing, errata = results.judged.missing, results.dataset.errata
    if json:
        print_json(
            {
                "folder": str(folder),
                "metrics": results.rows,
                "missing": [one._asdict() for one in missing],
                "errata": [erratum.model_dump(mode="json") for erratum in errata],
            }
        )
        return
    profile_table(folder, results.rows)
    for one in missing[:NAMED]:
        say(f"missing: {one}; no number counts it")
    if len(missing) > NAMED:
        say(f"missing: and {len(missing) - NAMED} more; --json names them all")
    for erratum in errata:
        say(f"erratum: question {erratum.question_id} has the answer {erratum.answer_idx} ({erratum.reason})")
    say(f"report: {folder / 'report.html'}")
