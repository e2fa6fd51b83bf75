"""All statistics of 34 models, 10 conditions and 200 questions with 20 samples each, beside the published scripts.

    python bench/published_statistics.py                           # ours alone
    python bench/published_statistics.py --scripts RadSaFE         # beside the scripts of windprak/RadSaFE, a checkout
    python bench/published_statistics.py --models 3 --questions 60 # small, to see that it works

The answers are drawn at random in the published format (SPEC 1.5 and 1.7), nulls and questions of five options among
them. Ours is one command, ``evitrail statistics``; theirs are the six scripts of phase 5, one after the other, each as
it was published but for the folders that some of them name. Time and peak memory are those of the child processes.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter
from typing import Any, NamedTuple

from evitrail.eval.plan.condition import PUBLISHED
from evitrail.eval.safe_scale.columns import FLAGS, LETTERS
from evitrail.eval.safe_scale.published import FILE
from evitrail.eval.statistics.families import published_models

SCRIPTS = (
    "run_bootstrap",
    "run_confidence",
    "run_safety_rates",
    "run_ensembles",
    "run_per_question_safety",
    "run_pvalues",
)
"""In the order in which one reads what another wrote."""

RUN_SCRIPT = """
import importlib.util, sys
from pathlib import Path
script, answers, labels, out = sys.argv[1:]
spec = importlib.util.spec_from_file_location(Path(script).stem, script)
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
module.PHASE4_DIR = Path(answers)
if Path(script).stem in ("run_bootstrap", "run_pvalues"):
    sys.argv = [script, "--out", out]
elif Path(script).stem == "run_confidence":
    sys.argv = [script, "--out", out, "--merged-json", labels]
else:
    sys.argv = [script]
module.main()
"""
"""Runs a script of theirs as it is, on folders that are given."""


EVITRAIL = Path(sys.executable).with_name("evitrail")


class Spent(NamedTuple):
    """What a command took."""

    wall: float
    cpu: float
    megabytes: float


def main(arguments: Sequence[str] | None = None) -> None:
    """Draw the files, run ours and theirs, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scripts", type=Path, help="a checkout of windprak/RadSaFE; left out: ours alone")
    parser.add_argument("--models", type=int, default=34)
    parser.add_argument("--questions", type=int, default=200)
    parser.add_argument("--samples", type=int, default=20)
    given = parser.parse_args(arguments)
    print("\n".join(results(given.scripts, given.models, given.questions, given.samples)))


def results(scripts: Path | None, models: int = 34, questions: int = 200, samples: int = 20) -> list[str]:
    """The lines of the section; without a checkout of their scripts, ours alone."""
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        size = draw_files(work, models, questions, samples)
        counts = (models, "models"), (len(PUBLISHED), "conditions"), (questions, "questions"), (samples, "samples")
        told = f"{' x '.join(f'{n} {what}' for n, what in counts)}, {size / 1e6:.0f} MB of answers drawn at random."
        ours = ours_spent(work)
        lines = [told, "", "| | wall, s | CPU, s | peak memory, MB |", "|---|---|---|---|"]
        lines.append(row("evitrail statistics", ours))
        if scripts is None or not scripts.is_dir():
            return [*lines, "", "The published scripts are left out: no checkout of windprak/RadSaFE was given."]
        theirs = [script_spent(scripts / "phase5_bootstrapping" / f"{name}.py", work) for name in SCRIPTS]
        total = Spent(sum(s.wall for s in theirs), sum(s.cpu for s in theirs), max(s.megabytes for s in theirs))
        lines += [row(name, spent) for name, spent in zip(SCRIPTS, theirs, strict=True)]
        lines.append(row("their six scripts", total))
    return [*lines, "", f"Ours / theirs: wall {ours.wall / total.wall:.2f}, CPU {ours.cpu / total.cpu:.2f}."]


def row(name: str, spent: Spent) -> str:
    """A line of the table."""
    return f"| {name} | {spent.wall:.1f} | {spent.cpu:.1f} | {spent.megabytes:.0f} |"


def ours_spent(work: Path) -> Spent:
    """All statistics by one command."""
    command = ["statistics", str(answers(work)), "--labels", str(labels(work)), "--out", str(work / "ours.json")]
    return spent_by([str(EVITRAIL), *command], work)


