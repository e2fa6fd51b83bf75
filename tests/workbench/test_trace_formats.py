"""Files of other systems become runs with their steps, documents, messages, times and failures; and leave as such."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from desk import evitrail
from external_traces import ANSWER, DOCUMENTS, FORMAT, NANOSECONDS, PASSAGE, QUESTION, USER, write

from evitrail.traces import Journal, Trace
from evitrail.traces.export import prov
from evitrail.traces.external.incoming_run import Foreign, incoming_runs
from evitrail.traces.external.record_runs import ImportedRuns, import_runs
from evitrail.traces.external.recorded_times import recorded_times
from evitrail.traces.run.activity import Edges
from evitrail.workbench.export import otlp
from evitrail.workbench.openinference.reading import understand
from evitrail.workbench.trace_formats import read_traces

BEGAN, SEARCHED, FOUND, ENDED = NANOSECONDS


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with Journal.open(tmp_path / "journal.db") as opened:
        yield opened


def imported(journal: Journal, file: Path, form: str | None = None) -> ImportedRuns:
    return import_runs(journal, incoming_runs(read_traces(file, form).spans, file, understand), understand)


def told(journal: Journal, run: str) -> list[Any]:
    """Everything that a run says, without names of blobs."""

    def value(name: str) -> Any:
        return journal.get(name, Foreign).model_dump()

    said: list[Any] = []
    for record in Trace(journal, run).records:
        body = record.body
        fields = {name: body.get(name) for name in ("path", "kind", "by", "error", "began", "ended")}
        times = [body["parameters"][name] for name in ("began", "ended")] if "parameters" in body else []
        inputs = [(given["role"], value(given["id"])) for given in body.get("inputs", ())]
        edges = journal.get(body["edges"], Edges).edges if body.get("edges") else ()
        members = [(edge.relation, edge.role, edge.target) for edge in edges]
        said.append((record.type, fields, times, inputs, members, value(body["output"]) if "output" in body else None))
    return said


STEPS: dict[str, dict[str, list[tuple[str, str, str | None]]]] = {
    "phoenix": {"phoenix.4bf92f35": [("retriever[1]", "search", None), ("llm[1]", "ask", None)]},
    "gen_ai": {
        "gen_ai.5bf92f35": [("retriever[1]", "retrieval", None), ("llm[1]", "chat", None), ("tool[1]", "tool", None)]
    },
    "inspect-ai": {
        "inspect-ai.heparin.q1.1": [
            ("chain[1]/tool[1]", "search", None),
            ("chain[1]/llm[1]", "model", None),
            ("chain[1]", "rag", None),
            ("evaluator[1]", "score", None),
        ],
        "inspect-ai.heparin.q1.2": [("llm[1]", "assistant", None)],
    },
    "langsmith": {
        "langsmith.aaaaaaaa": [("retriever[1]", "search", None), ("llm[1]", "ask", "RateLimitError: 429")],
    },
    "langfuse": {
        "langfuse.trace-on": [
            ("chain[1]/retriever[1]", "search", None),
            ("chain[1]/llm[1]", "ask", "RateLimitError: 429"),
            ("chain[1]", "rag", None),
        ]
    },
}


@pytest.mark.parametrize("system", DOCUMENTS)
def test_a_file_of_each_system_is_recognised_and_its_spans_are_steps(
    journal: Journal, tmp_path: Path, system: str
) -> None:
    file = write(tmp_path, system)
    assert read_traces(file).form.name == FORMAT.get(system, system)
    assert imported(journal, file).new == tuple(STEPS[system])
    for run, steps in STEPS[system].items():
        bodies = [record.body for record in Trace(journal, run).records if "path" in record.body]
        assert [(body["path"], body["by"], body.get("error")) for body in bodies] == steps


@pytest.mark.parametrize("system", DOCUMENTS)
def test_the_question_the_answer_and_the_passages_are_those_of_the_file(
    journal: Journal, tmp_path: Path, system: str
) -> None:
    file = write(tmp_path, system)
    text = repr([told(journal, run) for run in imported(journal, file).new])
    assert QUESTION in text
    assert ANSWER in text
    assert "heparin" in text
    found = [step for run in STEPS[system] for step in Trace(journal, run).activities if step.kind == "retriever"]
    passages = [edge.target.label for step in found for edge in journal.get(str(step.edges), Edges).edges]
    expected = {"gen_ai": ["d1", "d2"], "inspect-ai": [], "langsmith": [PASSAGE]}
    assert passages == expected.get(system, ["d1"])


@pytest.mark.parametrize("system", DOCUMENTS)
def test_times_are_those_of_the_file_also_when_the_run_is_exported(
    journal: Journal, tmp_path: Path, system: str
) -> None:
    imported(journal, write(tmp_path, system))
    run = next(iter(STEPS[system]))
    stated = recorded_times(Trace(journal, run))
    assert stated is not None
    assert [time // 1000 for time in stated.run if time] == [BEGAN // 1000, ENDED // 1000]
    search = next(path for path, by, _ in STEPS[system][run] if by in ("search", "retrieval"))
    assert [time // 1000 for time in stated.steps[search] if time] == [SEARCHED // 1000, FOUND // 1000]
    otlp.write(journal, [run], tmp_path / "run.otlp.jsonl", with_sensitive=False)
    spans = json.loads((tmp_path / "run.otlp.jsonl").read_text())["resourceSpans"][0]["scopeSpans"][0]["spans"]
    assert [int(spans[0][name]) // 1000 for name in ("startTimeUnixNano", "endTimeUnixNano")] == [
        BEGAN // 1000,
        ENDED // 1000,
    ]
    prov.write(journal, [run], tmp_path / "run.prov.json", with_sensitive=False)
    written = (tmp_path / "run.prov.json").read_text()
    assert "2024-03-05T10:00:01.25" in written
    assert "2024-03-05T10:00:02.25" in written


@pytest.mark.parametrize(
    ("system", "run", "error"),
    [
        ("gen_ai", "gen_ai.5bf92f35", "RateLimitError: 429"),
        ("inspect-ai", "inspect-ai.heparin.q1.2", "TimeoutError: no answer"),
        ("langsmith", "langsmith.aaaaaaaa", None),
        ("phoenix", "phoenix.4bf92f35", None),
    ],
)
def test_a_run_whose_root_failed_has_failed_wherever_it_is_shown(
    tmp_path: Path, system: str, run: str, error: str | None
) -> None:
    folder = tmp_path / "runs"
    assert evitrail("trace", "import", write(tmp_path, system), "--out", folder).code == 0
    rows = evitrail("trace", "list", folder, "--json").json
    assert {row["run"]: row["error"] for row in rows}[run] == error
    assert (f"the run failed: {error}" in evitrail("trace", "show", folder, run).out) is bool(error)
    out = tmp_path / "run.jsonl"
    assert evitrail("trace", "export", folder, run, "--format", "otlp", "--out", out).code == 0
    status = json.loads(out.read_text())["resourceSpans"][0]["scopeSpans"][0]["spans"][0]["status"]
    assert status.get("message") == error
    assert status["code"] == (2 if error else 1)
    crate = tmp_path / "run.crate.zip"
    assert evitrail("trace", "export", folder, run, "--format", "crate", "--out", crate).code == 0
    with ZipFile(crate) as archive:
        entities = json.loads(archive.read("ro-crate-metadata.json"))["@graph"]
    (whole,) = (one for one in entities if one["@id"] == "#run")
    assert whole.get("error") == error
    assert whole["actionStatus"].endswith("FailedActionStatus" if error else "CompletedActionStatus")
    assert (whole.get("startTime") == "2024-03-05T10:00:00.250+00:00") is (run != "inspect-ai.heparin.q1.2")


def test_a_failed_step_is_shown_with_what_it_was_given(tmp_path: Path) -> None:
    folder = tmp_path / "runs"
    assert evitrail("trace", "import", write(tmp_path, "langsmith"), "--out", folder, "--name", "ward").code == 0
    step = evitrail("trace", "show", folder, "ward#llm[1]", "--json").json
    assert step["inputs"]["input"]["value"] == {"messages": [[USER]]}
    assert step["output"]["value"] == {"error": "RateLimitError: 429"}
    refused = evitrail("trace", "show", folder, "ward#llm[2]")
    assert (refused.code, len(refused.faults)) == (2, 1)
    assert "expected a step of 'ward' (llm[1], retriever[1])" in refused.faults[0]


@pytest.mark.parametrize("system", DOCUMENTS)
def test_a_run_that_was_imported_exported_and_imported_again_says_the_same(
    journal: Journal, tmp_path: Path, system: str
) -> None:
    runs = imported(journal, write(tmp_path, system)).new
    otlp.write(journal, runs, tmp_path / "again.jsonl", with_sensitive=False)
    with Journal.open(tmp_path / "other.db") as other:
        assert imported(other, tmp_path / "again.jsonl").new == runs
        for run in runs:
            assert told(other, run) == told(journal, run)


@pytest.mark.parametrize("system", DOCUMENTS)
def test_a_file_is_imported_once_whatever_it_is_called(journal: Journal, tmp_path: Path, system: str) -> None:
    runs = imported(journal, file := write(tmp_path, system)).new
    heads = journal.heads()
    assert set(imported(journal, file).known) == set(runs)
    renamed = file.rename(tmp_path / "renamed.jsonl")
    assert imported(journal, renamed).new == ()
    assert journal.heads() == heads


@pytest.mark.parametrize("system", ["inspect-ai", "langsmith", "langfuse"])
def test_a_file_that_grew_adds_what_is_new(journal: Journal, tmp_path: Path, system: str) -> None:
    documents = DOCUMENTS[system]()
    shorter: list[Any] = json.loads(json.dumps(documents))
    if system == "langsmith":
        shorter.pop()
    else:
        shorter[0].get("samples", shorter[0].get("observations")).pop()
    file = tmp_path / "log.jsonl"
    file.write_text("\n".join(map(json.dumps, shorter)))
    before = imported(journal, file).new
    file.write_text("\n".join(map(json.dumps, documents)))
    after = imported(journal, file)
    if system == "inspect-ai":
        assert (after.known, after.new) == (before, ("log.heparin.q1.2",))
    else:
        assert (after.new, after.grown) == ((), (f"{before[0]}+2",))
        trace = Trace(journal, after.grown[0])
        reused = {step.by: step.reused_from for step in trace.activities}
        assert reused == dict.fromkeys(reused, before[0])
        assert [record.body["by"] for record in trace.of_type("activity.error")] == ["ask"]
    assert imported(journal, file).new == imported(journal, file).grown == ()


def test_an_eval_archive_says_the_same_as_the_json_log(journal: Journal, tmp_path: Path) -> None:
    as_json, archive = write(tmp_path, "inspect-ai", ".json"), write(tmp_path, "inspect-ai", ".eval")
    assert read_traces(archive).spans == read_traces(as_json).spans
    assert imported(journal, archive).new == tuple(STEPS["inspect-ai"])


def test_a_sample_keeps_its_scores_the_pooled_messages_and_the_attachments(journal: Journal, tmp_path: Path) -> None:
    imported(journal, write(tmp_path, "inspect-ai"))
    trace = Trace(journal, "inspect-ai.heparin.q1.1")
    by_name = {step.by: step for step in trace.activities}
    given = {i.role: journal.get(i.id, Foreign).value for i in by_name["model"].inputs}
    assert given["input"] == [USER]
    assert given["attributes"]["llm.token_count.prompt"] == 12
    assert given["attributes"]["llm.finish_reason"] == "stop"
    assert journal.get(by_name["search"].output, Foreign).value == {"value": PASSAGE}
    about = json.loads(trace.journal.raw(trace.records[0].body["config"]).partition(b"\n")[2])["attributes"]
    score = {name.rpartition(".")[2]: value for name, value in about.items() if name.startswith("annotations.0.")}
    assert (score["name"], score["label"], score["explanation"]) == ("match", "C", "It has the dose.")
