"""Any model behind OpenAI's API: vLLM's own server, and whatever else speaks as it does.

Rules kept here
- The name says model and address, never a key. Nothing else decides an answer that does not stand in the prompt, save
  what the server itself was started with.
- A prompt is one request. A server that draws fewer answers than it was asked for is asked for the rest, with the seed
  moved on.
- A parameter that the server refuses is sent otherwise from then on (``parameters.py``).
- What a server did not hold to (``ignored``) is said in the log, once, and its answers are handed on as they are.
- The window is what the server tells of its model. An answer that the window cut short did not fit.
- Tokens are the model's own where the server counts them (vLLM does), else a stand-in's (``tokenizer``).

    llm = OpenAILLM("Qwen/Qwen3-4B", "http://127.0.0.1:8000")
    llm.probe()                                  # raises where it cannot be asked
    llm.complete(prompt).texts
    repr(llm) == "openai:Qwen/Qwen3-4B@http://127.0.0.1:8000/v1"

How it is sent is ``connection.py``, how it is spelled ``chat.py``, what refusals mean ``refusal.py``.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal
from urllib.parse import urlsplit

from evitrail.agent.llm.base import Completion, Cut, DoesNotFit, LLMError, Prompt, Unreachable
from evitrail.agent.llm.server.approximate_tokens import beginning
from evitrail.agent.llm.server.approximate_tokens import cut as cut_by_stand_in
from evitrail.agent.llm.server.chat import answered, joined, request
from evitrail.agent.llm.server.connection import ServerConnection
from evitrail.agent.llm.server.parameters import Parameters
from evitrail.agent.llm.server.refusal import NotFound, RefusedParameter, excerpt, no_such_model, not_one
from evitrail.traces.known_secrets import SECRETS
from evitrail.traces.log import get_logger

VERSIONED = re.compile(r"/v\d\w*(/|$)")
"""A path that names a version of the API: it is taken as it stands."""

Tokenizer = Literal["own", "cl100k_base (stand-in)"]


@dataclass(frozen=True, repr=False)
class OpenAILLM:
    """A model that a server serves. Raises ``ValueError`` for an address that is none."""

    model: str
    """As the server calls it."""
    url: str
    """With or without ``/v1``."""
    timeout: float = field(default=600.0, compare=False)
    """Seconds that one answer may take."""
    waits: tuple[float, ...] = field(default=(1.0, 2.0, 4.0, 8.0), compare=False)
    """Seconds before each further try."""
    patience: float = field(default=60.0, compare=False)
    """Seconds that a server may ask to be left alone for; at more, it is given up."""
    concurrency: int = field(default=64, compare=False)
    """Requests under way at once."""
    key_env: tuple[str, ...] = field(default=(), compare=False)
    """The environment variables that hold keys, see ``keys.py``."""
    _connection: ServerConnection = field(init=False, compare=False)
    _learnt: dict[str, Any] = field(init=False, compare=False, default_factory=dict)
    """What the server told of itself; it is asked once."""
    _taken: list[Parameters] = field(init=False, compare=False, default_factory=lambda: [Parameters()])
    """How the server wants its requests, as far as is known; the last counts."""
    _ignored: set[str] = field(init=False, compare=False, default_factory=set)
    _lock: threading.Lock = field(init=False, compare=False, default_factory=threading.Lock)

    def __post_init__(self) -> None:
        object.__setattr__(self, "url", _base(self.url))
        connection = ServerConnection(
            self.url,
            timeout=self.timeout,
            waits=self.waits,
            patience=self.patience,
            concurrency=self.concurrency,
            key_env=self.key_env,
        )
        object.__setattr__(self, "_connection", connection)

    @property
    def deterministic(self) -> bool:
        """Never: what a server computes beside it changes a model's last digits, and so, at times, its words."""
        return False

    def complete(self, prompt: Prompt) -> Completion:
        """See ``LLM.complete``."""
        said = self._asked(prompt)
        while (there := len(said.texts)) < prompt.n:
            self._note("n", "it is asked again for the rest")
            rest = {"n": prompt.n - there, "seed": None if prompt.seed is None else prompt.seed + there}
            said = joined(said, self._asked(prompt.model_copy(update=rest)))
        return said

    def probe(self) -> None:
        """Return if the server answers and has the model; raise ``LLMError`` if not. One request."""
        if (served := self._served()) is None:
            raise not_one(self.url, "no list of its models")
        if self.model not in served:
            raise no_such_model(self.url, self.model, tuple(served))

    def with_keys(self, key_env: Sequence[str]) -> OpenAILLM:
        """The same model, its keys read from these environment variables."""
        return replace(self, key_env=tuple(key_env))

    @property
    def window(self) -> int | None:
        """See ``Measured.window``."""
        with self._lock:
            if "window" not in self._learnt:
                self._learnt["window"] = (self._served() or {}).get(self.model)
            window: int | None = self._learnt["window"]
            return window

    def cut(self, text: str, tokens: int) -> Cut:
        """See ``Measured.cut``."""
        if self.tokenizer != "own":
            return cut_by_stand_in(text, tokens)
        ids = self._encoded(text)
        if ids is None:
            raise not_one(self.url, "no count of tokens where it counted before")
        if len(ids) <= tokens:
            return Cut(text, len(ids), len(ids))
        reply = self._value("POST", "/detokenize", {"model": self.model, "tokens": ids[:tokens]})
        return Cut(beginning(str(reply["prompt"]), text), tokens, len(ids))

    @property
    def tokenizer(self) -> Tokenizer:
        """Whose tokens ``cut`` counts."""
        with self._lock:
            if "counts" not in self._learnt:
                self._learnt["counts"] = self._encoded("one two") is not None
            return "own" if self._learnt["counts"] else "cl100k_base (stand-in)"

    @property
    def ignored(self) -> frozenset[str]:
        """Of ``choices``, ``form``, ``logprobs`` and ``n``: what the server was seen not to hold to."""
        return frozenset(self._ignored)

    def _asked(self, prompt: Prompt) -> Completion:
        try:
            reply, sent_as = self._sent(request(prompt, self.model))
        except NotFound:
            self.probe()
            raise
        try:
            said, ignored = answered(reply, prompt, self.model)
        except ValueError as error:
            raise not_one(self.url, f"no chat completion ({excerpt(json.dumps(reply))})") from error
        for name in sorted(ignored):
            self._note(name, "its answers are taken as they are")
        self._check_room(prompt, said)
        return _cleared(said).model_copy(update={"sent_as": sent_as})

    def _sent(self, body: dict[str, Any]) -> tuple[Any, dict[str, str | None]]:
        """The reply to a request, spelled as the server takes it, and what of it is spelled otherwise."""
        while True:
            taken = self._taken[-1]
            try:
                return self._value("POST", "chat/completions", taken.spelled(body)), taken.changed(body)
            except RefusedParameter as error:
                with self._lock:
                    after = self._taken[-1].without(error.parameter)
                    if taken is self._taken[-1]:  # else another thread has learnt something meanwhile
                        if after.spelled(body) == taken.spelled(body):
                            raise  # it was not sent
                        self._taken.append(after)
                        self._tell(taken, after)

    def _tell(self, before: Parameters, after: Parameters) -> None:
        new = {name: to for name, to in after.sent_as.items() if before.sent_as.get(name, name) != to}
        so = ", ".join(f"{name} is sent as {to}" if to else f"{name} is not sent" for name, to in new.items())
        get_logger().warning("the server refuses a parameter", llm=repr(self), so=f"{so} from here on")

    def _check_room(self, prompt: Prompt, said: Completion) -> None:
        """vLLM takes a prompt that leaves no room for the answer, and cuts the answer short."""
        if "length" not in said.finish_reasons or said.prompt_tokens is None or prompt.max_tokens is None:
            return
        needed = said.prompt_tokens + prompt.max_tokens
        if self.window is not None and needed > self.window:
            raise DoesNotFit(
                f"{self!r}: expected at most {self.window} tokens, got {said.prompt_tokens} and"
                f" {prompt.max_tokens} for the answer, which was cut short; give it less to read"
            )

    def _note(self, name: str, so: str) -> None:
        with self._lock:
            if name in self._ignored:
                return
            self._ignored.add(name)
        get_logger().warning("the server does not hold to what was asked", llm=repr(self), asked=name, so=so)

    def _served(self) -> dict[str, int | None] | None:
        """The window of each model that the server has; None where it does not list them."""
        try:
            reply = self._value("GET", "models")
            return {str(entry["id"]): entry.get("max_model_len") for entry in reply["data"]}
        except (NotFound, KeyError, TypeError, AttributeError):
            return None

    def _encoded(self, text: str) -> list[int] | None:
        """The text in the model's tokens, without special ones; None where the server does not do that, or not so."""
        try:
            body = {"model": self.model, "prompt": text, "add_special_tokens": False}
            reply = self._value("POST", "/tokenize", body)
            ids: list[int] = reply["tokens"]
            return ids if reply["count"] == len(ids) and (ids or not text) else None  # llama.cpp's reads another key
        except Unreachable:
            raise
        except (LLMError, KeyError, TypeError):
            return None

    def _value(self, verb: Literal["GET", "POST"], path: str, body: dict[str, Any] | None = None) -> Any:
        """What the server said, as JSON."""
        reply = self._connection.send(verb, path, body)
        try:
            return SECRETS.hidden_value(json.loads(reply))
        except (ValueError, RecursionError) as error:
            raise not_one(self.url, repr(excerpt(reply)) if reply.strip() else "an empty page") from error

    def __repr__(self) -> str:
        return f"openai:{self.model}@{self.url}"