def script_spent(script: Path, work: Path) -> Spent:
    """One script of theirs."""
    out = work / "phase5_bootstrapping" / "bootstrap_results"
    out.mkdir(parents=True, exist_ok=True)
    return spent_by(
        [sys.executable, "-c", RUN_SCRIPT, str(script), str(answers(work)), str(labels(work)), str(out)], work
    )


def spent_by(command: Sequence[str], work: Path) -> Spent:
    """Run a command to its end; raises ``RuntimeError`` with what it said where it fails."""
    begun = perf_counter()
    child = subprocess.Popen(
        command,
        env=os.environ | {"WORKSPACE": str(work), "OMP_NUM_THREADS": "1"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    said = child.stderr.read() if child.stderr else ""
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise RuntimeError(f"{Path(command[-1]).name}: exit code {child.returncode}; it said:\n{said}")
    return Spent(perf_counter() - begun, usage.ru_utime + usage.ru_stime, peak_megabytes(usage))


def peak_megabytes(usage: resource.struct_rusage) -> float:
    """Linux tells it in kilobytes, macOS in bytes."""
    return usage.ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)


def answers(work: Path) -> Path:
    """Where the scripts look for phase 4."""
    return work / "phase4_checking_results" / "results"


def labels(work: Path) -> Path:
    """Where the scripts look for the labels."""
    return work / "datasets" / "risk_radiorag_full_merged.json"


def draw_files(work: Path, models: int, questions: int, samples: int, seed: int = 7) -> int:
    """Write the files; returns the bytes of all answers."""
    random_ = random.Random(seed)
    asked = [_question(number, random_) for number in range(1, questions + 1)]
    labels(work).parent.mkdir(parents=True)
    labels(work).write_text(json.dumps(asked), encoding="utf-8")
    size = 0
    for model in list(published_models())[:models]:
        skill = random_.uniform(0.3, 0.95)
        path = answers(work) / model / FILE
        path.parent.mkdir(parents=True)
        with path.open("w", encoding="utf-8") as file:
            for one in asked:
                size += file.write(json.dumps(_line(one, model, skill, samples, random_)) + "\n")
    return size


def _question(number: int, random_: random.Random) -> dict[str, Any]:
    options = LETTERS[: random_.choice((4, 5))]
    flags = {
        f"option_{place}_{flag}": int(random_.random() < 0.25) for place in range(1, len(options) + 1) for flag in FLAGS
    }
    told = {"question_id": number, "options": {letter: f"option {letter}" for letter in options}}
    return told | {"answer_idx": random_.choice(options), "subspecialty": "chest", "question_type": "drawn"} | flags


def _line(asked: dict[str, Any], model: str, skill: float, samples: int, random_: random.Random) -> dict[str, Any]:
    name = f"risk_radiorag_{asked['question_id']}"
    conditions = {condition: _answers(asked, skill, samples, random_) for condition in PUBLISHED}
    told = {"question_id": name, "dataset": "risk_radiorag", "correct_answer": asked["answer_idx"], "model": model}
    return told | {"conditions": conditions}


def _answers(asked: dict[str, Any], skill: float, samples: int, random_: random.Random) -> dict[str, Any]:
    options, right = list(asked["options"]), asked["answer_idx"]
    held = right if random_.random() < skill else random_.choice(options)
    sure = random_.uniform(0.4, 1.0)

    def letter() -> str | None:
        if random_.random() < 0.02:
            return None
        return held if random_.random() < sure else random_.choice(options)

    def verdict(chosen: str | None) -> dict[str, Any]:
        clear = "yes" if chosen else "no"
        return {"clear_selection": clear, "reasoning": "the answer names one option", "confirmed_answer": chosen}

    greedy, drawn = letter(), [letter() for _ in range(samples)]
    spent = {"input_tokens": 900, "error": None}
    return {
        "greedy": spent
        | {"raw_output": greedy or "-", "parsed_answer": greedy, "output_tokens": 2, "correct": greedy == right}
        | {"elapsed_s": round(random_.uniform(0.1, 2), 3), "checked_answer": verdict(greedy)},
        "stochastic": spent
        | {"raw_outputs": [one or "-" for one in drawn], "parsed_answers": drawn, "elapsed_s": 1.0}
        | {"checked_answers": [verdict(one) for one in drawn]},
    }


if __name__ == "__main__":
    main()
