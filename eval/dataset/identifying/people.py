"""Names of people: with a title, where a role or a relation announces one, and the names of a list in their spellings.

Rules kept here
- A title or a label ("Signed:") announces a name however it is written, a verb ("seen by") only one that looks like it:
  two words with capitals, or an initial and a word.
- A name of the list is found in any case of letters, with or without accents, hyphens and middle names, as initials and
  surname, or surname first. Its surname alone is found with a capital; its first name alone is not.

    listed(("Jane Doe",))     # "jane doe", "J. Doe", "DOE, Jane", "Doe"

Not covered: a name that nothing announces and no list holds.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from itertools import groupby

LETTERS = [letter for letter in map(chr, range(0x530)) if letter.isalpha()]
CAPITAL = "[" + "".join(letter for letter in LETTERS if letter.isupper()) + "]"
SMALL = "[" + "".join(letter for letter in LETTERS if letter.islower()) + "]"
MARKS = "\u0300-\u036f"
"""Accents that stand beside their letter."""
PARTICLE = (
    "(?i:de|del|della|dello|degli|da|das|dos|do|di|du|des|la|las|le|les|los|van|von|vom|zu|zum|zur|der|den|dem|ter|ten|te|"
    "bin|bint|ibn|abu|al|el|af|av|ap|ab|mac|mc|st|san|santa|y|e|’t|'t)"
)
WORD = (
    rf"(?:{PARTICLE}[.]?\s{{1,2}}){{0,3}}(?:[dl]['’])?{CAPITAL}[\w{MARKS}]{{0,40}}"
    rf"(?:(?!['’]s\b)['’‑-][\w{MARKS}]{{1,40}}){{0,4}}"
)
"""A word of a name, with its particles and without the ``'s`` of what it owns."""
INITIALS = rf"(?:{CAPITAL}(?:\.[ \t]{{0,2}}|[ \t]{{1,2}}(?!['’])(?=\w)|(?={CAPITAL}\.)))"
MORE = rf"(?:[ \t]{{1,2}}(?:{INITIALS}{{1,2}})?{WORD})"
NAME = rf"{INITIALS}{{0,4}}{WORD}{MORE}{{0,2}}"
REVERSED = rf"(?:,\s?{INITIALS}{{0,2}}{WORD})?"

TITLES = (
    "Mr|Mrs|Ms|Miss|Mx|Dr|Drs|Prof|Professor|Doctor|Sir|Dame|Lady|Lord|Rev|Reverend|Father|Sister|Brother|Nurse|Matron|"
    "Midwife|Captain|Capt|Lieutenant|Lt|Colonel|Col|Major|Sergeant|Sgt|Corporal|Cpl|Private|Rabbi|Imam|Pastor|Judge|"
    "Councillor|Herr|Herrn|Frau|Hr|Fr|Schwester|Oberarzt|Oberärztin|Señor|Señora|Señorita|Sr|Sra|Don|Doña|Signor|Signora|"
    "Dott|Monsieur|Madame|Mademoiselle|Mme|Mlle|Mevrouw|Meneer|Dhr|Mevr"
)
TITLE = rf"(?:{TITLES}|{TITLES.upper()})\b\.?"
TITLED = rf"(?<!\w){TITLE}(?:\s{{1,2}}(?:(?:and|&|und|et|y)\s)?{TITLE}){{0,3}}\s{{1,3}}{NAME}{REVERSED}"

NO_NAME = (
    rf"(?!{TITLE}|(?i:(?:not|none|unknown|withheld|colleagues?|team|sirs?|madam|all|reader|editor|doctor|parents?|friends?|the|a|an)\b(?!\.))|"
    rf"{CAPITAL}\w{{0,30}}(?:ology|ologist|iatrics?|iatry|surgery|surgeon|edics?|icine|therapy|therapist|nursing|ician|ward|unit|team|"
    r"clinic|hospital|centre|center|department|service|services|review|system|society|committee)\b)"
)
"""What stands where a name could, and is a department or nobody."""
LIKE_NAME = (
    rf"(?!{CAPITAL}{{2}})(?:{INITIALS}{{1,3}}{WORD}{MORE}{{0,1}}|{WORD}{MORE}{{1,2}}|"
    rf"{CAPITAL}{SMALL}{{1,40}}(?:-{CAPITAL}{SMALL}{{1,40}})?)"
)
VERBS = (
    "seen|reviewed|written|signed|dictated|typed|referred|reported|authored|examined|assessed|admitted|discharged|prescribed|"
    "entered|verified|approved|ordered|requested|transcribed|accompanied|consented|treated|completed|prepared|dressed|"
    "counselled|counseled|interviewed|operated|performed|witnessed|checked|collected|taken|administered|confirmed"
)
LABELS = (
    r"signed|signature|consultant|attending|physician|surgeon|assistant|anaesthetist|anesthetist|gp|pcp|registrar|resident|nurse|"
    r"midwife|doctor|clinician|provider|author|reporter|radiologist|pathologist|next\sof\skin|nok|emergency\scontact|contact|"
    r"carer|caregiver|guardian|spouse|wife|husband|partner|mother|father|son|daughter|patient|pt|patient(?:['’]s)?\sname|"
    r"(?:full\s|first\s|last\s|sur|maiden\s|given\s|family\s)?name|surname|patientin|cc|interpreter|social\sworker"
)
RELATIVES = (
    "wife|husband|spouse|partner|fiancée?|daughter|son|mother|father|brother|sister|niece|nephew|aunt|uncle|cousin|grandson|"
    "granddaughter|grandmother|grandfather|stepson|stepdaughter|carer|caregiver|friend|neighbour|neighbor|twin|child"
)
MEASURES = (
    "Health|Safety|Reported|Education|Global|Activity|Activation|Assessment|Information|Experience|Care|Specific|Acceptable|"
    "Generated|Centred|Centered|Related|Blood|Self|Protection|Data|Record|Rights|Outcomes?|Satisfaction|Advocacy|Controlled|"
    "Transport|Group|Population|Characteristics|Selection|Denies|Reports|States|History|Summary|Name"
)

