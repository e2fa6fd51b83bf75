"""A byte that the disk returns otherwise than it was written: the right answer, or one line that says what to do.

Each trial changes one byte of a ledger or journal at a place drawn by a seed, and runs commands on it.
"""

from __future__ import annotations

import random
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from desk import CASES, Desk, Said, evitrail

PLACES = 60
RUN = f"gated.{CASES[0]}"


@contextmanager
def flipped(path: Path, place: int, bits: int) -> Iterator[None]:
    """The file with one byte changed; as it was afterwards, with nothing left beside it."""
    before = path.read_bytes()
    data = bytearray(before)
    data[place] ^= bits
    path.write_bytes(data)
    try:
        yield
    finally:
        for suffix in ("-wal", "-shm", "-journal"):
            path.with_name(path.name + suffix).unlink(missing_ok=True)
        path.write_bytes(before)


def drawn(path: Path, seed: int) -> list[tuple[int, int]]:
    """Places in a file: half of them anywhere, half where something is written; and which bits to change there."""
    dice, data = random.Random(seed), path.read_bytes()
    held = [place for place, byte in enumerate(data) if byte]
    anywhere = [dice.randrange(len(data)) for _ in range(PLACES // 2)]
    return [(place, dice.randrange(1, 256)) for place in (*anywhere, *dice.choices(held, k=PLACES // 2))]


MORE = re.compile(r"evitrail: … and \d+ more; --json lists them all")
"""What stands below the first faults, each of which names its file."""


def judged(said: Said, right: Said, named: tuple[str, ...]) -> str | None:
    """What is wrong with what a command said of a file with a changed byte; None where nothing is."""
    if said.code == right.code and said.out == right.out:
        return None
    lines = said.err.splitlines()
    if said.code not in (1, 2):
        return f"code {said.code}, another answer: {said.out[:300]!r} {said.err[:300]!r}"
    for line in lines[:-1] if len(lines) > 1 and MORE.fullmatch(lines[-1]) else lines:
        if "internal error" in line or "Traceback" in line or not line.startswith("evitrail: "):
            return f"{line!r}"
        if not any(name in line for name in named) and not line.startswith("evitrail: completeness: "):
            return f"names no file: {line!r}"
    return None if lines else "not a line"


def wrong(path: Path, commands: dict[str, tuple[object, ...]], seed: int, named: tuple[str, ...]) -> str:
    """All that was said wrongly, a line each."""
    right = {name: evitrail(*command) for name, command in commands.items()}
    assert {name: said.code for name, said in right.items()} == dict.fromkeys(commands, 0), right
    found = []
    for place, bits in drawn(path, seed):
        with flipped(path, place, bits):
            for name, command in commands.items():
                if fault := judged(evitrail(*command), right[name], named):
                    found.append(f"byte {place} ^ {bits}: {name}: {fault}")
    return "\n".join(found)


@pytest.fixture
def still(own: Desk) -> Desk:
    """A desk of one's own, its run done on its own store; nothing is left in a write-ahead log."""
    shutil.rmtree(own.run)
    assert evitrail("run", *own.plan, "--out", own.run).code == 0
    assert all(log.stat().st_size == 0 for log in own.folder.rglob("*.db-wal"))
    return own


def test_a_ledger_with_a_flipped_byte_gives_the_right_answer_or_one_line(still: Desk) -> None:
    store = ("--store", still.store)
    ref = evitrail("store", "list", *store, "--json").json[0]
    commands: dict[str, tuple[object, ...]] = {
        "list": ("store", "list", *store, "--json"),
        "show": ("store", "show", f"{ref['id']}@{ref['version']}", *store, "--json"),
        "search": ("search", "aspirin stroke", *store, "--json"),
        "run": ("run", *still.plan, "--out", still.run),
        "verify": ("store", "verify", *store),
    }
    assert not wrong(still.store / "ledger.db", commands, 13, ("ledger.db",))


def test_a_journal_with_a_flipped_byte_gives_the_right_answer_or_one_line(still: Desk) -> None:
    commands: dict[str, tuple[object, ...]] = {
        "list": ("trace", "list", still.run, "--json"),
        "show": ("trace", "show", still.run, RUN, "--json"),
        "why": ("trace", "why", still.run, RUN),
        "replay": ("replay", still.run, RUN, "--verify"),
        "report": ("report", still.run),
        "run": ("run", *still.plan, "--out", still.run),
        "verify": ("trace", "verify", still.run),
    }
    assert not wrong(still.run / "journal.db", commands, 13, ("journal.db", "run '", "blob "))
