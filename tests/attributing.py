"""An attribution whose process is killed at the n-th call of a model; see ``nursery.py``.

with Nursery("attributing:attribute") as nursery:
    nursery.start(str(folder), "9").end()      # -9: killed at the ninth call; "0": let be
asked(folder)                                  # how many calls there were
"""

from __future__ import annotations

import os
import signal
from dataclasses import dataclass
from pathlib import Path

from ward import opened

from evitrail.agent.llm.base import Completion, Prompt
from evitrail.agent.llm.scripted import ScriptedLLM
from evitrail.agent.reader.direct import DirectReader
from evitrail.eval.attribution.blame_record import blame_failures
from evitrail.eval.log.runs import JOURNAL
from evitrail.traces.journal.journal import Journal

ASKED = "asked"


def attribute(folder: str, killed_at: str) -> None:
    """Attribute the experiment in a folder."""
    global _last
    _last = int(killed_at)
    with opened(Path(folder)) as store, Journal.open(Path(folder) / "runs" / JOURNAL) as journal:
        blame_failures(journal, store, reader_in(Path(folder)))


_last = 0
"""The call at which this process is killed; 0 for none. Not a field of the reader, whose steps it must not change."""


@dataclass(frozen=True, repr=False)
class Counted(ScriptedLLM):
    """Always answers C; writes down each time it is asked, and ends its process at one of them."""

    folder: str = ""

    def complete(self, prompt: Prompt) -> Completion:
        with Path(self.folder, ASKED).open("a") as told:
            told.write("x\n")
            told.flush()
            os.fsync(told.fileno())
        if asked(Path(self.folder)) == _last:
            os.kill(os.getpid(), signal.SIGKILL)
        return ScriptedLLM(self.script, name=self.name).complete(prompt)


def asked(folder: Path) -> int:
    """How many calls there were."""
    path = folder / ASKED
    return len(path.read_text().splitlines()) if path.exists() else 0


def reader_in(folder: Path) -> DirectReader:
    return DirectReader(Counted(((".", "Answer: C"),), name="always-c", folder=str(folder)))
