"""What an answer goes on to say after a letter it selects: does the selection still stand, and does it stand alone?

Rules kept here
- ``A, B and C``, ``A or B``, ``A–C``, ``A (or B)``, ``A; B``, ``A, possibly B``: every letter named in one breath with
  the first is selected with it, whatever stands between them.
- A letter that is named only to be set aside is not: after ``not``, ``rather than``, ``instead of``, ``over``,
  ``although``, ``but``, or before ``is wrong``, ``is contraindicated``; unless it is said to be right ``also``.
- ``A if …``, ``A, unless …``, ``A, but only if …`` depend on something, and ``A?`` asks: neither selects.
- ``A is incorrect``, ``A (wrong)``, ``A - excluded`` deny: they select nothing.
- Reasons are left alone: what follows ``because``, ``since``, ``as``, ``due``, ``which``, ``given`` says nothing of
  the selection. So is the next sentence, unless it takes the answer back (``No, wait``) or is a letter.
- The text of the option itself is no part of what follows, nor are names that hold a letter: vitamin K, hepatitis B.

    after_letter(", or B if the kidneys fail", "A", options) == Followed(("B",), "depends on something")

The rule is made for English.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import NamedTuple


class Followed(NamedTuple):
    """What follows a letter, as far as it bears on it."""

    others: tuple[str, ...] = ()
    """Letters selected in the same breath."""
    doubt: str = ""
    """Why the letter is not selected after all; empty where it is."""
    taken_back: bool = False
    """Whether the next sentence takes the answer back."""


READ = 400
"""Characters after a letter that are read."""

BRACKETS = re.compile(r"[)\]}]*")
GROUP = re.compile(r"\s*[(\[]([^()\[\]]*)[)\]]")
SENTENCE_END = re.compile(r"[.!](?=\s+[^a-z]|\s*$)")
REASON = re.compile(r"\b(?:because|since|(?<!well\s)as(?!\s+(?:well|much)\b)|due|which|given|based)\b", re.IGNORECASE)
ASIDE = re.compile(
    r"\b(?:not|neither|nor|rather|instead|over|than|versus|vs|although|though|while|whereas|unlike|despite|but|except|among|compared)\b",
    re.IGNORECASE,
)
CONCEDED = re.compile(r"\b(?:although|though|while|whereas|unlike)\b", re.IGNORECASE)
ALSO_RIGHT = re.compile(
    r"\b(?:also|too|equally|both|acceptable|reasonable|possible|alternative\w*|correct|right)\b", re.IGNORECASE
)
DEPENDS = re.compile(
    r"\b(?:if|unless|provided|providing|assuming|depending|otherwise|until|in\s+case|only\s+when)\b", re.IGNORECASE
)
OTHERWISE = re.compile(r"\s*(?:but\s+|and\s+)?(?:only\s+)?(?:if|unless|otherwise)\b", re.IGNORECASE)
ELSE = re.compile(r"\b(?:otherwise|else)\W+(?:option\s+)?[A-Z]\b")
WRONG = (
    r"(?:incorrect|wrong|false|untrue|contra-?indicated|excluded|eliminated|rejected|unsafe|inappropriate|unlikely"
    r"|ruled\s+out|no\s+longer\b|not\s+(?:the\s+|an?\s+)?(?:correct|right|best|option|recommended|appropriate|suitable"
    r"|safe|advised|advisable|indicated|acceptable|possible|first))"
)
IS = (
    r"(?:(?:is|was|has|does|do|ca|could|would|should)n['’]t|is|are|was|were|has|have|does|do|can|cannot|could|may|might"
    r"|would|should|will|seems|appears|remains)\b"
)
DENIED = re.compile(rf"[\s,:;(–—-]*{WRONG}\b", re.IGNORECASE)
JUDGED = re.compile(rf"[\s,]*{IS}(?P<how>[^.;]*)", re.IGNORECASE)
SAID_RIGHT = re.compile(
    r"\s*(?:\w+\s+){0,3}?(?:correct|right|best|answer|most\s+\w+|recommended|preferred)\b", re.IGNORECASE
)
SAID_WRONG = re.compile(rf"\b(?:{WRONG}|not|never|un\w+|in\w+able|worse|tempting)\b|n['’]t\b", re.IGNORECASE)
TAKEN_BACK = re.compile(
    r"\s*(?:no\s*[,.!;:–—-]|wait\b|hmm\b|actually\b|correction\b|scratch\b|sorry\b|on\s+second\s+thought|let\s+me\s+re)",
    re.IGNORECASE,
)
LONE = re.compile(r"\s*[(\[]*([A-Z])[)\]]*\s*(?:[.!;,]|$)")
CAPITAL = re.compile(r"(?<![\w'’.-])(?P<letter>[A-Z])(?![\w'’]|[-‐]\w|\.\s?[a-z])")
IN_A_NAME = re.compile(
    r"\b(?:vitamin|hepatitis|type|group|class|stage|grade|category|factor|influenza|protein|complex|child-pugh|haemophilia"
    r"|hemophilia|immunoglobulin|cyclosporin|amphotericin|troponin)s?\s+[A-Z]\b|\b[A-Z]\s+(?:cells?|waves?|virus)\b",
    re.IGNORECASE,
)


def after_letter(rest: str, letter: str, options: Mapping[str, str]) -> Followed:
    """What ``rest``, all that follows the letter on its line, does to its selection."""
    said = _without_option(BRACKETS.sub("", rest[:READ], count=1), options.get(letter, ""))
    if DENIED.match(said):
        return Followed(doubt="says that it is wrong")
    if re.match(r"\s*\?", said):
        return Followed(doubt="only asks")
    bare = GROUP.sub("", said, count=1) if GROUP.match(said) else said
    if DENIED.match(bare):
        return Followed(doubt="says that it is wrong")
    if (judged := JUDGED.match(bare)) and not SAID_RIGHT.match(judged["how"]):
        return Followed(doubt="goes on to judge it")
    sentence, after = _parted(said)
    stated = REASON.split(sentence)[0]
    others = tuple(dict.fromkeys(_others(stated, letter)))
    first, *clauses = CONCEDED.split(stated)[0].split(";")
    depends = DEPENDS.search(first) or any(map(OTHERWISE.match, clauses)) or ELSE.search(sentence)
    doubt = "depends on something" if depends else ""
    if not doubt and re.search(r"\?\s*$", sentence):
        doubt = "only asks"
    if lone := LONE.match(after):
        others = tuple(dict.fromkeys([*others, *({lone[1]} - {letter})]))
    return Followed(others, doubt, TAKEN_BACK.match(after) is not None)


def _parted(said: str) -> tuple[str, str]:
    """The sentence that a letter stands in, and what comes after it."""
    question = re.search(r"\?(?=\s|$)", said)
    end = SENTENCE_END.search(said)
    if question and (not end or question.start() < end.start()):
        return said[: question.end()], said[question.end() :]
    return (said[: end.start()], said[end.end() :]) if end else (said, "")


def _others(stated: str, letter: str) -> Iterator[str]:
    """The other letters that are selected with it."""
    text = IN_A_NAME.sub(" ", stated)
    for found in CAPITAL.finditer(text):
        other, before, rest = found["letter"], text[: found.start()], BRACKETS.sub("", text[found.end() :], count=1)
        if other == letter or other == "I" or (other == "A" and re.match(r"\s+[a-z]", rest) and not JUDGED.match(rest)):
            continue  # "I" speaks, and "A stroke" has an article
        clause = re.split(r"[;.]", rest)[0]
        judged = JUDGED.match(rest)
        if judged and SAID_WRONG.search(judged[0]):
            continue
        if ASIDE.search(before) and not ALSO_RIGHT.search(clause):
            continue
        yield other


def _without_option(rest: str, text: str) -> str:
    """What follows the letter without the text of its option, where that is what follows."""
    meant = re.findall(r"\w+", text.casefold())
    places = list(islice(re.finditer(r"\w+", rest), len(meant)))
    said = [place[0].casefold() for place in places]
    if not meant or said != meant:
        return rest
    end = places[len(meant) - 1].end()
    opened = rest[: places[0].start()].count("(") + rest[: places[0].start()].count("[")
    return re.sub(r"^[)\]]", "", rest[end:]) if opened else rest[end:]
