"""Where somebody is reached: e-mail, phone, addresses, postcodes, web and network addresses.

Rules kept here
- A street is known by its word ("Road", "rue", "-straße") and its number; a town by the postcode before it.
- Gaps are bounded, so that no text makes a search long.

Not covered: a town or a country alone, a house without a number.
"""

from __future__ import annotations

from evitrail.eval.dataset.identifying.people import CAPITAL, SMALL

EMAILS = (
    r"(?i:\bmailto:)?(?<![\w+%'’-])[\w.+%'’-]{1,128}@[\w-]{1,63}(?:\.[\w-]{1,63}){0,6}\.[A-Za-z]{2,}",
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
    "Broadway|Embankment|Yard|Streets|Roads|Avenues|Drives|Courts|Squares|Hills|Parks|Walks|Parkways|Circles|Views|Greens|"
    "Causeway|Crossroads?|Esplanade|Freeway|Turnpike|Thoroughfare|Throughway|Promenade|Plaza|Courtyard|Skyway|Gateway|"
    "Driveway|Laneway|Cul-de-sac|Arcade"
)
STREET = rf"(?:{STREET}|{STREET.upper()})\b\.?"
SELDOM = (
    "Anex|Annex|Arc|Bay(?:ou)?|Beach|Bend|Bluffs?|Bottom|Bridge|Brooks?|Burgs?|Camp|Canyon|Cape|Cliffs?|Common|Copse|"
    "Corners?|Corso|Coves?|Creek|Crest|Crossing|Curve|Dale|Dam|Dene|Divide|Downs|Edge|Estates?|Expressway|Falls?|"
    "Ferry|Flats?|Fold|Fords?|Forest|Forges?|Forks?|Formation|Fort|Front|Gap|Gate|Gates|Glade|Glens?|Groves|"
    "Harbou?rs?|Haven|Heath|Heights|Highroad|Hollow|Inlet|Interchange|Islands?|Isle|Junctions?|Keys?|Knolls?|Lakes?|"
    "Landing|Lea|Lights?|Locks?|Lodge|Lookout|Loop|Mall|Manors?|Meadows?|Mills?|Motorway|Mount|Mountains?|Neck|"
    "Orchard|Oval|Overpass|Pass|Passage|Path|Pike|Pines?|Plains?|Plazas|Prairie|Quad|Quays|Radial|Ramp|Ranch|Rapids?|"
    "Reserve|Retreat|Ride|Ridges?|River|Rotary|Round|Roundabout|Route|Rue|Run|Shoals?|Shores?|Slope|Springs?|Spurs?|"
    "Station|Stravenue|Stream|Subway|Summit|Throughway|Tor|Towers?|Trace|Track|Trail|Triangle|Tunnel|Turn|Underpass|"
    "Vale|Valleys?|Viaduct|Villages?|Ville|Vista|Ways|Wells?|Wood|Woods|Wynd"
)
SELDOM = rf"(?:{SELDOM}|{SELDOM.upper()})\b\.?"
"""Words that name a street seldom, and other things often: what stands before them must look like a house."""
ROOM = (
    r"(?:(?i:flat|apt|apartment|unit|suite|studio|room|level|floor|no)\b\.?\s?\#?(?:\d{1,5}[A-Za-z]?|[A-Za-z]\d{0,4})\b,?"
    r"\s{1,2})"
)
ROOM_AFTER = r"(?:,?\s{1,2}(?i:flat|apt|apartment|unit|suite|floor|\#)\.?\s?\#?[\dA-Za-z]{1,5}\b)"
FLOOR = (
    r"(?:,?\s{1,2}(?i:piso|puerta|planta|portal|bloque|esc(?:alera)?|bajo|apt|appartamento|piano|interno|scala|int|étage|"
    r"stock|whg|bus|huis)\b\.?\s?\d{1,4}\s?[A-Za-zº°]?\b)"
)
HOUSE = rf"(?:(?<!\w){CAPITAL}[\w'’]{{1,40}}\s(?:House|Cottage|Lodge|Farm|Villa|Court|Hall|Manor|Mansions),?\s{{1,2}})"
PART = rf"(?:{CAPITAL}[\w'’.-]{{0,40}}|\d{{1,3}}(?:st|nd|rd|th))"
OF = r"(?:(?:de|des|du|del|della|di|la|le|les|los|las|el|l['’]|d['’])\s?)"
TO = rf"{OF}{{0,2}}{CAPITAL}[\w'’-]{{0,40}}(?:\s{OF}{{0,2}}{CAPITAL}[\w'’-]{{0,40}}){{0,3}}"
"""Whom or what a street is named after, where that stands behind its word."""
NUMBERED = r"\d{1,5}\s?[a-zA-Z]?(?:\s?[-/]\s?\d{1,5}\s?[a-z]?)?(?!\w)"
GERMAN = "straße|strasse|str\\.|gasse|weg|allee|platz|ufer|damm|steig|stieg|chaussee|promenade|markt"
DUTCH = "straat|laan|gracht|plein|kade|vej|gade|baan|dreef|singel|steeg|boulevard|hof|dijk"
ROMANCE = (
    "Calle|Calleja|Callejón|Camino|Carrera|Carretera|C/|Avenida|Avda\\.?|Alameda|Plaza|Paseo|Pasaje|Pasadizo|Rambla|Ronda|"
    "Glorieta|Cuesta|Cañada|Travesía|Urbanización|Acceso|Vial|Via|Viale|Vico|Vicolo|Piazza|Piazzale|Corso|Strada|Borgo|"
    "Contrada|Largo|Lungomare|Rotonda|Salita|Stretto|Incrocio|Canale|Rua|Travessa|Praça"
)
HOME = (
    r"(?i:\b(?:lives?|living|lived|resid(?:es?|ed|ing)|stay(?:s|ed|ing)|wohnhaft|habite|vive|abita|woont)\s(?:at|à|en|au|aan)\s|"
    r"\b(?:home\s|postal\s|street\s|current\s)?(?:address|adresse|anschrift|dirección|indirizzo|adres)\b(?:\sis|[:=])?\s)"
)
"""What announces an address."""
PIECE = (
    rf"(?:{CAPITAL}\w{{0,2}}\.|{CAPITAL}[\w'’-]{{0,40}}|\d{{1,3}}(?:st|nd|rd|th)|(?i:apt|no)\b\.?|"
    rf"(?i:flat|apartment|unit|suite|studio|room|level|floor)\b|{OF})"
)
"""A word of an announced address; a longer word with a stop ends its sentence."""
ANNOUNCED = (
    rf"(?:(?:{PIECE},?\s{{1,2}}){{0,6}}{NUMBERED}(?:,?\s{{1,2}}(?:{PIECE}|{NUMBERED})){{1,8}}|"
    rf"(?:{PIECE},?\s{{1,2}}){{1,6}}{NUMBERED})"
)
ADDRESSES = (
    rf"{ROOM}?{HOUSE}?(?<![\w.,])\d{{1,5}}[a-zA-Z]?(?:[-/]\d{{1,4}}[a-z]?)?,?\s{{1,2}}(?:{PART}\s{{1,2}}){{1,4}}{STREET}{ROOM_AFTER}?",
    rf"{ROOM}?(?<![\w.,/])(?:\d{{1,4}}/)?(?!(?:19|20)\d\d\b)\d{{3,5}}[a-z]?,?\s{{1,2}}(?:{PART}\s{{1,2}}){{1,3}}{SELDOM}{ROOM_AFTER}?",
    rf"{ROOM}(?:(?<=,\s)|(?<=\n)|(?=\d))(?:\d{{1,5}}[a-z]?\s{{1,2}})?(?:{PART}\s{{1,2}}){{1,3}}(?:{STREET}|{SELDOM})",
    rf"(?<![\w.,/])\d{{1,5}}[a-z]?\s{{1,2}}(?:{PART}\s{{1,2}}){{1,3}}{SELDOM}{ROOM_AFTER}",
    rf"(?P<keep>{HOME})(?={PIECE}|{NUMBERED},?\s{{1,2}}{PIECE}){ANNOUNCED}{FLOOR}{{0,3}}",
    rf"\b{CAPITAL}[\w-]{{0,40}}(?:{GERMAN}|{DUTCH})\s{{1,2}}{NUMBERED}{FLOOR}{{0,2}}",
    rf"\b{CAPITAL}[\w-]{{0,40}}[\s-](?i:{GERMAN}|ring|hof)\s{{1,2}}{NUMBERED}{FLOOR}{{0,2}}",
    rf"(?<![\w.])\d{{1,4}}(?:\s?(?:bis|ter|[a-d]))?,?\s(?i:rue|avenue|boulevard|bd|place|chemin|allée|impasse|quai|route|cours)\s{TO}",
    rf"(?<!\w)(?:(?:rue|avenue|boulevard|chemin|impasse|allée)\s|(?:Rue|Chemin|Impasse)\s{OF}){TO}",
    rf"\b(?:{ROMANCE})\s?{TO},?\s(?:n\.?[º°]?\s?)?{NUMBERED}{FLOOR}{{0,3}}",
    rf"\bC\.\s{TO},?\s{NUMBERED}{FLOOR}{{1,3}}",
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
