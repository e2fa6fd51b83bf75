"""Where somebody is reached: e-mail, phone, addresses, postcodes, web and network addresses.

Rules kept here
- A street is known by its word ("Road", "rue", "-straße") and its number; a town by the postcode before it.
- Gaps are bounded, so that no text makes a search long.

Not covered: a town or a country alone, a house without a number.
"""

from __future__ import annotations

from evitrail.eval.dataset.identifying.people import CAPITAL, SMALL

EMAILS = (
    r"(?i:\bmailto:)?(?<![\w.+%'’-])[\w.+%'’-]{1,128}@[\w-]{1,63}(?:\.[\w-]{1,63}){0,6}\.[A-Za-z]{2,}",
    r"(?i:(?<![\w.+%-])[\w.+%-]{2,64}\s?[(\[{]\s?at\s?[)\]}]\s?[\w-]{1,63}(?:\s?(?:[(\[{]\s?dot\s?[)\]}]|\.)\s?[\w-]{1,63}){1,4})",
    r"(?i:(?<![\w.+%-])[\w.+%-]{2,64}\sat\s[\w-]{1,63}(?:\sdot\s[\w-]{1,63}){1,4})",
)

PHONES = (
    r"(?<![\w.])(?:\+|00)\d(?:[\s()./-]{0,3}\d){6,13}(?!\d)",
    r"(?<![\d.-])(?:1[-.\s]{0,2})?(?:\(\d{3}\)\s?|\d{3}[-.\s])\d{3}[-.\s]\d{4}(?!\d)",
    r"(?<![\w.])\(?0\d{2,4}\)?[\s/-]?\d{3,4}[\s-]?\d{3,4}(?!\d|\.\d)",
    r"(?<![\w.])\(?0\d{1,4}\)?[\s/-]\d{5,8}(?:-\d{1,4})?(?!\d)",
    r"(?<![\w.])0\d(?:[\s.-]\d{2}){4}(?!\d)",
    r"(?i:\b(?:tel|telephone|telefon|phone|mobile|mob|cell|handy|fax|portable|whatsapp)\b(?:\s{0,2}(?:number|no|nr))?[\s.:\#=]{0,4})"
    r"\+?\d(?:[\s()./-]{0,3}\d){4,13}(?!\d)",
    r"(?i:\b(?:ext|extension|pager|bleep|dect|durchwahl)\b(?:\s{0,2}(?:number|no|nr))?[\s.:\#=]{0,4})\d{3,6}(?!\d|\.\d)",
    r"(?i:(?P<keep>\b(?:number(?:\sis)?|on|at|call|ring|phone|dial|text|reached|tel)[\s.:]{1,3}))\d{3}[-.]\d{4}(?!\d|[.-]\d)",
)

TOWN = rf"{CAPITAL}{SMALL}{{1,40}}(?:[\s-]{CAPITAL}{SMALL}{{1,40}})?"
POSTCODES = (
    r"\b[A-Z]{1,2}\d[A-Z\d]?\s{1,2}\d[ABD-HJLNP-UW-Z]{2}\b",
    r"\b[ABCEGHJ-NPRSTVXY]\d[A-Z]\s\d[A-Z]\d\b",
    r"\b[A-Z]{2}\s{1,2}\d{5}(?:-\d{4})?(?!\d)",
    r"(?<!\d)\d{5}-\d{4}(?!\d)",
    r"\b(?:D|A|CH|F|NL|B)-\d{4,5}\b",
    r"(?i:\b(?:zip|post(?:al)?|plz)[\s-]?(?:code)?[\s:\#=]{0,3}(?:is\s)?)(?:\d{4,6}(?:-\d{4})?(?!\d)|(?i:[a-z]{1,2}\d[a-z\d]?\s?\d[a-z]{2}\b))",
    rf"(?P<keep>(?i:\b(?:in|aus|at|from|to|à|near|lives?|habite|wohnhaft|wohnt\sin|vive\sen|nach)\s|,\s))(?!(?:19|20)\d\d\b)\d{{4,5}}\s{TOWN}",
)

