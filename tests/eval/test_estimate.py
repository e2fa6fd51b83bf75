"""What a sweep will ask of models is told before it is asked, and nothing is asked or written to tell it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from model_server import ModelServer
from sweeper import ARMS, CALLS, CASES, RUNS, experiment
from ward import DRUGS, advice, opened
from world import WordVectors

import evitrail.eval.experiment.estimate
from evitrail.agent.llm.base import Completion, Prompt
from evitrail.agent.reader import PromptedReader
from evitrail.eval.experiment.estimate import RULE, estimate
from evitrail.eval.experiment.experiment import Experiment
from evitrail.eval.log.runs import traces
from evitrail.evidence_store import EvidenceStore
from evitrail.traces import Journals


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """With a store in it."""
    with opened(tmp_path) as store:
        store.ingest(advice(drug, "BC"[place % 2]) for place, drug in enumerate(DRUGS))
    return tmp_path


@pytest.fixture
def store(folder: Path) -> Iterator[EvidenceStore]:
    with EvidenceStore.open(folder / "store", embedder=WordVectors()) as store:
        store.stats()  # the engine opens its files, and writes to its log, when it is first asked
        yield store


@pytest.fixture
def server() -> Iterator[ModelServer]:
    with ModelServer() as server:
        yield server


def test_a_dry_run_asks_nothing_and_foretells_what_is_then_asked(
    folder: Path, store: EvidenceStore, server: ModelServer
) -> None:
    before = sorted(path.read_bytes() for path in folder.rglob("*") if path.is_file())
    rows = estimate(experiment(store, server.url), folder / "run")
    assert server.begun == 0
    assert sorted(path.read_bytes() for path in folder.rglob("*") if path.is_file()) == before
    assert [row.condition for row in rows] == [arm.name for arm in ARMS]
    assert all(row.exact and row.runs == len(CASES) for row in rows)
    experiment(store, server.url).run(folder / "run")
    calls: Counter[str] = Counter()
    with Journals.open(folder / "run") as journal:
        for trace in traces(journal):
            found = [a for a in trace.activities if a.output_type == Completion.__name__]
            calls[trace.run.partition(".")[0]] += len(found)
    assert {row.condition: row.calls for row in rows} == calls
    assert sum(row.calls for row in rows) == server.begun == CALLS
    assert sum(row.answer_tokens or 0 for row in rows) == RUNS * 6 * 10, "ten tokens an answer at most"
    assert estimate(experiment(store, server.url), folder / "run") == [], "nothing is left to do"


def test_of_many_runs_some_are_rehearsed_and_the_rest_taken_to_be_like_them(
    folder: Path, store: EvidenceStore, server: ModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = estimate(experiment(store, server.url), folder / "run")
    monkeypatch.setattr(evitrail.eval.experiment.estimate, "REHEARSED", 2)
    some = estimate(experiment(store, server.url), folder / "run")
    assert not any(row.exact for row in some)
    assert [(row.runs, row.calls, row.answer_tokens) for row in some] == [
        (row.runs, row.calls, row.answer_tokens) for row in whole
    ]
    for row, exact in zip(some, whole, strict=True):
        assert row.prompt_tokens == pytest.approx(exact.prompt_tokens, rel=0.1)


@dataclass(frozen=True)
class Uncounting:
    """A model that cannot tell how many tokens a text has."""

    deterministic: bool = True
    asked: list[Prompt] = field(default_factory=list, repr=False, compare=False)

    def complete(self, prompt: Prompt) -> Completion:
        self.asked.append(prompt)
        return Completion(texts=("A",) * prompt.n, finish_reasons=("stop",) * prompt.n, model="uncounting")


def test_a_model_that_counts_no_tokens_is_counted_by_a_rule_that_is_named(folder: Path, store: EvidenceStore) -> None:
    llm = Uncounting()
    asked = Experiment(CASES, ARMS[:1], store, PromptedReader(llm))
    (row,) = estimate(asked, folder / "run")
    assert llm.asked == []
    assert row.counted_by == (RULE,)
    asked.run(folder / "run")
    letters = sum(len(message.content) for prompt in llm.asked for message in prompt.messages)
    assert row.calls == len(llm.asked)
    assert letters <= row.prompt_tokens * 4 <= letters + 4 * 3 * row.calls, "four characters a token, rounded up"
