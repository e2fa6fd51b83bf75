"""A context: passages put together as they are, and made to fit a model.

Rules kept here (SaFE-Scale, arXiv 2605.04039; its code at commit 09c18f0)
- Passages stand in rank order with a rule between them, so the ten best begin with the five best, and those with the
  best. One that goes on where the last ended has none before it: curated evidence is put before the model as it is.
- Hidden characters are written out and marks of turns broken (``outside_text.py``); other texts stand as they are.
- ``cut`` keeps the first tokens, by the model's own tokenizer. ``window`` is what the model can hold less room for
  question, answer and margin.
- ``padded`` says the best passage over and over until it is as long as all together: a control for length.
- ``whole`` is never cut; what does not fit is not asked.

    assembled(hits, Fit(keep="cut", tokens=30_000), llm).text
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import cycle

from evitrail.agent.llm.base import LLM, CountsTokens, DoesNotFit, LLMError, counts
from evitrail.agent.model import Context, ContextPassage
from evitrail.agent.reader.base import Fit
from evitrail.agent.reader.prompting.outside_text import outside_text
from evitrail.evidence_store.model import Passage
from evitrail.retrieval.base import Hit

RULE = "\n\n---\n\n"
"""What stands between two passages."""

QUESTION = 2_048
"""Tokens that are left for the question."""
GENERATION = 4_096
MARGIN = 1_000


def assembled(hits: Sequence[Hit], fit: Fit, llm: LLM) -> Context:
    """The hits as one text; raises ``DoesNotFit`` where the model has room for none of it."""
    if fit.keep == "whole" or not hits:
        return _joined([hit.passage for hit in hits])
    measured = _measured(llm, fit)
    if fit.keep == "padded":
        return _padded([hit.passage for hit in hits], measured)
    if lacks := lacking(fit, measured.window):
        raise DoesNotFit(f"{llm!r}: {lacks}")
    return _cut(_joined([hit.passage for hit in hits]), _budget(fit, measured.window), measured)


def lacking(fit: Fit, window: int | None) -> str | None:
    """Why a model with this window cannot hold what the rule asks for; None where it can, or where nobody knows."""
    if fit.keep != "cut":
        return None
    if window is None:
        return "expected a model that tells how many tokens it holds, got none" if fit.tokens == "window" else None
    needed = 1 + QUESTION + GENERATION + MARGIN if fit.tokens == "window" else (fit.tokens or 0) + QUESTION
    return None if window >= needed else f"it holds {window:,} tokens, {needed:,} are needed"


def _budget(fit: Fit, window: int | None) -> int:
    if fit.tokens == "window":
        return (window or 0) - QUESTION - GENERATION - MARGIN
    return fit.tokens or 0


def _measured(llm: LLM, fit: Fit) -> CountsTokens:
    if not counts(llm):
        raise LLMError(f"{llm!r}: expected a model that counts its tokens, for a context that is {fit.keep}")
    return llm


def _joined(passages: Sequence[Passage]) -> Context:
    served, text = [], ""
    for place, passage in enumerate(passages):
        before = passages[place - 1] if place else None
        goes_on = before is not None and (before.ref, before.end) == (passage.ref, passage.start)
        text += "" if before is None or goes_on else RULE
        shown = outside_text(passage.text)
        served.append(ContextPassage(passage=passage.id, start=len(text), end=len(text) + len(shown)))
        text += shown
    return Context(text=text, passages=tuple(served))


def _cut(whole: Context, tokens: int, llm: CountsTokens) -> Context:
    kept = llm.cut(whole.text, tokens)
    served = tuple(
        one.model_copy(update={"end": min(one.end, len(kept.text))})
        for one in whole.passages
        if one.start < len(kept.text)
    )
    return Context(text=kept.text, passages=served, tokens=kept.tokens, cut=kept.tokens < kept.of)


def _padded(passages: Sequence[Passage], llm: CountsTokens) -> Context:
    length = llm.cut(_joined(passages).text, 0).of
    return _cut(_joined(list(_over_and_over(passages[0], length, llm))), length, llm)


def _over_and_over(passage: Passage, tokens: int, llm: CountsTokens) -> Iterator[Passage]:
    """The passage as often as is surely enough; never less than once."""
    each = max(llm.cut(passage.text, 0).of, 1)
    times = -(-tokens // each) + 1
    yield from (one for one, _ in zip(cycle([passage]), range(times), strict=False))
