"""OTLP in every spelling, files that grew, and what a trace keeps: its times, its failures, its documents."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from otlp_spans import ASKED, FOUND, QUERY, READ, SAID, SECOND, TRACE, document, span, taken, write

from evitrail.traces import Journal, Trace, seal, verify_journal
from evitrail.traces.export import prov
from evitrail.traces.export.disclosed import Disclosed
from evitrail.traces.export.otel import spans_of
from evitrail.traces.external.attributes import rows
from evitrail.traces.external.incoming_run import Foreign
from evitrail.traces.external.otlp_format import read_spans
from evitrail.traces.external.record_runs import ImportedRuns
from evitrail.traces.journal.schema import blobs_named


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with Journal.open(tmp_path / "journal.db") as opened:
        yield opened


def respelt(value: Any) -> Any:
    """A document with the names of protobuf's fields, as Arize Phoenix downloads them."""
    if isinstance(value, list):
        return [respelt(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {re.sub("[A-Z]", lambda found: f"_{found[0].lower()}", key): respelt(inner) for key, inner in value.items()}


def in_base64(value: Any) -> Any:
    """A document with ids as protobuf's own JSON has them."""
    if isinstance(value, list):
        return [in_base64(item) for item in value]
    if not isinstance(value, dict):
        return value
    ids = ("traceId", "spanId", "parentSpanId")
    return {k: b64encode(bytes.fromhex(v)).decode() if k in ids else in_base64(v) for k, v in value.items()}


@pytest.mark.parametrize(
    "written",
    [
        lambda: json.dumps(respelt(QUERY)),
        lambda: json.dumps(in_base64(QUERY)),
        lambda: json.dumps(respelt(in_base64(QUERY)), indent=1),
        lambda: json.dumps([document(ASKED, FOUND), document(READ, SAID)]),
        lambda: "\n\n" + json.dumps(document(ASKED, FOUND)) + "\r\n\r\n" + json.dumps(document(READ, SAID)) + "\r\n",
        lambda: "\ufeff" + json.dumps(QUERY),
        lambda: json.dumps(QUERY).replace("{", "{\r\n"),
    ],
)
def test_every_spelling_of_the_same_spans_gives_the_same_spans(tmp_path: Path, written: Callable[[], str]) -> None:
    (tmp_path / "other.json").write_text(written(), encoding="utf-8", newline="")
    expected = read_spans(write(tmp_path / "week.jsonl", QUERY))
    assert read_spans(tmp_path / "other.json") == expected
    assert len(expected) == 4


def test_a_file_in_utf_16_with_a_byte_order_mark_is_read(tmp_path: Path) -> None:
    (tmp_path / "other.json").write_text(json.dumps(QUERY), encoding="utf-16")
    assert read_spans(tmp_path / "other.json") == read_spans(write(tmp_path / "week.jsonl", QUERY))


def test_a_file_that_grew_gives_its_new_traces_and_its_new_spans_and_nothing_twice(
    journal: Journal, tmp_path: Path
) -> None:
    other = [{**one, "traceId": "1" + TRACE[1:]} for one in (ASKED, FOUND)]
    file = write(tmp_path / "week.jsonl", document(ASKED, FOUND))
    assert taken(journal, file) == ImportedRuns(("week.0af76519",), ())
    heads = journal.heads()
    write(file, document(ASKED, FOUND), document(*other))
    assert taken(journal, file) == ImportedRuns(("week.1af76519",), ("week.0af76519",))
    write(file, document(ASKED, FOUND), document(*other), document(READ, SAID))
    assert taken(journal, file) == ImportedRuns((), ("week.1af76519",), ("week.0af76519+2",))
    assert taken(journal, file) == ImportedRuns((), ("week.0af76519+2", "week.1af76519"))
    grown = Trace(journal, "week.0af76519+2")
    assert [(step.path, step.reused_from) for step in grown.activities] == [
        ("retriever[1]", "week.0af76519"),
        ("chain[1]/llm[1]", None),
        ("chain[1]", None),
    ]
    assert grown.records[0].body["continues"] == "week.0af76519"
    assert journal.heads() | heads == journal.heads()
    seal(journal)
    assert verify_journal(journal).sound


def test_a_span_that_has_ended_since_makes_its_run_a_grown_one(journal: Journal, tmp_path: Path) -> None:
    file = write(tmp_path / "week.jsonl", document(ASKED, {**FOUND, "endTimeUnixNano": 0}))
    assert taken(journal, file, "week").new == ("week",)
    write(file, document(ASKED, FOUND))
    assert taken(journal, file, "week").grown == ("week+2",)
    (found,) = Trace(journal, "week+2").activities
    assert (found.reused_from, found.parameters["ended"]) == (None, "1970-01-01T00:00:03.000000+00:00")


def test_a_run_that_an_earlier_version_imported_has_the_times_of_its_steps(journal: Journal, tmp_path: Path) -> None:
    taken(journal, file := write(tmp_path / "week.jsonl", QUERY), "week")
    with Journal.open(tmp_path / "older.db") as older:
        for record in journal.records("week"):
            for name in blobs_named(record.body):
                older.store(name, journal.raw(name))
            later = ("began", "ended") if record.type in ("run.begin", "run.end") else ()
            body = {field: value for field, value in record.body.items() if field not in later}
            older.append("week", record.type, body)
        root = spans_of(Disclosed(Trace(older, "week"), with_sensitive=False))[0]
        assert (root.start_time, root.end_time) == (2 * SECOND, 5 * SECOND)
        assert taken(older, file, "week") == ImportedRuns((), ("week",))


def test_a_file_with_less_of_a_trace_than_the_journal_has_adds_nothing(journal: Journal, tmp_path: Path) -> None:
    taken(journal, write(tmp_path / "week.jsonl", QUERY), "week")
    assert taken(journal, write(tmp_path / "part.jsonl", document(ASKED, FOUND)), "week") == ImportedRuns((), ("week",))


def test_runs_that_the_caller_names_are_known_again_when_their_file_has_more_of_them(
    journal: Journal, tmp_path: Path
) -> None:
    file = write(tmp_path / "week.jsonl", QUERY)
    assert taken(journal, file, "ward").new == ("ward",)
    write(file, QUERY, document({**ASKED, "traceId": "1" + TRACE[1:]}))
    assert taken(journal, file, "ward") == ImportedRuns(("ward.2",), ("ward",))
    assert taken(journal, file, "other").new == ("other.1", "other.2")


def test_traces_whose_ids_begin_alike_have_names_of_their_own(journal: Journal, tmp_path: Path) -> None:
    alike = TRACE[:-1] + "0"
    file = write(tmp_path / "week.jsonl", QUERY, document({**ASKED, "traceId": alike}))
    assert taken(journal, file).new == ("week.0af76519", f"week.{alike}")


def test_a_run_without_a_root_has_the_output_and_the_error_of_the_step_that_is_alone_at_its_top(
    journal: Journal, tmp_path: Path
) -> None:
    called = {**ASKED, "parentSpanId": "9" * 16}
    failed = {**SAID, "parentSpanId": "", "status": {"code": 2, "message": "rate limit"}}
    several = [{**one, "parentSpanId": "9" * 16} for one in (FOUND, READ)]
    for name, spans in {"single": [failed], "called": [called, FOUND], "several": several}.items():
        taken(journal, write(tmp_path / f"{name}.json", document(*spans)), name)
    outputs = {run: Trace(journal, run).output(Foreign) for run in ("single", "called", "several")}
    assert outputs == {
        "single": Foreign(kind="llm", value={"value": "At 36 weeks.", "error": "rate limit"}),
        "called": Foreign(kind="chain", value={"value": "At 36 weeks."}),
        "several": Foreign(kind="trace", value={}),
    }
    assert Disclosed(Trace(journal, "single"), with_sensitive=False).failure == "rate limit"


def test_documents_without_id_and_content_stay_apart_with_their_ranks(journal: Journal, tmp_path: Path) -> None:
    scores = span(2, 1, kind="retriever", found__0__score=0.5, found__1__score=0.25)
    taken(journal, write(tmp_path / "week.jsonl", document(ASKED, scores)), "week")
    stated = Trace(journal, "week").edges().edges
    assert [(edge.role, edge.target.label) for edge in stated] == [
        ("rank 1", "document 1, without id and content"),
        ("rank 2", "document 2, without id and content"),
    ]
    assert len({edge.target.id for edge in stated}) == 2


def test_a_run_leaves_with_the_times_it_came_with_and_what_failed_has_failed(journal: Journal, tmp_path: Path) -> None:
    began = {**ASKED, "startTimeUnixNano": "1700000000000000001", "endTimeUnixNano": "1700000009000000000"}
    failed = {**SAID, "startTimeUnixNano": 0, "status": {"code": 2, "message": "rate limit"}}
    root = {**began, "status": {"code": "STATUS_CODE_ERROR", "message": "no answer"}}
    taken(journal, write(tmp_path / "week.jsonl", document(root, FOUND, failed)), "week")
    spans = spans_of(Disclosed(Trace(journal, "week"), with_sensitive=False))
    times = {span.name: (span.start_time, span.end_time, span.status.description) for span in spans}
    assert times == {
        "week": (1700000000000000001, 1700000009000000000, "no answer"),
        "retriever": (2 * SECOND, 3 * SECOND, None),
        "llm": (None, 5 * SECOND, "rate limit"),
    }
    prov.write(journal, ["week"], tmp_path / "week.prov.json", with_sensitive=False)
    said = (tmp_path / "week.prov.json").read_text()
    assert re.findall(r'"prov:(\w+Time)": "([^"]+)"', said) == [
        ("startTime", "1970-01-01T00:00:02+00:00"),
        ("endTime", "1970-01-01T00:00:03+00:00"),
    ]


def test_events_of_a_span_are_kept_and_an_exceptions_message_is_its_error(tmp_path: Path) -> None:
    message = {"key": "exception.message", "value": {"stringValue": "rate limit"}}
    trace = {"key": "exception.stacktrace", "value": {"stringValue": "line 1"}}
    events = [
        {"name": "exception", "timeUnixNano": str(SECOND), "attributes": [message]},
        {"name": "exception", "timeUnixNano": str(SECOND), "attributes": [message, trace]},
    ]
    file = write(tmp_path / "week.jsonl", document({**SAID, "status": {"code": 2}, "events": events}))
    (read,) = read_spans(file)
    assert read.error == "rate limit"
    assert rows(read.attributes, "otel.events") == [
        {
            "event.name": "exception",
            "event.time": "1970-01-01T00:00:01.000000+00:00",
            "event.attributes": '{"exception.message":"rate limit","exception.stacktrace":"line 1"}',
        }
    ]
