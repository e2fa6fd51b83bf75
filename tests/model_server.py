"""A language model behind a real port: a small HTTP server that counts what it is asked, and can be slow or gone.

    with ModelServer() as server:
        OpenAILLM("ward", server.url).complete(prompt)
        server.asked            # a Counter of the prompts it answered, each with its drawing
        server.stop(); server.start()

It answers with the letter that the evidence in the prompt advises ("For warfarin the advice is option B"), else A.
"""

from __future__ import annotations

import json
import re
import threading
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self


class Quiet(ThreadingHTTPServer):
    """Says nothing of clients that were killed while they were being answered."""

    daemon_threads = True
    request_queue_size = 256

    def handle_error(self, *_: Any) -> None:
        pass


class ModelServer:
    """Speaks as much of OpenAI's API as is asked of it."""

    def __init__(self, slow: float = 0.0, port: int = 0) -> None:
        self.slow = slow
        """Seconds that an answer takes."""
        self.asked: Counter[str] = Counter()
        """Every request that was answered, and how often."""
        self.begun = 0
        """Requests that came in."""
        self.gone_after: int | None = None
        """Answers after which it is gone, though its port is not."""
        self.order: list[str] = []
        """The contexts and questions, in the order they came in."""
        self._lock = threading.Lock()
        self._port = port
        self._server: ThreadingHTTPServer | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}/v1"

    def start(self) -> None:
        """Listen, at the same port as before."""
        self._server = Quiet(("127.0.0.1", self._port), self._handler())
        self._port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def stop(self) -> None:
        """Be gone: what is asked from now on is refused."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def gone(self) -> bool:
        """Whether nobody answers."""
        with self._lock:
            answered = sum(self.asked.values())
        return self._server is None or (self.gone_after is not None and answered >= self.gone_after)

    def wait(self, answered: int, seconds: float = 240.0) -> None:
        """Until so many requests were answered."""
        until = time.monotonic() + seconds
        while sum(self.asked.values()) < answered:
            assert time.monotonic() < until, f"expected {answered} requests, got {sum(self.asked.values())}"
            time.sleep(0.005)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        told = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                self._say(200, {"data": [{"id": "ward", "max_model_len": 32_768}]})

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                if told.gone():  # though this connection was kept open
                    self.close_connection = True
                    return
                if not self.path.endswith("/chat/completions"):
                    self._say(404, {"error": {"message": "not found"}})
                    return
                said = "\n".join(message["content"] for message in body["messages"])
                with told._lock:
                    told.begun += 1
                    told.order.append(said)
                time.sleep(told.slow)
                reply = told.reply(said, body)
                with told._lock:
                    told.asked[json.dumps(body, sort_keys=True)] += 1
                self._say(200, reply)

            def _say(self, status: int, value: Any) -> None:
                data = json.dumps(value).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_: object) -> None:
                pass

        return Handler

    def reply(self, said: str, body: dict[str, Any]) -> dict[str, Any]:
        """The same for the same request, whenever it comes."""
        drug = re.search(r"takes (\w+)", said)
        advice = re.search(rf"For {drug[1]} the advice is option ([A-D])", said) if drug else None
        letter, n = advice[1] if advice else "A", body.get("n") or 1
        choice = {"message": {"role": "assistant", "content": letter}, "finish_reason": "stop"}
        usage = {"prompt_tokens": len(said.split()), "completion_tokens": n}
        return {"model": "ward", "choices": [{"index": i, **choice} for i in range(n)], "usage": usage}
