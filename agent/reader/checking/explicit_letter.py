"""Which letter an answer selects in so many words: the rule that stands in for a judge.

Rules kept here
- Only a letter that is selected counts: alone, "Answer: B", "(B)", "B. aspirin", "option B is correct", "I choose B",
  a box. An option's name alone is no letter.
- A capital in the text is no selection: the article in "A stroke is likely", "vitamin D", "B cell", "C. difficile".
- Two letters selected are none, unless a final answer says which: "Final answer: B", a box, a last line of its own.
  Lines that are letters and stand one below the other are a list, and the last of them is no final answer.
- What is denied, supposed or said of another answer ("not B", "if the answer is B") selects nothing.
- What follows a letter may add letters to it, deny it, or make it depend on something (``after_letter.py``).
- A letter that is no option of the question makes the answer none; what stands before ``</think>`` is not said.
- In doubt there is no letter: whoever wants more asks a judge.

    >>> explicit_letter("Heparin is tempting. The correct answer is B.", {"A": "heparin", "B": "aspirin"}).letter
    'B'
    >>> explicit_letter("Aspirin.", {"A": "heparin", "B": "aspirin"}).letter is None
    True

An answer is read line by line, as

    ANSWER    := LINE…                 all letters that its lines select; one is the answer, several need a final one
    LINE      := ALONE | LEAD | SELECTION…
    ALONE     := [the final answer :] LETTER                               nothing else stands on the line
    LEAD      := [option] LETTER [. ) :] the option's own text …           only where one line alone begins so
    SELECTION := CUE LETTER … | LETTER is correct … | I choose LETTER …    not after a denial in its clause
    CUE       := answer | option | choice | diagnosis …  (is | : | = | ->)
    LETTER    := a capital that no letter or digit touches, in any brackets; a small one only where nothing follows
    …         := what ``after_letter.py`` reads: more letters, a denial, a condition, a reason

Marks of layout are taken away first; full-width punctuation is read as plain. A line that begins with a small ``or``,
``and``, ``if`` goes on with the one before. The rule is ours and made for English, with the words for "answer" of some
languages; the published check asks a model (section 2.6 of the SaFE-Scale specification).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from evitrail.agent.reader.checking.after_letter import READ, after_letter


class Explicit(NamedTuple):
    """The letter selected, or None; and why."""

    letter: str | None
    reason: str


class Mention(NamedTuple):
    """One place that selects a letter."""

    letter: str
    final: bool
    taken_back: bool = False
    """Whether the next sentence takes it back."""


LETTER = r"[(\[{]*(?P<letter>[A-Za-z])(?![^\W_])"
ANSWER = r"antwort|réponse|respuesta|risposta|resposta|ответ|答案|正确答案"
NAMED = rf"(?:answer|ans|option|choice|selection|response|letter|diagnosis|solution|{ANSWER})"
HEDGE = r"(?:\s+(?:therefore|thus|clearly|indeed|definitely|probably|most\s+likely|likely|still))*"

CUE = re.compile(
    rf"\b{NAMED}\b(?:\s+(?:letter|option|choice|here|(?:to|for|in)\s+this\s+(?:question|case|patient)))*"
    rf"\s*(?:(?:is|ist|est|es|è|é|would\s+be|should\s+be|must\s+be|will\s+be|remains)\b|:|=|->|→|⇒|\s-\s)"
    rf"{HEDGE}\s*:?\s*(?:(?:the\s+)?(?:option|choice|letter|answer)\b\s*:?\s*)?{LETTER}",
    re.IGNORECASE,
)
"""The answer is B; correct option: (B)."""

IS_RIGHT = re.compile(
    rf"(?:^|[.;:,!?]\s*|\b(?:option|choice|answer|letter|so|thus|therefore|hence|that|and|but)\s+){LETTER}[)\]}}]*"
    rf"(?:\s*\([^)]*\))?,?\s+(?:is|would\s+be|must\s+be|should\s+be|seems|remains){HEDGE}\s+(?:the\s+)?"
    r"(?:single\s+)?(?:\w+ly\s+)?(?:correct|right|best|answer|most\s+\w+(?=\s*(?:[.,;!)]|$|answer|option|choice)))\b",
    re.IGNORECASE,
)
"""Option B is correct; (B) is the best choice."""

PLAIN = str.maketrans("：（）［］，、；？！。／＋＆＝", ":()[],,;?!./+&=")
"""Full-width punctuation as it is read."""
GOES_ON = re.compile(r"[ \t]*\n\s*(?=(?:or|and|if|unless|but|provided)\b|[/&+,;])")
"""A line that goes on with the one before."""

CHOSEN = re.compile(
    rf"\b(?:choos(?:e|ing)|select(?:ing)?|pick(?:ing)?|answer(?:ing)?\s+with|go(?:ing)?\s+(?:with|for)|opt(?:ing)?\s+for)"
    rf"\s+(?:(?:the\s+)?(?:option|choice|answer|letter)\s+)?{LETTER}",
    re.IGNORECASE,
)
"""I would choose B."""

ALONE = re.compile(rf"\W*(?:(?:(?:the|my)\s+)?(?:(?:final|correct|best)\s+)?{NAMED}\b)?\W*{LETTER}\W*", re.IGNORECASE)
LEADS = re.compile(rf"\W*(?:(?:option|choice|answer)\s+)?{LETTER}", re.IGNORECASE)
"""B. aspirin"""

ALSO = re.compile(r"[)\]}]*\s*(?:/|&|\+|\band\b|\bor\b|,\s*(?:and\b|or\b)?)\s*[(\[]*([A-Z])(?=\s*(?:$|[.,;)\]}]))")
"""A second letter in one breath: B or C."""

DENIED = re.compile(
    r"\b(?:not|never|neither|nor|cannot|if|whether|unless|wrong|incorrect|false|another|other|alternative|second|next"
    r"|worst|least|previous|initial|tempting|might|may|could|why)\b|n['’]t\b",
    re.IGNORECASE,
)
DOUBTED = re.compile(
    r"(?:\b(?:not|never)|n['’]t)\s+(?:think|believe|agree|say|mean|suggest|certain|sure|clear)\b", re.IGNORECASE
)
FINAL = re.compile(rf"\bfinal\s+(?:{NAMED}|decision)\b", re.IGNORECASE)
LAST_LINE = re.compile(rf"\W*(?:(?:so|thus|therefore|hence)\W+)?(?:the\s+|my\s+)?(?:\w+\s+)?{NAMED}\b", re.IGNORECASE)

CLOSED = re.compile(r"\s*(?:[,;!?)\]}—–]|:|\s-\s|$)")
REASONED = re.compile(
    r"\s+(?:because|since|as|due|which|given|based|rather|instead|over|not|and\s+not|but|for|in\s+this)\b|\s*\("
)
JUDGED = re.compile(
    r"[,\s]*(?:is|are|was|were|has|have|does|do|can|could|may|might|would|should|will)\b", re.IGNORECASE
)
"""A. heparin is contraindicated: what goes on so speaks of an option, and need not select it."""
SENTENCE = re.compile(r"\.(?:$|\s+(?P<next>[A-Z]\w*))")
EPITHETS = frozenset({"Coli", "Difficile", "Diff", "Albicans", "Auris", "Botulinum", "Perfringens", "Fib", "Tetani"})
"""What stands after an initial that is no option: E. coli, A. fib."""


def explicit_letter(text: str, options: Mapping[str, str]) -> Explicit:
    """The one letter that a text selects; the letters are the keys of ``options``, one character each."""
    mentions = list(_mentions(text, options))
    selected = sorted({mention.letter for mention in mentions})
    if strange := [letter for letter in selected if letter not in options]:
        return Explicit(None, f"it selects {strange[0]}, which is no option")
    if len(selected) == 1 and any(mention.taken_back for mention in mentions):
        return Explicit(None, f"it selects {selected[0]} and takes it back")
    if len(selected) == 1:
        return Explicit(selected[0], f"it selects {selected[0]} in so many words")
    if not selected:
        return Explicit(None, "it selects no letter in so many words")
    final = {mention.letter for mention in mentions if mention.final}
    if len(final) == 1:
        (letter,) = final
        return Explicit(letter, f"it names {', '.join(selected)}, and its final answer is {letter}")
    return Explicit(None, f"it selects {', '.join(selected)}")


def _mentions(text: str, options: Mapping[str, str]) -> Iterator[Mention]:
    lines = [line for line in without_markup(text).splitlines() if line.strip()]
    leads: dict[str, list[Mention]] = {}
    before: re.Match[str] | None = None
    for number, line in enumerate(lines, start=1):
        last = number == len(lines)
        if alone := ALONE.fullmatch(line):
            listed = before is not None and before["letter"].upper() != alone["letter"].upper()
            yield Mention(alone["letter"].upper(), final=(last and not listed) or bool(FINAL.search(line)))
            before = alone
            continue
        before = None
        if (lead := LEADS.match(line)) and _with_its_text(line, lead, options):
            leads[lead["letter"].upper()] = list(_with_what_follows(line, lead, options))
            continue
        final = bool(FINAL.search(line)) or (last and LAST_LINE.match(line) is not None)
        yield from (mention._replace(final=final) for mention in _selected(line, options))
    if len(leads) == 1:  # several are the options, listed
        yield from next(iter(leads.values()))


def _selected(line: str, options: Mapping[str, str]) -> Iterator[Mention]:
    for form in (CUE, IS_RIGHT, CHOSEN):
        for found in form.finditer(line):
            if _denied(line[: found.start()]) or not (form is IS_RIGHT or _stands(line, found, options)):
                continue
            if found["letter"].isupper() or form is CUE:
                yield from _with_what_follows(line, found, options)


def _with_what_follows(line: str, found: re.Match[str], options: Mapping[str, str]) -> Iterator[Mention]:
    """The letter where what follows leaves it selected, and every letter that is selected with it."""
    letter = found["letter"].upper()
    followed = after_letter(line[found.end("letter") :], letter, options)
    if not followed.doubt:
        yield Mention(letter, final=False, taken_back=followed.taken_back)
        yield from (Mention(other, final=False) for other in followed.others)


def _stands(line: str, found: re.Match[str], options: Mapping[str, str]) -> bool:
    """Whether what follows lets the letter be one, and not the beginning of words."""
    rest = line[found.end("letter") :]
    if not found["letter"].isupper():
        return re.fullmatch(r"\W*", rest) is not None  # "the answer is a stroke" has an article
    if ALSO.match(rest) or CLOSED.match(rest) or REASONED.match(rest):
        return True
    sentence = SENTENCE.match(rest)
    if sentence:
        return (sentence["next"] or "").capitalize() not in EPITHETS
    return _with_its_text(line, found, options)


def _with_its_text(line: str, found: re.Match[str], options: Mapping[str, str]) -> bool:
    """Whether the letter stands before the text of its option, or before the beginning of it."""
    letter, rest = found["letter"], line[found.end("letter") :]
    if not letter.isupper():
        return False
    if letter == "A" and not re.match(r"\s*[.):\]}–—-]", rest):
        return False  # "A stroke" has an article, though an option may be called stroke
    places, meant = list(re.finditer(r"\w+", rest)), _word_list(options.get(letter, ""))
    said = [place[0].casefold() for place in places]
    shared = min(len(said), len(meant))
    if not shared or said[:shared] != meant[:shared]:
        return False
    return JUDGED.match(rest[places[shared - 1].end() :]) is None


def _denied(before: str) -> bool:
    clause = re.split(r"[.;:,!?]\s", before[-READ:])[-1]
    sentence = re.split(r"[.;!?]\s", before[-READ:])[-1]
    return bool(DENIED.search(clause) or DOUBTED.search(sentence))


def without_markup(text: str) -> str:
    """What was said, without thoughts and marks of layout; a box or an answer tag is a final answer on its own line."""
    text = GOES_ON.sub(" ", text.translate(PLAIN))
    said = re.sub(r"<think>.*?(?:</think>|\Z)", "\n", text.rpartition("</think>")[2], flags=re.DOTALL)
    said = re.sub(r"\\(?:boxed|fbox)\s*\{([^{}]*(?:\{[^{}]*\}[^{}]*)*)\}", r"\nFinal answer: \1\n", said)
    said = re.sub(r"<answer>(.*?)</answer>", r"\nFinal answer: \1\n", said, flags=re.DOTALL | re.IGNORECASE)
    said = re.sub(r"\\(?:text|textbf|mathrm|mathbf)\s*\{([^{}]*)\}", r"\1", said)
    said = re.sub(r"(?<!\w)['‘’](\w)['‘’](?!\w)", r"\1", said)
    return re.sub(r"[*`$\"“”„«»#]|(?<![-=])>|(?<!\w)_+|_+(?!\w)", "", said)


def _word_list(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold())