def _cleared(said: Completion) -> Completion:
    """Without the secrets that stand in it only once its parts are joined."""
    spelt = any(SECRETS.within("".join(token.text for token in tokens)) for tokens in said.tokens)
    thoughts = tuple(None if thought is None else SECRETS.hidden(thought) for thought in said.reasoning)
    texts = tuple(map(SECRETS.hidden, said.texts))
    return said.model_copy(update={"texts": texts, "reasoning": thoughts} | ({"tokens": ()} if spelt else {}))


def _base(url: str) -> str:
    """The address of the API itself."""
    form = "the address of a server, as in http://127.0.0.1:8000/v1"
    try:
        parts = urlsplit(url.strip())
        place, _ = parts.hostname, parts.port  # either raises for what is none
    except ValueError:
        raise ValueError(f"expected {form}, got one that cannot be read") from None
    if "@" in url or parts.query:
        raise ValueError(
            f"expected an address with no user, password or key in it, got one{'' if '@' in url else f' of {place}'};"
            " set EVITRAIL_LLM_KEY, or name the variable that holds the key with --key-env"
        )
    if parts.scheme not in ("http", "https") or not place or parts.fragment:
        raise ValueError(f"expected {form}, got {url!r}")
    path = parts.path.rstrip("/")
    return f"{parts.scheme}://{parts.netloc}{path if VERSIONED.search(path) else f'{path}/v1'}"
