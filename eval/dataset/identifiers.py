"""Takes what names a patient out of a text: the default mask.

Rules kept here
- Each thing found becomes a token that says what it was: ``[DATE]``, ``[NAME]``. Equal texts give equal texts.
- The names of the list are looked for first, then the patterns of ``identifying/``.
- What is masked is looked at again until nothing is found; a token is never looked into.

    Identifiers(("Jane Doe",)).mask("Jane Doe, aged 93, MRN 4471882")    # "[NAME], [AGE OVER 89], [MRN]"

Not covered: patterns miss things. A name that nothing announces and no list holds is not found, nor is a town, an
occupation, a rare disease, a year or a month alone. And they find too much: "12.5.10" may have been a score.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from itertools import count
from pathlib import Path

from evitrail.eval.dataset.identifying import KINDS, listed
from evitrail.evidence_store.input_text import read_text

ROUNDS = 100
"""Looks at one text before giving up."""

START = r"(?![\s.,;:!?)\]])(?:(?<![^\W\d_])|(?=[\W\d]))"
"""Nothing is looked for at a mark, or within a word; it saves four fifths of the time."""

TOKEN = re.compile(rf"(\[(?:{'|'.join(KINDS)})\])")


@dataclass(frozen=True)
class Identifiers:
    """Masks what the patterns find, and the names of a list wherever they stand, in any case of letters."""

    names: tuple[str, ...] = field(default=(), repr=False)

    def mask(self, text: str) -> str:
        """See ``Mask.mask``."""
        for _ in range(ROUNDS):
            done = text
            for pattern in self._patterns:
                done = "".join(
                    part if TOKEN.fullmatch(part) else pattern.sub(_token, part) for part in TOKEN.split(done)
                )
            if done == text:
                return done
            text = done
        raise ValueError(f"expected a text that is masked after {ROUNDS} rounds")

    @cached_property
    def _patterns(self) -> tuple[re.Pattern[str], ...]:
        always = _compiled_kinds()
        return (_compiled({"NAME": listed(self.names)}), always) if self.names else (always,)


def read_names(path: Path) -> tuple[str, ...]:
    """A list of names, one a line; raises ``ValueError`` naming the line that is none."""
    lines = read_text(path).split("\n")
    names = [(number, " ".join(line.split())) for number, line in enumerate(lines, start=1) if line.strip()]
    for number, name in names:
        if sum(letter.isalpha() for letter in name) < 2:
            raise ValueError(f"{path}:{number}: expected a name of two letters or more; it would be found everywhere")
    if not names:
        raise ValueError(f"{path}: expected names, one a line, found none")
    return tuple(name for _, name in names)


def _token(found: re.Match[str]) -> str:
    kept = next((text for name, text in found.groupdict().items() if text and name.startswith("keep")), "")
    return f"{kept}[{(found.lastgroup or '').replace('_', ' ')}]"


def _compiled(kinds: Mapping[str, tuple[str, ...]]) -> re.Pattern[str]:
    """One pattern, whose groups say the kind; each ``keep`` in it has a name of its own."""
    number = count()
    groups = (f"(?P<{kind.replace(' ', '_')}>{'|'.join(found)})" for kind, found in kinds.items())
    return re.compile(re.sub(r"\(\?P<keep>", lambda _: f"(?P<keep{next(number)}>", f"{START}(?:{'|'.join(groups)})"))


@cache
def _compiled_kinds() -> re.Pattern[str]:
    """The pattern of every kind; it takes an eighth of a second, so only who masks compiles it."""
    return _compiled(KINDS)
