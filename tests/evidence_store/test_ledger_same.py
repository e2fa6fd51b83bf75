"""What is recorded reads back as it was given, with one hash, whatever the database."""

from __future__ import annotations

import json
import tempfile
from itertools import accumulate
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from ledgers import Place
from postgres import PostgreSQL

from evitrail.evidence_store.ledger.event import GENESIS, Draft
from evitrail.traces.record import canonical_json

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=12)
WITHIN = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)  # in a body NUL is spelt out, as in any JSON
PLAIN = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | WITHIN
VALUES = st.recursive(PLAIN, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3))
KEYS = st.text("abcäβ\\\"' %_", max_size=4)
DRAFTS = st.builds(Draft, type=TEXT, subject=TEXT, body=st.dictionaries(KEYS, VALUES, max_size=3))


@settings(max_examples=40, deadline=None)
@given(batches=st.lists(st.lists(DRAFTS, max_size=4), max_size=4), actor=TEXT, about=TEXT)
def test_any_events_read_back_equal_with_equal_hashes(
    postgres: PostgreSQL, batches: list[list[Draft]], actor: str, about: str
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        places = [Place(f"{folder}/ledger.db", Path(folder)), Place(fresh(postgres), Path(folder))]
        ledgers = [place.ledger() for place in places]
        ends = list(accumulate(map(len, batches), initial=0))
        for ledger in ledgers:
            for drafts, after in zip(batches, ends[:-1], strict=True):
                assert ledger.append_many(drafts, actor=actor, after=after) == after + len(drafts)
        first, second = (list(ledger.events()) for ledger in ledgers)
        assert first == second
        assert [event.hash for event in first] == [event.hash for event in second]
        drafted = [(d.type, d.subject, json.loads(canonical_json(d.body))) for drafts in batches for d in drafts]
        assert [(event.type, event.subject, event.body) for event in first] == drafted
        expected = [event for event in first if event.subject.startswith(about)]
        for ledger in ledgers:
            assert list(ledger.events(about=about)) == expected
            assert ledger.verify() == []
            assert ledger.head() == (len(first), first[-1].hash if first else GENESIS)
            ledger.close()


def fresh(postgres: PostgreSQL) -> str:
    """A place for one more ledger: a schema costs less than a database."""
    schema = f"s{next(postgres.numbers)}"
    postgres.sql("postgres", f"CREATE SCHEMA {schema}")
    return f"{postgres.address('postgres')}&options=-csearch_path%3D{schema}"
