"""Which database a ledger lies in: one contract (``base.py``), one file per database."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa

from evitrail.evidence_store.errors import StoreError
from evitrail.evidence_store.ledger.dialect.base import Dialect
from evitrail.evidence_store.ledger.dialect.postgres import DRIVER, FORM, PostgreSQL
from evitrail.evidence_store.ledger.dialect.sqlite import SQLite


def dialect_of(address: Path | str) -> Dialect:
    """The dialect that an address asks for."""
    if isinstance(address, Path) or "://" not in address:
        return SQLite(Path(address))
    try:
        url = sa.make_url(address)
    except (ValueError, sa.exc.ArgumentError):
        raise StoreError(f"ledger: expected {FORM}, got an address that cannot be read") from None
    if url.drivername != DRIVER:
        raise StoreError(f"ledger: expected a path or {FORM}, got {url.drivername}://…")
    if not url.database:
        raise StoreError(f"ledger: expected {FORM}, got an address that names no database")
    if any("password" in key for key in url.query):
        said = f"ledger: expected a password before the host ({FORM.replace('user', 'user:password')})"
        raise StoreError(f"{said}, in PGPASSWORD or ~/.pgpass, got one after the '?', where it would be kept")
    return PostgreSQL(url)
