"""A store whose ledger is on PostgreSQL says the same as any other, and its folder never holds a password."""

from __future__ import annotations

from pathlib import Path

import pytest
from postgres import PASSWORD, PostgreSQL
from world import WordVectors, World, clock, evidence

from evitrail.evidence_store import EvidenceStore, StoreError
from evitrail.workbench.cli.app import run_command


def opened(folder: Path, ledger: str | None, *, create: bool = True) -> EvidenceStore:
    return EvidenceStore.open(folder, create=create, embedder=WordVectors(), clock=clock, ledger=ledger)


def lived(store: EvidenceStore) -> tuple[object, ...]:
    World(store, seed=4).live(4)
    return said(store)


def said(store: EvidenceStore) -> tuple[object, ...]:
    return (store.snapshot().id, store.snapshot().lexical("aspirin stroke", 5), store.stats(), store.verify())


def test_a_store_says_the_same_wherever_its_ledger_lies(postgres: PostgreSQL, tmp_path: Path) -> None:
    address = postgres.database()
    with opened(tmp_path / "a", None) as here, opened(tmp_path / "b", address) as there:
        assert lived(here) == lived(there)
    assert not (tmp_path / "b" / "ledger.db").exists()
    with opened(tmp_path / "a", None, create=False) as here, opened(tmp_path / "b", address, create=False) as there:
        assert said(here) == said(there)


def test_no_password_is_written_into_the_folder(postgres: PostgreSQL, tmp_path: Path) -> None:
    with opened(tmp_path / "store", postgres.database()) as store:
        store.ingest([evidence("aspirin")])
    files = [file for file in (tmp_path / "store").rglob("*") if file.is_file()]
    assert tmp_path / "store" / "ledger.url" in files
    assert not [file for file in files if PASSWORD.encode() in file.read_bytes()]


def test_a_folder_does_not_choose_which_server_a_password_goes_to(
    postgres: PostgreSQL, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = postgres.database()
    opened(tmp_path / "store", address).close()
    for create in (False, True):
        with pytest.raises(StoreError, match=r"its ledger is at \S+evidence_\S+; give its address, e\.g\. ledger="):
            opened(tmp_path / "store", None, create=create)
    for other in (postgres.database(), f"{address.partition('?')[0]}?host=/elsewhere"):
        monkeypatch.setenv("EVITRAIL_LEDGER", other)
        with pytest.raises(StoreError, match=r"opened with .*; give that address, or if the ledger was moved") as told:
            opened(tmp_path / "store", None)
        assert PASSWORD not in str(told.value)
    monkeypatch.setenv("EVITRAIL_LEDGER", address)
    opened(tmp_path / "store", None).close()


def test_a_store_with_its_own_ledger_takes_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened(tmp_path / "store", None).close()
    with pytest.raises(StoreError, match=r"its ledger is .*ledger\.db, opened with .*; name no other ledger"):
        opened(tmp_path / "store", "postgresql+psycopg://me@host/evidence")
    with pytest.raises(StoreError, match=r"ledger: expected postgresql\+psycopg://"):
        opened(tmp_path / "new", str(tmp_path / "elsewhere.db"))
    monkeypatch.setenv("EVITRAIL_LEDGER", "postgresql+psycopg://me@host/evidence")
    opened(tmp_path / "store", None).close()


@pytest.mark.parametrize("address", ["me:wr0ng@host/evidence", "host=h password=wr0ng", "postgresql:me:wr0ng@h/d"])
def test_an_address_without_a_scheme_is_refused_unseen_wherever_it_is_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    with pytest.raises(
        StoreError, match=r"ledger: expected postgresql\+psycopg://\S+, got an address of another"
    ) as told:
        opened(tmp_path / "store", address)
    assert "wr0ng" not in str(told.value)
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "ledger.url").write_text("postgresql+psycopg://host/evidence\n")
    monkeypatch.setenv("EVITRAIL_LEDGER", address)
    with pytest.raises(StoreError, match=r"expected a path or .*, got neither") as told:
        opened(tmp_path / "kept", None)
    assert "wr0ng" not in str(told.value)
    assert not [path for path in tmp_path.rglob("*") if "wr0ng" in path.name]


def test_a_store_that_could_not_be_made_can_be_made_once_the_address_is_right(
    postgres: PostgreSQL, tmp_path: Path
) -> None:
    address = postgres.database()
    with pytest.raises(StoreError, match="password"):
        opened(tmp_path / "store", address.replace(PASSWORD, "wrong"))
    with pytest.raises(StoreError, match="expected an evidence store, found none"):
        opened(tmp_path / "store", address, create=False)
    with opened(tmp_path / "store", address) as store:
        assert store.ingest([evidence("aspirin")]).published == ("aspirin@1",)


def test_two_folders_may_follow_one_ledger(postgres: PostgreSQL, tmp_path: Path) -> None:
    address = postgres.database()
    with opened(tmp_path / "a", address) as first, opened(tmp_path / "b", address) as second:
        first.ingest([evidence("aspirin")])
        with pytest.raises(StoreError, match="has seen event 0 of 1; run `evitrail store reindex"):
            second.snapshot()
        second.ingest([evidence("statin")])
        assert second.snapshot().seq == 2
        first.ingest([])
        assert said(first) == said(second)
        assert first.verify() == []


def test_the_command_line_makes_a_store_on_postgresql_and_reads_it_by_the_environment(
    postgres: PostgreSQL, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    address, store = postgres.database(), str(tmp_path / "store")
    (tmp_path / "e.jsonl").write_text(evidence("aspirin").model_dump_json() + "\n")
    ingest = ["store", "ingest", str(tmp_path / "e.jsonl"), "--store", store, "--ledger", address]
    assert run_command(ingest) == 0
    assert run_command(ingest) == 0
    assert "0 versions published, 1 known before" in capsys.readouterr().out
    assert run_command(["store", "verify", "--store", store]) == 2
    assert "its ledger is at" in capsys.readouterr().err
    monkeypatch.setenv("EVITRAIL_LEDGER", address)
    assert run_command(["store", "verify", "--store", store]) == 0
