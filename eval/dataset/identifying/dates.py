"""Dates and ages over 89, as patterns.

Rules kept here
- A date is a day with its month, a month with its year, or a year of birth or death; the year of a guideline is none.
- What stands in a group ``keep`` says where to look, and stays.

Not covered: a month alone ("in October"), a year alone, "last Tuesday". "12.5.10" is found, and may have been a score.
"""

from __future__ import annotations

DAY = r"(?:0?[1-9]|[12]\d|3[01])"
MONTH = r"(?:0?[1-9]|1[0-2])"
YEAR = r"(?:1[89]|20)\d{2}(?!\d)"
GAP = r"[\s,-]{0,4}"

ENGLISH = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
ELSEWHERE = (
    "Januar|Jänner|Februar|Feber|März|Mai|Juni|Juli|Oktober|Dezember|"
    "janvier|février|mars|avril|mai|juin|juillet|août|septembre|octobre|novembre|décembre|"
    "enero|febrero|marzo|abril|mayo|junio|julio|agosto|septiembre|setiembre|octubre|noviembre|diciembre|"
    "gennaio|febbraio|aprile|maggio|giugno|luglio|settembre|ottobre|dicembre|"
    "januari|februari|maart|mei|augustus"
)
ROMAN = r"(?:VIII|VII|VI|IV|IX|V|XII|XI|X|III|II|I)"
SPELT = "|".join([*ENGLISH, "Sept", *(month[:3] for month in ENGLISH)])
NAMED = rf"(?:{SPELT}|{SPELT.upper()})(?![^\W\d_])\.?"
"""A month with a capital: "group 2 may have" is no date."""
ANY_CASE = rf"(?i:{SPELT}|{ELSEWHERE})(?![^\W\d_])\.?"

WEEKDAY = r"(?:(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day|Mon|Tues?|Wed|Thurs?|Fri|Sat|Sun)"
WEEKDAY = rf"(?:\b(?:{WEEKDAY}|{WEEKDAY.upper()})\b\.?,?\s{{1,3}}(?:the\s{{1,3}})?)?"
NTH_WORD = (
    r"(?i:(?:twenty|thirty)[\s-](?:first|second|third|fourth|fifth|sixth|seventh|eighth|ninth)|first|second|third|fourth|"
    r"fifth|sixth|seventh|eighth|ninth|tenth|eleventh|twelfth|thirteenth|fourteenth|fifteenth|sixteenth|seventeenth|"
    r"eighteenth|nineteenth|twentieth|thirtieth)"
)
NTH = rf"(?:(?<!\w){DAY}(?:st|nd|rd|th|er|º|\.)?|\b{NTH_WORD})(?:\s{{1,3}}(?:of|de))?"
TENS = r"(?:twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety)"
ONES = r"(?:one|two|three|four|five|six|seven|eight|nine)"
TEENS = r"(?:ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen)"
YEAR_WORD = (
    rf"(?i:\bnineteen[\s-](?:hundred(?:[\s-]and)?[\s-])?(?:{TENS}(?:[\s-]{ONES})?|{TEENS}|oh[\s-]{ONES})|"
    rf"\btwo[\s-]thousand[\s-]and[\s-](?:{TENS}(?:[\s-]{ONES})?|{TEENS}|{ONES})|\btwenty[\s-](?:{TEENS}|twenty[\s-]{ONES}))\b"
)
SOME_YEAR = rf"(?:{YEAR}|['’]\d{{2}}(?!\d)|{YEAR_WORD})"
TIME = r"(?:[T\s]\d{1,2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:?\d{2})?(?!\d))?"
FEAST = (
    r"(?:Christmas\s(?:Eve|Day)|Boxing\sDay|New\sYear(?:['’]?s)?\s(?:Eve|Day)|Good\sFriday|Easter\s(?:Sunday|Monday)|"
    r"Whit\s(?:Sunday|Monday)|Thanksgiving(?:\sDay)?|Hallowe['’]?en|Valentine['’]?s\sDay|Independence\sDay|Heiligabend|"
    r"Silvester|Bastille\sDay|St\.?\sPatrick['’]?s\sDay)"
)
OF_LIFE = (
    r"(?i:\b(?:(?:was|were|is)\s)?(?:born|died|deceased|geboren|geb\.|née?\sen|nacid[oa]\sen|nació\sen|verstorben)|"
    r"\b(?:year\sof\s(?:birth|death)|birth\s?year|YOB|jahrgang|d\.?o\.?b\.?|date\sof\sbirth|birth\s?date))"
)

