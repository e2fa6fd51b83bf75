"""Small files of other systems in the forms that they export, in words of our own: one question about heparin each.

write(tmp_path, "langsmith")      # the file
write(tmp_path, "inspect-ai", ".eval")
"""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any
from zipfile import ZipFile

BEGAN, SEARCHED, FOUND, ENDED = (f"2024-03-05T10:00:0{second}.250000+00:00" for second in (0, 1, 2, 9))
NANOSECONDS = [1709632800_250_000_000 + second * 10**9 for second in (0, 1, 2, 9)]
QUESTION, ANSWER, PASSAGE = "Which dose of heparin?", "5000 IU twice a day.", "Heparin 5000 IU twice a day."
USER = {"role": "user", "content": QUESTION}
SAID = {"role": "assistant", "content": ANSWER}


def phoenix() -> list[Any]:
    """What Arize Phoenix downloads: OTLP with names in snake_case, and documents as one JSON text."""

    def span(number: int, name: str, times: tuple[int, int], **attributes: str) -> dict[str, Any]:
        return {
            "trace_id": "4bf92f3577b34da6a3ce929d0e0e4736",
            "span_id": f"{number:016x}",
            **({"parent_span_id": f"{1:016x}"} if number > 1 else {}),
            "name": name,
            "start_time_unix_nano": str(NANOSECONDS[times[0]] + 7),
            "end_time_unix_nano": str(NANOSECONDS[times[1]]),
            "attributes": [
                {"key": key.replace("__", "."), "value": {"string_value": value}} for key, value in attributes.items()
            ],
            "status": {"code": 1},
        }

    documents = json.dumps([{"document.id": "d1", "document.content": PASSAGE, "document.score": 0.75}])
    asked, said = (json.dumps([{"message.role": m["role"], "message.content": m["content"]}]) for m in (USER, SAID))
    kind = "openinference__span__kind"
    spans = [
        span(1, "answer", (0, 3), **{kind: "CHAIN", "input__value": QUESTION, "output__value": ANSWER}),
        span(2, "search", (1, 2), **{kind: "RETRIEVER", "input__value": "heparin", "retrieval__documents": documents}),
        span(3, "ask", (2, 3), **{kind: "LLM", "llm__input_messages": asked, "llm__output_messages": said}),
    ]
    service = {"attributes": [{"key": "service.name", "value": {"string_value": "ward-rag"}}]}
    return [{"resource_spans": [{"resource": service, "scope_spans": [{"scope": {"name": "ours"}, "spans": spans}]}]}]


def gen_ai() -> list[Any]:
    """Spans with OpenTelemetry's attributes for GenAI, of which the root failed."""

    def span(number: int, name: str, times: tuple[int, int], **attributes: Any) -> dict[str, Any]:
        kinds = {str: "stringValue", int: "intValue"}
        return {
            "traceId": "5bf92f3577b34da6a3ce929d0e0e4736",
            "spanId": f"{number:016x}",
            "parentSpanId": f"{1:016x}" if number > 1 else "",
            "name": name,
            "startTimeUnixNano": str(NANOSECONDS[times[0]]),
            "endTimeUnixNano": str(NANOSECONDS[times[1]]),
            "attributes": [
                {"key": f"gen_ai.{key.replace('__', '.')}", "value": {kinds[type(value)]: value}}
                for key, value in attributes.items()
            ],
        }

    asked = json.dumps([{"role": "user", "parts": [{"type": "text", "content": QUESTION}]}])
    said = [{"role": "assistant", "parts": [{"type": "text", "content": ANSWER}], "finish_reason": "stop"}]
    spans = [
        {
            **span(1, "invoke_agent", (0, 3), operation__name="invoke_agent"),
            "status": {"code": "STATUS_CODE_ERROR", "message": "RateLimitError: 429"},
        },
        span(2, "retrieval", (1, 2), operation__name="retrieval", retrieval__query__text="heparin",
             retrieval__documents=json.dumps([{"id": "d1", "score": 0.75}, {"id": "d2", "score": 0.5}])),
        span(3, "chat", (2, 3), operation__name="chat", request__model="tiny", usage__input_tokens=12,
             input__messages=asked, output__messages=json.dumps(said)),
        span(4, "tool", (2, 3), operation__name="execute_tool", tool__name="dose",
             tool__call__arguments='{"kg": 70}', tool__call__result="5000"),
    ]  # fmt: skip
    return [{"resourceSpans": [{"scopeSpans": [{"spans": spans}]}]}]


