"""The command line as a test uses it: a command in, and its exit code, stdout and stderr out.

    said = evitrail("store", "list", "--store", store, "--json")
    assert (said.code, said.err) == (0, "")
    said.json[0]["id"]

``tree`` is what a folder holds, to show that a command wrote nothing.
"""

from __future__ import annotations

import errno
import io
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from evitrail.eval.dataset.case import load
from evitrail.eval.demo import DEMO_CASES
from evitrail.evidence_store.demo import DEMO_EVIDENCE
from evitrail.workbench.cli.app import run_command

SCRIPT = Path(sys.executable).with_name("evitrail")
"""The installed console script."""
CASES = ("acute-001", "acute-006")
BENCHMARK = DEMO_CASES
BLOCK = 1 << 16
NOTHING = bytes(BLOCK)


def filled(path: Path) -> Iterator[tuple[int, bytes]]:
    """The blocks of a file that hold anything, each with its place; the index's files hold little else than nothing,
    350 MB of it."""
    with path.open("rb", buffering=0) as file:
        at, end = 0, path.stat().st_size
        while at < end:
            try:
                at = os.lseek(file.fileno(), at, os.SEEK_DATA) // BLOCK * BLOCK
            except OSError as error:
                if error.errno != errno.ENXIO:  # the rest is a hole
                    raise
                return
            file.seek(at)
            block = file.read(BLOCK)
            if block != NOTHING[: len(block)]:
                yield at, block
            at += BLOCK


def written(path: Path) -> bytes:
    """A file's bytes without its blocks of zeros."""
    return b"".join(block for _, block in filled(path))


def with_holes(source: str, target: str) -> str:
    """Copy a file without its blocks of nothing."""
    with Path(target).open("wb") as made:
        for at, block in filled(Path(source)):
            made.seek(at)
            made.write(block)
        made.truncate(Path(source).stat().st_size)
    return target


def digest(path: Path) -> str:
    """Of a file's bytes; blocks of nothing are passed over, but for the room they take."""
    said = sha256(str(path.stat().st_size).encode())
    for at, block in filled(path):
        said.update(b" %d " % at + block)
    return said.hexdigest()


@dataclass(frozen=True)
class Said:
    """What a command said."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Stdout as the one JSON document it must be."""
        assert self.out, self.err
        return json.loads(self.out)

    @property
    def faults(self) -> list[str]:
        """The lines on stderr, each of which must be a sentence of ours."""
        lines = self.err.splitlines()
        assert all(line.startswith("evitrail: ") and line != "evitrail: " for line in lines), self.err
        assert "Traceback" not in self.err
        return [line.removeprefix("evitrail: ") for line in lines]


@dataclass(frozen=True)
class Desk:
    """A folder as a user has it after ``store ingest`` and ``run``."""

    folder: Path

    @property
    def evidence(self) -> Path:
        return self.folder / "evidence.jsonl"

    @property
    def store(self) -> Path:
        return self.folder / "evitrail-store"

    @property
    def run(self) -> Path:
        return self.folder / "evitrail-run"

    @property
    def plan(self) -> tuple[object, ...]:
        """The options that made ``run``."""
        only, arms = ",".join(CASES), "closed_book,standard,gated"
        where = ("--benchmark", BENCHMARK, "--store", self.store)
        return (*where, "--only", only, "--conditions", arms, "--samples", 5)

    def copied(self, folder: Path) -> Desk:
        """A copy in a folder that is not there yet, to be spoiled."""
        shutil.copytree(self.folder, folder, copy_function=with_holes)
        return Desk(folder)


def evitrail(*arguments: object) -> Said:
    """Run a command line in this process."""
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        code = run_command([str(argument) for argument in arguments])
    return Said(code, out.getvalue(), err.getvalue())


def script(*arguments: object, folder: Path, **environment: str) -> Said:
    """Run a command line through the installed script, in a process of its own."""
    done = subprocess.run(
        [SCRIPT, *(str(argument) for argument in arguments)],
        cwd=folder,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return Said(done.returncode, done.stdout, done.stderr)


def tree(folder: Path) -> dict[str, str]:
    """Every file under a folder with a digest of its bytes, and every folder."""
    return {
        str(path.relative_to(folder)): digest(path) if path.is_file() else "folder"
        for path in sorted(folder.rglob("*"))
    }


def demo_evidence(cases: tuple[str, ...]) -> list[dict[str, Any]]:
    """The demonstration evidence that these cases name, and what it supersedes."""
    files = sorted(DEMO_EVIDENCE.glob("*.jsonl"))
    entries = [json.loads(line) for file in files for line in file.read_text("utf-8").splitlines() if line.strip()]
    known = {f"{entry['id']}@{entry['version']}": entry for entry in entries}
    asked = [case for case in load(BENCHMARK) if case.id in cases]
    todo = [r for c in asked for r in (*c.clean_evidence, *c.conflict_evidence, *c.outdated_evidence)]
    found: set[str] = set()
    while todo:
        ref = todo.pop()
        if ref not in found:
            found.add(ref)
            todo += [older] if (older := known[ref]["supersedes"]) else []
    return [entry for ref, entry in known.items() if ref in found]


def write_lines(path: Path, entries: list[dict[str, Any]]) -> Path:
    """A JSON lines file."""
    path.write_text("".join(json.dumps(entry, ensure_ascii=False) + "\n" for entry in entries), encoding="utf-8")
    return path
