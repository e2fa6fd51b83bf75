"""How a published work is named: its DOI and PMID as we write them, and a lineage made of a name.

>>> plain_doi("https://doi.org/10.1000/ABC"), plain_pmid("PMID: 123")
('10.1000/abc', '123')
>>> kebab("Sepsis guideline (2nd ed.)")
'sepsis-guideline-2nd-ed'
"""

from __future__ import annotations

import re
import unicodedata

DOI_PREFIX = re.compile(r"^(https?://(dx\.)?doi\.org/|doi:)\s*", re.IGNORECASE)
PMID_PREFIX = re.compile(r"^(pmid:|https?://pubmed\.ncbi\.nlm\.nih\.gov/)\s*", re.IGNORECASE)
UNKNOWN = ("", "0", "unavailable", "n/a")
"""What lists of notices write where a paper has no such name."""


def plain_doi(text: str | None) -> str | None:
    """A DOI in lower case, without an address before it (DOIs are the same whatever their case, ISO 26324)."""
    bare = DOI_PREFIX.sub("", (text or "").strip()).lower()
    return None if bare in UNKNOWN else bare


def plain_pmid(text: str | None) -> str | None:
    """A PMID without what is written before or after it."""
    bare = PMID_PREFIX.sub("", (text or "").strip()).strip("/")
    return None if bare.lower() in UNKNOWN else bare


def kebab(name: str) -> str:
    """A name as a lineage: letters a to z and digits, hyphens between; empty where it has none of them."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return "-".join(re.findall(r"[a-z0-9]+", plain))
