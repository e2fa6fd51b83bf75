"""The way to a model server: one client, asked again where that may help, and its errors in words.

Rules kept here
- Sent again is only what may be answered then: nobody there, too slow, 429, 5xx. How long to wait is stated
  beforehand and has no chance in it; a server that says how long (Retry-After) is heeded, unless that is too long.
- No more requests are under way than it was told; whoever waits to send again holds up nobody.
- Which key is sent is decided by ``keys.py``; what sends it back is not repeated (``traces/known_secrets.py``).
  Without one a dummy is sent, for the client insists on one and servers of one's own do not look.
- No redirect is followed: another host would be sent the prompts, and perhaps the key.
- The connections are shared by all threads and kept open.

    connection = ServerConnection("http://127.0.0.1:8000/v1", 600, waits=(1, 2, 4, 8), patience=60, concurrency=64)
    connection.send("POST", "chat/completions", body)        # the reply's text

The only file that imports openai.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping, Sequence
from email.utils import parsedate_to_datetime
from functools import cached_property
from typing import Any, Literal

from evitrail.agent.llm.base import LLMError, Unreachable
from evitrail.agent.llm.server.keys import key_for, not_sent, openai_only
from evitrail.agent.llm.server.refusal import passing, refused, silent
from evitrail.traces.known_secrets import SECRETS
from evitrail.traces.log import get_logger

CONNECT = 10.0
"""Seconds to wait for somebody to pick up; how long the answer may take is another matter."""


class ServerConnection:
    """To one server."""

    def __init__(
        self,
        url: str,
        *,
        timeout: float,
        waits: tuple[float, ...],
        patience: float,
        concurrency: int,
        key_env: Sequence[str] = (),
    ) -> None:
        self.url = url
        self._key_env = key_env
        self._timeout = timeout
        self._waits = waits
        self._patience = patience
        self._turns = threading.BoundedSemaphore(concurrency)
        self._making = threading.Lock()

    def send(self, verb: Literal["GET", "POST"], path: str, body: Mapping[str, Any] | None = None) -> str:
        """The text of the reply; raises ``LLMError`` where there is none.

        ``path`` is within the API, or from the server's root where it begins with a slash.
        """
        waits = iter(self._waits)
        tries = 0
        while True:
            tries += 1
            failed, asked = self._try(verb, self._address(path), body, tries)
            if isinstance(failed, str):
                return failed
            wait = next(waits, None)
            if wait is None or not isinstance(failed, Unreachable):
                raise failed
            if asked is not None and asked > self._patience:
                raise Unreachable(f"{failed}; it asks for {asked:.0f} s, and we wait {self._patience:.0f} s at most")
            wait = max(wait, asked or 0.0)
            get_logger().info("asking again", url=self.url, after=wait, why=str(failed))
            time.sleep(wait)

    def _try(
        self, verb: Literal["GET", "POST"], address: str, body: Mapping[str, Any] | None, tries: int
    ) -> tuple[str | LLMError, float | None]:
        """The reply, or why there is none and how long the server wants to be left alone."""
        client = self._client
        import openai

        try:
            with self._turns:
                if verb == "GET":
                    return client.get(address, cast_to=str), None
                return client.post(address, cast_to=str, body=body), None
        except openai.APITimeoutError:
            return silent(self.url, f"nothing for {self._timeout:g} s", tries), None
        except openai.APIConnectionError as error:
            return silent(self.url, SECRETS.hidden(str(error.__cause__ or error)), tries), None
        except openai.APIStatusError as error:
            asked = _retry_after(error.response.headers) if passing(error.status_code) else None
            to = error.response.headers.get("location", "")
            return refused(error.status_code, error.response.text, self.url, to=to), asked

    def _address(self, path: str) -> str:
        return f"{self.url.removesuffix('/v1')}{path}" if path.startswith("/") else f"{self.url}/{path}"

    @property
    def _client(self) -> Any:
        with self._making:
            return self._opened

    @cached_property
    def _opened(self) -> Any:
        try:
            from openai import DefaultHttpxClient, Omit, OpenAI, Timeout
        except ImportError as error:
            raise LLMError("asking a model server needs openai; run `pip install openai`") from error
        key = key_for(self.url, self._key_env)
        if key is not None:
            SECRETS.add(key)
        elif why := not_sent(self.url):
            get_logger().warning("no key is sent to this server", url=self.url, why=why)
        timeout = Timeout(self._timeout, connect=min(CONNECT, self._timeout))
        return OpenAI(
            base_url=self.url,
            api_key=key or "none",
            timeout=timeout,
            max_retries=0,
            default_headers={
                **dict.fromkeys(openai_only(self.url), Omit()),  # type: ignore[arg-type]
                "Authorization": f"Bearer {key or 'none'}",
            },
            http_client=DefaultHttpxClient(timeout=timeout, follow_redirects=False),
        )


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds; a date is read by the server's own clock."""
    told = headers.get("retry-after")
    if not told:
        return None
    try:
        return max(0.0, float(told))
    except ValueError:
        pass
    try:
        return max(0.0, (parsedate_to_datetime(told) - parsedate_to_datetime(headers["date"])).total_seconds())
    except (KeyError, TypeError, ValueError):
        return None
