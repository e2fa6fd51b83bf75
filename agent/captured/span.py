"""One call of a foreign pipeline as a step: what it was given when it began, what it came to when it ended."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Mapping
from typing import Any, NamedTuple

from evitrail.agent.captured.calls import completion_of, model_name, prompt_of
from evitrail.agent.captured.edges import edges_of
from evitrail.agent.captured.plain import clean, described
from evitrail.agent.captured.records import Node, Nodes
from evitrail.agent.captured.run import CapturedRun, CapturedStep
from evitrail.agent.captured.translate import inputs_of, nodes, output_of, sources_of
from evitrail.agent.llm.base import Prompt
from evitrail.agent.model import Query
from evitrail.traces.external.external_run import ELSEWHERE
from evitrail.traces.record import Record, content_id
from evitrail.traces.run.activity import Effect
from evitrail.traces.run.fingerprint import fingerprint

EFFECTS: dict[str, Effect] = {
    "query": "pure",  # what these four touch, the steps within them touch
    "chat": "pure",
    "synthesise": "pure",
    "agent": "pure",
    "tool": "writes_external",  # nothing says that it does not
}


class Called(NamedTuple):
    """A call that was seen to begin."""

    kind: str | None
    """What kind of step it is; None where it is no step of its own."""
    name: str
    """``RetrieverQueryEngine.query``."""
    instance: Any
    arguments: Mapping[str, Any]
    passed_on_by: tuple[str, ...] = ()
    """The component's methods that may pass such a call on to this one."""


class GivenTo(NamedTuple):
    """What a step was given."""

    inputs: Mapping[str, Record]
    parameters: dict[str, Any]

    @property
    def asked(self) -> str:
        """The question, where there is one."""
        query = self.inputs.get("query")
        return query.text if isinstance(query, Query) else ""

    @property
    def said(self) -> list[str]:
        """What a model is told, message by message."""
        prompt = self.inputs.get("prompt")
        return [message.content for message in prompt.messages] if isinstance(prompt, Prompt) else []


class StreamedResponse(NamedTuple):
    """A streamed response, once it has been read."""

    response: str
    source_nodes: list[Any]
    metadata: Any


class CapturedSpan:
    """A step under way."""

    def __init__(self, called: Called, kind: str, given: GivenTo, run: CapturedRun, above: CapturedSpan | None) -> None:
        self.called, self.given, self.run, self.above = called, given, run, above
        self.root: CapturedSpan = above.root if above else self
        self._where = where()
        self.streaming = False
        """Whether the call returned a stream that is not read yet."""
        self._seen: dict[str, Node] = {}
        by = called.name if called.instance is None else clean(described(called.instance))
        code = ELSEWHERE if called.instance is None else fingerprint(called.instance)
        effect = EFFECTS.get(kind, "reads_external")
        within = above.step if above else None
        self.step: CapturedStep = run.step(within, kind, by, code, effect, given.parameters, given.inputs)

    def end(self, result: Any) -> None:
        """Write down what the call came to."""
        kind = self.step.work.kind
        model = model_name(self.called.instance) if kind == "model" else None
        output: Record = completion_of(result, model) if model else output_of(kind, result)
        sources, seen = nodes(sources_of(result)), self.root._seen
        for found in (*(output.nodes if isinstance(output, Nodes) else ()), *sources.nodes):
            seen.setdefault(content_id(found.node), found.node)
        self.run.end(self.step, output, edges_of(self.step, output, sources, seen.values()))

    def says_all_in(self, given: GivenTo) -> bool:
        """Whether another prompt holds all that this call's prompt says: then it may be the same call."""
        return all(text in "\n".join(given.said) for text in self.given.said)

    def here(self) -> bool:
        """Whether it began in the task, or the thread, that is running now."""
        return self._where == where()

    def passes_on(self, called: Called) -> bool:
        """Whether that call is only this one, passed on to another method of the same component."""
        ours = self.called
        if called.instance is None or ours.instance is not called.instance or ours.kind != called.kind:
            return False
        return ours.name.rpartition(".")[2] in called.passed_on_by


def given_to(called: Called, kind: str) -> GivenTo:
    """What the call was given, from its arguments."""
    if kind != "model":
        return GivenTo(inputs_of(kind, called.arguments), {"call": called.name})
    inputs, parameters = prompt_of(called.arguments, called.instance)
    return GivenTo(inputs, parameters | {"call": called.name})


def where() -> int:
    """Which task is running, or else which thread."""
    try:
        task = asyncio.current_task()
    except RuntimeError:  # no event loop in this thread
        task = None
    return id(task) if task else threading.get_ident()
