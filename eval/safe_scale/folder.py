"""An experiment's folder whose outcomes come from published files: copied in, and the rest is rebuilt from them.

Rules kept here
- Such a folder has no journal, and says so in ``official.toml``, which names each file it rests on with its digest.
  A file that was changed is refused: these files are what the journal is elsewhere, the only truth.
- ``outcomes.parquet``, ``questions.parquet``, ``timings.parquet``, ``metrics.json``, ``benchmark.jsonl`` and
  ``report.html`` can be deleted and made again, with the same bytes. Nobody can be blamed without a journal, so there
  is no ``attribution.json``; nor is there a ``cost.json``, and metrics that need more than an outcome are null.
- The folder appears whole or not at all.

    import_judged(Path("judged"), Sources(labels), Path("published"))
    write_official_results(Path("published"))
"""

from __future__ import annotations

import shutil
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

import tomli_w
from pydantic import ValidationError

from evitrail.eval.metrics.outcomes_file import OUTCOMES, write_outcomes
from evitrail.eval.metrics.table import metric_rows
from evitrail.eval.report import render
from evitrail.eval.report.files import write_json
from evitrail.eval.report.questions_file import QUESTIONS, write_questions
from evitrail.eval.report.run_columns import columns_of_case
from evitrail.eval.safe_scale.dataset import Dataset, Sources, read_dataset
from evitrail.eval.safe_scale.judged import JudgedResults, judged_files, read_judged
from evitrail.eval.safe_scale.published import FILE, Spent
from evitrail.eval.whole_folder import whole
from evitrail.evidence_store.input_record import fault_lines, from_toml
from evitrail.evidence_store.input_text import InputError, read_toml
from evitrail.traces.record import Record
from evitrail.traces.whole_file import replace_text

MANIFEST = "official.toml"
FILES = "official"
"""The folder, in the experiment's, that the published files are copied into."""
JUDGED = "judged"

SAID = """\
# The outcomes here come from published answer files, not from runs of evitrail: there is no journal.
# Every other file of this folder is rebuilt from the files named here by `evitrail report`.

"""


class PublishedManifest(Record):
    """What a folder of published results rests on; paths are within ``official/``."""

    labels: str
    questions: str | None = None
    columns: str | None = None
    errata: str | None = None
    sha256: dict[str, str]

    def sources(self, folder: Path) -> Sources:
        """The dataset's files."""
        others = (self.questions, self.columns, self.errata)
        return Sources(folder / FILES / self.labels, *(folder / FILES / name if name else None for name in others))


class PublishedResults(NamedTuple):
    """What the files came to."""

    rows: list[dict[str, Any]]
    dataset: Dataset
    judged: JudgedResults


def is_official(folder: Path) -> bool:
    """Whether the folder's outcomes come from published files."""
    return (folder / MANIFEST).is_file()


def import_judged(judged: Path, sources: Sources, folder: Path) -> PublishedResults:
    """Copy the files into a new folder and write all results; raises ``InputError`` and writes nothing on any fault."""
    read_judged(judged, read_dataset(sources))  # faults are told of the files that were given, not of their copies
    with whole(folder) as made:
        _copied(judged, sources, made)
        return write_official_results(made)


def write_official_results(folder: Path) -> PublishedResults:
    """Rebuild every derived file of such a folder."""
    manifest = _manifest(folder)
    dataset = read_dataset(manifest.sources(folder))
    judged = read_judged(folder / FILES / JUDGED, dataset)
    rows = metric_rows(judged.outcomes)
    known = {one.run: columns_of_case(dataset.cases[one.case]) for one in judged.outcomes if one.case in dataset.cases}
    write_outcomes(folder / OUTCOMES, judged.outcomes, known)
    write_questions(folder / QUESTIONS, dataset.cases.values())
    _write_timings(folder / "timings.parquet", judged.spent)
    write_json(folder / "metrics.json", rows)
    lines = "".join(f"{case.model_dump_json()}\n" for case in dataset.cases.values())
    replace_text(folder / "benchmark.jsonl", lines)
    page = render(
        title=folder.name,
        outcomes=judged.outcomes,
        rows=rows,
        blames=[],
        cases=dataset.cases,
        root=None,
        source=f"{FILES}/, {len(manifest.sha256)} files; {MANIFEST} has their digests",
    )
    replace_text(folder / "report.html", page)
    return PublishedResults(rows, dataset, judged)


def imported_judged(folder: Path) -> JudgedResults:
    """The published answers that such a folder rests on; raises ``InputError`` where a file was changed."""
    dataset = read_dataset(_manifest(folder).sources(folder))
    return read_judged(folder / FILES / JUDGED, dataset, whole=False)


def _copied(judged: Path, sources: Sources, folder: Path) -> None:
    within = folder / FILES
    named = {field: path for field, path in sources._asdict().items() if path is not None}
    copies = {field: f"{field}{path.suffix}" for field, path in named.items()}
    given = {copies[field]: path for field, path in named.items()}
    given |= {f"{JUDGED}/{path.parent.name}/{path.name}": path for path in judged_files(judged)}
    for name, path in given.items():
        (within / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, within / name)
    manifest = PublishedManifest(**copies, sha256={name: _digest(within / name) for name in given})
    replace_text(folder / MANIFEST, SAID + tomli_w.dumps(manifest.model_dump(exclude_none=True)))


def _manifest(folder: Path) -> PublishedManifest:
    path = folder / MANIFEST
    try:
        manifest = from_toml(PublishedManifest, read_toml(path))
    except ValidationError as error:
        raise InputError([f"{path}: {fault}" for fault in fault_lines(error, PublishedManifest)]) from error
    faults = []
    for name, digest in manifest.sha256.items():
        file = folder / FILES / name
        if not file.is_file():
            faults.append(f"{file}: is gone; {MANIFEST} names it, import the published files anew")
        elif _digest(file) != digest:
            faults.append(f"{file}: was changed after it was imported; import the published files anew")
    used = [path for path in manifest.sources(folder) if path] + sorted((folder / FILES / JUDGED).glob(f"*/{FILE}"))
    known = {folder / FILES / name for name in manifest.sha256}
    faults += [f"{path}: has no digest in {MANIFEST}" for path in used if path not in known]
    if faults:
        raise InputError(faults)
    return manifest


def _digest(path: Path) -> str:
    return sha256(path.read_bytes()).hexdigest()


def _write_timings(path: Path, spent: list[Spent]) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    rows = [
        {
            "run": one.run,
            "step": one.step,
            "kind": "model",
            "by": one.by,
            "milliseconds": None if one.seconds is None else round(1000 * one.seconds, 3),
        }
        for one in spent
    ]
    columns = [(name, pa.string()) for name in ("run", "step", "kind", "by")] + [("milliseconds", pa.float64())]
    pq.write_table(pa.Table.from_pylist(rows, schema=pa.schema(columns)), path)
