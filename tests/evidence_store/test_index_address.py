"""The address of an index on a server: what it may say, and what is refused without showing a password."""

from __future__ import annotations

import pytest

from evitrail.evidence_store import StoreError
from evitrail.evidence_store.errors import EvidenceError
from evitrail.evidence_store.index import engine_of
from evitrail.evidence_store.index.layout import Layout, place_of


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("shard=3", "expected one of shards, replicas, writes, on_disk, limit after the '\\?', got 'shard'"),
        ("api_key=s3cret", "got 'api_key'"),
        ("shards=0", "expected shards to be a whole number from 1, got '0'"),
        ("replicas=", "expected replicas to be a whole number from 1, got ''"),
        ("replicas=2&writes=3", "expected writes to be no more than replicas, got 3 of 2"),
        ("on_disk=yes", "expected on_disk=true or on_disk=false, got 'yes'"),
    ],
)
def test_an_address_that_cannot_be_is_refused_in_one_line(query: str, said: str) -> None:
    with pytest.raises(StoreError, match=f"index: .*{said}; correct the address") as told:
        place_of(f"http://host:6333/evidence?{query}")
    assert "s3cret" not in str(told.value)


@pytest.mark.parametrize(
    "address", ["http://me:s3cret@host:6333/evidence", "http://me:s3/cret@host:6333", "https://s3cret@[::1/evidence"]
)
def test_an_address_holds_no_user_and_no_password(address: str) -> None:
    with pytest.raises(StoreError, match="without user or password; give the key in QDRANT_API_KEY") as told:
        place_of(address)
    assert "s3" not in str(told.value)


@pytest.mark.parametrize("address", ["http://[::1/evidence", "http://host:port/evidence"])
def test_an_address_that_cannot_be_read_is_refused_in_one_line(address: str) -> None:
    with pytest.raises(StoreError, match="expected http://host:6333/collection, got an address that cannot be read"):
        place_of(address)


@pytest.mark.parametrize("address", ["me:s3cret@host:6333/evidence", "grpc://me:s3cret@host", "HTTP://me:s3cret@host"])
def test_an_address_of_another_form_is_refused_unseen(address: str) -> None:
    with pytest.raises(EvidenceError, match="got an address of another form") as told:
        engine_of(address)
    assert "s3cret" not in str(told.value)


def test_an_address_is_read_as_it_is_written() -> None:
    place = place_of("https://host:6333/evidence?shards=3&on_disk=false")
    assert (place.url, place.name, place.layout) == ("https://host:6333", "evidence", Layout(shards=3))
