"""The words with which a model is asked for a letter straight away: one file, named by its content.

Rules kept here
- What stands above a line ``---`` is the system message, what stands below it the user's.
- ``$context`` stands for the passages as they are, ``$question`` for the stem, ``$options`` for the lettered options.
  Without a context its place is closed up.
- Hidden characters of question and options are written out, as ``context.py`` does with those of passages.
- The set that comes with evitrail, ``published``, has the structure of SaFE-Scale's prompt (arXiv 2605.04039): no
  heading, no fence, no label at the evidence. It is there for parity; ``default`` is the set to be careful with.
- Its name holds a digest of every word: a changed prompt is another reader.

    load_answering("published").messages(question, context="Aspirin lowers the risk of stroke.")
"""

from __future__ import annotations

from pathlib import Path
from string import Template

from evitrail.agent.llm.base import Message
from evitrail.agent.model import Question
from evitrail.agent.reader.prompting.outside_text import outside_text
from evitrail.agent.reader.prompting.templates import FOLDER, halves
from evitrail.evidence_store.input_text import read_text
from evitrail.traces.record import Record, content_id

PUBLISHED = "published"
NEEDED = ("context", "question", "options")


class Answering(Record, stored_as="Answering"):
    """What is said to the model."""

    name: str
    system: str
    user: str

    @property
    def id(self) -> str:
        """``published@1f0c9a2b``: the name, and a digest of every word."""
        return f"{self.name}@{content_id(self)[7:15]}"

    def messages(self, question: Question, context: str) -> tuple[Message, ...]:
        """The prompt with its placeholders filled."""
        shown = {letter: " ".join(outside_text(text).splitlines()) for letter, text in sorted(question.options.items())}
        options = "\n".join(f"{letter}. {text}" for letter, text in shown.items())
        stem = outside_text(question.stem)
        filled = Template(self.user).substitute(context=context, question=stem, options=options).strip()
        said = (Message(role="system", content=self.system),) if self.system else ()
        return (*said, Message(role="user", content=filled))

    def __repr__(self) -> str:
        return f"Answering({self.id!r})"


def load_answering(name: str = PUBLISHED) -> Answering:
    """The prompt by its name, or by its file; raises ``ValueError`` for what is neither or cannot be filled."""
    path = FOLDER / f"{PUBLISHED}.md" if name == PUBLISHED else Path(name)
    if not path.is_file():
        raise ValueError(f"expected the prompt {PUBLISHED!r} or a file like it, got {name!r}")
    above, line, below = halves(read_text(path))
    system, user = (above, below) if line else ("", above)
    found = set(Template(user).get_identifiers())
    if not Template(user).is_valid() or found != set(NEEDED):
        wanted = ", ".join(f"${name}" for name in NEEDED)
        raise ValueError(f"{path}: expected the placeholders {wanted} and no other, got {', '.join(sorted(found))}")
    return Answering(name=path.stem, system=system.strip(), user=user.strip())


def straight_away(name: str) -> bool:
    """Whether a name of prompts means one of these: ``published``, or a file."""
    return name == PUBLISHED or Path(name).is_file()
