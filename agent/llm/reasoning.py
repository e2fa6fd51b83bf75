"""What a model thought aloud, told apart from what it said, by the markers that its family puts between the two.

Rules kept here
- The markers are data (``reasoning.json``), family by family; the first whose pattern stands in the model's name
  counts, whatever its case. The last family is for all others.
- All before the last marker that ends a thought was thought, all after it was said. Many models are prompted with the
  marker that begins a thought, so it may be missing.
- Where no thought is ended, all was said. But where the answer was cut short, a thought that was begun is all there is:
  nothing was said. A family whose prompt begins the thought (``begun``) has begun one in every answer.

    split_reply("<think>Bleeding first.</think>\n\nB", "Qwen/Qwen3-4B") == SplitReply("B", "Bleeding first.")

A server that tells the two apart by itself (vLLM's ``--reasoning-parser``) needs none of this.
"""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import NamedTuple

from evitrail.traces.record import Record

FAMILIES = Path(__file__).with_name("reasoning.json")


class SplitReply(NamedTuple):
    """What was said, and the thought before it; None where there was none."""

    text: str
    thought: str | None


class Family(Record):
    """Models that mark their thoughts alike."""

    family: str
    models: str
    """A pattern to be found in their names."""
    begin: tuple[str, ...]
    end: tuple[str, ...]
    """Of two at one place, the one named first counts."""
    close: tuple[str, ...]
    """What may stand after a thought or an answer, and is neither."""
    begun: bool = False
    """Whether every answer begins in a thought, as the prompt holds the marker that begins it."""


def split_reply(text: str, model: str, *, cut: bool = False) -> SplitReply:
    """A raw answer, in two; ``cut`` says that its tokens ran out."""
    family = family_of(model)
    at, end = _ended(text, family)
    thought = _closed(text[:at] if at >= 0 else text, family)
    begun = next((mark for mark in family.begin if thought.startswith(mark)), "")
    if at < 0 and not (cut and (begun or family.begun)):
        return SplitReply(text, None)
    said = _closed(text[at + len(end) :], family) if at >= 0 else ""
    return SplitReply(said, thought.removeprefix(begun).strip())


def said_from(text: str, model: str) -> int:
    """Where in a raw answer that begins which was said; 0 where no thought is ended."""
    at, end = _ended(text, family_of(model))
    after = text[at + len(end) :]
    return 0 if at < 0 else len(text) - len(after.lstrip())


@cache
def family_of(model: str) -> Family:
    """The family of a model, by its name."""
    return next(family for family in families() if re.search(family.models, model, re.IGNORECASE))


@cache
def families() -> tuple[Family, ...]:
    """All that are known, those named more exactly first."""
    entries = json.loads(FAMILIES.read_text(encoding="utf-8"))
    return tuple(Family.model_validate(entry) for entry in entries)


def _ended(text: str, family: Family) -> tuple[int, str]:
    """The last marker that ends a thought, and where it stands; -1 where there is none."""
    return max(((text.rfind(mark), mark) for mark in family.end), key=lambda found: found[0])


def _closed(text: str, family: Family) -> str:
    """Without the markers after it."""
    text = text.strip()
    while mark := next((mark for mark in family.close if text.endswith(mark)), None):
        text = text.removesuffix(mark).strip()
    return text
