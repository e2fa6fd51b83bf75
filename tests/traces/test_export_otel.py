"""A run as spans: a tree in time, with what rests on what beside it, in a file and over the wire."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from collector import collector
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.trace import SpanContext, StatusCode
from scribe import Note, Order, Scribe, copied, recorded

from evitrail.traces import Edge, Edges, Entity, Journal, Live, Task, Trace, recorded_work
from evitrail.traces.export.disclosed import Disclosed
from evitrail.traces.export.otel import StepContent, spans_of
from evitrail.traces.external.attributes import edge_attributes, edges_in, flat, rows
from evitrail.traces.external.otlp import json_line, send
from evitrail.traces.external.otlp_format import read_spans

ORDER = Order(words=("stroke", "risk"))
EDGE = Edge(
    relation="wasQuotedFrom",
    source=Entity(id="a", type="Passage", label="a@1#0"),
    target=Entity(id="b", type="Evidence", label="b@1"),
    start=0,
    end=9,
)


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with Journal.open(tmp_path / "journal.db") as opened:
        yield opened


def drawn(journal: Journal, run: str = "run", *, with_sensitive: bool = False, **told: object) -> list[ReadableSpan]:
    return spans_of(Disclosed(Trace(journal, run), with_sensitive=with_sensitive), **told)  # type: ignore[arg-type]


def by_path(spans: list[ReadableSpan]) -> dict[str, ReadableSpan]:
    return {str((span.attributes or {}).get("evitrail.path", "")): span for span in spans}


def context(span: ReadableSpan) -> SpanContext:
    found = span.get_span_context()
    assert found is not None
    return found


def within(journal: Journal) -> None:
    """A run of one step, which copies two words in steps of its own."""
    run = Live.begin(journal, "run", ORDER)
    whole = run.step(Task("copy", lambda: copied(run, ORDER), returns=Note, inputs={"order": ORDER}, by=Scribe()))
    run.end(whole)


def test_the_run_is_the_root_and_a_step_lies_within_the_step_it_was_done_in(journal: Journal) -> None:
    within(journal)
    spans = by_path(drawn(journal))
    assert list(spans) == ["", "copy[1]/write[1]", "copy[1]/write[2]", "copy[1]"]
    assert (spans[""].name, spans[""].parent) == ("run", None)
    parents = {path: span.parent for path, span in spans.items() if path}
    assert parents["copy[1]"] == context(spans[""])
    assert parents["copy[1]/write[1]"] == parents["copy[1]/write[2]"] == context(spans["copy[1]"])
    assert {context(span).trace_id for span in spans.values()} == {context(spans[""]).trace_id}
    assert {span.status.status_code for span in spans.values()} == {StatusCode.OK}


def test_times_are_those_recorded(journal: Journal) -> None:
    recorded(journal, "run", ORDER)
    trace = Trace(journal, "run")
    spans = by_path(drawn(journal))
    for record in trace.of_type("activity.end"):
        span = spans[record.body["path"]]
        assert span.end_time == round(datetime.fromisoformat(record.line["t"]).timestamp() * 1e6) * 1000
        assert span.end_time - (span.start_time or 0) == round(record.body["milliseconds"] * 1e6)
    assert (spans[""].start_time or 0) < (spans["write[1]"].end_time or 0) <= (spans[""].end_time or 0)


def test_exported_again_it_is_the_same_trace_and_another_run_of_that_name_is_not(
    journal: Journal, tmp_path: Path
) -> None:
    recorded(journal, "run", ORDER)
    first, again = ([context(span) for span in drawn(journal)] for _ in range(2))
    assert first == again
    assert len({one.span_id for one in first}) == 3
    with Journal.open(tmp_path / "other.db") as other:
        recorded(other, "run", ORDER)
        assert not {one.trace_id for one in first} & {context(span).trace_id for span in drawn(other)}


def test_a_step_that_failed_is_an_error_and_once_done_later_has_the_failure_as_an_event(journal: Journal) -> None:
    def fail() -> Note:
        raise RuntimeError("no ink")

    scribe = Scribe()
    run = Live.begin(journal, "run", ORDER)
    with pytest.raises(RuntimeError):
        run.step(Task("write", fail, returns=Note, inputs={}, by=scribe))
    (root, failed) = drawn(journal)
    assert (failed.name, failed.parent) == ("write", context(root))
    assert {root.status.status_code, failed.status.status_code} == {StatusCode.ERROR}
    assert failed.status.description == "RuntimeError: no ink"
    again = Live.begin(journal, "run", ORDER)
    again.end(again.step(Task("write", lambda: Note(text="ink"), returns=Note, inputs={}, by=scribe)))
    (root, done) = drawn(journal)
    assert {root.status.status_code, done.status.status_code} == {StatusCode.OK}
    assert context(done) == context(failed)
    assert [dict(event.attributes or {}) for event in done.events] == [{"exception.message": "RuntimeError: no ink"}]


def test_the_edges_stand_beside_the_spans_with_their_characters_and_link_to_who_made_what_they_point_to(
    journal: Journal,
) -> None:
    recorded(journal, "run", ORDER)
    trace, spans = Trace(journal, "run"), by_path(drawn(journal))
    stated = {a.path: journal.get(a.edges, Edges) for a in trace.activities if a.edges}
    assert {path: edges_in(span.attributes or {}) for path, span in spans.items() if path} == stated
    (used, derived) = spans["write[2]"].links
    assert used.context == derived.context == context(spans["write[1]"])
    assert dict(used.attributes or {}) == {
        "evidence.relation": "used",
        "evidence.role": "note",
        "evidence.target": trace.activities[0].output,
    }
    attributes = dict(derived.attributes or {})
    assert attributes["evidence.relation"] == "wasDerivedFrom"
    assert (attributes["evidence.start"], attributes["evidence.end"]) == (0, len("stroke risk"))


def test_a_fork_says_what_it_reused_and_links_to_the_run_it_came_from(journal: Journal) -> None:
    recorded(journal, "run", ORDER)
    fork = Live.begin(journal, "fork", Order(words=("falls",)), parent="run", memory=recorded_work(journal, "run"))
    fork.end(copied(fork, ORDER))
    parent, spans = by_path(drawn(journal)), by_path(drawn(journal, "fork"))
    assert [link.context for link in spans[""].links] == [context(parent[""])]
    assert [dict(span.attributes or {})["evitrail.reused_from"] for path, span in spans.items() if path] == ["run"] * 2
    keys = [[dict(span.attributes or {})["evitrail.key"] for path, span in s.items() if path] for s in (parent, spans)]
    assert keys[0] == keys[1]


def test_what_a_step_means_is_told_by_the_caller_who_sees_inputs_and_output(journal: Journal) -> None:
    recorded(journal, "run", ORDER)
    seen: list[StepContent] = []

    def describe(shown: StepContent) -> dict[str, str]:
        seen.append(shown)
        return {"said": shown.output["text"]}

    root, *steps = drawn(journal, describe=describe, about={"asked": "copy"}, resource={"team": "ward"})
    assert [dict(span.attributes or {})["said"] for span in steps] == ["stroke", "stroke risk"]
    assert seen[1] == StepContent("write", "Note", {"text": "stroke risk"}, {"note": {"text": "stroke"}})
    assert dict(root.attributes or {})["asked"] == "copy"
    assert {span.resource.attributes["team"] for span in (root, *steps)} == {"ward"}


def test_patient_data_stays_unless_asked_for_and_the_span_says_so(journal: Journal) -> None:
    run = Live.begin(journal, "run", ORDER, sensitive=True)
    run.end(copied(run, ORDER))
    kept = json_line(drawn(journal, describe=lambda shown: {"said": str(shown.output)}))
    assert "stroke" not in kept
    assert "risk" not in kept
    (_, first, _) = drawn(journal)
    assert dict(first.attributes or {})["evitrail.withheld"] == ("note", "output")
    given = drawn(journal, with_sensitive=True, describe=lambda shown: {"said": str(shown.output)})
    assert "stroke risk" in json_line(given)


def test_a_run_that_is_not_there_is_refused_by_name(journal: Journal) -> None:
    with pytest.raises(ValueError, match="expected a run that was recorded, got 'nobody'"):
        drawn(journal, "nobody")


def test_a_file_has_hex_ids_numbers_for_enums_and_is_read_back_as_it_was(journal: Journal, tmp_path: Path) -> None:
    within(journal)
    spans = drawn(journal)
    file = tmp_path / "run.otlp.jsonl"
    file.write_text(json_line(spans), encoding="utf-8")
    (line,) = file.read_text("utf-8").splitlines()
    (told, *_) = json.loads(line)["resourceSpans"][0]["scopeSpans"][0]["spans"]
    assert told["traceId"] == f"{context(spans[0]).trace_id:032x}"
    assert told["spanId"] == f"{context(spans[0]).span_id:016x}"
    assert (told["kind"], told["status"]) == (1, {"code": 1})
    found = read_spans(file)
    assert [span.id for span in found] == [f"{context(span).span_id:016x}" for span in spans]
    assert [span.parent for span in found] == [f"{span.parent.span_id:016x}" if span.parent else "" for span in spans]
    assert [(span.name, span.start, span.end) for span in found] == [(s.name, s.start_time, s.end_time) for s in spans]
    assert [{**span.attributes} for span in found] == [{**(span.attributes or {})} for span in spans]


def test_a_collector_is_sent_every_span(journal: Journal) -> None:
    within(journal)
    spans = drawn(journal)
    with collector() as (address, requests):
        send(spans, address)
    (request,) = requests
    sent = [span for r in request.resource_spans for scope in r.scope_spans for span in scope.spans]
    assert [int.from_bytes(span.span_id) for span in sent] == [context(span).span_id for span in spans]


@pytest.mark.parametrize("address", ["127.0.0.1:6006", "ftp://127.0.0.1/v1/traces"])
def test_an_address_that_is_none_is_refused(journal: Journal, address: str) -> None:
    recorded(journal, "run", ORDER)
    with pytest.raises(ValueError, match=f"expected a collector's address .*, got '{address}'"):
        send(drawn(journal), address)


def test_a_collector_that_refuses_or_is_not_there_is_told_of_in_a_line(
    journal: Journal, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "0.5")
    recorded(journal, "run", ORDER)
    with collector(answer=404) as (address, _), pytest.raises(ValueError, match="but it answered 404"):
        send(drawn(journal), address)
    with socket.socket() as taken:  # bound, and nobody listens
        taken.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{taken.getsockname()[1]}/v1/traces"
        with pytest.raises(ValueError, match=f"'{address}', but nothing answers there"):
            send(drawn(journal), address)
    assert capfd.readouterr().err == ""


fields = st.text(alphabet="abc.", min_size=1)
words = st.text(st.characters(exclude_categories=["Cs"]), max_size=9)
entities = words.map(lambda word: Entity(id=word, type=f"type of {word}", label=word[::-1]))
places = st.none() | st.integers(0, 99)
stated = st.builds(
    Edge,
    relation=st.sampled_from(["hadMember", "wasDerivedFrom", "wasQuotedFrom"]),
    source=entities,
    target=entities,
    role=st.none() | words,
    start=places,
    end=places,
)


@given(st.lists(st.dictionaries(fields, st.integers(), min_size=1)))
def test_a_list_written_flat_is_read_back(listed: list[dict[str, int]]) -> None:
    beside = {"some.listing.0.x": 1, "some.list": 2, "some.list.x.0": 3, "other": 4}
    assert rows({**beside, **flat("some.list", listed)}, "some.list") == listed


@given(st.lists(stated, min_size=1))
def test_edges_written_as_attributes_are_read_back(edges: list[Edge]) -> None:
    assert edges_in(edge_attributes(Edges(edges=tuple(edges)))) == Edges(edges=tuple(edges))


@given(
    st.dictionaries(st.sampled_from(sorted(edge_attributes(Edges(edges=(EDGE,))))), st.none() | st.integers() | words)
)
def test_edges_that_cannot_be_read_are_left_alone(spoilt: dict[str, object]) -> None:
    found = edges_in({**edge_attributes(Edges(edges=(EDGE,))), **spoilt})
    assert found is None or len(found.edges) == 1
