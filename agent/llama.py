"""The door to llama-index: what a pipeline of one's own does within a block becomes runs in a journal.

Rules kept here
- Every outermost call within the block is one run; what it calls are the steps within it. A step is written
  when it ends, so a kill keeps what has ended; a call that raised leaves a run without an end, and why.
- The pipeline is left as it is: what it returns is handed on, a stream as it is read, and a fault of the
  recording is raised when the block ends, not in the pipeline.
- llama-index's own plumbing leaves no step; a function of one's own under llama-index's ``dispatcher.span`` does.
- What runs in a task or thread that llama-index starts belongs to the block it was started in; a thread of
  one's own does when it runs in the block's context (``contextvars.copy_context``). Two blocks never mix.

    with evitrail_capture(journal) as captured:
        query_engine.query("When to swab?")
    Trace(journal, captured.runs[0])

llama-index has one root dispatcher, which every handler hangs on. Ours hang there while a block is open; each
call is then given to the block that it belongs to.
"""

from __future__ import annotations

import platform
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from importlib.metadata import version
from inspect import BoundArguments
from threading import Lock
from typing import Any, NamedTuple

from llama_index.core.agent.workflow import AgentWorkflow, BaseWorkflowAgent
from llama_index.core.base.base_query_engine import BaseQueryEngine
from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.base.embeddings.base import BaseEmbedding
from llama_index.core.base.llms.base import BaseLLM
from llama_index.core.chat_engine.types import BaseChatEngine
from llama_index.core.instrumentation.event_handlers import BaseEventHandler
from llama_index.core.instrumentation.events import BaseEvent
from llama_index.core.instrumentation.events.exception import ExceptionEvent
from llama_index.core.instrumentation.events.llm import LLMChatEndEvent, LLMCompletionEndEvent
from llama_index.core.instrumentation.span import BaseSpan, active_span_id
from llama_index.core.instrumentation.span_handlers import BaseSpanHandler
from llama_index.core.postprocessor.types import BaseNodePostprocessor
from llama_index.core.response_synthesizers import BaseSynthesizer
from llama_index.core.tools.types import BaseTool
from llama_index.core.workflow import Workflow
from llama_index_instrumentation import root_dispatcher

from evitrail.agent.captured.records import Captured
from evitrail.agent.captured.sight import Capture, error_text
from evitrail.agent.captured.span import Called
from evitrail.traces.journal.journal import Journal, JournalError


class Role(NamedTuple):
    """What calls of a component are steps, and of what kind."""

    component: type
    kind: str
    methods: tuple[str, ...]
    """Each may be answered by way of those after it."""


MODEL = (
    "astream_chat", "achat", "stream_chat", "chat",
    "astream_complete", "acomplete", "stream_complete", "complete",
)  # fmt: skip
EMBED = (
    "aget_text_embedding_batch", "get_text_embedding_batch", "aget_text_embedding", "get_text_embedding",
    "aget_query_embedding", "get_query_embedding",
)  # fmt: skip
ROLES = (
    Role(BaseQueryEngine, "query", ("aquery", "query")),
    Role(BaseChatEngine, "chat", ("astream_chat", "achat", "stream_chat", "chat")),
    Role(BaseRetriever, "retrieve", ("aretrieve", "retrieve")),
    Role(BaseSynthesizer, "synthesise", ("asynthesize", "synthesize")),
    Role(BaseNodePostprocessor, "postprocess", ("_apostprocess_nodes", "_postprocess_nodes")),
    Role(BaseLLM, "model", MODEL),
    Role(BaseEmbedding, "embed", EMBED),
    Role(BaseTool, "tool", ("__call__", "acall", "call")),
    Role(BaseWorkflowAgent, "agent", ("run",)),
    Role(AgentWorkflow, "agent", ("run",)),
    Role(Workflow, "workflow", ("run",)),
)
COMPONENTS = tuple(role.component for role in ROLES)
PLUMBING = re.compile(r"(BaseWorkflowAgent|AgentWorkflow|run_jobs)\b")
"""Functions of llama-index that are seen without the object they are of."""
LIBRARY = ("llama_index.", "workflows.")
ID = re.compile(r"-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")
"""What llama-index adds to a call's name to make it unique."""

_current: ContextVar[Capture | None] = ContextVar("evitrail_capture", default=None)
_open: tuple[Capture, ...] = ()
_lock = Lock()


