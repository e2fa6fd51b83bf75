"""The command line as a test uses it: a command in, and its exit code, stdout and stderr out.

    said = evitrail("store", "list", "--store", store, "--json")
    assert (said.code, said.err) == (0, "")
    said.json[0]["id"]

``tree`` is what a folder holds, to show that a command wrote nothing.
"""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import eval.demo
import evidence_store.demo
from eval.benchmark import load
from workbench.cli.app import run_command

SCRIPT = Path(sys.executable).with_name("evitrail")
"""The installed console script."""
CASES = ("acute-001", "acute-002")
BENCHMARK = eval.demo.FOLDER


def with_holes(source: str, target: str) -> str:
    """Copy a file without its blocks of nothing; the index's files hold little else, 350 MB of it."""
    with Path(source).open("rb") as given, Path(target).open("wb") as made:
        while block := given.read(1 << 16):
            if block.strip(b"\0"):
                made.write(block)
            else:
                made.seek(len(block), os.SEEK_CUR)
        made.truncate()
    return target


@dataclass(frozen=True)
class Said:
    """What a command said."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Stdout as the one JSON document it must be."""
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
        str(path.relative_to(folder)): sha256(path.read_bytes()).hexdigest() if path.is_file() else "folder"
        for path in sorted(folder.rglob("*"))
    }


def demo_evidence(cases: tuple[str, ...]) -> list[dict[str, Any]]:
    """The demonstration evidence that these cases name, and what it supersedes."""
    files = sorted(evidence_store.demo.FOLDER.glob("*.jsonl"))
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
