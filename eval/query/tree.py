"""A query as a tree, and its text again.

Rules kept here
- A tree holds what was asked, and where each part stood; where it stood does not make two trees different.
- ``str`` of a tree is a query that is read as the same tree.

    >>> str(Both((Word("high_risk"), Not(Where("blame", ":", (Value("retrieve"),), part="wrong")))))
    'high_risk -blame.wrong:retrieve'
    >>> str(Either((Word("pulmonary embolism"), Where("confidence", ">=", (Value("0.8"),)))))
    '"pulmonary embolism" OR confidence>=0.8'
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal

Op = Literal[":", "!=", "<", "<=", ">", ">="]

UNKNOWN = "unknown"
"""The value that asks for runs of which it is not known."""
KEYWORDS = ("and", "or", "not")
FIELD = re.compile(r"(?P<name>[A-Za-z_]\w*)(?:\.(?P<part>[A-Za-z_]\w*))?(?P<op>:?(?:==|!=|<=|>=|[=<>])|:)")
"""How a field begins."""
WORD = re.compile(r'[^\s()"]+')
VALUE = re.compile(r'[^\s()",]+')


@dataclass(frozen=True)
class Value:
    """One value of a field, or a range from it up to another."""

    text: str
    upto: str | None = None
    quoted: bool = False
    at: int = field(default=1, compare=False)

    @property
    def unknown(self) -> bool:
        """Whether it asks for what is not known."""
        return self.text == UNKNOWN and not self.quoted and self.upto is None

    def __str__(self) -> str:
        if self.upto is not None:
            return f"{self.text}..{self.upto}"
        return quoted(self.text) if self.quoted or not VALUE.fullmatch(self.text) else self.text


@dataclass(frozen=True)
class Word:
    """A flag, or text to be found in the question or the name of the run."""

    text: str
    quoted: bool = False
    at: int = field(default=1, compare=False)

    def __str__(self) -> str:
        special = self.text.startswith("-") or FIELD.match(self.text) or self.text.lower() in KEYWORDS
        return quoted(self.text) if self.quoted or special or not WORD.fullmatch(self.text) else self.text


@dataclass(frozen=True)
class Where:
    """A field compared with values, any of which will do."""

    name: str
    op: Op
    values: tuple[Value, ...]
    part: str = ""
    """What stands after the point, as in ``blame.high_risk``."""
    at: int = field(default=1, compare=False)

    def __str__(self) -> str:
        part = f".{self.part}" if self.part else ""
        return f"{self.name}{part}{self.op}{','.join(map(str, self.values))}"


@dataclass(frozen=True)
class Not:
    """All but these."""

    term: Tree

    def __str__(self) -> str:
        return f"-{_inner(self.term)}"


@dataclass(frozen=True)
class Both:
    """What all of these hold of; of none of them, every run."""

    terms: tuple[Tree, ...]

    def __str__(self) -> str:
        return " ".join(_inner(term) for term in self.terms)


@dataclass(frozen=True)
class Either:
    """What any of these holds of."""

    terms: tuple[Tree, ...]

    def __str__(self) -> str:
        return " OR ".join(f"({term})" if isinstance(term, Either) else str(term) for term in self.terms)


Tree = Word | Where | Not | Both | Either


def quoted(text: str) -> str:
    """A text in quotes."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _inner(term: Tree) -> str:
    return f"({term})" if isinstance(term, (Both, Either)) else str(term)
