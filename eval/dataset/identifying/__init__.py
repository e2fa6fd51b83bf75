"""What names somebody in a text, as patterns by kind; see each file for what it does not find."""

from __future__ import annotations

from evitrail.eval.dataset.identifying.dates import AGES_OVER_89, DATES
from evitrail.eval.dataset.identifying.numbers import DEVICES, RECORDS, SOCIAL_SECURITY
from evitrail.eval.dataset.identifying.people import PEOPLE, listed
from evitrail.eval.dataset.identifying.places import ADDRESSES, EMAILS, PHONES, POSTCODES, WEB

KINDS: dict[str, tuple[str, ...]] = {
    "EMAIL": EMAILS,
    "URL": WEB,
    "DEVICE": DEVICES,
    "MRN": RECORDS,
    "SSN": SOCIAL_SECURITY,
    "DATE": DATES,
    "AGE OVER 89": AGES_OVER_89,
    "ADDRESS": ADDRESSES,
    "POSTCODE": POSTCODES,
    "PHONE": PHONES,
    "NAME": PEOPLE,
}
"""Patterns by what they find; of two that begin at one place the earlier one has it."""

__all__ = ["KINDS", "listed"]
