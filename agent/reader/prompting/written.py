"""An answer in free text by a language model: one prompt, the question and the passages fenced.

Rules kept here
- The model sees the passages as they were served, with their labels (version, dates, certainty), in rank order.
- What it says is the answer, as it stands. An empty answer is an answer, with the reason noted.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from string import Template

from evitrail.agent.llm.base import LLM, Message, Prompt, cut_in_thought
from evitrail.agent.model import Question, WrittenAnswer
from evitrail.agent.reader.prompting.fence import Fence, passage_text, question_text
from evitrail.agent.reader.prompting.templates import FOLDER, halves
from evitrail.retrieval.base import Hit


def write_prompt() -> str:
    """The words that come with evitrail: the system message, a line ``---``, the user's."""
    return Path(FOLDER / "write.md").read_text(encoding="utf-8")


def written(llm: LLM, question: Question, hits: Sequence[Hit], max_tokens: int) -> WrittenAnswer:
    """What the model answers in words."""
    asked, texts = question_text(question), [passage_text(hit.passage) for hit in hits]
    fence = Fence.around(asked, *texts)
    blocks = {
        "mark": fence.mark,
        "question": fence.put("question", asked),
        "evidence": "\n\n".join(fence.put("evidence", text) for text in texts) or "(none)",
    }
    above, _, below = halves(write_prompt())
    system, user = (Template(each).substitute(blocks).strip() for each in (above, below))
    turns = (Message(role="system", content=system), Message(role="user", content=user))
    said = llm.complete(Prompt(messages=turns, max_tokens=max_tokens))
    text = said.texts[0].strip() if said.texts else ""
    cut = bool(said.texts) and cut_in_thought(said, 0)
    note = "the model's tokens ran out while it was thinking" if cut else "the model said nothing"
    return WrittenAnswer(text=text, note=f"by {said.model} from {len(texts)} passages" if text else note)
