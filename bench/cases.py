"""Every fault from use that is kept beside the project, reproduced again: its right value, and whether it holds.

    python bench/cases.py ../shared/cases

A case is a folder with a ``repro.sh`` that shows the fault by commands. Two of those import modules that have moved
since, and are replaced by ``script`` here. The exit code is 1 where a right value does not hold.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).parents[1]
PYTHON = Path(sys.executable)
PATIENCE = 300
"""Seconds that one may take."""


class Right(NamedTuple):
    """What a case prints once its fault is repaired."""

    value: str
    """In words."""
    shown: tuple[str, ...]
    """Patterns that its output must match."""
    never: str = "Traceback|internal error"
    """A pattern that it must not match."""
    script: str = ""
    """Python in place of ``repro.sh``."""


LETTERS = """
from evitrail.agent.reader.checking.explicit_letter import explicit_letter
options = {letter: f"option {letter}" for letter in "ABCD"}
for text in ("Answer: A, B and C", "The answer is A, B and D.", "I would choose A, C and D",
             "Answer: A, or B if the kidneys fail", "Answer: A (Oral aspirin) is incorrect; B"):
    print(explicit_letter(text, options).letter)
"""
BOOTSTRAP = """
import numpy as np
from evitrail.eval.metrics.stats import bootstrap_p
print(bootstrap_p(np.full(1000, np.nan)), bootstrap_p(np.array([np.nan] * 900 + [1.0, -1.0] * 50)))
"""

RIGHT = {
    "bootstrap-p-of-nothing": Right("1.0 or none; 1.0", (r"^(None|1\.0) 1\.0$",), script=BOOTSTRAP),
    "byte-order-mark-refused": Right(
        "evidence, benchmark and notices are read", ("1 versions published", "^sound: 1 cases", "1 notices listed")
    ),
    "documents-without-a-name-become-one": Right(
        "two passages, none called None", (r"^\['.+', '.+'\]$",), never="None|Traceback"
    ),
    "imported-times-lost-on-export": Right(
        "the times of the trace", ("2023-11-14 22:13:20.* 22:13:29", "startTime.*22:13:21", "endTime.*22:13:22")
    ),
    "json-string-attributes-dropped": Right("documents, question and answer are read", (r"right: 3 or more\): [3-9]",)),
    "notices-reinstatement-flips": Right(
        "reinstated after each of three imports", (r"(?s)(take \d.*?'current'.*?){3}",), never="retracted'|Traceback"
    ),
    "openai-reasoning-models-refused": Right("both models can be asked", (r"(?s)exit 0.*exit 0",)),
    "phoenix-otlp-download-refused": Right("five files are imported", (r"(?s)(imported as otlp: [12].*?){5}",)),
    "resumed-attribution-differs": Right("equal, n 1, no interval", (r"(?m)^a (n 1 .*)\n(.*\n)*?b \1$",)),
    "run-output-empty-without-root": Right(
        "the output of the only span", (r"(?s)single output.*5000 IU.*noparent output.*5000 IU",)
    ),
    "several-letters-one-confirmed": Right(
        "no letter, or B last; never A", (r"(?s)^None\nNone\nNone\nNone\n(None|B)$",), script=LETTERS
    ),
    "small-k-serves-off-topic": Right(
        "the guideline on the subject at k = 1", (r"^1 \['group-b-streptococcus-antenatal-swab'\]$",)
    ),
    "truncated-thought-is-an-answer": Right("an abstention, told in a line", ("truncation: 1", "'chosen': None")),
    "verify-false-alarm-on-long-text": Right("every step the same, exit 0", ("2 runs came out the same", "exit 0")),
    "zero-width-intervals": Right(
        "1 of 1 is 100 [21-100], none of one 0 [0-79]",
        (r"100\.0 \[21–100\]", r"0\.0 \[0–79\]", r"−65\.3 to \+65\.3"),
        never=r"\[0–0\]|\[100–100\]",
    ),
}


def tried(folder: Path, right: Right) -> str:
    """What the case printed."""
    environment = {**os.environ, "EV": str(PYTHON.with_name("evitrail")), "PY": str(PYTHON), "REPO": str(ROOT)}
    command = [str(PYTHON), "-c", right.script] if right.script else ["bash", str(folder / "repro.sh")]
    with tempfile.TemporaryDirectory() as place:
        done = subprocess.run(
            command, cwd=place, env=environment, capture_output=True, text=True, timeout=PATIENCE, check=False
        )
    return (done.stdout + done.stderr).strip()


def holds(said: str, right: Right) -> bool:
    """Whether the output is the right one."""
    return all(re.search(one, said, re.MULTILINE) for one in right.shown) and not re.search(right.never, said)


def main(folder: Path) -> int:
    """Try every case, print a table; 1 where one does not hold."""
    table = Table("case", "right value", "holds")
    verdicts = []
    for name, right in RIGHT.items():
        verdicts.append(holds(said := tried(folder / name, right), right))
        table.add_row(name, right.value, "yes" if verdicts[-1] else f"no: {said[-200:]}")
    Console(width=160).print(table)
    return 0 if all(verdicts) else 1


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
