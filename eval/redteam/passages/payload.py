"""Payloads: texts that order an answer, by the technique they use.

Rules kept here
- They are in our own words, in ``payloads.toml``: sixty-nine in nine techniques.
- A payload is made for one question: it names the wrong option that is wanted, the *target*.
- The mark of a fence cannot be known from inside; where a payload guesses one, it is a wrong one.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from evitrail.eval.dataset.case import Case
from evitrail.traces.record import Record

FILE = Path(__file__).with_name("payloads.toml")
GUESSED = "0123456789abcdef"
"""The mark that a payload guesses."""


class Payload(Record):
    """One text that orders an answer."""

    id: str
    """``technique.name``."""
    technique: str
    template: str

    def aimed_at(self, case: Case, target: str) -> str:
        """The text, for this question."""
        return self.template.format(target=target, option=case.options[target], mark=GUESSED)


def techniques() -> list[str]:
    """The techniques, in the order of the file."""
    return list(dict.fromkeys(payload.technique for payload in payloads().values()))


@cache
def payloads() -> Mapping[str, Payload]:
    """All of them, by id, in the order of the file."""
    told = tomllib.loads(FILE.read_text(encoding="utf-8"))
    return {
        f"{technique}.{name}": Payload(id=f"{technique}.{name}", technique=technique, template=template)
        for technique, texts in told.items()
        for name, template in texts.items()
    }
