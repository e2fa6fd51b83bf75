"""What a run means in OpenInference's terms: the names of the installed package, and what was recorded."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import openinference.semconv.trace as semconv
import pytest
from openinference.semconv.resource import ResourceAttributes
from opentelemetry.sdk.trace import ReadableSpan
from ward import STALE, misread

from evitrail.agent.llm import Completion, Message, Prompt, ScriptedLLM, recorded
from evitrail.agent.model import Answer, Choice, Synthesis
from evitrail.eval.attribution.record.recorded_blame import blames_of
from evitrail.retrieval.base import Retrieved
from evitrail.traces import Journal, Live, Record, Task, Trace
from evitrail.traces.export.disclosed import Disclosed
from evitrail.traces.external.attributes import edges_in
from evitrail.traces.external.incoming_run import incoming_runs
from evitrail.traces.external.otlp import json_line
from evitrail.traces.external.otlp_format import read_spans
from evitrail.traces.external.record_runs import import_runs
from evitrail.traces.run.activity import Edges
from evitrail.workbench.openinference.reading import understand
from evitrail.workbench.openinference.step_spans import spans

RUN = "loop.q-apixaban"
CLASSES = [getattr(semconv, name) for name in dir(semconv) if name.endswith("Attributes")]
NAMES = {value for one in CLASSES for name, value in vars(one).items() if name.isupper()}
"""Every attribute that the installed package knows."""


@pytest.fixture(scope="module")
def journal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Journal]:
    with misread(tmp_path_factory.mktemp("ward")) as journal:
        yield journal


def drawn(journal: Journal, run: str = RUN, *, with_sensitive: bool = False) -> list[ReadableSpan]:
    return spans(Disclosed(Trace(journal, run), with_sensitive=with_sensitive), project="ward")


def told(span: ReadableSpan) -> dict[str, Any]:
    return {**(span.attributes or {})}


def of_kind(drawn: list[ReadableSpan], kind: str) -> list[dict[str, Any]]:
    return [told(span) for span in drawn if told(span)["openinference.span.kind"] == kind]


def known(name: str) -> bool:
    """Whether a name is one of the package's, each part of a list's."""
    return all(part in NAMES for part in re.split(r"\.\d+\.", name))


def asked(journal: Journal, *, sensitive: bool = False) -> Prompt:
    """A run of one step, in which a model is asked."""
    run = Live.begin(journal, "asked", Note(text="asked"), sensitive=sensitive)
    said = (
        Message(role="system", content="Be brief."),
        Message(role="user", content="What lowers the risk of stroke?"),
    )
    prompt = Prompt(messages=said, n=2, temperature=0.5, seed=3)
    llm = recorded(ScriptedLLM((("risk", ("aspirin daily", "aspirin")),), name="tiny"), run)
    run.end(run.step(Task("read", lambda: llm.complete(prompt), returns=Completion, inputs={"prompt": prompt}, by=llm)))
    return prompt


class Note(Record, stored_as="Note"):
    text: str


def test_every_name_is_ours_or_openinferences(journal: Journal, tmp_path: Path) -> None:
    with Journal.open(tmp_path / "journal.db") as other:
        asked(other)
        everything = [*drawn(journal), *drawn(other, "asked")]
    names = {name for span in everything for name in told(span) if not name.startswith(("evitrail.", "evidence."))}
    assert len(names) > 30
    assert {name for name in names if not known(name)} == set()
    kinds = {told(span)["openinference.span.kind"] for span in everything}
    assert kinds == {"AGENT", "RETRIEVER", "EVALUATOR", "CHAIN", "LLM"}
    assert {span.resource.attributes[ResourceAttributes.PROJECT_NAME] for span in everything} == {"ward"}


def test_a_search_shows_its_query_and_every_passage_with_dates_and_certainty(journal: Journal) -> None:
    first = next(step for step in Trace(journal, RUN).activities if step.kind == "retrieve")
    found = journal.get(first.output, Retrieved)
    shown = of_kind(drawn(journal), "RETRIEVER")[0]
    assert shown["input.value"] == found.query
    assert len(found.hits) == 2
    for place, hit in enumerate(found.hits):
        at = f"retrieval.documents.{place}.document"
        assert shown[f"{at}.id"] == hit.passage.id
        assert shown[f"{at}.content"] == hit.passage.text
        assert shown[f"{at}.score"] == hit.score
        about, header = json.loads(shown[f"{at}.metadata"]), hit.passage.header
        assert (about["id"], about["version"]) == (header.id, header.version)
        assert about["valid_from"] == header.valid_from.isoformat()
        assert about["grade"]["certainty"] == (header.grade.certainty if header.grade else None)
        assert about["evidence"] == hit.passage.evidence_id


def test_the_run_shows_question_answer_and_who_is_blamed(journal: Journal) -> None:
    trace, root = Trace(journal, RUN), told(drawn(journal)[0])
    said = trace.output(Answer)
    assert said is not None
    assert root["input.value"].startswith(STALE.stem)
    assert root["output.value"] == f"{said.option}: {said.reason}"
    assert (root["agent.name"], root["session.id"]) == ("agentic", STALE.id)
    blames = blames_of(trace)
    told_of = [root[f"annotations.{n}.annotation.explanation"] for n in range(len(blames))]
    assert all(blame.sentence and blame.sentence in said for blame, said in zip(blames, told_of, strict=True))
    labels = [root[f"annotations.{n}.annotation.label"] for n in range(len(blames))]
    assert labels == [", ".join(blame.culprit) or "nobody" for blame in blames]
    assert "synthesise[1]" in labels
    assert {root[f"annotations.{n}.annotation.annotator_kind"] for n in range(len(blames))} == {"CODE"}


def test_claims_choice_and_verdict_are_shown(journal: Journal) -> None:
    trace = Trace(journal, RUN)
    by_kind = {step.kind: step for step in trace.activities}
    shown = {told(span).get("evitrail.kind"): told(span) for span in drawn(journal)}
    claims = journal.get(by_kind["synthesise"].output, Synthesis).claims
    assert [one["quote"] for one in json.loads(shown["synthesise"]["output.value"])] == [c.quote for c in claims]
    choice = journal.get(by_kind["choose"].output, Choice)
    assert shown["choose"]["output.value"] == choice.option
    assert json.loads(shown["choose"]["metadata"])["logits"] == choice.logits
    assert shown["critique"]["output.value"] == "not adequate"


def test_a_fork_is_shown_with_the_question_of_its_parent_and_its_own_answer(journal: Journal) -> None:
    answers = {run: Trace(journal, run).output(Answer) for run in journal.runs() if run.startswith(f"{RUN}~")}
    fork, said = next((run, said) for run, said in answers.items() if said and said.option == STALE.answer)
    parent, root = told(drawn(journal)[0]), told(drawn(journal, fork)[0])
    assert root["input.value"] == parent["input.value"]
    assert root["output.value"] == f"{said.option}: {said.reason}" != parent["output.value"]
    assert root["evitrail.fork_of"] == RUN


def test_a_model_call_shows_messages_parameters_texts_and_tokens(tmp_path: Path) -> None:
    with Journal.open(tmp_path / "journal.db") as journal:
        prompt = asked(journal)
        said = journal.get(Trace(journal, "asked").activities[0].output, Completion)
        outer = {told(span).get("evitrail.path"): span for span in drawn(journal, "asked")}
    call = told(outer["read[1]/model[1]"])
    assert outer["read[1]/model[1]"].parent == outer["read[1]"].get_span_context()
    assert call["openinference.span.kind"] == "LLM"
    assert (call["llm.model_name"], call["llm.finish_reason"]) == ("tiny", "stop")
    for place, message in enumerate(prompt.messages):
        assert call[f"llm.input_messages.{place}.message.role"] == message.role
        assert call[f"llm.input_messages.{place}.message.content"] == message.content
    texts = tuple(call[f"llm.output_messages.{place}.message.content"] for place in range(2))
    assert texts == said.texts == ("aspirin daily", "aspirin")
    parameters = {"n": 2, "temperature": 0.5, "seed": 3, "max_tokens": prompt.max_tokens}
    assert json.loads(call["llm.invocation_parameters"]) == parameters
    tokens = (call["llm.token_count.prompt"], call["llm.token_count.completion"])
    assert tokens == (said.prompt_tokens, said.completion_tokens)
    assert call["llm.token_count.total"] == sum(tokens)


def test_patient_data_is_not_described_unless_asked_for(tmp_path: Path) -> None:
    with Journal.open(tmp_path / "journal.db") as journal:
        asked(journal, sensitive=True)
        kept, given = (json_line(drawn(journal, "asked", with_sensitive=asked_for)) for asked_for in (False, True))
    assert "aspirin" in given
    assert "risk" in given
    assert "aspirin" not in kept
    assert "risk" not in kept


def taken(journal: Journal, file: Path, into: Journal) -> Trace:
    file.write_text(json_line(drawn(journal)), encoding="utf-8")
    taken = import_runs(into, incoming_runs(read_spans(file), file, understand), understand)
    assert taken.new == (RUN,)
    return Trace(into, RUN)


def test_our_own_export_taken_in_again_has_the_same_steps_documents_and_edges(journal: Journal, tmp_path: Path) -> None:
    with Journal.open(tmp_path / "journal.db") as other:
        ours, theirs = Trace(journal, RUN), taken(journal, tmp_path / "run.jsonl", other)
        assert [(a.path, a.kind, a.by) for a in ours.activities] == [(a.path, a.kind, a.by) for a in theirs.activities]
        outputs = dict(zip((a.output for a in ours.activities), (a.output for a in theirs.activities), strict=True))
        expected = [e.model_dump() for e in ours.edges().edges]
        for edge in expected:
            for end in ("source", "target"):
                edge[end]["id"] = outputs.get(edge[end]["id"], edge[end]["id"])
        assert [edge.model_dump() for edge in theirs.edges().edges] == expected
        for then, now in zip(ours.activities, theirs.activities, strict=True):
            if then.kind == "retrieve":
                hits = journal.get(then.output, Retrieved).hits
                documents = json.loads(other.raw(now.output).partition(b"\n")[2])["value"]["documents"]
                assert [(d["id"], d["content"]) for d in documents] == [(h.passage.id, h.passage.text) for h in hits]


def test_what_was_taken_in_is_exported_with_the_attributes_it_came_with(journal: Journal, tmp_path: Path) -> None:
    with Journal.open(tmp_path / "journal.db") as other:
        before = [meant(told(span)) for span in drawn(journal)]
        taken(journal, tmp_path / "run.jsonl", other)
        assert [meant(told(span)) for span in drawn(other)] == before


def meant(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """What a span says to a viewer, and its edges without the names of what only this journal has."""
    edges = edges_in(attributes) or Edges(edges=())
    plain = {name: list(v) if isinstance(v, tuple) else v for name, v in attributes.items() if known(name)}
    return {**plain, "edges": [(edge.relation, edge.target.label, edge.role, edge.start) for edge in edges.edges]}
