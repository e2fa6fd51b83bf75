"""Kills of commands at random moments: what came of each after the same command was given again.

    python bench/kills.py --kills 300 --seed 0          # a table, a row for each command; exit code 1 for a fault
    python bench/kills.py --only curation               # the commands of one part: ingest, model change, reindex …
    python bench/kills.py --jobs 2                      # in two processes

The commands are those of ``tests/kill_commands.py``; how they are killed and compared is said in
``tests/kill_trials.py``. Each trial kills one to five attempts and lets the next one be.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "tests"))

from kill_commands import COMMANDS, Command
from kill_trials import REFUSED, Trial, Trials

KILLS = 300
COLUMNS = (
    "part",
    "command",
    "trials",
    "kills",
    "before its first write",
    "while it wrote",
    "after its result",
    "refused: on record",
    "verify clean",
    "lost",
    "twice",
    "else not as undisturbed",
)


def results(kills: int = KILLS, seed: int = 0, only: str = "", jobs: int = 1) -> list[str]:
    """A Markdown table."""
    return table(tried(kills, seed, only, jobs), seed)


def tried(kills: int, seed: int, only: str = "", jobs: int = 1) -> list[Trial]:
    """Trials of each command until it has had its share of the kills, by so many processes."""
    commands = [command for command in COMMANDS if only in ("", command.of, command.name)]
    of = sum(command.share for command in commands)
    shares = [(command, max(1, round(kills * command.share / of))) for command in commands]
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        parts = pool.map(trials_of, (shares[job::jobs] for job in range(jobs)), [seed] * jobs)
        done = {command: trials for part in parts for command, trials in part.items()}
    return [trial for command in commands for trial in done[command]]


def trials_of(shares: list[tuple[Command, int]], seed: int) -> dict[Command, list[Trial]]:
    """The trials of some commands, so many kills each; how far it is, and every fault, is told on stderr."""
    done: dict[Command, list[Trial]] = {}
    with tempfile.TemporaryDirectory() as folder, Trials(Path(folder, "kills"), seed) as trials:
        for command, kills in shares:
            some = done.setdefault(command, [])
            came = 0
            while came < kills:
                some.append(trials.trial(command))
                came += len(some[-1].moments)
                if not some[-1].sound:
                    print(f"{command.name}: {some[-1]}", file=sys.stderr, flush=True)
            print(f"{command.name}: {came} kills in {len(some)} trials", file=sys.stderr, flush=True)
    return done


def table(trials: list[Trial], seed: int) -> list[str]:
    """A row for each command, and what they come to."""
    by_command: dict[Command, list[Trial]] = {}
    for trial in trials:
        by_command.setdefault(trial.command, []).append(trial)
    rows = [[command.of, command.name, *numbers(some)] for command, some in by_command.items()]
    rows.append(["all", "", *numbers(trials)])
    kills = [moment for trial in trials for moment in trial.moments]
    hit = f"{kills.count('while') / len(kills):.0%} of the kills came while the command wrote"
    return [
        f"{len(kills)} kills in {len(trials)} trials, seed {seed}; {hit}.",
        "",
        f"| {' | '.join(COLUMNS)} |",
        f"|{'---|' * len(COLUMNS)}",
        *(f"| {' | '.join(map(str, row))} |" for row in rows),
    ]


def numbers(trials: Iterable[Trial]) -> list[int]:
    """The columns after the names."""
    some = list(trials)
    kills = [moment for trial in some for moment in trial.moments]
    return [
        len(some),
        len(kills),
        *(kills.count(moment) for moment in ("before", "while", "after")),
        sum(trial.code == REFUSED for trial in some),
        sum(not trial.faults for trial in some),
        sum(len(trial.lost) for trial in some),
        sum(len(trial.twice) for trial in some),
        sum(bool(trial.differing) for trial in some),
    ]


def main() -> int:
    """Print the table; 1 where a trial has a fault."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=KILLS)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=1, help="processes; what is drawn does not depend on it")
    parser.add_argument("--only", default="", help="a part, or one command by its name")
    asked = parser.parse_args()
    trials = tried(asked.kills, asked.seed, asked.only, asked.jobs)
    print("\n".join(table(trials, asked.seed)))
    return 0 if all(trial.sound for trial in trials) else 1


if __name__ == "__main__":
    sys.exit(main())
