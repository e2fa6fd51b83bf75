"""Command lines to be killed, the folder that they work in, and what such a folder holds once they have ended.

    lay_out(folder)                                    # files, and two small embedding models
    with Nursery("kill_commands:act") as nursery:
        nursery.start("command", str(folder), "store", "ingest", …).end()
        nursery.start("check", str(folder), str(file)).end()    # the file then holds ``Contents`` as JSON

``COMMANDS`` are those of ingest, model change, reindex, curation and runs. Each begins where another has ended.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow.parquet  # noqa: F401 -- here, so that no worker takes seconds to load it; so are the next ones
import sentence_transformers  # noqa: F401
import transformers.models.bert.modeling_bert  # noqa: F401
import typer.main
from desk import BENCHMARK, demo_evidence, write_lines
from tiny_encoder import tiny_encoder
from world import DRUGS

import evitrail.eval.report.results
import evitrail.eval.run_plan  # noqa: F401
from evitrail.evidence_store import EvidenceStore
from evitrail.evidence_store.errors import StoreError
from evitrail.evidence_store.index import projection
from evitrail.traces import Journals
from evitrail.workbench.cli import app

EXAMPLES = Path(__file__).parents[1] / "docs" / "examples"
CASES = ("acute-001", "acute-002", "acute-006")
FILLER = 30
"""Versions that are ingested at first, beside those that the cases name, and again as many with the second file."""
BATCH = 16
"""Passages that are indexed at once: a small store has several batches."""
SWAB, OLD, NEW = (f"group-b-streptococcus-antenatal-swab@{year}" for year in (2010, 2019, 2026))
QUERIES = ("swab for group B streptococcus", "aspirin bleeding risk", "metformin in trial 7")


CHECKS = (("store", "verify", "--store", "store"), ("trace", "verify", "run"))
"""Each is of the folder that it names last."""


class Command(NamedTuple):
    """A command line to be killed."""

    of: str
    """Which part of the work it is one of."""
    name: str
    line: str
    """``{a}`` and ``{b}`` are the two embedding models."""
    after: str = ""
    """The command at whose end it begins; none: nothing but the files is there."""
    share: int = 6
    """How many of 300 kills are for it."""

    def arguments(self, models: Path) -> list[str]:
        """What the command line is given."""
        return shlex.split(self.line.format(a=models / "a", b=models / "b"))


def _curation(name: str, line: str, after: str) -> Command:
    return Command("curation", name, f"store {line} --store store", after)


INGEST, MORE = "ingest, new store", "ingest, more"
RUN = f"run --benchmark {BENCHMARK} --only {','.join(CASES)} --conditions closed_book,conflict,gated --samples 5"
IN = "--store store --out run"
BY, SECOND = "--by a.moreau", "--by d.larsen"

COMMANDS = (
    Command("ingest", INGEST, "store ingest first.jsonl --store store --model {a}", share=30),
    Command("ingest", MORE, "store ingest second.jsonl --store store", INGEST, 30),
    Command("model change", "reindex --model", "store reindex --model {b} --store store", INGEST, 40),
    Command("reindex", "reindex", "store reindex --store store", INGEST, 40),
    _curation("draft", f"draft {EXAMPLES}/draft.jsonl {BY} --reason 'update of the year'", INGEST),
    _curation("submit", f"submit {NEW} {BY}", "draft"),
    _curation("request-changes", f"request-changes {NEW} {SECOND} --reason 'the window is wrong'", "submit"),
    _curation("sign-off", f"sign-off {NEW} {SECOND} --reason 'read it' --rubric accuracy=5", "submit"),
    _curation("publish", f"publish {NEW} {BY}", "sign-off"),
    _curation("withdraw", f"withdraw {NEW} {BY} --reason 'not for this ward'", "publish"),
    _curation("retract", f"retract {OLD} {BY} --reason 'the notice of the publisher' --on 2026-03-01", INGEST),
    _curation("reinstate", f"reinstate {OLD} {BY} --reason 'taken back' --on 2026-04-01", "retract"),
    _curation("notices", f"notices notices.csv {BY}", INGEST),
    _curation("supersede", f"supersede trial-1@1 --kind replaces --new trial-2@1 --effective 2024-01-01 {BY}", INGEST),
    _curation(
        "contradiction", f"contradiction trial-3@1 trial-4@1 --type opposite_direction --scope adults {BY}", INGEST
    ),
    _curation("assess", f"assess {EXAMPLES}/profile.jsonl {BY}", INGEST),
    _curation("tag", f"tag spring {BY}", INGEST),
    _curation("publisher add", f"publisher add --from {EXAMPLES}/publishers.toml {BY} --reason 'agreed'", INGEST),
    _curation("publisher revoke", f"publisher revoke exercises {BY} --reason 'over'", "publisher add"),
    _curation("ingest, held", f"ingest {EXAMPLES}/exercise.jsonl --publisher exercises {SECOND}", "publisher add"),
    _curation("release", f"release swab-exercise@2026 {BY} --reason 'read it'", "ingest, held"),
    _curation("reject", f"reject swab-exercise@2026 {BY} --reason 'an exercise'", "ingest, held"),
    Command("runs", "run", f"{RUN} {IN}", INGEST, 25),
    Command("runs", "run --no-attribute", f"{RUN} {IN} --no-attribute", INGEST, 10),
    Command("runs", "attribute", "attribute run", "run --no-attribute", 10),
    Command("runs", "fork", f"fork run conflict.{CASES[0]} --set k=2", "run --no-attribute", 10),
)


@dataclass(frozen=True)
class Contents:
    """What a folder holds, without the times at which it came to be. Lists are in the order of the record."""

    events: list[str]
    """Of the ledger: type, subject, actor and body."""
    recorded: list[str]
    """Of the journals, run by run: the steps that ended, the ends, the blame."""
    answers: dict[str, Any]
    """What the index holds, what searches find, what the results' files say, and which files there are."""


