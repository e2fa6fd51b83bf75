"""Both databases that a ledger can lie on; PostgreSQL is started once, when the first test asks for it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from ledgers import Place
from postgres import PostgreSQL, programs


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgreSQL]:
    """A server of our own."""
    if programs() is None:
        pytest.skip("PostgreSQL's server is not installed, `apt-get install postgresql`")
    with PostgreSQL() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgres"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """Somewhere for a new ledger, on one database after the other."""
    if request.param == "sqlite":
        return Place(str(tmp_path / "ledger.db"), tmp_path)
    server: PostgreSQL = request.getfixturevalue("postgres")
    return Place(server.database(), tmp_path)
