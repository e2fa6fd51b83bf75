"""The project's pages as tests read them: fenced blocks in order, commands in them with what should follow.

    for block in blocks(ROOT / "README.md"):
        if block.language == "console" and block.runs:
            commands(block)        # [Command("evitrail store list", "…\n", …), …]

A block may be preceded by a comment: ``<!-- not run: reason -->``, or ``<!-- exits 2 -->``. In the output that is
shown, a line ``…`` stands for any lines and a ``…`` within a line for any text.
"""

from __future__ import annotations

import re
import shlex
import subprocess
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parent.parent
PACKAGES = ("traces", "evidence_store", "retrieval", "agent", "eval", "workbench")


class Block(NamedTuple):
    """A fenced block."""

    place: str
    language: str
    text: str
    runs: bool
    exits: int


class Command(NamedTuple):
    """One command of a console block, and the output shown for it."""

    place: str
    line: str
    shown: str
    exits: int

    @property
    def words(self) -> list[str]:
        return shlex.split(self.line, comments=True)


def pages() -> list[Path]:
    """The pages whose blocks are run, in the order they are run."""
    return [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]


def blocks(page: Path) -> list[Block]:
    """Every fenced block of a page."""
    found: list[Block] = []
    lines = page.read_text("utf-8").splitlines() if page.is_file() else []
    fence, comment, start = "", "", 0
    for number, line in enumerate(lines, start=1):
        if not fence and (opened := re.match(r"^(```+)(\w*)\s*$", line)):
            fence, language, start = opened[1], opened[2], number
        elif fence and line.rstrip() == fence:
            exits = re.match(r"<!-- exits (\d) -->", comment)
            text = "".join(f"{inner}\n" for inner in lines[start : number - 1])
            place = f"{page.relative_to(ROOT)}:{start}"
            runs = not comment.startswith("<!-- not run: ")
            found.append(Block(place, language, text, runs, int(exits[1]) if exits else 0))
            fence = comment = ""
        elif not fence and line.strip():
            comment = line.strip() if line.startswith("<!--") else ""
    assert not fence, f"{page}:{start}: this block is never closed"
    return found


def commands(block: Block) -> list[Command]:
    """The ``$`` lines of a console block, those that a backslash continues joined."""
    parts = re.split(r"^\$ ", block.text.replace("\\\n", " "), flags=re.MULTILINE)[1:]
    split = (part.partition("\n") for part in parts)
    return [Command(block.place, line.strip(), shown, block.exits) for line, _, shown in split]


def matches(shown: str, said: str) -> bool:
    """Whether what a command said is what a page shows; spaces at an end of a line do not count."""
    lines = [line.rstrip() for line in shown.strip().splitlines()]
    wanted = "\n".join(r"(?:.*\n)*?.*" if line == "…" else ".*".join(map(re.escape, line.split("…"))) for line in lines)
    return re.fullmatch(wanted, "\n".join(line.rstrip() for line in said.strip().splitlines())) is not None


def files() -> list[str]:
    """Every file that git knows or would take, by its path in the repository."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    named = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\0")
    return sorted(name for name in named if name and (ROOT / name).is_file())
