"""What it costs to record one step, beside an OpenTelemetry span and an MLflow span: 1 KB in, 1 KB out, one run.

    python bench/steps.py

- ours: ``Live.step`` with input, output and record in the journal, on the disk when it returns
- OpenTelemetry SDK: a span with 32 attributes, the two bodies among them, exported as JSON to a file
- OpenTelemetry SDK, durable: the same, and the file synced after each span, as ours is after each step
- MLflow (the full package, in ``.venv-mlflow``): a span with inputs and outputs, in a trace in its SQLite store

They take turns, a block of steps each, so that a ratio is of neighbours. CPU is the process's own time, what the
kernel spends on syncing for it included.
"""

from __future__ import annotations

import io
import os
import random
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from time import perf_counter, process_time
from typing import NamedTuple

from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import ConsoleSpanExporter, SimpleSpanProcessor

from evitrail.agent.reader.sentences import sentences
from evitrail.evidence_store import read_evidence
from evitrail.evidence_store.demo import DEMO_EVIDENCE
from evitrail.traces import Journal, Live, Record, Task

BLOCKS = 15
STEPS = 200
KILOBYTE = 1024
SENTENCES = 30
"""Enough for a kilobyte."""
ATTRIBUTES = 32
PEER = Path(__file__).parents[1] / ".venv-mlflow" / "bin" / "python"

MLFLOW = """
import sys, time, mlflow
mlflow.set_tracking_uri(sys.argv[1]); mlflow.set_experiment("bench")
said, made = 0, sys.argv[2]
def block(steps):
    global said
    with mlflow.start_span("run"):
        for _ in range(steps):
            said += 1
            with mlflow.start_span("step") as span:
                span.set_inputs({"text": f"{said:08d} {made}"}); span.set_outputs({"text": f"{said:08d} {made}"})
    mlflow.flush_trace_async_logging()
block(10)
print("ready", flush=True)
for line in sys.stdin:
    wall, cpu = time.perf_counter(), time.process_time()
    block(int(line))
    print(time.perf_counter() - wall, time.process_time() - cpu, flush=True)
"""


class Cost(NamedTuple):
    """Of one step, in milliseconds."""

    wall: float
    cpu: float


class Text(Record, stored_as="Text"):
    """A kilobyte."""

    text: str


class Config(Record, stored_as="Config"):
    """A run of the bench."""

    block: int


Block = Callable[[], Cost]


def results() -> list[str]:
    """A Markdown table: the cost of a step, and how it compares."""
    with tempfile.TemporaryDirectory() as folder, mlflow(Path(folder)) as peer:
        blocks = {
            "evitrail": ours(Path(folder)),
            "OpenTelemetry SDK": otel(Path(folder) / "spans.json", durable=False),
            "OpenTelemetry SDK, durable": otel(Path(folder) / "synced.json", durable=True),
            "MLflow": peer,
        }
        taken: dict[str, list[Cost]] = {name: [] for name in blocks}
        for _ in range(BLOCKS + 1):  # the first warms up
            for name, block in blocks.items():
                taken[name].append(block())
    own = taken["evitrail"][1:]
    lines = [
        "| | wall, ms a step | CPU, ms a step | evitrail's CPU as a multiple, median [quartiles] |",
        "|---|---|---|---|",
    ]
    for name, costs in taken.items():
        ratios = [mine.cpu / theirs.cpu for mine, theirs in zip(own, costs[1:], strict=True)]
        low, middle, high = statistics.quantiles(ratios, n=4)
        wall, cpu = (statistics.median(cost[n] for cost in costs[1:]) for n in (0, 1))
        told = "" if name == "evitrail" else f"{middle:.2f} [{low:.2f}–{high:.2f}]"
        lines.append(f"| {name} | {wall:.3f} | {cpu:.3f} | {told} |")
    return [f"{BLOCKS} blocks of {STEPS} steps each, in turn.", "", *lines]


def ours(folder: Path) -> Block:
    """Steps into a journal."""
    journal, texts, runs = Journal.open(folder / "journal.db"), kilobytes(), count()

    def block() -> Cost:
        number = next(runs)
        run = Live.begin(journal, f"run-{number}", Config(block=number))
        bodies = [(Text(text=next(texts)), next(texts)) for _ in range(STEPS)]

        def steps() -> None:
            for given, made in bodies:
                run.step(Task("copy", lambda made=made: Text(text=made), returns=Text, inputs={"text": given}, by=None))

        return timed(steps)

    return block


class Synced(io.TextIOWrapper):
    """A file that is on the disk when it is flushed."""

    def flush(self) -> None:
        super().flush()
        os.fdatasync(self.fileno())


def otel(path: Path, *, durable: bool) -> Block:
    """Spans to a file, as JSON."""
    out = (Synced if durable else io.TextIOWrapper)(path.open("wb"), encoding="utf-8")
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(ConsoleSpanExporter(out=out)))
    tracer, texts = provider.get_tracer("bench"), kilobytes()

    def block() -> Cost:
        bodies = [(next(texts), next(texts)) for _ in range(STEPS)]

        def steps() -> None:
            for given, made in bodies:
                with tracer.start_as_current_span("copy") as span:
                    span.set_attribute("input.value", given)
                    span.set_attribute("output.value", made)
                    for number in range(ATTRIBUTES - 2):
                        span.set_attribute(f"attribute.{number}", f"value {number}")

        return timed(steps)

    return block


@contextmanager
def mlflow(folder: Path) -> Iterator[Block]:
    """Spans of the full package, in an environment of its own."""
    if not PEER.exists():
        raise SystemExit(f"expected MLflow at {PEER}, found none; `make peers` installs it")
    command = [PEER, "-c", MLFLOW, f"sqlite:///{folder / 'mlflow.db'}", next(kilobytes())]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=folder
    ) as peer:
        assert peer.stdin is not None
        assert peer.stdout is not None
        while peer.stdout.readline().strip() != "ready":
            if peer.poll() is not None:
                raise SystemExit("MLflow did not start")

        def block() -> Cost:
            assert peer.stdin is not None
            assert peer.stdout is not None
            print(STEPS, file=peer.stdin, flush=True)
            wall, cpu = map(float, peer.stdout.readline().split())
            return Cost(wall / STEPS * 1000, cpu / STEPS * 1000)

        yield block
        peer.stdin.close()


def kilobytes() -> Iterator[str]:
    """Texts of a kilobyte, no two alike: sentences of the demonstration's evidence, drawn at random.

    Generated outside what is timed.
    """
    dice = random.Random(0)
    versions = read_evidence(DEMO_EVIDENCE)
    said = [sentence.text for version in versions for sentence in sentences(version.text)]
    for number in count():
        yield f"{number:08d} {' '.join(dice.choices(said, k=SENTENCES))}"[:KILOBYTE]


def timed(steps: Callable[[], None]) -> Cost:
    """What a block took."""
    wall, cpu = perf_counter(), process_time()
    steps()
    return Cost((perf_counter() - wall) / STEPS * 1000, (process_time() - cpu) / STEPS * 1000)


if __name__ == "__main__":
    print("\n".join(results()), file=sys.stdout)
