"""A ledger in a PostgreSQL database, in the table ``event``.

Rules kept here
- The address is shown and written down without user and password: who connects is not where the ledger lies. Of what
  follows the ``?`` only what says where it lies is kept (``PLACE``): no password file, no certificate.
- What the driver says is shown without the password that was given, and without logins in addresses.
- A role that may only SELECT and INSERT can write, once the table is there.
- TRUNCATE is refused by trigger like UPDATE and DELETE.
"""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from evitrail.evidence_store.errors import MissingPackageError, StoreError
from evitrail.evidence_store.ledger.dialect import base
from evitrail.traces.known_secrets import SECRETS, masked

DRIVER = "postgresql+psycopg"
FORM = f"{DRIVER}://user@host/database"

PLACE = frozenset({"host", "hostaddr", "port", "dbname", "service"})
"""What after the ``?`` says where a database is."""
_LOST = "do the same again once the server answers: what was recorded already is not recorded twice"
_UNFORESEEN = f"see the server's log, {base.AGAIN}"
_BROKEN_OFF = ("08", "57")
"""The classes of errors that end a connection; whether the last commit was kept is then not known."""
_TO_DO = {
    "password": "give the right one in the address, PGPASSWORD or ~/.pgpass",
    "does not exist": "make it (`createdb`, `createuser`), or correct the address",
    "pg_hba.conf": "have the server let this user in, or correct the address",
    "connection to server": "start PostgreSQL, or correct host and port in the address",
    "resolve": "correct the host in the address",
    "connection timeout": "start PostgreSQL, or correct host and port in the address",
}
"""What to do about a connection that was refused, by a sign in what was said; there is no code to go by."""


@dataclass(frozen=True)
class PostgreSQL:
    """A ledger in a PostgreSQL database, in the table ``event``."""

    url: sa.URL

    @property
    def where(self) -> str:
        url = self.url
        query = {key: value for key, value in url.query.items() if key in PLACE}
        return sa.URL.create(
            url.drivername, host=url.host, port=url.port, database=url.database, query=query
        ).render_as_string(hide_password=False)

    def engine(self) -> sa.Engine:
        for given in (self.url.password, self.url.query.get("sslpassword")):
            if isinstance(given, str):
                SECRETS.add(given)
        asked = {"client_encoding": "utf8", "connect_timeout": self.url.query.get("connect_timeout", "10")}
        try:
            # READ COMMITTED: what is read after the lock was waited for must show what its holder wrote.
            return sa.create_engine(self.url, connect_args=asked, pool_pre_ping=True, isolation_level="READ COMMITTED")
        except sa.exc.ArgumentError:  # its words repeat what was given
            said = f"{self.where}: expected {FORM}, got an address with a host or port that cannot be"
            raise StoreError(f"{said}; correct the address") from None
        except ModuleNotFoundError as error:
            said = "a ledger on PostgreSQL needs psycopg"
            raise MissingPackageError(f"{said}; run `pip install 'evitrail[postgres]'`") from error

    def lock(self, db: sa.Connection) -> None:
        db.exec_driver_sql("SET LOCAL synchronous_commit = on")
        db.exec_driver_sql(f"SET LOCAL lock_timeout = {base.PATIENCE * 1000:.0f}")
        # Advisory, because LOCK TABLE asks for rights that a role which may only add does not have.
        db.exec_driver_sql(f"SELECT pg_advisory_xact_lock({int.from_bytes(b'evitrail', 'big')})")

    def expect_own(self, db: sa.Connection) -> None:
        pass  # other tables may lie in the database

    def guard(self, db: sa.Connection) -> None:
        encoding = db.exec_driver_sql("SHOW server_encoding").scalar()
        if encoding != "UTF8":
            raise StoreError(f"{self.where}: expected a database in UTF8, got {encoding}; make one that is")
        there = "SELECT 1 FROM pg_trigger WHERE tgname = 'event_append_only' AND tgrelid = 'event'::regclass"
        if db.exec_driver_sql(there).first() is None:
            db.exec_driver_sql(
                """CREATE OR REPLACE FUNCTION event_append_only() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                   RAISE EXCEPTION USING MESSAGE = 'the ledger is append-only: ' || TG_OP || ' refused'; END $$"""
            )
            db.exec_driver_sql(
                """CREATE TRIGGER event_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON event
                   FOR EACH STATEMENT EXECUTE FUNCTION event_append_only()"""
            )

    def damaged(self, error: BaseException | None) -> bool:
        return str(getattr(error, "sqlstate", None)).startswith("XX")

    def explain(self, error: BaseException | None) -> str:
        got, code = _one_line(error), getattr(error, "sqlstate", None)
        match code:
            case "53100":
                return f"the server's disk is full; make room there, {base.AGAIN}"
            case "55P03":
                return f"another process has been writing for more than {base.PATIENCE:g} s; {base.AGAIN}"
            case "23505":
                return f"another process wrote at the same time; {base.AGAIN}"
            case "42501":
                return (
                    f"{got}; a writer needs SELECT and INSERT on event, evidence_* and read_model, the first one CREATE"
                )
            case "42P01" | "42703" | "42804":
                return f"expected a ledger, got {got!r}; name a database without another table 'event'"
            case "25006":
                return f"{got}; give the address of the server that takes writes"
            case None:
                return f"{got}; {next((do for sign, do in _TO_DO.items() if sign in str(error)), _LOST)}"
            case _:
                return f"{got}; {_LOST if code[:2] in _BROKEN_OFF else _UNFORESEEN}"


def _one_line(error: BaseException | None) -> str:
    """The gist of what the driver said: not which way it tried to connect, nor its guess at why not."""
    diagnosis = getattr(error, "diag", None)
    said = getattr(diagnosis, "message_primary", None) or str(error)
    for before in ("failed: ", "FATAL: "):
        said = said.rpartition(before)[2]
    return masked(SECRETS.hidden(next(iter(said.strip().splitlines()), type(error).__name__)))
