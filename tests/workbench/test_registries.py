"""Whatever is registered under a name says what it is and keeps its contract's cheap promises, new ones included.

The registries are walked, so that adding a part needs its own file and one line in its registry, and no test.
"""

from __future__ import annotations

import inspect
import re
from typing import Any

import pytest

from evitrail.agent.agents import AGENTS
from evitrail.agent.llm.named import LLMS
from evitrail.agent.model import Ballots, Choice, ModelAnswer, Question
from evitrail.agent.reader import READERS
from evitrail.agent.reader.checking.judge import checker_named
from evitrail.eval.attribution import FAULTS
from evitrail.eval.metrics import COST, METRICS, WEIGHTED
from evitrail.eval.plan.condition import CONDITIONS
from evitrail.eval.report.profile import describe
from evitrail.evidence_store.formats import FORMATS as EVIDENCE_FORMATS
from evitrail.retrieval import RETRIEVERS
from evitrail.retrieval.gates import GATES
from evitrail.workbench.export import FORMATS

ALL_METRICS = METRICS | WEIGHTED | COST
CHECKERS = {spec: checker_named(spec) for spec in ("rule", "openai:model@http://127.0.0.1:1")}
REGISTRIES: dict[str, dict[str, Any]] = {
    "retriever": dict(RETRIEVERS),
    "gate": dict(GATES),
    "metric": dict(ALL_METRICS),
    "condition": dict(CONDITIONS),
    "agent": dict(AGENTS),
    "reader": {name: make(lambda texts: None) for name, make in READERS.items()},  # type: ignore[arg-type, return-value]
    "language model": dict(LLMS),
    "export form": dict(FORMATS),
    "evidence format": dict(EVIDENCE_FORMATS),
}
REGISTERED = [(kind, name) for kind, registry in REGISTRIES.items() for name in registry]
QUESTION = Question(id="q", stem="Which?", options={"A": "one", "B": "other"})


def docstring(value: Any) -> str:
    """The first line of what a value, or its class, says of itself; empty where a dataclass merely lists its fields."""
    owner = value if inspect.isroutine(value) or inspect.isclass(value) else type(value)
    first = (inspect.getdoc(owner) or "").partition("\n")[0]
    return "" if first.startswith(f"{owner.__name__}(") else first


def says(kind: str, name: str) -> str:
    """What there is to read about it: its own description, else its docstring; of an agent, those of its steps."""
    value = REGISTRIES[kind][name]
    match kind:
        case "metric" | "export form" | "evidence format":
            return str(value.description)
        case "condition":
            return describe(name)
        case "agent":
            return " ".join(map(docstring, value.steps))
        case _:
            return docstring(value)


@pytest.mark.parametrize(("kind", "name"), REGISTERED)
def test_what_is_registered_is_described(kind: str, name: str) -> None:
    assert len(says(kind, name).split()) >= 2


@pytest.mark.parametrize(("kind", "name"), REGISTERED)
def test_what_is_registered_goes_by_its_name_everywhere_and_needs_no_quotes(kind: str, name: str) -> None:
    assert re.fullmatch(r"[a-z][a-z0-9_]*", name)
    if kind in ("metric", "condition", "agent", "export form", "evidence format"):
        assert REGISTRIES[kind][name].name == name


@pytest.mark.parametrize("name", RETRIEVERS)
def test_a_retriever_is_defined_in_the_file_of_its_name(name: str) -> None:
    assert type(RETRIEVERS[name]).__module__ == f"evitrail.retrieval.{name}"


@pytest.mark.parametrize("code", FAULTS)
def test_a_fault_code_is_a_letter_and_a_digit_with_a_name_and_a_sentence(code: str) -> None:
    assert re.fullmatch(r"[A-Z][0-9]", code)
    name, _, sentence = FAULTS[code].partition(": ")
    assert name
    assert len(sentence.split()) >= 3


@pytest.mark.parametrize("name", ALL_METRICS)
def test_a_metric_says_what_it_is_in_a_sentence_and_where_it_comes_from_and_is_unknown_of_nothing(name: str) -> None:
    metric = ALL_METRICS[name]
    assert repr(metric) == name
    assert metric.description.endswith(".")
    assert metric.citation
    assert metric.value([]) is None


def test_no_two_registries_of_metrics_share_a_name() -> None:
    assert len(ALL_METRICS) == len(METRICS) + len(WEIGHTED) + len(COST)


@pytest.mark.parametrize("name", READERS)
def test_a_reader_has_the_four_acts_of_reading_and_a_name_that_says_all_that_decides_them(name: str) -> None:
    made, again = (READERS[name](lambda texts: None) for _ in range(2))  # type: ignore[arg-type, return-value]
    assert all(callable(getattr(made, act)) for act in ("plan", "appraise", "synthesise", "choose"))
    assert isinstance(made.deterministic, bool)
    assert repr(made) == repr(again)
    assert repr(made).startswith(type(made).__name__)


@pytest.mark.parametrize("name", CHECKERS)
def test_a_checker_confirms_a_single_letter_and_no_letter_in_silence_without_judging(name: str) -> None:
    ballots = Ballots(votes=(None,), temperature=0.7, seed=0)
    said = ModelAnswer(greedy="B", drawn=(None,))
    choice = Choice(option="B", logits={}, claims=(), reason="", ballots=ballots, said=said)
    checked = CHECKERS[name].check(QUESTION, choice)
    assert (checked.greedy.confirmed, checked.greedy.skipped) == ("B", "single_letter")
    assert [(verdict.confirmed, verdict.skipped) for verdict in checked.ballots] == [(None, "null_raw")]
    assert checked.by == repr(CHECKERS[name])
    assert docstring(CHECKERS[name])


def test_export_forms_write_files_of_different_endings() -> None:
    endings = [form.ending for form in FORMATS.values()]
    assert len(set(endings)) == len(endings)
    assert not any(ending.startswith(".") for ending in endings)
