"""What our runs and steps mean in OpenInference's terms, for viewers such as Phoenix.

Rules kept here
- The attributes' names are in ``attributes.py``. The edges are ``evidence.*`` (``traces/external/attributes.py``).
- What is kept back is not described: such a span has its kind and no more.

    spans(Disclosed(trace, with_sensitive=False), project="evitrail-run")      # to be written or sent: traces/otlp.py

=================  =========  ==================================================
a run              AGENT      the question, the answer, who is blamed for it
``Retrieved``      RETRIEVER  the query, the passages, what the gates did
``Query``          CHAIN      what to search for next
``Critique``       EVALUATOR  whether the evidence suffices
``Synthesis``      CHAIN      the claims
``Choice``         CHAIN      the option, or an abstention
``Completion``     LLM        messages, parameters, texts, tokens
``Nodes``          RETRIEVER  what a pipeline of others found
``Foreign``        as it was  what was imported
=================  =========  ==================================================
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from evitrail.agent.captured.records import Nodes
from evitrail.agent.llm.base import Completion, Prompt
from evitrail.agent.model import Choice, Critique, Query, Question, Synthesis
from evitrail.retrieval.base import Hit, Retrieved
from evitrail.traces.export.disclosed import Disclosed
from evitrail.traces.export.otel import StepContent, spans_of
from evitrail.traces.external.attributes import Attributes
from evitrail.workbench.openinference.attributes import (
    SpanKind,
    Told,
    came_out,
    describe_again,
    document,
    documents,
    kind,
    metadata,
    model_call,
    of_project,
    went_in,
)
from evitrail.workbench.openinference.run_span import describe_run

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import ReadableSpan

KINDS = {
    "retrieve": SpanKind.RETRIEVER,
    "critique": SpanKind.EVALUATOR,
    "model": SpanKind.LLM,
    "postprocess": SpanKind.RERANKER,
    "embed": SpanKind.EMBEDDING,
    "tool": SpanKind.TOOL,
    "agent": SpanKind.AGENT,
}
"""By the kind of a step; every other is a CHAIN."""


def spans(run: Disclosed, *, project: str | None = None) -> list[ReadableSpan]:
    """A run's spans, root first; ``project`` is the name that a viewer files them under."""
    resource = of_project(project) if project else {}
    return spans_of(run, describe, about=describe_run(run), resource=resource)


def describe(shown: StepContent) -> Attributes:
    """What a step means to a viewer."""
    known = DESCRIBED.get(shown.type, _anything)
    told = kind(kind_named(shown.kind)) | (known(shown) if shown.output is not None else {})
    return {name: value for name, value in told.items() if value is not None}


def kind_named(name: str) -> SpanKind:
    """The span kind of a kind of step; a step of another system may be of a span kind itself."""
    by_name = {one.value.lower(): one for one in SpanKind}
    return KINDS.get(name) or by_name.get(name, SpanKind.CHAIN)


def _retrieved(shown: StepContent) -> Told:
    found = Retrieved.model_validate(shown.output)
    gates = [
        {"gate": gate.gate, "kept": len(gate.kept), **gate.model_dump(include={"dropped", "noted"}, mode="json")}
        for gate in found.gates
    ]
    return went_in(found.query) | documents(map(_hit, found.hits)) | metadata({"gates": gates} if gates else {})


def _hit(hit: Hit) -> Told:
    passage, header = hit.passage, hit.passage.header
    grade = {"certainty": header.grade.certainty, "sum": header.grade.sum_in_words()} if header.grade else None
    about = {
        **header.model_dump(mode="json"),
        "evidence": passage.evidence_id,
        "grade": grade,
        "start": passage.start,
        "end": passage.end,
        "rank": hit.rank,
        "why": hit.why,
    }
    return document(passage.id, passage.text, hit.score, about)


def _nodes(shown: StepContent) -> Told:
    found = Nodes.model_validate(shown.output).nodes
    listed = documents(document(f.node.id, f.node.text, f.score, f.node.metadata) for f in found)
    return went_in(shown.inputs.get("query", {}).get("text")) | listed


def _query(shown: StepContent) -> Told:
    query = Query.model_validate(shown.output)
    lacking = shown.inputs.get("critique", {}).get("reason")
    return went_in(lacking or _stem(shown)) | came_out(query.text) | metadata({"reason": query.reason})


def _critique(shown: StepContent) -> Told:
    said = Critique.model_validate(shown.output)
    about = {"reason": said.reason, "weak_options": list(said.weak_options)}
    return went_in(_stem(shown)) | came_out("adequate" if said.adequate else "not adequate") | metadata(about)


def _synthesis(shown: StepContent) -> Told:
    said = Synthesis.model_validate(shown.output)
    claims = [claim.model_dump(mode="json") | {"evidence": claim.evidence} for claim in said.claims]
    return went_in(_stem(shown)) | came_out(claims) | metadata({"note": said.note})


def _choice(shown: StepContent) -> Told:
    said = Choice.model_validate(shown.output)
    about = said.model_dump(mode="json", exclude={"option"})
    return went_in(_stem(shown)) | came_out(said.option or "abstained") | metadata(about)


def _completion(shown: StepContent) -> Told:
    said = Completion.model_validate(shown.output)
    prompt = Prompt.model_validate(shown.inputs["prompt"]) if "prompt" in shown.inputs else None
    call = model_call(
        model=said.model,
        given=[(message.role, message.content) for message in prompt.messages] if prompt else [],
        said=said.texts,
        parameters=prompt.model_dump(mode="json", exclude={"messages"}, exclude_none=True) if prompt else {},
        finish_reason=next(iter(said.finish_reasons), None),
        tokens=(said.prompt_tokens, said.completion_tokens),
    )
    asked = went_in(prompt.messages[-1].content) if prompt else {}
    texts = came_out(said.texts[0] if len(said.texts) == 1 else list(said.texts))
    return call | asked | texts | metadata({"finish_reasons": list(said.finish_reasons)})


def _foreign(shown: StepContent) -> Told:
    return describe_again(shown.output, shown.inputs)


def _anything(shown: StepContent) -> Told:
    """A step whose output is of a type not known here: what went in and what came out, as they are."""
    return went_in(dict(shown.inputs)) | came_out(shown.output)


def _stem(shown: StepContent) -> str | None:
    """The question, where the step was given it."""
    return Question.model_validate(shown.inputs["question"]).stem if "question" in shown.inputs else None


DESCRIBED: Mapping[str, Callable[[StepContent], Told]] = {
    "Retrieved": _retrieved,
    "Query": _query,
    "Critique": _critique,
    "Synthesis": _synthesis,
    "Choice": _choice,
    "Completion": _completion,
    "Nodes": _nodes,
    "Foreign": _foreign,
}
"""By the type of a step's output."""