DATES = (
    *(rf"{WEEKDAY}(?<!\d)(?:1[89]|20)\d{{2}}{mark}{MONTH}{mark}{DAY}(?!\d){TIME}" for mark in ("-", "/", r"\.")),
    *(rf"{WEEKDAY}(?<!\d){DAY}{mark}{DAY}{mark}(?:\d{{4}}|\d{{2}})(?!\d){TIME}" for mark in ("-", "/", r"\.", r"\.\s")),
    r"(?<!\d)(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?!\d)",
    r"(?<![\d/.-])(?:19|20)\d{2}-(?:0[1-9]|1[0-2])(?![\d/-])",
    rf"(?<![\d./-]){MONTH}[/.]{YEAR}",
    rf"(?<![\w.]){DAY}[\s./-]{{1,2}}{ROMAN}[\s./-]{{1,2}}{YEAR}",
    rf"(?P<keep>(?i:\b(?:on|since|until|till|from|by|am|vom|seit|bis|zum|ab|le|visit)\s)){DAY}\.{MONTH}\.(?=\s+[a-zß-ÿ]|,|\)|$)",
    rf"{WEEKDAY}{NTH}{GAP}{ANY_CASE}{GAP}(?:(?:of|de)\s)?{SOME_YEAR}",
    rf"{WEEKDAY}{NTH}{GAP}{NAMED}(?:-\d{{2}})?(?!\w)",
    rf"{WEEKDAY}(?<!\w){DAY}(?:\.|er|º)?\s(?:de\s)?(?i:{ELSEWHERE})\b",
    rf"{WEEKDAY}(?<!\w){ANY_CASE}{GAP}(?:the\s)?(?:{DAY}(?:st|nd|rd|th)?|{NTH_WORD}),?\s{{1,3}}{SOME_YEAR}",
    rf"(?<!\w)(?:(?i:early|mid|late)[\s-])?{ANY_CASE}{GAP}(?:(?:of|de)\s)?{SOME_YEAR}",
    rf"{WEEKDAY}(?<!\w){NAMED}\s{{1,3}}(?:the\s)?(?:{DAY}(?:st|nd|rd|th)?|{NTH_WORD})(?!\w)",
    rf"\b(?i:early|mid|late)[\s-](?:in\s)?(?:{'|'.join(ENGLISH)})\b",
    rf"\b(?:{FEAST}|{FEAST.upper()})(?:,?\s(?:of\s)?{SOME_YEAR})?",
    rf"(?P<keep>{OF_LIFE}(?:\s?[:,;]|\sin|\sen|\sim\sjahre?)?\s){SOME_YEAR}",
    rf"(?P<keep>\b[b*]\.?\s?){YEAR}",
    YEAR_WORD,
)  # fmt: skip

OLD = r"(?:9\d|1[0-4]\d)(?!\d)"
SPAN = rf"{OLD}(?:\s?(?:-|–|to)\s?\d{{2,3}})?"
OLD_WORDS = rf"(?:ninety(?:[\s-]{ONES})?|(?:a|one)[\s-]hundred(?:[\s-]and[\s-](?:{ONES}|{TEENS}))?)(?!\w)"
ANY_OLD = rf"(?:{SPAN}|{OLD_WORDS})"
YEARS = r"(?:years?|yrs?|y|jahren?|ans|años|anni)"
PERSON = (
    r"(?:man|woman|lady|gentleman|male|female|person|patient|widow|widower|nun|monk|farmer|resident|he|she|they|mother|father|"
    r"husband|wife|grandmother|grandfather|aunt|uncle|sister|brother|sibling|caregiver|carer)"
)
LAST = r"(?=\s{0,2}(?:[.,;:!?)]|$|(?:and|but|next|last|now|today|this|in|on|when|who|with|years?|yrs?)\b))"

AGES_OVER_89 = (
    rf"(?i:(?<![\d.])\b{ANY_OLD}[\s-]{{0,3}}{YEARS}[\s-]{{0,3}}(?:old|of[\s-]age|alt(?:e[rsn]?)?)\b)",
    rf"(?i:(?<![\d.]){SPAN}[\s-]{{0,2}}(?:y/o|yo|y\.?\s?o\.?|jährige?[rsnm]?)(?!\w)\.?)",
    rf"(?i:(?<![\d.]){OLD}[\s-]?(?:yo|y/o|y)?\s?[mf]\b(?=\s(?:with|w/|who|presents|presenting|admitted|c/o|p/w|brought|from|found)\b|,))",
    rf"(?P<keep>^\s?|[.;]\s|\b[Aa]n?\s|\b[Tt]his\s){OLD}\s?[MF]\b",
    rf"(?i:\bage[ds]?\b[\s:=]{{0,3}}(?:of\s|about\s|over\s|approx\.?\s)?{ANY_OLD}(?:[\s-]{{0,2}}(?:years?|yrs?)\b)?)",
    rf"(?i:(?P<keep>\b{PERSON}(?:['’]s)?\s(?:is|was|turned|turns|turning|will\sbe|would\sbe|reached|becomes?)\s"
    rf"(?:now\s|almost\s|nearly\s|about\s|over\s)?){ANY_OLD}(?:[\s-]{YEARS}\b)?{LAST})",
    rf"(?i:(?P<keep>\b{PERSON},?\sof\s){ANY_OLD}(?:[\s-]{YEARS}\b)?(?!\s?(?:%|kg|mg|cm|per\b)))",
    rf"(?i:(?P<keep>\b(?:died|dies|lived|alive|survived|deceased|†)\s(?:at|to|until|aged)\s(?:the\sage\sof\s)?){ANY_OLD}(?:\s{YEARS}\b)?)",
    r"(?i:(?P<keep>\bin\s(?:his|her|their)\s(?:early|mid|late)?[\s-]?)(?:nineties|90['’]?s|hundreds))\b",
    r"(?i:\b(?:(?:a|an|this|the|our|her|his|their)\s)?(?:super-?)?(?:nonagenarian|centenarian))\b",
)  # fmt: skip
