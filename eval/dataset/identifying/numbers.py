"""Numbers that stand for somebody: record and insurance numbers, social security, serial numbers of devices.

Rules kept here
- A label that can mean nothing else ("MRN", "passport") takes any number after it; one that can ("case", "visit") only
  one that is called a number, or that is written like a code: five digits, or letters with four.
- Without a label, what is written like no clinical value: letters with six digits, seven digits and more, an IBAN.

Not covered: short numbers without a label. A trial's registration (NCT…) is kept.
"""

from __future__ import annotations

TAIL = r"(?:[-./]{1,2}[\dA-Za-z]{1,30}|\s\d{2,15}[A-Z]?(?![\w.])|\s\d(?=\s{0,2}(?:[.;,)]|$))){0,8}"
VALUE = rf"[A-Za-z]{{0,6}}[-/\s]?\d[\dA-Za-z]{{0,40}}{TAIL}"
"""A number with its letters and groups."""
CODE = (
    r"(?=(?:[A-Za-z./-]{0,6}\d){5}|(?=[\d./-]{0,8}[A-Za-z])(?:[A-Za-z./-]{0,6}\d){4}|\d{3,4}-\d{3,4}\b)"
    r"[A-Za-z]{0,6}[-/]?\d[\dA-Za-z]{0,40}(?:[-./][\dA-Za-z]{1,30}){0,8}"
)
"""Letters and digits that look like nothing but a number of somebody or something."""
NUMBER = r"(?:numbers?|num\b|nos?\b\.?|nr\b\.?|n[°º]|№|id(?:entifier|entification)?\b|code|ref(?:erence)?\b\.?|\#)"
THEN = r"(?:[\s:\#=.]{0,4}(?:(?:is|was|are)\s)?[\s:\#=.]{0,3})"

SURE = (
    r"MRN|URN|UHID|PID|MPI|CHI|NHS|medical\srecord|passport|medicare|medicaid|health\sinsurance|IHI|HCN|"
    r"patient\s?ID|IBAN|policy|member(?:ship)?|subscriber|beneficiary|driv(?:er|ing)(?:['’]?s)?\s?licen[cs]e|"
    r"identity\scard|versicherten\w{0,10}|patienten\w{0,10}|fallnummer|"
    r"fall-?nr|aktenzeichen|krankenkasse\w{0,8}|kassen\w{0,8}|num[eé]ro\sde\sdossier|historia\scl[ií]nica|expediente"
)
MAYBE = (
    r"hospital|hosp|patient|pt|record|chart|file|unit|case|study|trial|subject|participant|enrol?ment|specimen|sample|accession|visit|"
    r"encounter|episode|admission|account|acct|insurance|group|claim|order|requisition|invoice|receipt|referral|"
    r"prescription|registration|licen[cs]e|certificate|health\scard|card|client|customer|lab|path(?:ology)?|booking|"
    r"appointment|employee|staff|student|service|military|bank|sort|tax|dossier"
)
RECORDS = (
    r"(?i:\b(?:vehicle\s)?(?:registration|licen[cs]e\splate|number\splate|reg)\b\.?(?:\s(?:no|number|plate))?[\s:]{1,3})"
    r"(?=[A-Z0-9 -]*\d)[A-Z0-9]{1,4}[\s-]?[A-Z0-9]{2,4}\b",
    r"(?i:\bIBAN[\s:]{1,3})?\b[A-Z]{2}\d{2}(?:\s?[A-Z0-9]{4}){3,7}(?:\s?[A-Z0-9]{1,3})?(?!\w)",
    rf"(?i:\b(?:{SURE})\b(?:\s{{0,2}}(?:card|policy|record|account))?(?:\s{{0,2}}{NUMBER})?{THEN}(?![\s:]{{0,3}}\d{{1,3}}(?![\w/-]|\s\d)|[\s:]{{0,3}}\d+[-\s](?:day|bed|hour))){VALUE}",
    rf"(?i:\b(?:{SURE}|{MAYBE})\b(?:\s{{0,2}}(?:card|policy|record|account))?\s{{0,2}}{NUMBER}{THEN}){VALUE}",
    rf"(?i:\b(?:{SURE}|{MAYBE})\b(?:\s(?:read|label|labelled|subject|number))?[\s:\#=]{{1,3}}(?:(?:label\s)?(?:is|was|read)\s)?){CODE}(?!\s?(?:%|mg|people|patients|adults))",
    r"\b(?!NCT|ISRCTN|PMID|PMC|DOI|EUCTR|ACTRN|CRD)[A-Z]{1,3}[-/]?\d{6,}[A-Z]?\b",
    r"(?<![\w.,/-])(?!\d+0{4}\b|(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\b)\d{7,}(?![\w/-]|[.,]\d|\s?(?:IU|units|people|patients|adults|cells|copies))",
    r"\b[A-Z]{1,3}-?\d{2}-\d{4,6}\b",
    r"\b[A-Z]-\d{4}-\d{3,6}\b",
    r"\b[A-Z0-9]{5}\d{6}[A-Z9]{2}\d[A-Z]{2}\b",
)

