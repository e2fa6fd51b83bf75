"""A disk that is full, a lock that is held, a server that is down: told in one line, and nothing is lost."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from ledgers import Place, noted
from postgres import PASSWORD, PostgreSQL
from world import clock

from evitrail.evidence_store.errors import MissingPackageError, StoreError
from evitrail.evidence_store.ledger.dialect import dialect_of
from evitrail.evidence_store.ledger.ledger import Ledger

BATCH = [noted(f"big-{n}@1", text="x" * 2000) for n in range(20)]


@pytest.fixture
def down(postgres: PostgreSQL) -> Iterator[PostgreSQL]:
    """The server, to be stopped by the test; it runs again after it."""
    yield postgres
    if not postgres.running:
        postgres.start()


def refused(ledger: Ledger, said: str) -> None:
    """A batch is refused for that reason, whole, in one line, and the ledger is as it was."""
    before = ledger.head()
    with pytest.raises(StoreError, match=said) as told:
        ledger.append_many(BATCH, actor="curator", after=before[0])
    assert str(told.value).startswith(ledger.dialect.where + ": ")
    assert len(str(told.value).splitlines()) == 1
    assert ledger.head() == before
    assert ledger.verify() == []


def test_a_full_disk_leaves_the_ledger_as_it_was(tmp_path: Path) -> None:
    ledger = Place(str(tmp_path / "ledger.db"), tmp_path).filled()
    few = "PRAGMA max_page_count = 10"

    def limit(connection: object, _: object) -> None:
        connection.execute(few)  # type: ignore[attr-defined]

    sa.event.listen(ledger.engine, "connect", limit)
    ledger.engine.dispose()
    refused(ledger, "the disk is full; make room, nothing was written, try again")
    sa.event.remove(ledger.engine, "connect", limit)
    ledger.engine.dispose()
    assert ledger.append_many(BATCH, actor="curator", after=4) == 24
    assert ledger.verify() == []


def test_a_server_whose_disk_is_full_leaves_the_ledger_as_it_was(postgres: PostgreSQL, tmp_path: Path) -> None:
    place = Place(postgres.database(), tmp_path)
    ledger = place.filled()
    full = """CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
              RAISE EXCEPTION 'could not extend file "base/1/2"' USING ERRCODE = 'disk_full'; END $$"""
    place.behind_its_back(full)
    place.behind_its_back(
        "CREATE TRIGGER full_disk AFTER INSERT ON event FOR EACH ROW WHEN (NEW.seq > 9) EXECUTE FUNCTION full_disk()"
    )
    refused(ledger, "the server's disk is full; make room there, nothing was written, try again")
    place.behind_its_back("DROP TRIGGER full_disk ON event")
    assert ledger.append_many(BATCH, actor="curator", after=4) == 24


def test_a_lock_that_is_held_is_waited_for_and_then_told(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("evitrail.evidence_store.ledger.dialect.base.PATIENCE", 0.2)
    ledger, other = place.filled(), place.ledger()
    with other.engine.begin() as db:
        other.dialect.lock(db)
        refused(ledger, r"another process .* for more than 0\.2 s; nothing was written, try again")
    assert ledger.append_many(BATCH, actor="curator", after=4) == 24


def test_a_server_that_goes_down_is_told_and_the_ledger_goes_on_once_it_is_up(down: PostgreSQL, tmp_path: Path) -> None:
    ledger = Place(down.database(), tmp_path).filled()
    down.stop()
    for act in (ledger.head, ledger.verify, lambda: list(ledger.events()), lambda: ledger.hash_at(1)):
        with pytest.raises(StoreError, match=r"No such file .*; start PostgreSQL, or correct host and port") as told:
            act()
        assert len(str(told.value).splitlines()) == 1
    down.start()
    assert ledger.append_many(BATCH, actor="curator", after=4) == 24
    assert ledger.verify() == []


def test_a_server_that_goes_down_in_the_middle_of_a_batch_keeps_none_of_it(down: PostgreSQL, tmp_path: Path) -> None:
    place = Place(down.database(), tmp_path)
    place.filled().close()
    acts = iter([down.stop])

    def cut() -> object:  # the clock is read between the lock and the first event
        next(acts, lambda: None)()
        return clock()

    ledger = Ledger.open(place.address, cut)  # type: ignore[arg-type]
    with pytest.raises(StoreError, match="do the same again once the server answers"):
        ledger.append_many(BATCH, actor="curator", after=4)
    down.start()
    assert ledger.head()[0] == 4
    assert ledger.append_many(BATCH, actor="curator", after=4) == 24
    assert ledger.verify() == []


def test_a_server_that_cannot_be_had_is_told_in_one_line(postgres: PostgreSQL) -> None:
    wanted = {
        postgres.address("postgres", password="wr0ng"): 'password .* for user "curator"; give the right one in',
        postgres.address("postgres", password=None): "no password supplied; give the right one in the address, PGPASS",
        postgres.address("postgres", password="wr0ng", user="who"): 'user "who"; give the right one',
        postgres.address("nowhere"): 'database "nowhere" does not exist; make it',
        "postgresql+psycopg://me:wr0ng@127.0.0.1:1/evidence": "refused.*; start PostgreSQL, or correct host and port",
        "postgresql+psycopg://me:wr0ng@/evidence?host=/no/socket": "No such file.*; start PostgreSQL",
        postgres.database("LATIN1"): "expected a database in UTF8, got LATIN1; make one that is",
    }
    for address, said in wanted.items():
        with pytest.raises(StoreError, match=said) as told:
            Ledger.open(address, clock)
        assert len(str(told.value).splitlines()) == 1
        assert not {"wr0ng", PASSWORD} & set(re.split(r"[:@/]", str(told.value)))


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("mysql://me:wr0ng@host/evidence", r"expected a path or postgresql\+psycopg://.*, got mysql://…"),
        ("postgresql://me:wr0ng@host/evidence", "got postgresql://…"),
        ("postgresql+psycopg://me:wr0ng@host", "got an address that names no database"),
        ("postgresql+psycopg://me:wr0ng@host:one/evidence", "got an address that cannot be read"),
        ("postgresql+psycopg://me@host/evidence?password=wr0ng", "got one after the '\\?', where it would be kept"),
        ("postgresql+psycopg://me@host/evidence?PassWord=wr0ng", "got one after the '\\?', where it would be kept"),
        (
            "postgresql+psycopg://me:first@wr0ng@host/evidence",
            "'@' or '=' in its host or database; in a user or password",
        ),
        ("postgresql+psycopg://me/x:wr0ng@host/evidence", "'@' or '=' in its host or database"),
        ("postgresql+psycopg:///postgresql://me:wr0ng@host/evidence", "'@' or '=' in its host or database"),
        ("postgresql+psycopg:///host=h password=wr0ng", "'@' or '=' in its host or database"),
        ("me:wr0ng@host/evidence", "got neither; write the address so"),
        ("host=h user=me password=wr0ng dbname=evidence", "got neither; write the address so"),
        ("postgresql:me:wr0ng@host/evidence", "got neither; write the address so"),
        ("passfile=/run/wr0ng", "got neither; write the address so"),
    ],
)
def test_an_address_that_cannot_be_a_ledger_is_refused_without_its_password(address: str, said: str) -> None:
    with pytest.raises(StoreError, match=said) as told:
        Ledger.open(address, clock)
    assert "wr0ng" not in str(told.value)


@pytest.mark.parametrize(
    "query",
    ["passfile=/run/wr0ng", "sslpassword=wr0ng", "sslkey=/run/wr0ng", "user=wr0ng", "options=wr0ng"],
)
def test_what_is_shown_and_written_of_an_address_says_only_where_the_ledger_lies(query: str) -> None:
    shown = dialect_of(f"postgresql+psycopg://me:wr0ng@db:5433/evidence?host=/run/pg&{query}").where
    assert shown == "postgresql+psycopg://db:5433/evidence?host=%2Frun%2Fpg"


@pytest.mark.parametrize("query", ["passfile=/nowhere/wr0ng", "port=wr0ng", "sslmode=wr0ng", "wr0ng=1"])
def test_what_the_driver_says_of_an_address_holds_no_password(query: str) -> None:
    with pytest.raises(StoreError) as told:
        Ledger.open(f"postgresql+psycopg://me:s3cret-pa55@127.0.0.1:1/evidence?connect_timeout=2&{query}", clock)
    assert "s3cret" not in str(told.value)
    assert len(str(told.value).splitlines()) == 1


def test_a_password_may_come_from_the_environment(postgres: PostgreSQL, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGPASSWORD", PASSWORD)
    address = postgres.database().replace(f":{PASSWORD}@", "@")
    assert Ledger.open(address, clock).append_many(BATCH, actor="curator", after=0) == 20


def test_a_role_that_may_only_add_can_write_but_not_make_a_ledger(postgres: PostgreSQL, tmp_path: Path) -> None:
    place = Place(postgres.database(), tmp_path)
    role = f"adder_{place.database}"
    place.behind_its_back(f"CREATE ROLE {role} LOGIN PASSWORD '{PASSWORD}'")
    address = postgres.address(place.database, user=role)
    with pytest.raises(StoreError, match="permission denied for schema public; a writer needs SELECT and INSERT"):
        Ledger.open(address, clock)
    place.filled().close()
    with pytest.raises(StoreError, match="permission denied for table event; a writer needs SELECT and INSERT"):
        Ledger.open(address, clock)
    place.behind_its_back(f"GRANT SELECT, INSERT ON event TO {role}")
    assert Ledger.open(address, clock).append_many(BATCH, actor="adder", after=4) == 24


def test_a_driver_that_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(MissingPackageError, match=r"needs psycopg; run `pip install 'evitrail\[postgres\]'`"):
        Ledger.open("postgresql+psycopg://me@host/evidence", clock)


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"ledger\.db: expected a ledger, got 'unable to open database file'; see"):
        Ledger.open(tmp_path / "nowhere" / "ledger.db", clock)


def test_a_page_that_was_wiped_out_is_a_fault_and_not_an_end(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    ledger = Place(str(path), tmp_path).filled()
    ledger.append_many(BATCH, actor="curator", after=4)
    ledger.close()
    data = bytearray(path.read_bytes())
    at = data.index(b"x" * 100) // 4096 * 4096
    data[at : at + 4096] = b"\xff" * 4096
    path.write_bytes(data)
    [*_, fault] = Ledger.open(path, clock).verify()
    assert re.search(r"after event \d+, expected a ledger, got '.*malformed'; restore it from a copy", fault)
