"""The words of each act of a prompted reader: four files, read as one frozen value, named by its content.

Rules kept here
- A set of prompts is a folder with ``plan.md``, ``appraise.md``, ``synthesise.md`` and ``choose.md``. What stands
  above a line ``---`` is the system message, what stands below it the user's; without such a line all is the user's.
- ``$question``, ``$evidence``, ``$critique``, ``$asked`` and ``$claims`` stand for fenced text (``fence.py``),
  ``$mark`` for the mark of its fences, ``$$`` for a dollar sign. An act's prompt must hold what it is about.
- Its name holds a digest of every word: a changed prompt is another reader.

    prompts = load("default")
    prompts.but(choose=Path("my-choose.md").read_text()).messages("choose", mark=mark, question=..., claims=...)

Nothing here knows what is asked of the model, or in which form it shall answer: that is what the files say.
"""

from __future__ import annotations

from pathlib import Path
from string import Template
from typing import Literal, get_args

from pydantic import ValidationError, model_validator

from evitrail.agent.llm.base import Message
from evitrail.evidence_store.input_text import read_text
from evitrail.traces.record import Record, content_id

Act = Literal["plan", "appraise", "synthesise", "choose"]

FOLDER = Path(__file__).with_name("prompts")
DEFAULT = "default"

NEEDED: dict[Act, frozenset[str]] = {
    "plan": frozenset({"question"}),
    "appraise": frozenset({"question", "evidence"}),
    "synthesise": frozenset({"question", "evidence"}),
    "choose": frozenset({"question", "claims"}),
}
"""What an act's prompt cannot do without."""

ALLOWED: dict[Act, frozenset[str]] = {act: needed | {"mark"} for act, needed in NEEDED.items()}
ALLOWED["plan"] |= {"critique", "asked"}


class Prompts(Record, stored_as="Prompts"):
    """What a reader says to its model, act by act."""

    name: str
    plan: str
    appraise: str
    synthesise: str
    choose: str

    @property
    def id(self) -> str:
        """``default@1f0c9a2b``: the name, and a digest of every word."""
        return f"{self.name}@{content_id(self)[7:15]}"

    def but(self, **acts: str) -> Prompts:
        """The same set with another text for some acts; raises ``ValueError`` for one that cannot be used."""
        return _validated(self.model_dump() | acts)

    def messages(self, act: Act, **blocks: str) -> tuple[Message, ...]:
        """The prompt of an act with its placeholders filled."""
        above, line, below = halves(getattr(self, act))
        unfilled = dict.fromkeys(ALLOWED[act], "(none)")
        filled = [Template(half).substitute(unfilled | blocks).strip() for half in (above, below)]
        if not line:
            return (Message(role="user", content=filled[0]),)
        return Message(role="system", content=filled[0]), Message(role="user", content=filled[1])

    @model_validator(mode="after")
    def _can_be_filled(self) -> Prompts:
        for act in get_args(Act):
            template = Template(getattr(self, act))
            if not template.is_valid():
                raise ValueError(f"{act}: expected $name or $$ after every dollar sign")
            found = set(template.get_identifiers())
            if missing := sorted(NEEDED[act] - found):
                raise ValueError(f"{act}: expected the placeholder ${missing[0]}, got none; put it where the text goes")
            if unknown := sorted(found - ALLOWED[act]):
                known = ", ".join(f"${name}" for name in sorted(ALLOWED[act]))
                raise ValueError(f"{act}: expected only {known}, got ${unknown[0]}")
        return self

    def __repr__(self) -> str:
        return f"Prompts({self.id!r})"


def load(name: str = DEFAULT) -> Prompts:
    """A set by its name, or by the folder that holds its four files; raises ``ValueError`` for what is neither."""
    folder = FOLDER / name if name in names() else Path(name)
    acts = {act: folder / f"{act}.md" for act in get_args(Act)}
    for path in acts.values():
        if not path.is_file():
            known = ", ".join((*names(), "published"))
            raise ValueError(
                f"expected prompts by name ({known}), a file like published.md or a folder with "
                f"{', '.join(f'{act}.md' for act in acts)}, got {name!r}; {path.name} is not there"
            )
    return _validated({"name": folder.name} | {act: read_text(path) for act, path in acts.items()})


def names() -> list[str]:
    """The sets that come with evitrail."""
    return sorted(folder.name for folder in FOLDER.iterdir() if folder.is_dir())


def _validated(fields: dict[str, str]) -> Prompts:
    try:
        return Prompts.model_validate(fields)
    except ValidationError as error:
        raise ValueError(
            f"prompts {fields['name']!r}: {error.errors()[0]['msg'].removeprefix('Value error, ')}"
        ) from None


def halves(text: str) -> tuple[str, bool, str]:
    """What stands above the line ``---``, whether there is one, and what stands below it."""
    lines = text.splitlines()
    if "---" not in lines:
        return text, False, ""
    at = lines.index("---")
    return "\n".join(lines[:at]), True, "\n".join(lines[at + 1 :])