@contextmanager
def evitrail_capture(journal: Journal, run: str | None = None, *, sensitive: bool = False) -> Iterator[Capture]:
    """Record what llama-index pipelines do within the block; gives the names of the ``runs`` it wrote.

    Runs are named ``run``, ``run.2``, …, or else ``llama-index.1`` and on; ``sensitive`` ones hold patient data.
    Raises ``JournalError`` at once where the name is taken, and at the end of the block where something could
    not be recorded.
    """
    library = Captured(library="llama-index", versions=_versions(), call="", asked="", pipeline="")
    sight = Capture(journal, run, library, COMPONENTS, _on_behalf_of, sensitive)
    _attach(sight)
    token = _current.set(sight)
    try:
        yield sight
    except BaseException as error:
        if sight.fault is not None:
            error.add_note(f"evitrail: not all of it could be recorded ({error_text(sight.fault)})")
        raise
    finally:
        _current.reset(token)
        _detach(sight)
        sight.close()
    if sight.fault is not None:
        lost = error_text(sight.fault)
        raise JournalError(f"the pipeline ran, but not all of it could be recorded: {lost}") from sight.fault


class Spans(BaseSpanHandler[BaseSpan]):
    """Hears where calls begin and end."""

    def new_span(
        self,
        id_: str,
        bound_args: BoundArguments,
        instance: Any | None = None,
        parent_span_id: str | None = None,
        tags: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> BaseSpan | None:
        """A call begins. None: llama-index need not keep it."""
        current = _current.get()
        sight = current if current in _open else _sight_of(parent_span_id)
        if sight is not None:
            sight.entered(id_, _called(ID.sub("", id_), instance, bound_args), parent_span_id)
        return None

    def prepare_to_exit_span(
        self,
        id_: str,
        bound_args: BoundArguments,
        instance: Any | None = None,
        result: Any | None = None,
        **kwargs: Any,
    ) -> BaseSpan | None:
        """A call returned."""
        if (sight := _sight_of(id_)) is not None:
            sight.exited(id_, instance, result)
        return None

    def prepare_to_drop_span(
        self,
        id_: str,
        bound_args: BoundArguments,
        instance: Any | None = None,
        err: BaseException | None = None,
        **kwargs: Any,
    ) -> BaseSpan | None:
        """A call raised."""
        if (sight := _sight_of(id_)) is not None:
            sight.dropped(id_, instance, err)
        return None


class Events(BaseEventHandler):
    """Hears where a model's stream ends, which is after its call returned."""

    def handle(self, event: BaseEvent, **kwargs: Any) -> None:
        """One event of any kind."""
        if event.span_id is None or (sight := _sight_of(event.span_id)) is None:
            return
        if isinstance(event, (LLMChatEndEvent, LLMCompletionEndEvent)):
            sight.streamed(event.span_id, event.response)
        elif isinstance(event, ExceptionEvent):
            sight.dropped(event.span_id, None, event.exception)


_spans, _events = Spans(), Events()


def _attach(sight: Capture) -> None:
    global _open
    with _lock:
        if not _open:
            root_dispatcher.add_span_handler(_spans)
            root_dispatcher.add_event_handler(_events)
        _open = (*_open, sight)


def _detach(sight: Capture) -> None:
    global _open
    root = root_dispatcher
    with _lock:
        _open = tuple(one for one in _open if one is not sight)
        if not _open:  # new lists, for a call in another thread may be going through the old ones
            root.span_handlers = [one for one in root.span_handlers if one is not _spans]
            root.event_handlers = [one for one in root.event_handlers if one is not _events]


def _sight_of(call: str | None) -> Capture | None:
    return next((sight for sight in _open if call in sight), None)


@contextmanager
def _on_behalf_of(call: str) -> Iterator[None]:
    token = active_span_id.set(call)
    try:
        yield
    finally:
        active_span_id.reset(token)


def _called(name: str, instance: Any, bound: BoundArguments) -> Called:
    method = name.rpartition(".")[2]
    for role in ROLES:
        if isinstance(instance, role.component) and method in role.methods:
            before = role.methods[: role.methods.index(method)]
            return Called(role.kind, name, instance, _arguments(bound, role.kind), before)
    own = method if _is_own(name, method, instance) else None
    return Called(own, name, instance, _arguments(bound, own))


def _is_own(name: str, method: str, instance: Any) -> bool:
    """Whether a call that plays no role is one's own, and not llama-index's plumbing."""
    if method.startswith("_") or (instance is None and PLUMBING.match(name)):
        return False
    theirs = (kind for kind in type(instance).__mro__ if kind.__module__.startswith(LIBRARY))
    return instance is None or not any(method in vars(kind) for kind in theirs)


def _arguments(bound: BoundArguments, kind: str | None) -> Mapping[str, Any]:
    """The arguments by name, those that were passed on by a wrapper as well."""
    given = dict(bound.arguments)
    loose, named = given.pop("args", ()), given.pop("kwargs", {})
    first = {"model": "prompt"}.get(kind or "", "input")
    return {**{first if n == 0 else f"{first}_{n}": value for n, value in enumerate(loose)}, **given, **named}


def _versions() -> dict[str, str]:
    return {"llama-index-core": version("llama-index-core"), "python": platform.python_version()}
