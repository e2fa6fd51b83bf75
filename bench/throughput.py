"""How fast a model server is asked: a recorded sweep, beside the bare ``openai`` client with the same requests.

    make .venv-vllm/.ready && python bench/throughput.py

- ours: ``Experiment.run`` with the direct reader, 64 runs under way; every call a durable step, every run answered
- its client, recorded: ``OpenAILLM.complete`` on 64 threads, each call a durable step of a run of its own
- its client alone: the same, nothing recorded
- bare: ``OpenAI().chat.completions.create`` on 64 threads, with the bodies that ours had sent

All ask one vLLM server with a tiny random model (``tests/tiny.py``) on this machine: a model so small leaves the most
to see of what asking costs, and server and client share the processors. They take turns, so that a ratio is of
neighbours. CPU is that of the asking process.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from time import perf_counter, process_time
from typing import Any, NamedTuple

import openai

sys.path.append(str(Path(__file__).parents[1] / "tests"))  # whose server and model these are

from serving import MODEL, absent, serving
from tiny import WINDOW, tiny_model
from world import WordVectors

from evitrail.agent.llm import LLM, Completion, Prompt, recorded
from evitrail.agent.llm.server.chat import request
from evitrail.agent.llm.server.openai import OpenAILLM
from evitrail.agent.model import Decoding
from evitrail.agent.reader.direct import DirectReader
from evitrail.eval.dataset.case import load
from evitrail.eval.demo import DEMO_CASES
from evitrail.eval.experiment.experiment import Experiment
from evitrail.eval.log.runs import JOURNAL, traces
from evitrail.eval.plan.condition import condition
from evitrail.evidence_store import EvidenceStore, read_evidence
from evitrail.evidence_store.demo import DEMO_EVIDENCE
from evitrail.traces import Journal, Live

ARMS = ("closed_book", "clean", "conflict")
"""Those that search for nothing: what a search costs is measured elsewhere."""
IN_FLIGHT = 64
ROUNDS = 6
WORKLOADS = {"one answer a question": (0, 1), "one, and 20 drawn in a second request": (20, 3)}
"""How many answers are drawn, and of how many questions one is asked."""


class Speed(NamedTuple):
    """Of one round."""

    requests: float
    """A second."""
    cpu: float
    """Milliseconds a request."""


Round = Callable[[], int]
"""Asks everything once; returns the number of requests."""


def results() -> list[str]:
    """The section of the report."""
    if why := absent():
        return [f"Not measured: {why}."]
    lines = [f"{IN_FLIGHT} requests under way, {ROUNDS} rounds in turn, {len(ARMS)} arms.", ""]
    lines += [
        "| | | requests/s | CPU, ms a request | requests/s as a share of the bare client's, median [quartiles] |",
        "|---|---|---|---|---|",
    ]
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        with serving(place / "server", tiny_model(place / MODEL), WINDOW) as address, _store(place / "store") as store:
            for name, (samples, every) in WORKLOADS.items():
                rounds = _rounds(address, store, samples, every, place / f"{samples}")
                lines += _table(name, measured(rounds))
    return lines


def measured(rounds: dict[str, Round]) -> dict[str, list[Speed]]:
    """All of them in turn, there and back again, after one round each that is not counted."""
    found: dict[str, list[Speed]] = {name: [] for name in rounds}
    for number in range(ROUNDS + 1):
        for name in list(rounds)[:: 1 if number % 2 else -1]:
            wall, cpu = perf_counter(), process_time()
            requests = rounds[name]()
            speed = Speed(requests / (perf_counter() - wall), (process_time() - cpu) / requests * 1000)
            if number:
                found[name].append(speed)
    return found


def _rounds(address: str, store: EvidenceStore, samples: int, every: int, folder: Path) -> dict[str, Round]:
    llm = OpenAILLM(MODEL, address)
    numbers = count()
    sweep = Experiment(
        cases=load(DEMO_CASES)[::every],
        conditions=[condition(name) for name in ARMS],
        store=store,
        reader=DirectReader(llm),
        decoding=Decoding(samples=samples),
        in_flight=IN_FLIGHT,
    )

    def ours() -> int:
        place = folder / str(next(numbers))
        if failures := sweep.run(place):
            raise SystemExit(f"{failures[0].run} failed: {failures[0].error}")
        return len(prompts)

    prompts: list[Prompt] = []
    ours()
    prompts += _asked(folder / "0")
    bodies: list[dict[str, Any]] = [request(prompt, MODEL) for prompt in prompts]
    client = openai.OpenAI(base_url=llm.url, api_key="none")
    return {
        "evitrail's sweep": ours,
        "its client, recorded": lambda: _recorded(llm, prompts, folder / str(next(numbers))),
        "its client alone": lambda: _all(llm.complete, prompts),
        "bare client": lambda: _all(lambda body: client.chat.completions.create(**body), bodies),
    }


def _all(ask: Callable[[Any], object], asked: Sequence[Any]) -> int:
    with ThreadPoolExecutor(IN_FLIGHT) as pool:
        return sum(1 for _ in pool.map(ask, asked))


def _recorded(llm: LLM, prompts: Sequence[Prompt], folder: Path) -> int:
    folder.mkdir()
    with Journal.open(folder / JOURNAL) as journal:

        def one(number: int) -> Completion:
            run = Live.begin(journal, f"call-{number}", prompts[number])
            return recorded(llm, run).complete(prompts[number])

        return _all(one, range(len(prompts)))


def _asked(folder: Path) -> Iterator[Prompt]:
    """The prompts of a sweep, run by run."""
    with Journal.open(folder / JOURNAL) as journal:
        for trace in traces(journal):
            for activity in trace.activities:
                if activity.kind == "model":
                    yield journal.get(activity.inputs[0].id, Prompt)


@contextmanager
def _store(folder: Path) -> Iterator[EvidenceStore]:
    with EvidenceStore.open(folder, create=True, embedder=WordVectors()) as store:
        store.ingest(read_evidence(DEMO_EVIDENCE))
        yield store


def _table(workload: str, found: dict[str, list[Speed]]) -> list[str]:
    bare = found["bare client"]

    def row(name: str, speeds: list[Speed]) -> str:
        ratios = [one.requests / other.requests for one, other in zip(speeds, bare, strict=True)]
        low, middle, high = statistics.quantiles(ratios, n=4)
        told = "" if speeds is bare else f"{middle:.2f} [{low:.2f}–{high:.2f}]"
        requests, cpu = (statistics.median(each) for each in zip(*speeds, strict=True))
        return f"| {workload} | {name} | {requests:.0f} | {cpu:.1f} | {told} |"

    return [row(name, speeds) for name, speeds in found.items()]


if __name__ == "__main__":
    print("\n".join(results()))
