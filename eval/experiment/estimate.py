"""What a sweep is going to ask of models, counted before it is spent: runs, calls and tokens.

Rules kept here
- Runs that are finished are not counted; one that was cut short is counted whole.
- Of each condition and reader at most ``REHEARSED`` runs, spread evenly over the cases, are rehearsed
  (``dry_run.py``); the others are taken to be like them on average, and the row says so (``exact``).
- A prompt's tokens are counted by its model's own tokenizer, or the stand-in it names, where it counts; else
  ``LETTERS`` characters are taken for one. What a chat template adds is not known and not counted.
- Each is rehearsed twice: on the shortest way, where each is asked once, and on the longest, where no reply can be
  read, each is asked again and a judge about every answer. What is asked lies between; what is most is called so.
- A prompt counts once, however many answers are drawn from it. Of answers the most is told that may come: what is
  drawn times its limit; None where one has no limit.
- No model is asked, nothing is written; a server may be asked how many tokens a text has.

    for row in estimate(experiment, folder):
        row.condition, row.calls, row.prompt_tokens, row.answer_tokens
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

from evitrail.agent.llm.base import LLMError
from evitrail.agent.reader.base import Recording
from evitrail.eval.experiment.answer import answer_by
from evitrail.eval.experiment.dry_run import PlannedCall, Rehearsal
from evitrail.eval.experiment.evenly import evenly
from evitrail.eval.experiment.experiment import Experiment
from evitrail.eval.experiment.job import RunJob
from evitrail.eval.log.runs import finished_runs
from evitrail.eval.plan.readers import readers
from evitrail.eval.plan.run_name import RunName
from evitrail.evidence_store.index.embed_cache import apart
from evitrail.traces.journal.folder import Journals
from evitrail.traces.record import Record

REHEARSED = 100
LETTERS = 4
"""Characters of English that make about one token."""
RULE = f"{LETTERS} characters a token"


class Estimate(Record):
    """What the runs of one condition with one reader come to."""

    condition: str
    label: str
    """Of the reader, where the experiment has several; else empty."""
    reader: str
    runs: int
    """How many are left to do."""
    calls: int
    """At least."""
    calls_most: int
    """At most, as long as the server draws as many answers a request as it is asked for."""
    prompt_tokens: int
    """At least."""
    prompt_tokens_most: int
    answer_tokens: int | None
    """At most; None where an answer has no limit."""
    counted_by: tuple[str, ...]
    """Whose tokens these are; empty where no model is asked."""
    exact: bool
    """Whether every run was rehearsed."""


Progress = Callable[[int, int], None]


def estimate(experiment: Experiment, folder: Path, progress: Progress = lambda done, of: None) -> list[Estimate]:
    """A row for each condition and reader that has runs left, in the order of the plan."""
    groups: dict[tuple[str, str], list[RunJob]] = {}
    for job in left(experiment, folder):
        groups.setdefault((job.config.condition.name, job.config.reader), []).append(job)
    rehearsed = [spread(jobs) if asks(experiment, jobs[0]) else [] for jobs in groups.values()]
    of, before = sum(map(len, rehearsed)), 0
    rows, counter = [], Counter()
    with apart():  # what is embedded on the way is kept in memory
        for jobs, some in zip(groups.values(), rehearsed, strict=True):
            told: list[RunCount] = []
            for job in some:
                told.append(_rehearsed(experiment, job, counter))
                progress(before + len(told), of)
            before += len(told)
            rows.append(_row(jobs, told))
    return rows


class RunCount(NamedTuple):
    """The calls of one run, on the shortest way and on the longest."""

    least: list[Counted]
    most: list[Counted]


def _rehearsed(experiment: Experiment, job: RunJob, counter: Counter) -> RunCount:
    shortest, longest = Rehearsal(), Rehearsal(longest=True)
    for run in (shortest, longest):
        answer_by(experiment.store, experiment.reader, job.config, run)
    least, most = ([counter.counted(call) for call in run.calls] for run in (shortest, longest))
    if longest.passages_more:  # each is read as the others are
        reads = max(most, key=lambda call: call.prompt_tokens)
        most += [reads] * (2 * longest.passages_more)
    return RunCount(least, most)


def asks(experiment: Experiment, job: RunJob) -> bool:
    """Whether the run's reader asks models at all; others need no rehearsal."""
    return isinstance(readers(experiment.reader).of(job.name, job.config.reader), Recording)


def left(experiment: Experiment, folder: Path) -> list[RunJob]:
    """The runs that are not done yet; those of cases that cannot be masked are none."""
    with ExitStack() as opened:
        there = any(folder.glob("journal*.db"))
        finished = finished_runs(opened.enter_context(Journals.open(folder))) if there else set()
    return [job for job in experiment.jobs(experiment.askable()[0]) if job.name not in finished]


class Counted(Record):
    """One call."""

    prompt_tokens: int
    answer_tokens: int | None
    by: str


class Counter:
    """Counts the tokens of prompts, each text once."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], int] = {}
        self._by: dict[str, str] = {}

    def counted(self, call: PlannedCall) -> Counted:
        """The call in tokens."""
        prompt = call.prompt
        tokens = sum(self._tokens(call.llm, message.content) for message in prompt.messages)
        most = None if prompt.max_tokens is None else prompt.n * prompt.max_tokens
        return Counted(prompt_tokens=tokens, answer_tokens=most, by=self._by[repr(call.llm)])

    def _tokens(self, llm: Any, text: str) -> int:
        name = repr(llm)
        if (name, text) not in self._known:
            self._known[name, text] = self._asked(llm, name, text)
        return self._known[name, text]

    def _asked(self, llm: Any, name: str, text: str) -> int:
        if self._by.get(name) != RULE and hasattr(type(llm), "cut"):  # asking for more may reach for its server
            try:
                tokens = int(llm.cut(text, 0).of)
                tokenizer = getattr(llm, "tokenizer", "own")
                self._by[name] = "the model's own tokenizer" if tokenizer == "own" else str(tokenizer)
                return tokens
            except LLMError:  # nobody there to count: the rule from here on
                pass
        self._by[name] = RULE
        return math.ceil(len(text) / LETTERS)


def spread(jobs: Sequence[RunJob]) -> list[RunJob]:
    """At most so many of the jobs, evenly spread."""
    return evenly(jobs, REHEARSED)


def _row(jobs: Sequence[RunJob], told: Sequence[RunCount]) -> Estimate:
    """The runs that were rehearsed, made as many as there are; without one, no model is asked in any of them."""
    least = [call for run in told for call in run.least]
    most = [call for run in told for call in run.most]
    limits = [call.answer_tokens for call in most]

    def whole(number: int) -> int:
        return round(number * len(jobs) / len(told)) if told else 0

    known = [limit for limit in limits if limit is not None]
    return Estimate(
        condition=jobs[0].config.condition.name,
        label=RunName.parse(jobs[0].name, jobs[0].config.condition.name).reader,
        reader=jobs[0].config.reader,
        runs=len(jobs),
        calls=whole(len(least)),
        calls_most=whole(len(most)),
        prompt_tokens=whole(sum(call.prompt_tokens for call in least)),
        prompt_tokens_most=whole(sum(call.prompt_tokens for call in most)),
        answer_tokens=whole(sum(known)) if len(known) == len(limits) else None,
        counted_by=tuple(sorted({call.by for call in least})),
        exact=len(told) in (0, len(jobs)),
    )
