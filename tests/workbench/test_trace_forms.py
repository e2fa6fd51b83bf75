"""LangSmith and Langfuse write one trace in several forms: all of them read alike."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from external_traces import DOCUMENTS

from evitrail.workbench.trace_formats import read_traces


def test_langfuse_is_read_in_every_form_that_it_exports(tmp_path: Path) -> None:
    (trace,) = DOCUMENTS["langfuse"]()
    observations = trace.pop("observations")
    snake = {"traceId": "trace_id", "parentObservationId": "parent_observation_id", "startTime": "start_time",
             "endTime": "end_time", "statusMessage": "status_message", "usageDetails": "usage_details",
             "modelParameters": "model_parameters"}  # fmt: skip
    rows = [{snake.get(name, name): value for name, value in one.items()} for one in observations]
    for row in rows:
        row["start_time"] = row["start_time"].replace("T", " ").rstrip("Z")
    forms = {
        "api": [{**trace, "observations": observations}],
        "page": [{"trace": trace, "observations": observations}],
        "list": [{"data": [{**trace, "observations": observations}], "meta": {"page": 1}}],
        "rows": [trace, *observations],
        "table": rows,
    }
    read = {}
    for name, documents in forms.items():
        file = tmp_path / f"{name}.jsonl"
        file.write_text("\n".join(map(json.dumps, documents)))
        form, spans = read_traces(file)
        assert form.name == "langfuse"
        read[name] = {span.id: span for span in spans}
    steps = ("o1", "o2", "o3")
    assert read["api"] == read["page"] == read["list"]
    assert [read["rows"][step] for step in steps] == [read["api"][step] for step in steps]
    assert [read["table"][step] for step in steps] == [read["api"][step] for step in steps]


def test_langsmith_finds_a_runs_place_wherever_it_is_said(tmp_path: Path) -> None:
    runs = DOCUMENTS["langsmith"]()
    root = runs[0]["id"]
    without = [{k: v for k, v in run.items() if k not in ("trace_id", "parent_run_id")} for run in runs]
    bare = [{k: v for k, v in run.items() if k not in ("trace_id", "dotted_order")} for run in runs]
    forms = {
        "dotted order": without,
        "parents": [bare[0], *({**run, "parent_run_id": None, "parent_run_ids": [root]} for run in bare[1:])],
        "nested": [{**bare[0], "child_runs": [{k: v for k, v in r.items() if k != "parent_run_id"} for r in bare[1:]]}],
        "page": [{"runs": runs, "cursors": {}}],
    }
    expected = [(root, ""), (root, root), (root, root)]
    for name, documents in forms.items():
        file = tmp_path / f"{name}.jsonl"
        file.write_text("\n".join(map(json.dumps, documents)))
        form, spans = read_traces(file)
        assert form.name == "langsmith"
        assert [(span.trace, span.parent) for span in spans] == expected


def test_langfuse_observations_that_are_ids_only_are_refused_in_a_line(tmp_path: Path) -> None:
    (trace,) = DOCUMENTS["langfuse"]()
    file = tmp_path / "list.json"
    file.write_text(json.dumps({"data": [{**trace, "observations": ["o1", "o2"]}]}))
    with pytest.raises(ValueError, match="expected observations with their fields, got ids only") as error:
        read_traces(file)
    assert len(str(error.value).splitlines()) == 1


def test_older_tokens_of_langfuse_are_read_and_input_is_never_taken_for_them(tmp_path: Path) -> None:
    (trace,) = DOCUMENTS["langfuse"]()
    old, none = trace["observations"][2], trace["observations"][1]
    del old["usageDetails"]
    old |= {"promptTokens": 12, "completionTokens": 6, "input": 5}
    none |= {"type": "GENERATION", "input": 5}
    file = tmp_path / "old.json"
    file.write_text(json.dumps(trace))
    read = {span.id: span.attributes for span in read_traces(file).spans}
    names = [f"llm.token_count.{part}" for part in ("prompt", "completion", "total")]
    assert [read["o3"].get(name) for name in names] == [12, 6, None]
    assert [read["o2"].get(name) for name in names] == [None] * 3
