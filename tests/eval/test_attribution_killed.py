"""What was paid for survives: an attribution that is killed goes on where it was, and asks no model twice."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from ward import advice, arm, ask, case, opened

import evitrail
from evitrail.agent.llm.base import Completion, Prompt
from evitrail.agent.llm.scripted import ScriptedLLM
from evitrail.agent.model import Decoding
from evitrail.agent.reader.direct import DirectReader
from evitrail.eval.attribution.blame_record import blame_failures, blames
from evitrail.eval.log.runs import JOURNAL
from evitrail.traces.journal.journal import Journal

ASKED = "asked"
KILLED = "KILLED_AT"
ROOTS = (str(Path(evitrail.__file__).parents[1]), str(Path(__file__).parent), str(Path(__file__).parents[1]))


@dataclass(frozen=True, repr=False)
class Counted(ScriptedLLM):
    """Always answers C; writes down each time it is asked, and ends its process at one of them."""

    folder: str = ""

    def complete(self, prompt: Prompt) -> Completion:
        with Path(self.folder, ASKED).open("a") as told:
            told.write("x\n")
            told.flush()
            os.fsync(told.fileno())
        if asked(Path(self.folder)) == int(os.environ.get(KILLED, "0")):
            os.kill(os.getpid(), signal.SIGKILL)
        return ScriptedLLM(self.script, name=self.name).complete(prompt)


def asked(folder: Path) -> int:
    """How many calls there were."""
    path = folder / ASKED
    return len(path.read_text().splitlines()) if path.exists() else 0


def attribute_in(folder: Path) -> None:
    """Attribute the experiment in a folder."""
    with opened(folder) as store, Journal.open(folder / "runs" / JOURNAL) as journal:
        blame_failures(journal, store, reader_in(folder))


def reader_in(folder: Path) -> DirectReader:
    return DirectReader(Counted(((".", "Answer: C"),), name="always-c", folder=str(folder)))


def made(folder: Path) -> Path:
    """An experiment with one failed run, whose attribution has not begun."""
    folder.mkdir()
    with opened(folder) as store:
        store.ingest([advice("apixaban", "B"), advice("heparin", "C")])
        ask(folder / "runs", store, [case("apixaban")], [arm()], reader_in(folder), decoding=Decoding(samples=2))
    (folder / ASKED).unlink()
    return folder


def in_a_process(folder: Path, killed_at: int) -> int:
    """Attribute in a process of its own, which is killed at a call; how it ended."""
    code = f"from test_attribution_killed import *; attribute_in(Path({str(folder)!r}))"
    env = {**os.environ, KILLED: str(killed_at), "PYTHONPATH": os.pathsep.join(ROOTS)}
    return subprocess.run([sys.executable, "-c", code], env=env, check=False).returncode


@pytest.mark.parametrize("kills", [(3,), (9,), (5, 12, 19)])
def test_a_killed_attribution_goes_on_and_no_call_that_returned_is_made_again(
    tmp_path: Path, kills: tuple[int, ...]
) -> None:
    whole, cut = made(tmp_path / "whole"), made(tmp_path / "cut")
    assert in_a_process(whole, 0) == 0
    for number in kills:
        assert in_a_process(cut, number) == -signal.SIGKILL
    assert in_a_process(cut, 0) == 0
    assert asked(whole) > max(kills)
    assert asked(cut) == asked(whole) + len(kills), "only the calls that were under way are made again"
    with Journal.open(whole / "runs" / JOURNAL) as one, Journal.open(cut / "runs" / JOURNAL) as other:
        assert [b.culprit for b in blames(one)] == [b.culprit for b in blames(other)] != []
