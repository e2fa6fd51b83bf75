"""Traces of other systems become runs: whatever their spans look like, and marked as recorded elsewhere."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from otlp_spans import ASKED, FOUND, QUERY, READ, SAID, TRACE, document, span, taken, understand, write

from evitrail.traces import Journal, Trace, lineage, provenance, seal, verify_journal
from evitrail.traces.external.external_run import expect_own, recorded_elsewhere
from evitrail.traces.external.incoming_run import Foreign, Imported, incoming_runs
from evitrail.traces.external.otlp_format import read_spans
from evitrail.traces.external.record_runs import ImportedRuns
from evitrail.traces.run.activity import Edges


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with Journal.open(tmp_path / "journal.db") as opened:
        yield opened


def test_a_trace_is_a_run_and_its_spans_are_steps_within_each_other(journal: Journal, tmp_path: Path) -> None:
    assert taken(journal, write(tmp_path / "week.jsonl", QUERY)) == ImportedRuns((f"week.{TRACE[:8]}",), ())
    trace = Trace(journal, f"week.{TRACE[:8]}")
    assert [step.path for step in trace.activities] == ["retriever[1]", "chain[1]/llm[1]", "chain[1]"]
    assert [step.kind for step in trace.activities] == ["retriever", "llm", "chain"]
    assert [step.by for step in trace.activities] == ["span 2", "span 4", "synthesize"]
    assert {step.milliseconds for step in trace.activities} == {1000.0}
    assert trace.activities[0].parameters == {
        "span": "0000000000000002",
        "began": "1970-01-01T00:00:02.000000+00:00",
        "ended": "1970-01-01T00:00:03.000000+00:00",
    }
    assert trace.output(Foreign) == Foreign(kind="chain", value={"value": "At 36 weeks."})
    config = trace.config(Imported)
    assert (config.source, config.trace, config.service) == ("week.jsonl", TRACE, "clinic")


def test_what_went_in_and_what_else_was_told_are_inputs(journal: Journal, tmp_path: Path) -> None:
    taken(journal, write(tmp_path / "week.jsonl", QUERY), "week")
    said = Trace(journal, "week").activities[1]
    inputs = {given.role: journal.get(given.id, Foreign).value for given in said.inputs}
    assert inputs == {"input": "When?", "attributes": {"model": "tiny", "temperature": 0.5}}


def test_documents_are_members_of_what_came_out(journal: Journal, tmp_path: Path) -> None:
    taken(journal, write(tmp_path / "week.jsonl", QUERY), "week")
    trace = Trace(journal, "week")
    found = trace.activities[0]
    assert journal.get(found.output, Foreign).value["documents"] == [
        {"id": "a", "content": "Swab at 36 weeks."},
        {"content": "Deer eat cabbage.", "score": 0.5},
    ]
    edges = journal.get(str(found.edges), Edges).edges
    assert [(edge.relation, edge.target.label, edge.role) for edge in edges] == [
        ("hadMember", "a", "rank 1"),
        ("hadMember", "Deer eat cabbage.", "rank 2"),
    ]
    assert {edge.target.id for edge in edges} <= set(lineage(provenance(trace), found.output))


def test_a_run_that_was_taken_in_says_so_is_sound_and_cannot_be_done_again(journal: Journal, tmp_path: Path) -> None:
    taken(journal, write(tmp_path / "week.jsonl", QUERY), "week")
    seal(journal)
    trace = Trace(journal, "week")
    body = trace.records[0].body
    assert (body["recorded"], body["config_type"], body["parent"]) == ("elsewhere", "Imported", None)
    assert body["digest"] == trace.config(Imported).digest
    assert recorded_elsewhere(trace)
    with pytest.raises(ValueError, match="'week' is an external run and cannot be verified"):
        expect_own(trace, "verified")
    assert verify_journal(journal).sound
    assert not recorded_elsewhere(Trace(journal, "experiment"))


def test_a_failed_span_is_a_failed_step(journal: Journal, tmp_path: Path) -> None:
    failed = {**SAID, "status": {"code": 2, "message": "rate limit"}}
    unexplained = {**FOUND, "status": {"code": 2}}
    taken(journal, write(tmp_path / "week.jsonl", document(ASKED, unexplained, READ, failed)), "week")
    trace = Trace(journal, "week")
    assert [step.path for step in trace.activities] == ["chain[1]"]
    errors = [(record.body["path"], record.body["error"]) for record in trace.of_type("activity.error")]
    assert errors == [("retriever[1]", "no reason given"), ("chain[1]/llm[1]", "rate limit")]


def test_a_single_span_is_a_step_and_not_the_run(journal: Journal, tmp_path: Path) -> None:
    taken(journal, write(tmp_path / "one.json", document(SAID)), "one")
    assert [step.path for step in Trace(journal, "one").activities] == ["llm[1]"]


def test_steps_of_a_kind_are_numbered_as_they_began_within_the_step_they_are_in(
    journal: Journal, tmp_path: Path
) -> None:
    spans = [
        span(1, name="top"),
        span(4, 1, start=9, name="a/b c"),
        span(3, 1, start=5, name="a/b c"),
        span(2, 1, start=7),
    ]
    taken(journal, write(tmp_path / "one.json", document(*spans)), "one")
    steps = Trace(journal, "one").activities
    assert [(step.path, step.parameters["span"][-1]) for step in steps] == [
        ("a_b_c[1]", "3"),
        ("span_2[1]", "2"),
        ("a_b_c[2]", "4"),
    ]


def test_an_orphan_and_a_ring_stand_at_the_top(journal: Journal, tmp_path: Path) -> None:
    orphan, ring, below = span(2, 99, kind="orphan"), [span(3, 4, kind="a"), span(4, 3, kind="b")], span(5, 4, kind="c")
    own = span(6, 6, kind="self")
    taken(journal, write(tmp_path / "odd.json", document(span(1, kind="root"), orphan, *ring, below, own)), "odd")
    paths = [step.path for step in Trace(journal, "odd").activities]
    assert paths == ["root[1]", "orphan[1]", "a[1]/b[1]/c[1]", "a[1]/b[1]", "a[1]", "self[1]"]


def test_spans_within_each_other_without_end_are_refused_in_a_line(tmp_path: Path) -> None:
    file = write(tmp_path / "deep.json", document(*(span(n, n - 1) for n in range(1, 2000))))
    with pytest.raises(ValueError, match=r"deep.json: trace \w+: span '\w+': spans are nested deeper"):
        incoming_runs(read_spans(file), file, understand)


def test_every_trace_of_a_file_is_a_run(journal: Journal, tmp_path: Path) -> None:
    others = [{**one, "traceId": "1" + TRACE[1:]} for one in (ASKED, FOUND)]
    file = write(tmp_path / "week.jsonl", QUERY, document(*others))
    assert taken(journal, file, "week").new == ("week.1", "week.2")
    assert [step.path for step in Trace(journal, "week.2").activities] == ["retriever[1]"]


def test_what_is_here_is_not_taken_in_again_and_its_name_is_not_given_to_another(
    journal: Journal, tmp_path: Path
) -> None:
    file = write(tmp_path / "week.jsonl", QUERY)
    assert taken(journal, file, "week") == ImportedRuns(("week",), ())
    before = journal.heads()
    assert taken(journal, file, "week") == ImportedRuns((), ("week",))
    other = write(tmp_path / "other.jsonl", document({**ASKED, "traceId": "1" + TRACE[1:]}))
    with pytest.raises(ValueError, match=r"another run in .* has the name 'week'"):
        taken(journal, other, "week")
    assert journal.heads() == before


@pytest.mark.parametrize("name", ["", "a b", "a/b", "a#b", "experiment"])
def test_a_name_that_is_none_for_a_run_is_refused(tmp_path: Path, name: str) -> None:
    file = write(tmp_path / "week.jsonl", QUERY)
    with pytest.raises(ValueError, match="expected a run's name"):
        incoming_runs(read_spans(file), file, understand, name)


def test_one_document_may_take_many_lines(tmp_path: Path) -> None:
    lines, pretty = write(tmp_path / "lines.jsonl", QUERY), tmp_path / "pretty.json"
    pretty.write_text(json.dumps(QUERY, indent=2))
    assert read_spans(pretty) == read_spans(lines)


@pytest.mark.parametrize(
    ("spoilt", "said"),
    [
        (
            {**SAID, "traceId": "xyz"},
            "expected 32 hex digits for 'traceId', not all zero, or 16 bytes in base64, got 'xyz'",
        ),
        ({**SAID, "spanId": "0" * 16}, "expected 16 hex digits for 'spanId', not all zero"),
        ({**SAID, "spanId": 4}, "expected 16 hex digits for 'spanId', not all zero, or 8 bytes in base64, got 4"),
        ({**SAID, "parentSpanId": [1]}, "expected 16 hex digits for 'parentSpanId'"),
        ({**SAID, "startTimeUnixNano": "noon"}, "Failed to parse startTimeUnixNano field"),
        ({**SAID, "attributes": [{"key": "a", "value": {"intValue": "x"}}]}, "Failed to parse attributes field"),
        ({**SAID, "attributes": [{"key": "a", "value": {"doubleValue": 10**400}}]}, "int too large"),
        ("no span", "expected a span and its resource as objects, got 'no span'"),
        ({**ASKED, "name": "another"}, "span '0000000000000001' is in the file twice, with different content"),
    ],
)
def test_what_cannot_be_read_is_told_in_a_line_with_file_and_place(tmp_path: Path, spoilt: Any, said: str) -> None:
    file = write(tmp_path / "week.jsonl", document(ASKED, FOUND), document(READ, spoilt))
    with pytest.raises(ValueError, match="resourceSpans") as told:
        read_spans(file)
    (line,) = str(told.value).splitlines()
    assert line.startswith(f"{file}:2: resourceSpans[0].scopeSpans[0].spans[1]: ")
    assert said in line


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "week.jsonl:1: expected JSON: the file is empty"),
        ("{}", "week.jsonl: expected OTLP-JSON with spans below resourceSpans, found no span in it"),
        ("[1]", "week.jsonl:1[0]: expected OTLP-JSON with spans below resourceSpans: expected an object"),
        ('{"resourceSpans": 5}', "resourceSpans: expected a list, got 5"),
        ('{"resourceSpans": [], "resource_spans": []}', "expected 'resourceSpans' or 'resource_spans', got both"),
        ('{"a": 1, "a": 2}', "week.jsonl:1: expected JSON: key 'a' stands twice in one object"),
        ('{"a": "\\ud800"}', "week.jsonl:1: expected JSON: expected whole characters, got half of a surrogate pair"),
        ("{}\n\n{", "week.jsonl:3: expected JSON: "),
        ("[" * 100_000, "week.jsonl:1: expected JSON: "),
        ("\x00\xff", "week.jsonl:1: expected JSON: expected UTF-8, got another byte at 1"),
        ("\x1f\x8b\x08", "week.jsonl:1: expected JSON: found a gzip-compressed file; unpack it first"),
        ("PAR1", "week.jsonl:1: expected JSON: found a Parquet file; export JSON or JSON lines instead"),
    ],
)
def test_what_is_no_otlp_is_told_in_a_line(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "week.jsonl"
    file.write_text(text, encoding="latin-1")
    with pytest.raises(ValueError, match=r"week\.jsonl") as told:
        read_spans(file)
    (line,) = str(told.value).splitlines()
    assert said in line
