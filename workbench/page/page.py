"""Runs of a journal as one HTML file that opens from disk, needs no network, and proves itself.

Rules kept here
- The file holds the record lines byte for byte as they were hashed, and the blobs that they name, each once.
  The viewer in it decodes what a step needs when it is shown, and checks all of it on its own. It is made of the
  modules that the server serves too (what ``viewer/main.mjs`` needs), joined into one script.
- The journal is only read, run by run and blob by blob; the file is replaced whole or not at all.
- Blobs of patient data stay out unless asked for, and so does all that would be read from them.
- What the page was not given is said: runs of the journal that were left out, by name, and blobs, with why.
- Equal journals give equal bytes. No clock is read.
- Text of records is inert (``chunks.py``); the policy admits the one script by its hash, and no address at all.

    write_page(journal, ["standard.radiology-003"], Path("radiology-003.html"))

With the runs go their parents, which hold a fork's question, and the seal. A damaged journal is written too:
the page then says what is wrong with it.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from evitrail.eval.attribution.blame import ABSTENTIONS
from evitrail.eval.attribution.record.taxonomy import FAULTS
from evitrail.eval.query.vocabulary import vocabulary
from evitrail.traces.audit.seal import SEAL_RUN
from evitrail.traces.bundle.bundle_view import Bundle
from evitrail.traces.journal.errors import DamagedJournal, Redacted
from evitrail.traces.journal.schema import BLOB_FIELDS, KEYED, blobs_named
from evitrail.traces.journal.view import JournalView
from evitrail.traces.trace import Trace
from evitrail.workbench.page.chunks import Piece, chunks, element
from evitrail.workbench.page.outline import outline
from evitrail.workbench.page.run_pack import run_pack
from evitrail.workbench.web.static_files import StaticFiles

if TYPE_CHECKING:
    from jinja2 import Template
    from markupsafe import Markup

HERE = Path(__file__).parent
STATIC = HERE.parent / "web" / "static"
"""The modules and styles that the file and the server share."""
STYLES = ("tokens.css", "base.css", "parts.css", "runs/list.css", "graph.css", "viewer/export.css")
ENTRY = "viewer/main.mjs"
IMPORT = re.compile(r"^import [^;]*;\n", re.MULTILINE)
EXPORT = re.compile(r"^export (?=async function|function|class|const|let)", re.MULTILINE)
COMMENT = re.compile(r"^\s*//.*\n| +// [^\"'`\n]*$", re.MULTILINE)
INDENT = re.compile(r"^\s+", re.MULTILINE)
RECORDS = 200
"""Records in a chunk: what is decoded to show one."""
BLOBS, BLOB_BYTES = 200, 1 << 19
"""Blobs in a chunk, and the bytes after which it is closed."""


class WrittenPage(NamedTuple):
    """What a page holds."""

    path: Path
    runs: int
    records: int
    blobs: int
    left_out: tuple[str, ...]
    """Blobs of patient data that are not in it: not asked for, or redacted."""
    bytes: int


def write_page(journal: JournalView, runs: Sequence[str], target: Path, *, with_sensitive: bool = False) -> WrittenPage:
    """Write these runs to one HTML file; raises ``ValueError`` for a run that the journal does not have."""
    known = dict.fromkeys(journal.runs())
    unknown = next((run for run in runs if run not in known or run == SEAL_RUN), None)
    if unknown is not None or not runs:
        got = "none" if unknown is None else repr(unknown)
        raise ValueError(f"expected runs of {str(journal.path)!r}, got {got}; `evitrail trace list` shows them")
    filling = _Filling(journal, known, with_sensitive)
    partial = target.with_name(f".{target.name}.partial")
    try:
        with partial.open("w", encoding="utf-8") as out:
            out.writelines(_page(runs, filling.elements(list(dict.fromkeys(runs)))))
            out.flush()
            os.fsync(out.fileno())
        os.replace(partial, target)
    finally:
        partial.unlink(missing_ok=True)
    left_out = tuple(name for name, why in filling.absent.items() if why != "damaged")
    blobs = sum(len(chunk["sizes"]) for chunk in filling.blobs)
    return WrittenPage(target, len(filling.runs), filling.records, blobs, left_out, target.stat().st_size)


@dataclass
class _Filling:
    """The elements of a page, one after the other; what they hold is noted for the index, which comes last."""

    journal: JournalView
    known: Mapping[str, None]
    """Every run of the journal."""
    with_sensitive: bool
    runs: list[dict[str, Any]] = field(default_factory=list)
    records: int = 0
    named: dict[str, None] = field(default_factory=dict)
    """Every blob that a record names, in the order in which they are first named."""
    blobs: list[dict[str, Any]] = field(default_factory=list)
    absent: dict[str, str] = field(default_factory=dict)
    """Blobs that are named and not here, with why."""

    def elements(self, runs: list[str]) -> Iterator[Markup]:
        for number, chunk in enumerate(chunks(self._lines(runs), most=RECORDS)):
            yield element(f"records-{number}", b"".join(line + b"\n" for _, line in chunk))
        for number, chunk in enumerate(chunks(self._bodies(), most=BLOBS, size=BLOB_BYTES)):
            names = "".join(_short(name) for name, _ in chunk)
            self.blobs.append({"names": names, "sizes": [len(data) for _, data in chunk]})
            yield element(f"blobs-{number}", b"".join(data for _, data in chunk))
        here = {run["run"] for run in self.runs}
        yield element("pack", run_pack(self.journal, sorted(here - {SEAL_RUN}), self._is_shown))
        before = self.journal.manifest.runs_left_out if isinstance(self.journal, Bundle) else ()
        index = {
            "format": 1,
            "runs": self.runs,
            "seal": SEAL_RUN if SEAL_RUN in self.known else None,
            "left_out": [run for run in (*self.known, *before) if run not in here],
            "chunk": RECORDS,
            "blobs": self.blobs,
            "blob_fields": BLOB_FIELDS,
            "absent": self.absent,
            "codes": {**FAULTS, **ABSTENTIONS},
            "vocabulary": vocabulary(),
        }
        text = json.dumps(index, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
        yield element("index", text.encode())

    def _lines(self, runs: list[str]) -> Iterator[Piece]:
        for run in runs:  # grows while it is walked: a fork brings its parent
            trace = Trace(self.journal, run, checked=False)  # the page itself says what is at fault
            yield from self._run(trace)
            parent = _parent(trace)
            if parent is not None and parent in self.known and parent not in runs:
                runs.append(parent)
        if SEAL_RUN in self.known:
            yield from self._run(Trace(self.journal, SEAL_RUN, checked=False))

    def _run(self, trace: Trace) -> Iterator[Piece]:
        records = trace.stored
        entry = {"run": trace.run, "start": self.records, "count": len(records), "head": records[-1].hash}
        entry |= {"parent": _parent(trace), "hashes": "".join(record.hash[7:15] for record in records)}
        self.runs.append(entry | {"rows": outline(records)})
        self.records += len(records)
        for record in records:
            with suppress(ValueError, KeyError, TypeError, AttributeError):  # not a record any more: the page says so
                self.named |= dict.fromkeys(
                    name for name in blobs_named(record.stated["body"]) if isinstance(name, str)
                )
            yield trace.run, record.bytes

    def _bodies(self) -> Iterator[Piece]:
        for name in self.named:
            if not self._is_shown(name):
                self.absent[name] = "withheld"
                continue
            try:
                yield name, self.journal.raw(name)
            except Redacted:
                self.absent[name] = "redacted"
            except DamagedJournal:
                self.absent[name] = "damaged"

    def _is_shown(self, name: str) -> bool:
        return self.with_sensitive or not name.startswith(KEYED)


def _short(name: str) -> str:
    """Enough of a blob's name to find it by; what it is worth is checked against the whole name."""
    return name.rpartition(":")[2][:16]


