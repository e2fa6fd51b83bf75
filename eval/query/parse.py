"""The filter language: a line of text in, a tree out.

    condition:agentic high_risk blame:retrieve text:"pulmonary embolism"
    (stale OR cites:superseded) -abstained confidence:>0.8
    blame.high_risk:choose,synthesise grade:<=low day:2020-01-01..2021-12-31

    query := or
    or    := and {"OR" and}
    and   := term {["AND"] term}
    term  := {"-" | "NOT"} ( "(" or ")" | field | word )
    field := NAME ["." NAME] op value {"," value}
    op    := ":" | "=" | "!=" | "<" | "<=" | ">" | ">="      also "==", and ":" before another, as in grade:<=low
    value := TEXT | '"' … '"' | value ".." value
    word  := TEXT | '"' … '"'                                within quotes, \\" and \\\\ stand for " and \\

Rules kept here
- Nothing here knows which fields there are: that is asked of the tree (``fields.py``).
- A fault names the character at which it stands, counted from 1, and what was expected there.
- ``and``, ``or`` and ``not`` are read in capitals or not. To search for such a word, put it in quotes.

    >>> parse("wrong or -abstained")
    Either(terms=(Word(text='wrong', quoted=False, at=1), Not(term=Word(text='abstained', quoted=False, at=11))))
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import cast

from evitrail.eval.query.tree import FIELD, VALUE, WORD, Both, Either, Not, Op, Tree, Value, Where, Word
from evitrail.evidence_store.did_you_mean import nearest

FEW, MANY = 12, 40
"""Names that are listed in a message, where one is near and where none is."""

DEEPEST = 50
"""Brackets and negations within one another."""

SPACE = re.compile(r"\s*")
STRING = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
AND, OR, NOT = (re.compile(rf'{word}(?=[\s()"]|$)', re.IGNORECASE) for word in ("AND", "OR", "NOT"))
RANGE = ".."


class QueryError(ValueError):
    """A query that cannot be read, or asks for what there is not."""

    def __init__(self, at: int, said: str) -> None:
        super().__init__(f"query, character {at}: {said}")
        self.at = at
        """The character at which the fault stands, counted from 1."""


def unknown_name(at: int, what: str, name: str, known: list[str]) -> QueryError:
    """The fault of a name that is none of those known; of many, the nearest alone is told."""
    meant = nearest(name, known)
    listed = f" among {', '.join(known)}" if len(known) <= (FEW if meant else MANY) else ""
    return QueryError(at, f"expected {what}{listed}, got {name!r}{meant}")


def parse(text: str) -> Tree:
    """The tree of a query; an empty one asks for every run. Raises ``QueryError``."""
    parser = _Parser(text)
    tree = parser.either() if parser.rest else Both(())
    if parser.rest:
        raise QueryError(parser.at, "expected the end of the query, got ')' without a '(' before it")
    return tree


class _Parser:
    """A text, and how far it has been read."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._place = 0
        self._depth = 0
        self._skip()

    @property
    def at(self) -> int:
        """The character that is next, counted from 1."""
        return self._place + 1

    @property
    def rest(self) -> bool:
        """Whether anything is left."""
        return self._place < len(self._text)

    def either(self) -> Tree:
        """Terms of which one must hold."""
        terms = [self._both()]
        while self._take(OR):
            terms.append(self._both())
        return terms[0] if len(terms) == 1 else Either(tuple(terms))

    def _both(self) -> Tree:
        terms = [self._term()]
        while self._take(AND) or (self.rest and self._next() != ")" and not self._sees(OR)):
            terms.append(self._term())
        return terms[0] if len(terms) == 1 else Both(tuple(terms))

    def _term(self) -> Tree:
        if not self.rest or self._next() == ")" or self._sees(AND) or self._sees(OR):
            raise QueryError(self.at, f"expected a flag, a field or a text, got {self._got()}")
        if self._take(NOT):
            return Not(self._within(self._term))
        if self._next() == "-":
            self._place += 1
            if not self.rest or self._next().isspace():
                raise QueryError(self.at, "expected what '-' excludes, right after it")
            return Not(self._within(self._term))
        if self._next() == "(":
            return self._bracket()
        return self._where() or self._word()

    def _bracket(self) -> Tree:
        opened = self.at
        self._place += 1
        self._skip()
        tree = self._within(self.either)
        if not self.rest:
            raise QueryError(opened, "expected a ')' for this '(', got the end")
        self._place += 1
        self._skip()
        return tree

    def _where(self) -> Where | None:
        found = FIELD.match(self._text, self._place)
        if found is None:
            return None
        at, self._place = self.at, found.end()
        op = found["op"].lstrip(":") or ":"
        values = [self._value(found[0])]
        while self.rest and self._next() == ",":
            self._place += 1
            values.append(self._value(","))
        self._skip()
        same = cast("Op", ":" if op in ("=", "==") else op)
        return Where(found["name"], same, tuple(values), found["part"] or "", at)

    def _value(self, after: str) -> Value:
        at = self.at
        if self.rest and self._next() == '"':
            return Value(self._string(), quoted=True, at=at)
        found = VALUE.match(self._text, self._place)
        if found is None:
            got = self._got() if self.rest and not self._next().isspace() else "nothing"
            raise QueryError(at, f"expected a value right after {after!r}, got {got}")
        self._place = found.end()
        low, between, high = found[0].partition(RANGE)
        return Value(low, high, at=at) if between and low and high else Value(found[0], at=at)

    def _word(self) -> Word:
        at = self.at
        if self._next() == '"':
            word = Word(self._string(), quoted=True, at=at)
        else:
            found = cast("re.Match[str]", WORD.match(self._text, self._place))
            self._place = found.end()
            word = Word(found[0], at=at)
        self._skip()
        return word

    def _string(self) -> str:
        found = STRING.match(self._text, self._place)
        if found is None:
            raise QueryError(self.at, "expected a '\"' that closes this one, got the end")
        self._place = found.end()
        return re.sub(r"\\(.)", r"\1", found[1], flags=re.DOTALL)

    def _within(self, read: Callable[[], Tree]) -> Tree:
        self._depth += 1
        if self._depth > DEEPEST:
            raise QueryError(self.at, f"expected at most {DEEPEST} brackets and negations within one another")
        tree = read()
        self._depth -= 1
        return tree

    def _sees(self, word: re.Pattern[str]) -> bool:
        return word.match(self._text, self._place) is not None

    def _take(self, word: re.Pattern[str]) -> bool:
        found = word.match(self._text, self._place)
        if found is not None:
            self._place = found.end()
            self._skip()
        return found is not None

    def _got(self) -> str:
        """What stands next, for a message."""
        if not self.rest:
            return "the end"
        found = WORD.match(self._text, self._place)
        return repr(found[0] if found else self._next())

    def _next(self) -> str:
        return self._text[self._place]

    def _skip(self) -> None:
        self._place = cast("re.Match[str]", SPACE.match(self._text, self._place)).end()
