"""Masking: how many invented identifiers does the default mask find, and how much harmless text does it change?

    python bench/masking.py [--misses] [--faker]

`masking/` holds the texts, in two halves: the patterns were written with `written` in view, `held` was written before
them and is only measured. `--misses` prints what was missed and changed of `written`, and nothing of `held`. `--faker`
measures identifiers that Faker invents as well (`pip install faker==40.54.0`).
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from evitrail.eval.dataset.identifiers import Identifiers, read_names

TEXTS = Path(__file__).parent / "masking"
HALVES = ("written", "held")
KINDS = {
    "date": "dates",
    "age": "ages over 89",
    "record": "record numbers",
    "titled": "names with a title or a role",
    "listed": "names of the list",
    "email": "e-mail addresses",
    "phone": "phone numbers",
    "ssn": "social security numbers",
    "postcode": "postcodes",
    "address": "addresses",
    "web": "web and IP addresses",
    "device": "serial numbers of devices",
}
MARKED = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
TOKEN = re.compile(r"\[[A-Z][A-Z0-9 ]*\]")
NAMES_NOBODY = """
mr mrs ms miss mx dr prof professor md nurse sister herr frau mme sir rev the of a an and de s
early mid late in her his at year years yr yrs yo y o old age aged dot
""".split()  # noqa: SIM905
"""Words that may stay of an identifier: they name nobody without the rest."""
LOCALES = ("en_US", "en_GB", "en_AU", "en_CA", "de_DE", "fr_FR", "es_ES", "it_IT", "nl_NL")
INVENTED = {
    "street addresses, announced": ("street_address", "She lives at {}."),
    "street addresses, not announced": ("street_address", "Seen at home, {}, last week."),
    "phone numbers": ("phone_number", "Results go to {} today."),
    "social security numbers": ("ssn", "Her insurance has {} on file."),
}
"""What it invents, and the sentence that it stands in."""
EACH = 40
SEED = 1001
"""Not the one that was in view while the patterns were written; the lists that Faker draws from are the same."""


@dataclass(frozen=True)
class Marked:
    """A sentence with what names somebody in it, both as text."""

    kind: str
    text: str
    telling: str


def identifiers(half: str) -> Iterator[Marked]:
    """The sentences of a half; in the file braces stand round the identifier."""
    for line in (TEXTS / f"identifiers_{half}.tsv").read_text(encoding="utf-8").splitlines():
        kind, sentence = line.replace("\\n", "\n").split("\t")
        yield Marked(kind, MARKED.sub(r"\1", sentence), " ".join(MARKED.findall(sentence)))


def harmless(half: str) -> list[str]:
    """Sentences that name nobody."""
    return (TEXTS / f"harmless_{half}.txt").read_text(encoding="utf-8").splitlines()


def is_found(marked: Marked, masked: str) -> bool:
    """Whether no word of the identifier is left, save for those that name nobody."""
    beside = _words(marked.text) - _words(marked.telling)
    left = _words(TOKEN.sub(" ", masked)) - beside
    return not (left & _words(marked.telling)).keys() - set(NAMES_NOBODY)


def _words(text: str) -> Counter[str]:
    return Counter(re.findall(r"\w+", text.casefold()))


def measure(mask: Callable[[str], str], half: str, *, misses: bool = False) -> None:
    """Print a half: found of how many by kind, and how many harmless sentences were changed."""
    found: Counter[str] = Counter()
    total: Counter[str] = Counter()
    for marked in identifiers(half):
        masked = mask(marked.text)
        total[marked.kind] += 1
        found[marked.kind] += is_found(marked, masked)
        if misses and not is_found(marked, masked):
            print(f"  missed {marked.kind}: {marked.text!r} became {masked!r}")
    changed = [(text, mask(text)) for text in harmless(half) if mask(text) != text]
    if misses:
        for text, masked in changed:
            print(f"  changed: {text!r} became {masked!r}")
    print(f"{half}:")
    for kind, name in KINDS.items():
        print(f"  {name:30} {found[kind]:3} of {total[kind]:3}   {found[kind] / total[kind]:.2f}")
    print(f"  {'all':30} {found.total():3} of {total.total():3}   {found.total() / total.total():.2f}")
    print(f"  {'harmless sentences changed':30} {len(changed):3} of {len(harmless(half)):3}")


def measure_invented(mask: Callable[[str], str]) -> None:
    """Print how many of the identifiers that Faker invents are found, by its locales."""
    from faker import Faker

    for name, (invent, sentence) in INVENTED.items():
        found: Counter[str] = Counter()
        for locale in LOCALES:
            faker = Faker(locale)
            faker.seed_instance(SEED)
            for told in (str(getattr(faker, invent)()).strip() for _ in range(EACH)):
                text = sentence.format(told)
                found[locale] += is_found(Marked(invent, text, told), mask(text))
        each = ", ".join(f"{locale} {found[locale]}" for locale in LOCALES)
        print(f"Faker's {name}: {found.total()} of {EACH * len(LOCALES)} ({each}, of {EACH} each)")


def main() -> None:
    """Measure the default mask on both halves."""
    mask = Identifiers(read_names(TEXTS / "names.txt")).mask
    for half in HALVES:
        measure(mask, half, misses="--misses" in sys.argv and half == "written")
    if "--faker" in sys.argv:
        measure_invented(mask)


if __name__ == "__main__":
    main()