def _parent(trace: Trace) -> str | None:
    try:
        parent = trace.records[0].stated["body"].get("parent")
    except (ValueError, KeyError, AttributeError):
        return None
    return parent if isinstance(parent, str) else None


def _page(runs: Sequence[str], elements: Iterator[Markup]) -> Iterator[str]:
    return _template().generate(
        title=runs[0] if len(runs) == 1 else f"{len(runs)} runs",
        style="".join((STATIC / name).read_text("utf-8") for name in STYLES),
        script=script(),
        elements=elements,
    )


def script(names: Sequence[str] = ()) -> str:
    """The one script of a page: all modules in order, or these, without comments and indents. No names are alike."""
    files = StaticFiles()
    modules = (files.file(name).data.decode() for name in names or files.in_order(ENTRY))
    joined = "".join(INDENT.sub("", COMMENT.sub("", EXPORT.sub("", IMPORT.sub("", module)))) for module in modules)
    return f'"use strict";\n{{\n{joined}}}\n'


def _template() -> Template:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(HERE), autoescape=True, undefined=StrictUndefined, keep_trailing_newline=True
    )
    environment.filters["csp_hash"] = _csp_hash
    return environment.get_template("page.html")


def _csp_hash(text: str) -> str:
    """The name by which the policy admits this script or style and no other."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
