"""A stand-in for a model server: real HTTP, and the answers that a test wants, one after another.

    with talking() as server:
        server.says(failed(500), chat("B"))            # the last is said over and over
        OpenAILLM("ward", server.url).complete(prompt())
        server.bodies()                                # what it was asked

What it has no answer for it does not find: 404.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import MappingProxyType
from typing import Any, NamedTuple

from evitrail.agent.llm import Message, Prompt


class Said(NamedTuple):
    """What the server answers once."""

    status: int = 200
    body: str = ""
    headers: Mapping[str, str] = MappingProxyType({})
    after: float = 0.0


class Server(ThreadingHTTPServer):
    """Answers each request with what comes next in its script, the last over and over."""

    daemon_threads = True
    request_queue_size = 256  # many threads connect at once

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.script: dict[str, list[Said]] = {}
        self.asked: list[tuple[float, str, Any, str | None]] = []
        self.busy = self.busiest = 0
        self.refusal: Callable[[Any], Said | None] = lambda body: None
        """What it says to a request that it refuses, in place of its script."""
        self.lock = threading.Lock()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def says(self, *said: Said, path: str = "/v1/chat/completions") -> None:
        self.script[path] = list(said)

    def bodies(self, path: str = "/v1/chat/completions") -> list[Any]:
        return [body for _, asked, body, _ in self.asked if asked == path]

    def next(self, path: str) -> Said:
        with self.lock:
            script = self.script.get(path, [Said(404, '{"detail": "Not Found"}')])
            return script.pop(0) if len(script) > 1 else script[0]


class Handler(BaseHTTPRequestHandler):
    server: Server
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        self.answer(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

    def do_GET(self) -> None:
        self.answer(None)

    def answer(self, body: Any) -> None:
        server = self.server
        with server.lock:
            server.asked.append((time.monotonic(), self.path, body, self.headers["Authorization"]))
            server.busy += 1
            server.busiest = max(server.busy, server.busiest)
        said = server.refusal(body) or server.next(self.path)
        time.sleep(said.after)
        with server.lock:
            server.busy -= 1
        content = said.body.encode()
        try:
            self.send_response_only(said.status)  # a date is sent where the test says one
            for name, value in {"Content-Type": "application/json", **said.headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)
        except OSError:  # whoever asked has gone
            self.close_connection = True

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def talking() -> Iterator[Server]:
    """One that is up."""
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def prompt(**decoding: object) -> Prompt:
    return Prompt.model_validate({"messages": (Message(role="user", content="Which?"),), **decoding})


def chat(*texts: str | None, reason: str = "stop", usage: tuple[int, int] = (5, 2), **message: object) -> Said:
    """A chat completion."""
    choices = [
        {"index": n, "message": {"role": "assistant", "content": text, **message}, "finish_reason": reason}
        for n, text in enumerate(texts)
    ]
    told = {"prompt_tokens": usage[0], "completion_tokens": usage[1]}
    return Said(body=json.dumps({"object": "chat.completion", "model": "ward", "choices": choices, "usage": told}))


def models(**windows: int | None) -> Said:
    return Said(body=json.dumps({"data": [{"id": name, "max_model_len": w} for name, w in windows.items()]}))


def failed(status: int, said: str = "busy", **headers: str) -> Said:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Said(status, json.dumps({"error": {"message": said, "code": status}}), named)
