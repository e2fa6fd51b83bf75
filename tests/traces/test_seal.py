"""A seal fixes which runs there are and where each ends, under one Merkle root."""

from __future__ import annotations

import hashlib
import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from intruder import sealed, tampered, verdicts
from scribe import Order, recorded

from evitrail.traces import Journal, Journals, seal, verify_journal
from evitrail.traces.audit.seal import ends_sealed, merkle_root, sealed_root, seals, unsealed

ORDER = Order(words=("stroke", "risk"))
HEADS = st.dictionaries(st.text(max_size=8), st.text(alphabet="0123456789abcdef", min_size=8, max_size=8), max_size=9)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Three runs, sealed."""
    return sealed(tmp_path / "journal.db")


def test_sealing_again_changes_nothing_until_a_run_is_added(path: Path) -> None:
    with Journal.open(path) as journal:
        root = sealed_root(journal)
        assert seal(journal) == root
        assert len(journal.records("experiment")) == 1
        recorded(journal, "late", ORDER)
        assert seal(journal) == sealed_root(journal) != root
        assert len(journal.records("experiment")) == 2


def test_the_merkle_root_is_the_tree_of_rfc_9162() -> None:
    def leaf(run: str) -> bytes:
        return hashlib.sha256(b"\x00" + f"{run}\nhead-{run}".encode()).digest()

    def node(left: bytes, right: bytes) -> bytes:
        return hashlib.sha256(b"\x01" + left + right).digest()

    a, b, c, d, e = map(leaf, "abcde")
    want = node(node(node(a, b), node(c, d)), e)
    assert merkle_root({run: f"head-{run}" for run in "abcde"}) == "sha256:" + want.hex()
    assert merkle_root({}) == "sha256:" + hashlib.sha256(b"").hexdigest()


@given(HEADS, st.randoms(use_true_random=False))
def test_the_merkle_root_does_not_depend_on_the_order_of_runs(heads: dict[str, str], dice: random.Random) -> None:
    shuffled = dict(dice.sample(sorted(heads.items()), len(heads)))
    assert merkle_root(shuffled) == merkle_root(heads)


@given(HEADS, HEADS)
def test_other_runs_or_heads_have_another_merkle_root(one: dict[str, str], other: dict[str, str]) -> None:
    assert (merkle_root(one) == merkle_root(other)) == (one == other)


def test_sealing_again_does_not_excuse_a_run_that_was_dropped_or_cut(path: Path) -> None:
    tampered(path, "DELETE FROM record WHERE run = 'second'", "DELETE FROM record WHERE run = 'third' AND seq >= 3")
    with Journal.open(path) as journal:
        seal(journal)
    said = verdicts(path).completeness
    assert "run 'second' was sealed and is gone" in said
    assert "run 'third' does not reach the record it was sealed at; its tail was cut" in said


def test_one_seal_may_stand_over_several_files(path: Path) -> None:
    other = path.with_name("journal-2.db")
    with Journal.open(other) as journal:
        recorded(journal, "fourth", ORDER)
    with Journals.open(path.parent) as journals, Journal.open(path) as journal:
        root = seal(journal, over=journals)
        assert (
            sealed_root(journals)
            == root
            == merkle_root({r: h for r, h in journals.heads().items() if r != "experiment"})
        )
    tampered(other, "DELETE FROM record WHERE run = 'fourth'")
    with Journals.open(path.parent) as journals:
        assert verify_journal(journals).completeness == ("run 'fourth' was sealed and is gone",)


def test_files_that_all_end_with_a_seal_hold_no_run_that_is_newer_and_others_may(path: Path) -> None:
    def told() -> tuple[bool, list[str]]:
        with Journals.open(path.parent) as journals:
            return ends_sealed(journals), unsealed(journals, *seals(journals))

    assert told() == (True, [])
    with Journal.open(path.with_name("journal-2.db")) as other:
        assert told()[0] is False  # a file without a record does not end with a seal
        recorded(other, "fourth", ORDER)
        assert told() == (False, ["fourth"])
        with Journals.open(path.parent) as journals:
            seal(other, over=journals)
        assert told() == (True, [])
        recorded(other, "fifth", ORDER)
    assert told() == (False, ["fifth"])


def test_a_journal_that_was_never_sealed_says_so(tmp_path: Path) -> None:
    with Journal.open(tmp_path / "journal.db") as journal:
        recorded(journal, "run", ORDER)
        said = verify_journal(journal)
    assert said.integrity == ()
    assert said.completeness == ("the experiment was not sealed: runs that are gone cannot be told",)
