"""Spans that lie oddly: without parents, in rings, without times, with values that no one expects."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import event, given
from hypothesis import strategies as st

from evitrail.traces import Journal, Trace, seal, verify_journal
from evitrail.traces.external.external_span import ExternalSpan
from evitrail.traces.external.incoming_run import IncomingRun, SpanMeaning, incoming_runs
from evitrail.traces.external.otlp_format import read_spans
from evitrail.traces.external.record_runs import import_runs
from evitrail.traces.external.span_tree import tree

TRACE = "0af7651916cd43dd8448eb211c80319c"
IDS = [f"{number:016x}" for number in range(1, 7)]


def span(id: str, parent: str, start: int, end: int, kind: str, path: str | None) -> ExternalSpan:
    stated = {} if path is None else {"evitrail.path": path}
    return ExternalSpan(TRACE, id, parent, kind, start, end, stated, None, "")


paths = st.none() | st.sampled_from(["a[1]", "a[2]", "a[1]/b[1]", "b[1]/a[1]", "/", "a[1]/", ""])
spans = st.lists(
    st.builds(
        span,
        id=st.sampled_from(IDS),
        parent=st.sampled_from(["", "f" * 16, *IDS]),
        start=st.integers(0, 4),
        end=st.integers(0, 4),
        kind=st.sampled_from(["a", "b", "", "a[1]/b"]),
        path=paths,
    ),
    min_size=1,
    unique_by=lambda one: one.id,
)


def above(one: ExternalSpan, known: dict[str, ExternalSpan]) -> list[str]:
    """The spans that one is within, nearest first, until one is met again."""
    met = [one.id]
    while (parent := known[met[-1]].parent) in known and parent not in met:
        met.append(parent)
    return [*met[1:], *([parent] if parent in known else [])]


@given(spans)
def test_every_span_stands_once_within_the_span_it_says_it_is_in(told: list[ExternalSpan]) -> None:
    known = {one.id: one for one in told}
    root, steps = tree(told, lambda one: one.name)
    at = {step.span.id: step.path for step in steps} | ({root.id: ""} if root else {})
    assert at.keys() == known.keys()
    assert len(steps) == len({step.path for step in steps}) == len(told) - bool(root)
    assert root is None or not root.parent
    for step in steps:
        inside = at.get(step.span.parent)
        outer = step.path.rpartition("/")[0]
        if outer != inside:  # no such span, or one of a ring
            assert outer == ""
            assert inside is None or step.span.id in above(step.span, known)


@given(spans)
def test_a_step_comes_after_those_within_it_and_siblings_as_they_began(told: list[ExternalSpan]) -> None:
    steps = tree(told, lambda one: one.name).steps
    order = {step.path: place for place, step in enumerate(steps)}
    by_outer: dict[str, list[int]] = {}
    for path, one in steps:
        outer = path.rpartition("/")[0]
        assert not outer or order[outer] > order[path]
        by_outer.setdefault(outer, []).append(one.start or one.end)
    assert all(began == sorted(began) for began in by_outer.values())


broken = st.text(st.characters() | st.just("\ud800"), max_size=9)
scalars = st.none() | st.booleans() | st.integers() | st.floats() | broken
anything: Any = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3)
)
values: Any = st.recursive(
    st.fixed_dictionaries({}, optional={"stringValue": st.text()})
    | st.builds(lambda n: {"intValue": str(n)}, st.integers(-(2**63), 2**63 - 1))
    | st.builds(lambda n: {"doubleValue": n}, st.floats() | st.sampled_from(["NaN", "Infinity"]))
    | st.builds(lambda b: {"bytesValue": b}, st.text(alphabet="QUJD=", max_size=8)),
    lambda inner: (
        st.builds(lambda many: {"arrayValue": {"values": many}}, st.lists(inner, max_size=2))
        | st.builds(lambda many: {"kvlistValue": {"values": [{"key": "k", "value": v} for v in many]}}, st.lists(inner))
    ),
)
keys = st.sampled_from(["in", "out", "evitrail.path", "evitrail.inputs.0.input.id", "evidence.edges.0.edge.role"])
readable = st.fixed_dictionaries(
    {"traceId": st.just(TRACE), "spanId": st.sampled_from(IDS)},
    optional={
        "parentSpanId": st.sampled_from(["", *IDS]),
        "name": st.text(max_size=9),
        "startTimeUnixNano": st.integers(0, 2**64 - 1),
        "endTimeUnixNano": st.integers(0, 2**64 - 1).map(str),
        "attributes": st.lists(st.fixed_dictionaries({"key": keys | st.text(max_size=4), "value": values})),
        "status": st.sampled_from([{"code": 2}, {"code": "STATUS_CODE_ERROR", "message": "no"}, {"code": 99}, {}]),
        "events": st.lists(st.fixed_dictionaries({"name": st.text(max_size=4)}), max_size=2),
    },
)
fields = ["traceId", "spanId", "parentSpanId", "name", "startTimeUnixNano", "attributes", "status", "events", "links"]
spoilt = st.builds(lambda one, key, value: {**one, key: value}, readable, st.sampled_from(fields), anything)


sound = st.lists(readable, max_size=6, unique_by=lambda one: one["spanId"])


def understand(attributes: Mapping[str, Any]) -> SpanMeaning:
    return SpanMeaning(None, attributes.get("in"), attributes.get("out"), (), attributes)


def soundly_taken_in(runs: list[IncomingRun], folder: Path) -> None:
    with Journal.open(folder / "journal.db") as journal:
        assert import_runs(journal, runs, understand).new == tuple(run.run for run in runs)
        seal(journal)
        assert verify_journal(journal).sound
        for run in runs:
            trace = Trace(journal, run.run)
            failed = [record.body["path"] for record in trace.of_type("activity.error")]
            paths = [*failed, *(step.path for step in trace.activities)]
            assert sorted(paths) == sorted(step.path for step in run.tree.steps)


@given(sound | st.lists(readable | spoilt | anything, max_size=4), st.sampled_from(["", "", "\n", "{"]))
def test_any_file_is_taken_in_whole_or_told_of_in_lines_with_their_place(told: list[Any], after: str) -> None:
    with TemporaryDirectory() as folder:
        file = Path(folder, "some.json")
        text = json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": told}]}]})
        file.write_text(text + after, encoding="utf-8")
        try:
            runs = incoming_runs(read_spans(file), file, understand, "some")
        except ValueError as error:
            lines = str(error).splitlines()
            event("refused")
        else:
            lines = []
            event("taken in")
            soundly_taken_in(runs, Path(folder))
        assert all(line.startswith(f"{file}:") for line in lines)