def inspect_ai() -> list[Any]:
    """A log of two epochs of one sample, of which the second failed."""
    events = [
        {"event": "sample_init", "timestamp": BEGAN, "uuid": "e0"},
        {"event": "span_begin", "id": "s1", "parent_id": None, "type": "solver", "name": "rag", "timestamp": BEGAN},
        {"event": "tool", "uuid": "e1", "span_id": "s1", "timestamp": SEARCHED, "completed": FOUND, "id": "c1",
         "function": "search", "arguments": {"query": "heparin"}, "result": "attachment://a1"},
        {"event": "model", "uuid": "e2", "span_id": "s1", "timestamp": FOUND, "completed": ENDED, "model": "tiny/one",
         "input": [], "input_refs": [[0, 1]], "config": {"temperature": 0.5},
         "output": {"model": "one", "choices": [{"message": SAID, "stop_reason": "stop"}],
                    "usage": {"input_tokens": 12, "output_tokens": 6, "total_tokens": 18}}},
        {"event": "span_end", "id": "s1", "timestamp": ENDED},
        {"event": "score", "uuid": "e3", "span_id": None, "timestamp": ENDED,
         "score": {"value": "C"}, "target": "5000"},
    ]  # fmt: skip
    sample = {
        "id": "q1", "epoch": 1, "uuid": "sample-one", "input": QUESTION, "target": "5000", "events": events,
        "output": {"model": "one", "choices": [{"message": SAID, "stop_reason": "stop"}]},
        "scores": {"match": {"value": "C", "answer": "5000", "explanation": "It has the dose."}},
        "attachments": {"a1": PASSAGE}, "events_data": {"messages": [USER], "calls": []},
        "started_at": BEGAN, "completed_at": ENDED, "metadata": {"ward": "surgery"},
    }  # fmt: skip
    failed = {"id": "q1", "epoch": 2, "uuid": "sample-two", "input": QUESTION, "events": [], "messages": [USER, SAID],
              "error": {"message": "TimeoutError: no answer", "traceback": "…"}}  # fmt: skip
    about = {"eval_id": "v1", "task": "heparin", "model": "tiny/one", "created": BEGAN, "dataset": {"name": "ours"}}
    return [{"version": 2, "status": "success", "eval": about, "plan": {"steps": []}, "samples": [sample, failed]}]


def langsmith() -> list[Any]:
    """Three runs of one trace, of which the call failed, each a document."""
    root, search, call = (f"{letter * 8}-0000-4000-8000-000000000000" for letter in "abc")

    def run(id: str, name: str, run_type: str, times: tuple[str, str], given: Any, output: Any) -> dict[str, Any]:
        own = f"20240305T100000250000Z{id}"
        return {
            "id": id, "trace_id": root, "parent_run_id": root if id != root else None, "name": name,
            "run_type": run_type, "dotted_order": own if id == root else f"20240305T100000250000Z{root}.{own}",
            "inputs": given, "outputs": output, "start_time": times[0][:-6], "end_time": times[1][:-6],
            "error": None, "status": "success", "tags": ["ward"], "extra": {"metadata": {"ls_model_name": "tiny"}},
            "session_name": "ours",
        }  # fmt: skip

    documents = {"documents": [{"page_content": PASSAGE, "metadata": {"source": "leaflet"}, "type": "Document"}]}
    failed = run(call, "ask", "llm", (FOUND, ENDED), {"messages": [[USER]]}, None)
    return [
        run(root, "answer", "chain", (BEGAN, ENDED), {"question": QUESTION}, {"answer": ANSWER}),
        run(search, "search", "retriever", (SEARCHED, FOUND), {"query": "heparin"}, documents),
        {**failed, "error": "RateLimitError: 429", "status": "error", "prompt_tokens": 12, "completion_tokens": 0},
    ]


def langfuse() -> list[Any]:
    """A trace with its observations within, as the API gives it; the generation failed."""
    common = {"traceId": "trace-one", "level": "DEFAULT", "statusMessage": None, "metadata": None}

    def zulu(time: str) -> str:
        return f"{time[:-9]}Z"

    observations = [
        {**common, "id": "o1", "type": "SPAN", "name": "rag", "parentObservationId": None, "startTime": zulu(BEGAN),
         "endTime": zulu(ENDED), "input": {"q": QUESTION}, "output": ANSWER},
        {**common, "id": "o2", "type": "RETRIEVER", "name": "search", "parentObservationId": "o1",
         "startTime": zulu(SEARCHED), "endTime": zulu(FOUND), "input": "heparin",
         "output": [{"id": "d1", "content": PASSAGE, "score": 0.75}]},
        {**common, "id": "o3", "type": "GENERATION", "name": "ask", "parentObservationId": "o1", "level": "ERROR",
         "startTime": zulu(FOUND), "endTime": zulu(ENDED), "input": [USER], "output": None, "model": "tiny",
         "statusMessage": "RateLimitError: 429", "usageDetails": {"input": 12, "total": 12},
         "modelParameters": {"temperature": 0.5}},
    ]  # fmt: skip
    trace = {"id": "trace-one", "timestamp": zulu(BEGAN), "name": "heparin", "input": QUESTION, "output": ANSWER,
             "sessionId": "ward", "userId": None, "tags": [], "scores": [], "observations": observations}  # fmt: skip
    return [trace]


DOCUMENTS: dict[str, Callable[[], list[Any]]] = {
    "phoenix": phoenix,
    "gen_ai": gen_ai,
    "inspect-ai": inspect_ai,
    "langsmith": langsmith,
    "langfuse": langfuse,
}
"""By the name of the system, the documents of its file."""
FORMAT = {"phoenix": "otlp", "gen_ai": "otlp"}
"""The format of a system's file, where it is not called like the system."""


def write(folder: Path, system: str, ending: str = ".jsonl") -> Path:
    """The file of a system: one document a line, or an archive of Inspect AI."""
    file = folder / f"{system}{ending}"
    if ending == ".eval":
        return in_archive(file, DOCUMENTS[system]()[0])
    file.write_text("".join(json.dumps(one) + "\n" for one in DOCUMENTS[system]()), encoding="utf-8")
    return file


def in_archive(file: Path, log: dict[str, Any]) -> Path:
    """A log as an ``.eval`` file."""
    header = deepcopy(log)
    samples = header.pop("samples")
    with ZipFile(file, "w") as archive:
        archive.writestr("header.json", json.dumps(header))
        for sample in samples:
            archive.writestr(f"samples/{sample['id']}_epoch_{sample['epoch']}.json", json.dumps(sample))
    return file