PEOPLE = (
    TITLED,
    rf"(?P<keep>(?<!\w)(?i:{LABELS})\s{{0,2}}[:=]\s{{0,3}}){NO_NAME}{INITIALS}{{0,4}}{WORD}{REVERSED}{MORE}{{0,2}}",
    rf"(?P<keep>(?<!\w)(?i:{VERBS})\s(?i:by|with)\s){NO_NAME}{LIKE_NAME}",
    rf"(?P<keep>(?<!\w)(?i:discussed|spoke|spoken|met|liaised)\s(?i:with|to)\s){NO_NAME}{LIKE_NAME}",
    rf"(?P<keep>(?<!\w)(?i:his|her|their|my|our|patient['’]s)\s(?i:{RELATIVES}),?\s(?:is\s)?){NO_NAME}{LIKE_NAME}",
    rf"(?P<keep>(?<!\w)(?:[Pp]atient|PATIENT|Pt|pt),?\s)(?!(?:{MEASURES})\b){INITIALS}{{0,2}}{WORD}{MORE}{{1,2}}",
    rf"(?P<keep>(?<!\w)Dear\s){NO_NAME}{NAME}",
    rf"(?P<keep>(?<!\w)(?:RE|Re):\s){NO_NAME}(?!{CAPITAL}{{2}}){WORD}{MORE}{{1,2}}",
    rf"(?<!\w)(?:M\.|Hr\.|Fr\.)\s{WORD}\s{WORD}",
    rf"(?<!\w){INITIALS}{{0,3}}{WORD}{MORE}{{0,2}}(?=,?\s(?:MD|MBBS|MBChB|PhD|FRCP|FRCS|MRCP|RN|DO|NP|PA-C|PharmD)\b)",
)  # fmt: skip
"""With what keeps its place: ``keep``."""


def _base(letter: str) -> str:
    return unicodedata.normalize("NFD", letter)[0].casefold()


BASES = {base: base + "".join(each) for base, each in groupby(sorted(LETTERS, key=_base), key=_base)}
"""By letter without accent, all that have it."""
SPELT_OUT = {"ä": "ae", "ö": "oe", "ü": "ue", "ø": "oe", "å": "aa", "æ": "ae", "œ": "oe", "ß": "ss", "þ": "th"}
PLAIN = {"ø": "oö", "å": "a", "æ": "a", "œ": "o", "ł": "l", "đ": "d", "ß": "s", "ð": "d", "þ": "t", "ı": "i"}
"""Letters that are no base and accent, and what is written for them."""
SINGLE = rf"{CAPITAL}(?!\w)"
APOSTROPHE = "['’‘ʼ`´]?\\s?"
HYPHEN = "[-‐‑–\\s]{0,3}"


def listed(names: Iterable[str]) -> tuple[str, ...]:
    """Patterns for the names of a list, the longest name first."""
    ways = (way for name in sorted(names, key=lambda name: (-len(name), name)) for way in _ways(name))
    return (rf"(?<!\w)(?:{TITLE}\s{{1,2}})?(?:{'|'.join(ways)})(?!\w)",)


def _ways(name: str) -> Iterator[str]:
    """The ways to write a name."""
    words = unicodedata.normalize("NFC", name).split()
    if len(words) == 1:
        yield f"(?i:{_variants(words[0])})"
        return
    first, middle, last = _parts(words)
    initial, forename, surname = _initial(first), _variants(first), r"[\s-]{1,3}".join(map(_variants, last))
    inserted = "|".join([*map(_variants, middle), SINGLE])
    between = rf"(?:[\s-]{{1,3}}(?:{inserted})\.?){{0,3}}"
    yield rf"(?i:{forename}{between}[\s-]{{1,3}}{surname})"
    yield rf"(?i:{surname},\s{{0,3}}{forename}{between})"
    yield rf"{initial}(?:\.\s?|\s)(?:{CAPITAL}(?:\.\s?|\s)){{0,2}}(?i:{surname})"
    yield rf"(?i:{surname}),?\s{{1,2}}{initial}(?:\.|(?!\w))(?:\s?{CAPITAL}\.)?"
    yield rf"(?=(?:{PARTICLE}\s{{1,2}}){{0,3}}{CAPITAL})(?i:{surname})"


def _parts(words: list[str]) -> tuple[str, list[str], list[str]]:
    """First name, middle names, and the surname with its particles."""
    at = len(words) - 1
    while at > 1 and re.fullmatch(PARTICLE, words[at - 1]):
        at -= 1
    return words[0], words[1:at], words[at:]


def _initial(word: str) -> str:
    return f"[{''.join(letter for letter in BASES.get(_base(word[0]), word[0]) if letter.isupper())}]"


def _variants(word: str) -> str:
    """A word with each letter in its spellings."""
    return "".join(map(_letters, word))


def _letters(letter: str) -> str:
    if letter in "'’‘ʼ`´":
        return APOSTROPHE
    if letter in "-‐‑–":
        return HYPHEN
    base = _base(letter)
    if not base.isalpha():
        return re.escape(letter)
    same = f"[{BASES.get(base, base)}{PLAIN.get(letter.lower(), '')}][{MARKS}]{{0,3}}"
    spelt = SPELT_OUT.get(letter.lower())
    return f"(?:{spelt}|{same})" if spelt else same
