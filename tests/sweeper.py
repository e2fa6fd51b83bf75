"""An experiment of the ward in a process of its own, asking a model over HTTP: to be killed or interrupted.

    python tests/sweeper.py FOLDER URL [--engine ray] [--in-flight 4]

``FOLDER/store`` is the store; results go to ``FOLDER/run``. It exits as ``evitrail run`` does.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

from ward import DRUGS, arm, case
from world import WordVectors

import evitrail.traces
from evitrail.agent.llm.server.openai import OpenAILLM
from evitrail.agent.model import Decoding
from evitrail.agent.reader import DirectReader
from evitrail.eval.experiment.answer import answer_by
from evitrail.eval.experiment.experiment import Experiment
from evitrail.eval.experiment.job import Answerer
from evitrail.eval.experiment.ray import Ray
from evitrail.eval.experiment.sweep import Halted, Interrupted
from evitrail.eval.plan.condition import condition
from evitrail.evidence_store import EvidenceStore
from evitrail.traces.log import configure

SOURCE = Path(evitrail.__file__).parents[1]
SAMPLES = 5
CASES = [case(drug) for drug in DRUGS]
ARMS = [condition("closed_book"), *(arm(f"words_{k}", k=k) for k in (3, 1, 2))]
RUNS = len(CASES) * len(ARMS)
CALLS = 2 * RUNS
STARTED: list[subprocess.Popen[str]] = []


def reader(url: str) -> DirectReader:
    """Asks twice a run: greedy, and all ballots in one request."""
    return DirectReader(OpenAILLM("ward", url, timeout=30, waits=(0.05, 0.1)))


def experiment(store: EvidenceStore, url: str, in_flight: int | None = None) -> Experiment:
    """Everything the ward can be asked."""
    return Experiment(CASES, ARMS, store, reader(url), Decoding(samples=SAMPLES), in_flight=in_flight)


@contextmanager
def answering(store: Path, url: str) -> Iterator[Answerer]:
    """What a worker opens."""
    with EvidenceStore.open(store, embedder=WordVectors(), read_only=True) as opened:
        yield partial(answer_by, opened, reader(url))


def started(folder: Path, url: str, *options: str) -> subprocess.Popen[str]:
    """The process; its stderr is to be read."""
    env = {**os.environ, "PYTHONPATH": f"{SOURCE}{os.pathsep}{SOURCE.parent / 'tests'}"}
    command = [sys.executable, str(Path(__file__).resolve()), str(folder), url, *options]
    process = subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    STARTED.append(process)
    return process


def end_all() -> None:
    """End what a test that failed has left running."""
    while STARTED:
        process = STARTED.pop()
        process.kill()
        process.communicate()


def main() -> int:
    """One sweep; how it ended is the exit code."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("url")
    parser.add_argument("--engine", default="threads")
    parser.add_argument("--in-flight", type=int, default=4)
    given = parser.parse_args()
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell that starts us in the background has it ignored
    configure("error")
    with EvidenceStore.open(given.folder / "store", embedder=WordVectors()) as store:
        asked = experiment(store, given.url, given.in_flight)
        if given.engine == "ray":
            import sweeper  # by this name the workers find it, not as __main__

            engine = Ray(partial(sweeper.answering, given.folder / "store", given.url), workers=2)
            asked = replace(asked, engine=engine)
        try:
            failures = asked.run(given.folder / "run")
        except Interrupted as error:
            print(error, file=sys.stderr)
            return 3
        except Halted as error:
            print(error, file=sys.stderr)
            return 1
    print(failures, file=sys.stderr)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