def lay_out(folder: Path) -> None:
    """The files that commands name, in ``start``, and the models, in ``models``."""
    start = folder / "start"
    start.mkdir(parents=True)
    filler = list(islice(_filler(), 2 * FILLER))
    write_lines(start / "first.jsonl", demo_evidence(CASES) + filler[:FILLER])
    write_lines(start / "second.jsonl", filler[FILLER:])
    lines = "".join(f"10.1000/trial-{n},{kind},2025-0{n}-01\n" for n, kind in ((5, "retraction"), (6, "concern")))
    (start / "notices.csv").write_text(f"doi,kind,date\n{lines}", encoding="utf-8")
    words = sorted({word for entry in filler for word in entry["text"].lower().replace(".", "").split()})
    for seed, name in enumerate(("a", "b")):
        tiny_encoder(folder / "models" / name, (*words, "swab", "group", "b"), seed)


def _filler() -> Iterator[dict[str, Any]]:
    """Trials of a few passages each; every third one of the second file supersedes one of the first."""
    dice, number = random.Random(0), 0
    while True:
        sentences = [" ".join(dice.choices((*DRUGS, "risk", "in", "adults", "of", "trial"), k=40)) for _ in range(14)]
        newer = number >= FILLER and number % 3 == 0
        entry = {
            "id": f"trial-{number % FILLER}",
            "version": "2" if newer else "1",
            "supersedes": f"trial-{number % FILLER}@1" if newer else None,
            "doi": f"10.1000/trial-{number}",
            "valid_from": "2022-01-01" if newer else "2015-01-01",
            "published": "2015-01-01",
            "text": " ".join(f"{sentence.capitalize()} {number}." for sentence in sentences),
        }
        if number >= FILLER and not newer:
            entry["id"] = f"trial-{number}"
        plain = {"organization": "Example Society", "kind": "randomized_trial", "url": None, "valid_to": None}
        yield {**plain, "title": f"Trial {number}", "retracted": False, "grade": None, **entry}
        number += 1


def act(what: str, folder: str, *arguments: str) -> int:
    """In a process of its own: a command line in a folder; or its checks, and what it holds written to a file."""
    os.chdir(folder)
    if what == "command":
        return app.run_command(list(arguments))
    codes = [app.run_command([*check]) for check in CHECKS if Path(check[-1]).is_dir()]
    Path(arguments[0]).write_text(json.dumps(vars(contents())), encoding="utf-8")
    return max(codes)


def warm() -> None:
    """What is slow and not under test is done once, before any worker is forked."""
    projection.BATCH = BATCH
    parser = typer.main.get_command(app.app)
    app.get_command = lambda _: parser  # a fifth of a second for each worker


def contents() -> Contents:
    """What the folder holds that we are in."""
    with EvidenceStore.open("store", embedder=None) as store:
        events = [_line(e.type, e.subject, e.actor, e.body) for e in store.events()]
        answers: dict[str, Any] = {
            "stats": store.stats().model_dump(mode="json", exclude={"head"}),
            "index": _named(sorted(store._index.searched.index.scroll())),
            "found": found_in(store),
        }
    recorded = []
    if Path("run").is_dir():
        with Journals.open(Path("run")) as journal:
            recorded = [_line(run, *_said(r.type, r.body)) for run in journal.runs() for r in journal.records(run)]
        answers |= {
            file: _named(Path("run", file).read_text("latin-1")) for file in RESULTS if Path("run", file).is_file()
        }
    answers["files"] = sorted(files(Path()))
    return Contents(events, recorded, answers)


def found_in(store: EvidenceStore) -> Any:
    """What searches find, by words and by meaning, now and on an earlier day; or why nothing can be searched."""
    try:
        views = store.snapshot(), store.snapshot(as_of=date(2019, 1, 1))
    except StoreError as error:
        return str(error)
    return [
        [(passage.id, score) for passage, score in search(query, 20, valid_only)]
        for view in views
        for query in QUERIES
        for search in (view.lexical, view.dense)
        for valid_only in (False, True)
    ]


RESULTS = ("attribution.json", "metrics.json", "outcomes.parquet", "plan.toml")
"""What is decided by the runs alone; the others of their folder hold times too."""


def files(folder: Path) -> Iterator[str]:
    """The names of what the commands made, without those that databases and locks come and go with."""
    for part in ("store", "store/index", "run"):
        for path in folder.glob(f"{part}/*"):
            if not path.name.endswith(("-wal", "-shm", ".lock")):
                yield str(path.relative_to(folder))


def _said(type: str, body: dict[str, Any]) -> tuple[Any, ...]:
    """What a record says, without times and without what names them."""
    return type, body.get("path"), body.get("key"), body.get("output"), body.get("blames")


def _line(*parts: Any) -> str:
    return json.dumps(parts, sort_keys=True)


def _named(what: Any) -> str:
    return hashlib.sha256(json.dumps(what, sort_keys=True).encode()).hexdigest()[:16]
