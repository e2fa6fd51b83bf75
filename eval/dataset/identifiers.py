"""What names a patient in a text, as patterns: the default mask.

Rules kept here
- Each thing found becomes a token that says what it was: ``[DATE]``, ``[NAME]``. Equal texts give equal texts.
- Looked for: dates, ages over 89, record numbers, e-mail and phone numbers, social security and post codes,
  names with a title, and the names of a list.
- What is masked is looked at again until nothing is found; a token is never looked into.

    Identifiers(("Jane Doe",)).mask("Jane Doe, aged 93, MRN 4471882")    # "[NAME], [AGE OVER 89], [MRN]"

Not covered: patterns miss things. A name without a title that stands in no list is not found, nor is a place, an
occupation, a rare disease, a year alone, or a date in words. And they find too much: "12.5.10" may have been a score.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from evitrail.evidence_store.input_text import read_text

ROUNDS = 100
"""Looks at one text before giving up."""

DAY = r"(?:0?[1-9]|[12]\d|3[01])"
MONTH = r"(?:0?[1-9]|1[0-2])"
YEAR = r"(?:1[89]|20)\d{2}(?!\d)"
MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
SPELT = "|".join([*MONTHS, "Sept", *(month[:3] for month in MONTHS)])
NAMED = rf"(?:{SPELT}|{SPELT.upper()})\.?"
"""A month with a capital: "group 2 may have" is no date."""
ANY_CASE = rf"(?i:{SPELT})\.?"
NTH = rf"(?<!\w){DAY}(?:st|nd|rd|th)?(?:\s+of)?"
THEN = r"[\s,-]*"

OLD = r"(?:9\d|1[0-4]\d)(?:\s*(?:-|–|to)\s*\d{2,3})?"
OLD_WORDS = r"(?:ninety(?:[\s-](?:one|two|three|four|five|six|seven|eight|nine))?|(?:a|one)\s+hundred(?:\s+and\s+\w+)?)"

VALUE = r"[A-Za-z]{0,4}[-\s]?\d[\dA-Za-z]*(?:[-./][\dA-Za-z]+|\s\d{3,})*"
"""A number with its letters and groups."""

CAPITAL = "[A-ZÀ-ÖØ-Þ]"
WORD = rf"(?:(?:de|del|della|da|di|du|la|le|van|von|der|den|bin|al|el)\s+)*{CAPITAL}\w*(?:['’-]{CAPITAL}\w*)*"
TITLE = "Mr|Mrs|Ms|Miss|Mx|Dr|Prof|Professor|Doctor|Sir|Rev|Herr|Frau|Señor|Señora|Mme"

KINDS: dict[str, tuple[str, ...]] = {
    "EMAIL": (r"(?<![\w.+%-])[\w.+%-]+@[\w-]+(?:\.[\w-]+)*\.[A-Za-z]{2,}",),
    "MRN": (
        rf"(?i:\b(?:MRN|URN)(?:\s*(?:number|no\.?))?[\s:#=.]*(?:is\s+)?){VALUE}",
        r"(?i:\b(?:medical\s+record|record|patient|hospital|chart|NHS|encounter|accession|account|insurance|passport)"
        rf"\s*(?:number|num|no\.?|id(?:entifier)?|\#)[\s:\#=.]*(?:is\s+)?){VALUE}",
    ),
    "SSN": (
        r"(?<!\d)\d{3}-\d{2}-\d{4}(?!\d)",
        r"(?i:\b(?:SSN|social\s+security(?:\s+(?:number|no\.?))?)[\s:#=]*)\d(?:[\s-]?\d){5,}",
        r"\b[A-CEGHJ-PR-TW-Z]{2}\s?\d{2}\s?\d{2}\s?\d{2}\s?[A-D]\b",
    ),
    "DATE": (
        *(rf"(?<!\d)(?:1[89]|20)\d{{2}}{mark}{MONTH}{mark}{DAY}(?!\d)" for mark in ("-", "/", r"\.")),
        *(rf"(?<!\d){DAY}{mark}{DAY}{mark}(?:\d{{4}}|\d{{2}})(?!\d)" for mark in ("-", "/", r"\.")),
        r"(?<!\d)(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?!\d)",
        rf"(?<![\d./-]){MONTH}/{YEAR}",
        rf"{NTH}{THEN}{ANY_CASE}{THEN}{YEAR}",
        rf"{NTH}{THEN}{NAMED}(?:-\d{{2}})?(?!\w)",
        rf"(?<!\w){ANY_CASE}{THEN}{DAY}(?:st|nd|rd|th)?,?\s+{YEAR}",
        rf"(?<!\w){ANY_CASE}{THEN}{YEAR}",
        rf"(?<!\w){NAMED}\s+{DAY}(?:st|nd|rd|th)?(?!\w)",
    ),
    "AGE OVER 89": (
        rf"(?i:(?<![\d.]){OLD}[\s-]*(?:years?|yrs?|y)[\s-]*(?:old|of\s+age)\b)",
        rf"(?i:(?<![\d.]){OLD}\s*(?:y/o|yo|y\.o\.?)(?!\w))",
        rf"(?i:\bage[ds]?[\s:=]*(?:of\s+)?{OLD}(?!\d)(?:[\s-]*(?:years?|yrs?)\b)?)",
        rf"(?i:\b{OLD_WORDS}[\s-]+years?[\s-]+(?:old|of\s+age)\b)",
        rf"(?i:\bage[ds]?\s+(?:of\s+)?{OLD_WORDS}\b)",
    ),
    "POSTCODE": (
        r"\b[A-Z]{1,2}\d[A-Z\d]?\s+\d[ABD-HJLNP-UW-Z]{2}\b",
        r"\b[ABCEGHJ-NPRSTVXY]\d[A-Z]\s\d[A-Z]\d\b",
        r"\b[A-Z]{2}\s+\d{5}(?:-\d{4})?(?!\d)",
        r"(?<!\d)\d{5}-\d{4}(?!\d)",
        r"\bD-\d{5}(?!\d)",
        r"(?i:\b(?:zip|post(?:al)?)[\s-]?(?:code)?[\s:#=]*)\d{4,6}(?!\d)",
    ),
    "PHONE": (
        r"(?<![\w.])(?:\+|00)\d(?:[\s()./-]*\d){6,13}",
        r"(?<!\d)(?:\(\d{3}\)\s?|\d{3}[-.\s])\d{3}[-.\s]\d{4}(?!\d)",
        r"(?<![\w.])\(?0\d{2,4}\)?[\s/-]?\d{3,4}[\s-]?\d{3,4}(?!\d)",
        r"(?i:\b(?:tel|telephone|phone|mobile|fax|pager|bleep)(?:\s*(?:number|no))?[\s.:#=]*)\+?\d(?:[\s()./-]*\d){4,13}",
    ),
    "NAME": (
        rf"(?<!\w)(?:{TITLE})\.?\s+(?:{CAPITAL}\.\s*)*{WORD}(?:[ \t]+{WORD}){{0,2}}",
        rf"(?i:(?<!\w)name\s*[:=])\s*(?:{CAPITAL}\.\s*)*{WORD}(?:[ \t]+{WORD}){{0,2}}",
    ),
}
"""Patterns by what they find; of two that begin at one place the earlier one has it."""

TOKEN = re.compile(rf"(\[(?:{'|'.join(KINDS)})\])")


@dataclass(frozen=True)
class Identifiers:
    """Masks what the patterns find, and the names of a list wherever they stand, in any case of letters."""

    names: tuple[str, ...] = field(default=(), repr=False)

    def mask(self, text: str) -> str:
        """See ``Mask.mask``."""
        for _ in range(ROUNDS):
            done = "".join(self._replaced(part) for part in TOKEN.split(text))
            if done == text:
                return done
            text = done
        raise ValueError(f"expected a text that is masked after {ROUNDS} rounds")

    def _replaced(self, part: str) -> str:
        return part if TOKEN.fullmatch(part) else self._pattern.sub(_token, part)

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        kinds = KINDS | {"NAME": (*_spellings(self.names), *KINDS["NAME"])}
        return re.compile("|".join(f"(?P<{_group(kind)}>{'|'.join(found)})" for kind, found in kinds.items()))


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


def _spellings(names: Iterable[str]) -> Iterator[str]:
    """The longest name first, each in both spellings of its accents."""
    for name in sorted(names, key=lambda name: (-len(name), name)):
        for spelling in dict.fromkeys(unicodedata.normalize(form, name) for form in ("NFC", "NFD")):
            words = r"\s+".join(map(re.escape, spelling.split()))
            yield rf"(?i:(?<!\w){words}(?!\w))"


def _token(found: re.Match[str]) -> str:
    return f"[{(found.lastgroup or '').replace('_', ' ')}]"


def _group(kind: str) -> str:
    return kind.replace(" ", "_")
