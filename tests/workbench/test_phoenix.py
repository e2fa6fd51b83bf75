"""A real Arize Phoenix takes our spans and gives them back as they were recorded.

Phoenix lives in an environment of its own. Its server is started on a free port of this machine, in a folder of
this test, with its telemetry off; it is stopped whatever happens.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import pytest
from opentelemetry.sdk.trace import ReadableSpan
from pages import ROOT
from ward import LOOP, NEW, OLD, STALE, WardReader, ask, opened

from evitrail.agent.llm import Completion, Message, Prompt, ScriptedLLM, recorded
from evitrail.eval.log.runs import JOURNAL
from evitrail.traces import Journal, Live, Record, Task, Trace
from evitrail.traces.export.disclosed import Disclosed
from evitrail.traces.external.otlp import send
from evitrail.workbench.openinference.step_spans import spans

ENVIRONMENT = ROOT / ".venv-phoenix"
PATIENCE = 300
"""Seconds that the server may take to start; it makes its database first."""

pytestmark = pytest.mark.skipif(
    not (ENVIRONMENT / "bin" / "phoenix").is_file(),
    reason="no Phoenix: python3 -m venv .venv-phoenix && .venv-phoenix/bin/pip install arize-phoenix",
)


class Note(Record, stored_as="Note"):
    text: str


@contextmanager
def phoenix(folder: Path) -> Iterator[str]:
    """The address of a server that is up."""
    with socket.socket() as web, socket.socket() as grpc:
        for one in (web, grpc):
            one.bind(("127.0.0.1", 0))
        ports = web.getsockname()[1], grpc.getsockname()[1]
    settings = {
        "PHOENIX_HOST": "127.0.0.1",
        "PHOENIX_PORT": str(ports[0]),
        "PHOENIX_GRPC_PORT": str(ports[1]),
        "PHOENIX_WORKING_DIR": str(folder),
        "PHOENIX_TELEMETRY_ENABLED": "false",
    }
    address = f"http://127.0.0.1:{ports[0]}"
    with (folder / "phoenix.log").open("w") as log:
        command = [ENVIRONMENT / "bin" / "phoenix", "serve"]
        server = subprocess.Popen(command, env={**os.environ, **settings}, cwd=folder, stdout=log, stderr=log)
        try:
            wait(server, f"{address}/healthz", folder / "phoenix.log")
            yield address
        finally:
            server.terminate()
            try:
                server.wait(timeout=20)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()


def wait(server: subprocess.Popen[bytes], address: str, log: Path) -> None:
    patience = time.monotonic() + PATIENCE
    while time.monotonic() < patience:
        assert server.poll() is None, log.read_text()
        try:
            with urlopen(address, timeout=5):
                return
        except (URLError, OSError):
            time.sleep(0.5)
    pytest.fail(f"Phoenix did not start in {PATIENCE} s:\n{log.read_text()}")


def kept(address: str, project: str, count: int) -> list[dict[str, Any]]:
    """The spans of a project as Phoenix gives them back; it takes them in a moment after they were sent."""
    patience = time.monotonic() + 60
    found: list[dict[str, Any]] = []
    while len(found) < count and time.monotonic() < patience:
        time.sleep(0.5)
        try:
            with urlopen(f"{address}/v1/projects/{project}/spans?limit=1000", timeout=30) as answer:
                found = json.load(answer)["data"]
        except URLError:  # not known yet
            continue
    return found


@pytest.fixture
def sent(tmp_path: Path) -> list[ReadableSpan]:
    """An agent's run of three searches, and a run of a step in which a model is asked."""
    store = opened(tmp_path)
    store.ingest([OLD, NEW])
    assert ask(tmp_path, store, [STALE], [LOOP], WardReader(accepts=False)) == []
    with Journal.open(tmp_path / JOURNAL) as journal:
        run = Live.begin(journal, "asked", Note(text="asked"))
        prompt = Prompt(messages=(Message(role="user", content="What lowers the risk of stroke?"),))
        llm = recorded(ScriptedLLM((("stroke", "aspirin"),)), run)
        run.end(
            run.step(Task("read", lambda: llm.complete(prompt), returns=Completion, inputs={"prompt": prompt}, by=llm))
        )
        runs = [
            Disclosed(Trace(journal, name), with_sensitive=False) for name in journal.runs() if name != "experiment"
        ]
        return [span for run_ in runs for span in spans(run_, project="ward")]


def ids(span: ReadableSpan) -> tuple[str, str, str | None]:
    own = span.get_span_context()
    assert own is not None
    return f"{own.trace_id:032x}", f"{own.span_id:016x}", f"{span.parent.span_id:016x}" if span.parent else None


def test_a_real_phoenix_shows_the_runs_as_they_were_recorded(sent: list[ReadableSpan], tmp_path: Path) -> None:
    (tmp_path / "phoenix").mkdir()
    with phoenix(tmp_path / "phoenix") as address:
        send(sent, f"{address}/v1/traces")
        found = kept(address, "ward", len(sent))
    shown = {(one["context"]["trace_id"], one["context"]["span_id"], one["parent_id"]): one for one in found}
    assert len(found) == len(sent) == len(shown)
    assert shown.keys() == {ids(span) for span in sent}
    kinds = set()
    for span in sent:
        told, one = {**(span.attributes or {})}, shown[ids(span)]
        assert one["name"] == span.name
        assert one["span_kind"] == told["openinference.span.kind"]
        assert one["status_code"] == span.status.status_code.name
        documents = [name for name in told if name.startswith("retrieval.documents.") and not name.endswith("metadata")]
        ours = [name for name in told if name.startswith(("evidence.", "evitrail."))]
        assert {name: one["attributes"][name] for name in documents} == {name: told[name] for name in documents}
        for name in ours:
            assert one["attributes"][name] == (list(told[name]) if isinstance(told[name], tuple) else told[name])
        kinds.add((one["span_kind"], bool(documents), any(name.startswith("evidence.edges") for name in ours)))
    assert {("RETRIEVER", True, True), ("LLM", False, False), ("AGENT", False, False)} <= kinds
    searches = [one["attributes"] for one in found if one["span_kind"] == "RETRIEVER"]
    contents = {one[f"retrieval.documents.{place}.document.content"] for one in searches for place in (0, 1)}
    assert contents == {OLD.text, NEW.text}
    (call,) = [one for one in found if one["span_kind"] == "LLM"]
    assert call["attributes"]["llm.output_messages.0.message.content"] == "aspirin"