SOCIAL_SECURITY = (
    r"(?<!\d)\d{3}-\d{2}-\d{4}(?!\d)",
    r"(?i:\b(?:SSN|SIN|TIN|social\s(?:security|insurance)(?:\s(?:numbers?|no\.?))?|SVNR|SV-Nr|sozialversicherungs\w{0,8}|"
    r"s[eé]cu(?:rit[eé]\ssociale)?|national\s(?:insurance|id(?:entity)?)(?:\s(?:numbers?|no\.?))?|NI(?:NO)?(?:\s(?:number|no\.?))?|"
    r"CPR|BSN|DNI|NIE|personnummer|codice\sfiscale|tax\s(?:id|number))\b[\s:\#=.-]{0,3}(?:is\s|ending\s(?:in\s|with\s)?|are\s)?)"
    r"[A-Za-z]{0,2}\d(?:[\s./-]?\d){3,14}(?:[\s-]?[A-Z])?(?!\w)",
    r"\b[A-Z]{2}\s?\d{2}\s?\d{2}\s?\d{2}\s?[A-D]\b",
    r"(?<![\d.])[12][\s.]?\d{2}[\s.]?(?:0[1-9]|1[0-2])[\s.]?\d[\dAB][\s.]?\d{3}[\s.]?\d{3}(?:[\s.]?\d{2})?(?!\d)",
    r"(?<!\d)(?:0[1-9]|[12]\d|3[01])(?:0[1-9]|1[0-2])\d{2}[-+]\d{3}[\dA-Z](?!\w)",
    r"\b[A-Z]{6}\d{2}[A-Z]\d{2}[A-Z]\d{3}[A-Z]\b",
    r"\b(?:\d{8}|[XYZ]\d{7})-?[A-Z]\b",
    r"(?i:(?P<keep>\blast\s(?:four|4)(?:\sdigits)?\b[^.\n\d]{0,40}?))(?<!\d)\d{4}(?!\d)",
)

DEVICES = (
    r"(?:(?i:\b(?:device|mac|bluetooth)(?:\s(?:id|address))?)[\s:]{1,3})?(?<![\w:-])(?:[0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}(?![\w:-])",
    r"(?:(?i:\bUDI)[\s:]{1,3})?\(01\)\s?\d{14}(?:\s?\(\d{2,3}\)\s?[\w/-]{1,20})*",
    r"(?i:\b(?:serial|serien|device|udi|imei|lot|batch|charge|model|S/N|SN|implant|generator|pump|lead|pacemaker|icd|monitor)\b"
    rf"(?:\s(?:serial|sn|s/n|id))?(?:\s{{0,2}}{NUMBER})?[\s:\#=.]{{1,4}}){CODE}(?!\s?(?:%|mg|people|patients|adults))",
    rf"(?i:\b(?:serial|serien|device|lot|batch|S/N)(?:\s{{0,2}}{NUMBER})[\s:\#=.]{{0,4}}){VALUE}",
    r"(?i:\b(?:lot|batch|S/N)[\s:\#=.]{1,4})[A-Z]{1,4}-?\d{3,}(?:-\d+)?\b",
)