STREET = (
    "Street|St|Road|Rd|Avenue|Ave|Lane|Ln|Drive|Close|Court|Ct|Terrace|Gardens|Garden|Place|Pl|Square|Sq|Crescent|Cres|Way|"
    "Boulevard|Blvd|Hill|Row|Mews|Grove|Park|Parade|Walk|Highway|Hwy|Quay|Green|Rise|View|Wharf|Circle|Parkway|Pkwy|Alley|"
    "Broadway|Embankment|Yard"
)
STREET = rf"(?:{STREET}|{STREET.upper()})\b\.?"
ROOM = r"(?:(?i:flat|apt|apartment|unit|suite|room|no)\b\.?\s?\#?[\dA-Za-z]{1,5},?\s{1,2})"
ROOM_AFTER = r"(?:,?\s{1,2}(?i:flat|apt|apartment|unit|suite|\#)\.?\s?\#?[\dA-Za-z]{1,5}\b)"
HOUSE = rf"(?:(?<!\w){CAPITAL}[\w'’]{{1,40}}\s(?:House|Cottage|Lodge|Farm|Villa|Court|Hall|Manor|Mansions),?\s{{1,2}})"
PART = rf"(?:{CAPITAL}[\w'’.-]{{0,40}}|\d{{1,3}}(?:st|nd|rd|th))"
OF = r"(?:(?:de|des|du|del|della|di|la|le|les|los|las|el|l['’]|d['’])\s?)"
ADDRESSES = (
    rf"{ROOM}?{HOUSE}?(?<![\w.,])\d{{1,5}}[a-zA-Z]?(?:[-/]\d{{1,4}}[a-z]?)?,?\s{{1,2}}(?:{PART}\s{{1,2}}){{1,4}}{STREET}{ROOM_AFTER}?",
    rf"\b{CAPITAL}[\w-]{{0,40}}(?:straße|strasse|str\.|gasse|weg|allee|platz|ufer|damm|steig|straat|laan|gracht|plein|kade|vej|gade)"
    r"\s{1,2}\d{1,4}\s?[a-z]?(?!\w)",
    rf"\b{CAPITAL}[\w-]{{0,40}}\s(?:Straße|Strasse|Str\.|Gasse|Weg|Allee|Platz|Ufer|Damm)\s{{1,2}}\d{{1,4}}\s?[a-z]?(?!\w)",
    rf"(?<![\w.])\d{{1,4}}(?:\s?(?:bis|ter|[a-d]))?,?\s(?i:rue|avenue|boulevard|bd|place|chemin|allée|impasse|quai|route|cours)\s"
    rf"{OF}{{0,2}}{CAPITAL}[\w'’-]{{0,40}}(?:\s{OF}{{0,2}}{CAPITAL}[\w'’-]{{0,40}}){{0,3}}",
    rf"\b(?:Calle|C/|Avenida|Avda\.?|Plaza|Paseo|Via|Viale|Piazza|Corso|Rua)\s?{OF}{{0,2}}{CAPITAL}[\w'’-]{{0,40}}"
    rf"(?:\s{OF}{{0,2}}{CAPITAL}[\w'’-]{{0,40}}){{0,3}},?\s(?:n\.?[º°]?\s?)?\d{{1,4}}(?!\w)",
    r"(?i:\b(?:P\.?\s?O\.?\s?Box|Postfach|apartado)\s)\d{1,6}(?:\s\d{2,4})?(?!\w)",
)

TOP = "com|org|net|edu|gov|info|io|uk|de|fr|at|ch|es|it|nl|be|eu|ie|au|ca|us|int"
OCTET = r"(?:25[0-5]|2[0-4]\d|1?\d?\d)"
WEB = (
    r"(?i:\b(?:https?|ftps?|sftp)://)[^\s<>\"]*[^\s<>\".,;:!?)\]'’]",
    r"(?i:\bwww\.)[^\s<>\"]*[^\s<>\".,;:!?)\]'’]",
    rf"(?i:(?<![\w@.-])[a-z][\w-]{{0,62}}(?:\.[\w-]{{1,62}}){{0,4}}\.(?:{TOP})\b(?:/[^\s<>\"]*[^\s<>\".,;:!?)\]'’])?)",
    rf"(?<![\w.]){OCTET}(?:\.{OCTET}){{3}}(?::\d{{1,5}})?(?![\w.]*\d)",
    r"(?i:(?<![\w:])(?=[\d:]*[a-f]|[\da-f:]*::)(?:[\da-f]{1,4}:{1,2}){3,7}[\da-f]{1,4}(?![\w:]))",
    r"(?<![\w.@/])@[A-Za-z]\w{2,30}",
)
