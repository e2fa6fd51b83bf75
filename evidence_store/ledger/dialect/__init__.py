"""Which database a ledger lies in: one contract (``base.py``), one file per database."""

from __future__ import annotations

import re
from pathlib import Path

import sqlalchemy as sa

from evitrail.evidence_store.errors import StoreError
from evitrail.evidence_store.ledger.dialect.base import Dialect
from evitrail.evidence_store.ledger.dialect.postgres import DRIVER, FORM, PostgreSQL
from evitrail.evidence_store.ledger.dialect.sqlite import SQLite

KEYWORDS = re.compile(r"\b(host|hostaddr|port|dbname|user|password|passfile|service)\s*=", re.IGNORECASE)
"""How libpq's other form of an address begins; it may hold a password."""


def dialect_of(address: Path | str) -> Dialect:
    """The dialect that an address asks for; raises ``StoreError`` without showing what may be a password."""
    if isinstance(address, Path):
        return SQLite(address)
    if "://" not in address:
        if KEYWORDS.search(address) or "@" in address.partition("/")[0]:
            raise StoreError(f"ledger: expected a path or {FORM}, got neither; write the address so")
        return SQLite(Path(address))
    try:
        url = sa.make_url(address)
    except (ValueError, sa.exc.ArgumentError):
        raise StoreError(f"ledger: expected {FORM}, got an address that cannot be read") from None
    if url.drivername != DRIVER:
        raise StoreError(f"ledger: expected a path or {FORM}, got {url.drivername}://…")
    if not url.database:
        raise StoreError(f"ledger: expected {FORM}, got an address that names no database")
    if any(sign in part for part in (url.host or "", url.database) for sign in ("@", "=", "://")):
        said = f"ledger: expected {FORM}, got one with '@' or '=' in its host or database"
        raise StoreError(f"{said}; in a user or password write @ as %40, : as %3A and / as %2F")
    if any("password" in key.casefold() and key != "sslpassword" for key in url.query):
        said = f"ledger: expected a password before the host ({FORM.replace('user', 'user:password')})"
        raise StoreError(f"{said}, in PGPASSWORD or ~/.pgpass, got one after the '?', where it would be kept")
    return PostgreSQL(url)
