"""Kills of command lines at random moments: given again, each must come to the end that it comes to undisturbed.

    with Trials(folder, seed=0) as trials:
        result = trials.trial(command)
        result.sound, result.moments        # True, ["while", "before"]

Rules kept here
- Every command is a process of its own, killed with SIGKILL: at its first attempt, often at the next ones too. Then
  the same command is given again and left alone, and its end compared with that of an undisturbed one.
- One moment in four is drawn from the whole time that the command takes, the others from its first change to the
  ledger, the index or the journal on: opening a store takes longer than most acts.
- A kill is *before* where no such file had changed yet, *after* where the result was told already, else *while*.
- Lost is a record that the undisturbed folder has and this one has not, twice one that it has more often.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, NamedTuple, Self

from desk import with_holes
from kill_commands import COMMANDS, Command, Contents, lay_out
from nursery import Nursery, Worker

Moment = Literal["before", "while", "after"]
AT_LARGE = 0.25
"""Share of the moments that are drawn from the whole time."""
KILLS = (1, 2, 3, 4, 5)
"""How many attempts of one trial are killed; one of these is drawn."""
REFUSED = 2
"""The exit code where the act is on record already."""


class Undisturbed(NamedTuple):
    """A command that nobody killed."""

    folder: Path
    """As it then is, where another command begins there."""
    contents: Contents
    begun: float
    """Seconds until it first changed something."""
    took: float


@dataclass(frozen=True)
class Trial:
    """What came of a command that was killed, and given again until it ended."""

    command: Command
    moments: list[Moment]
    """When each kill came."""
    code: int
    """The exit code of the attempt that was left alone."""
    said: str
    """What it printed."""
    faults: list[str]
    """What ``verify`` then finds."""
    lost: list[str] = field(default_factory=list)
    twice: list[str] = field(default_factory=list)
    differing: list[str] = field(default_factory=list)
    """What else is not as after an undisturbed one."""

    @property
    def sound(self) -> bool:
        """Whether all is as if it never had been killed; an act that is on record already may be refused."""
        ended = self.code == 0 or (self.code == REFUSED and bool(self.moments))
        return ended and not (self.faults or self.lost or self.twice or self.differing)


class Trials:
    """Trials in a folder; what commands begin at is made once."""

    def __init__(self, folder: Path, seed: int = 0) -> None:
        self.folder = folder
        self._seed = seed
        self._dice: dict[str, random.Random] = {}
        self._undisturbed: dict[str, Undisturbed] = {}
        self._nursery = Nursery("kill_commands:act")

    def __enter__(self) -> Self:
        lay_out(self.folder)
        self._nursery.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self._nursery.__exit__(*error)

    def trial(self, command: Command) -> Trial:
        """Kill it, give it again, compare."""
        whole = self.undisturbed(command)
        dice = self._dice.setdefault(command.name, random.Random(f"{self._seed} {command.name}"))
        own = self.folder / "own"
        moments: list[Moment] = []
        while not moments:  # one that ended before its moment came is no trial
            self._copy(self._start(command), own)
            for _ in range(dice.choice(KILLS)):
                if (moment := self._killed(command, own, whole, dice)) is None:
                    break
                moments.append(moment)
        worker = self._started(command, own)
        code, said = worker.end(), worker.printed.read_text()
        faults, found = self._checked(own)
        events, recorded = Counter(whole.contents.events), Counter(whole.contents.recorded)
        now, then = Counter(found.events), Counter(found.recorded)
        differing = [name for name, was in whole.contents.answers.items() if found.answers.get(name) != was]
        if extra := set(found.answers["files"]) ^ set(whole.contents.answers["files"]):
            differing.append(f"one of the two has {', '.join(sorted(extra))}")
        if now == events and found.events != whole.contents.events:
            differing.append("order of events")
        lost, twice = events - now + (recorded - then), now - events + (then - recorded)
        return Trial(command, moments, code, said, faults, [*lost.elements()], [*twice.elements()], differing)

    def undisturbed(self, command: Command) -> Undisturbed:
        """What it comes to when it is let be."""
        if command.name not in self._undisturbed:
            own, kept = self.folder / "own", self.folder / "ended" / command.name
            self._copy(self._start(command), own)
            before, started = signature(own), time.monotonic()
            worker = self._started(command, own)
            worker.await_sign(lambda: signature(own) != before)
            begun = time.monotonic() - started
            code, printed = worker.end(), worker.printed.read_text()
            took = time.monotonic() - started
            faults, contents = self._checked(own)
            assert (code, faults) == (0, []), (command.name, printed, faults)
            if any(one.after == command.name for one in COMMANDS):
                self._copy(own, kept)
            self._undisturbed[command.name] = Undisturbed(kept, contents, begun, took)
        return self._undisturbed[command.name]

    def _killed(self, command: Command, folder: Path, whole: Undisturbed, dice: random.Random) -> Moment | None:
        """When it was killed; None where it had ended."""
        before = signature(folder)
        at_large, part = dice.random() < AT_LARGE, dice.random()
        worker = self._started(command, folder)
        if at_large:
            worker.await_end(part * whole.took)
        else:
            worker.await_sign(lambda: signature(folder) != before)
            worker.await_end(part * (whole.took - whole.begun))
        if not worker.kill():
            return None
        if worker.printed.stat().st_size:
            return "after"
        return "before" if signature(folder) == before else "while"

    def _started(self, command: Command, folder: Path) -> Worker:
        return self._nursery.start("command", str(folder), *command.arguments(self.folder / "models"))

    def _start(self, command: Command) -> Path:
        """The folder that it begins in."""
        if not command.after:
            return self.folder / "start"
        return self.undisturbed(next(one for one in COMMANDS if one.name == command.after)).folder

    def _checked(self, folder: Path) -> tuple[list[str], Contents]:
        """What ``verify`` prints where it fails, and what the folder holds."""
        file = self.folder / "contents.json"
        file.unlink(missing_ok=True)
        worker = self._nursery.start("check", str(folder), str(file))
        code, printed = worker.end(), worker.printed.read_text()
        assert file.exists(), printed
        return printed.splitlines() if code else [], Contents(**json.loads(file.read_text()))

    def _copy(self, source: Path, target: Path) -> None:
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(source, target, copy_function=with_holes)


def signature(folder: Path) -> dict[str, tuple[int, int]]:
    """Size and time of each file that a command writes its work to; of a folder in the index, that it is there."""
    found = {}
    for part in ("store", "store/index", "run"):
        try:
            entries = [*os.scandir(folder / part)]
        except FileNotFoundError:
            continue
        for entry in entries:
            if entry.name.endswith((".lock", "-shm")):
                continue
            try:
                stat = entry.stat()
            except FileNotFoundError:  # gone since
                continue
            if entry.is_dir():
                found[f"{part}/{entry.name}"] = (0, 0)
            elif stat.st_size or not entry.name.endswith("-wal"):
                found[f"{part}/{entry.name}"] = (stat.st_size, stat.st_mtime_ns)
    return found
