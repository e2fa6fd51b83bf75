"""A signed seal can be checked by whoever has the public key, and made only by whoever holds the private one."""

from __future__ import annotations

from base64 import b64decode
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from intruder import RUNS, sealed, tampered, verdicts
from scribe import Order, recorded, ticking

from evitrail.traces import Journal, JournalError, Journals, seal, verify_journal
from evitrail.traces.audit.checkpoint import Checkpoint, check_root, check_signature, checkpoint, sign
from evitrail.traces.audit.seal import SEAL_RUN, merkle_root, sealed_root, seals, unsealed
from evitrail.traces.audit.signed_note import BadNote, PublicKey, SigningKey, public_key, signed, verified_text

KEY = SigningKey("clinic.example/journals", bytes(range(32)))
OTHER = SigningKey("clinic.example/journals", bytes(range(1, 33)))
PUBLISHED = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
PUBLISHED_NOTE = (
    "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n\n"
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
"""The key and note that golang.org/x/mod/sumdb/note publishes: made by another program."""
TEXTS = st.text(st.characters(min_codepoint=32, exclude_categories=("Cs",))).map(lambda text: f"{text}\n")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Three runs, sealed."""
    return sealed(tmp_path / "journal.db")


def test_a_note_that_another_program_signed_is_opened() -> None:
    key = PublicKey.parse(PUBLISHED)
    assert str(key) == PUBLISHED
    assert verified_text(PUBLISHED_NOTE, key) == PUBLISHED_NOTE.partition("\n\n")[0] + "\n"
    with pytest.raises(BadNote, match="does not fit"):
        verified_text(PUBLISHED_NOTE.replace("answer", "Answer"), key)


def test_a_key_comes_back_from_its_text_and_from_its_file(tmp_path: Path) -> None:
    key = SigningKey.new("clinic.example/new")
    key.write(tmp_path / "key")
    (tmp_path / "public").write_text(f"{key.public}\n")
    assert SigningKey.read(tmp_path / "key") == key
    assert public_key(str(key.public)) == public_key(str(tmp_path / "public")) == key.public
    assert (tmp_path / "key").stat().st_mode & 0o777 == 0o600
    assert key.seed != SigningKey.new("clinic.example/new").seed


def test_a_key_does_not_show_its_secret_when_printed() -> None:
    assert KEY.seed.hex() not in repr(KEY)
    assert repr(KEY.seed) not in repr(KEY)


@given(TEXTS)
def test_what_was_signed_is_what_is_opened(text: str) -> None:
    assert verified_text(signed(text, KEY), KEY.public) == text


@given(TEXTS, st.data())
def test_a_note_with_one_character_changed_is_not_opened(text: str, data: st.DataObject) -> None:
    note = signed(text, KEY)
    at = data.draw(st.integers(0, len(note) - 1))
    other = data.draw(st.characters(exclude_categories=("Cs",)).filter(lambda char: char != note[at]))
    with pytest.raises(BadNote):
        verified_text(note[:at] + other + note[at + 1 :], KEY.public)


def test_signatures_by_keys_one_was_not_given_are_passed_over() -> None:
    note = signed("text\n", OTHER) + signed("text\n", KEY).rpartition("\n\n")[2]
    assert verified_text(note, KEY.public) == verified_text(note, OTHER.public) == "text\n"
    with pytest.raises(BadNote, match=r"expected a signature by clinic.example/journals\+"):
        verified_text(signed("text\n", OTHER), KEY.public)


@pytest.mark.parametrize(
    "note", ["", "text", "text\n", "text\n\n", "text\n\n— name\n", "text\n\n— name !!!!\n", "\n\n"]
)
def test_what_is_no_note_is_refused_in_a_line(note: str) -> None:
    with pytest.raises(BadNote) as caught:
        verified_text(note, KEY.public)
    assert "\n" not in str(caught.value)


def test_a_checkpoint_says_origin_size_and_root(path: Path) -> None:
    with Journal.open(path) as journal:
        origin, size, root, *rest = sign(journal, KEY).split("\n")
        heads = {run: head for run, head in journal.heads().items() if run != SEAL_RUN}
        assert (origin, size) == (KEY.name, str(len(RUNS)))
        assert "sha256:" + b64decode(root).hex() == merkle_root(heads) == sealed_root(journal)
        assert rest[0] == ""
        assert rest[1].startswith(f"— {KEY.name} ")
        assert check_signature(journal, KEY.public) == []
        assert verify_journal(journal).sound


@pytest.mark.parametrize("text", ["", "a\n1\n", "a\n01\n" + "A" * 43 + "=\n", "a\n1\nshort\n", "a\none\nAAAA\n"])
def test_another_text_is_no_checkpoint(text: str) -> None:
    with pytest.raises(BadNote, match="expected a checkpoint"):
        Checkpoint.parse(text)


def test_signing_changes_no_chain_but_that_of_the_seals_and_signing_again_none(path: Path) -> None:
    with Journal.open(path) as journal:
        before = {run: journal.records(run) for run in journal.runs()}
        note = sign(journal, KEY)
        after = {run: journal.records(run) for run in journal.runs()}
        assert [run for run in after if after[run] != before[run]] == [SEAL_RUN]
        assert after[SEAL_RUN][:-1] == before[SEAL_RUN]
        assert sign(journal, KEY) == note
        assert seal(journal) == sealed_root(journal)
        assert journal.records(SEAL_RUN) == after[SEAL_RUN]


def test_a_journal_that_was_never_sealed_is_sealed_when_it_is_signed(tmp_path: Path) -> None:
    with Journal.open(tmp_path / "journal.db", clock=ticking()) as journal:
        recorded(journal, "run", Order(words=("stroke",)))
        assert check_signature(journal, KEY.public) == [
            "expected a signed checkpoint, found none; `evitrail trace sign` makes one"
        ]
        sign(journal, KEY)
        assert verify_journal(journal).sound
        assert check_signature(journal, KEY.public) == []


def test_another_key_of_the_same_name_does_not_pass(path: Path) -> None:
    with Journal.open(path) as journal:
        sign(journal, OTHER)
        (fault,) = check_signature(journal, KEY.public)
        assert KEY.public.id.hex() in fault
        assert OTHER.public.id.hex() in fault


def test_of_two_signers_each_is_found(path: Path) -> None:
    with Journal.open(path) as journal:
        sign(journal, KEY)
        sign(journal, OTHER)
        assert check_signature(journal, KEY.public) == check_signature(journal, OTHER.public) == []


def test_a_file_rewritten_in_full_and_sealed_anew_has_no_signature_that_holds(path: Path, tmp_path: Path) -> None:
    with Journal.open(path) as journal:
        root, note = sealed_root(journal), sign(journal, KEY)
    forged = sealed(tmp_path / "forged.db", RUNS, ("stroke", "rise"))
    with Journal.open(forged) as journal:
        last = journal.records(SEAL_RUN)[-1].body
        journal.append(SEAL_RUN, "checkpoint", {**last, "note": note})
        assert verify_journal(journal).sound
        (fault,) = check_signature(journal, KEY.public)
        assert "are signed" in fault
        assert check_root(journal, root or "") != []


def test_a_run_dropped_after_the_signature_is_missed_and_nothing_is_signed_over_the_loss(path: Path) -> None:
    with Journal.open(path) as journal:
        sign(journal, KEY)
    tampered(path, "DELETE FROM record WHERE run = 'second'")
    assert verdicts(path).completeness == ("run 'second' was sealed and is gone",)
    with Journal.open(path) as journal:
        before = journal.records(SEAL_RUN)
        with pytest.raises(JournalError, match=r"nothing was signed.*'second' was sealed and is gone"):
            sign(journal, KEY)
        assert journal.records(SEAL_RUN) == before


def test_a_damaged_journal_is_not_signed(path: Path) -> None:
    tampered(path, "UPDATE record SET bytes = x'00' WHERE run = 'second' AND seq = 2")
    with Journal.open(path) as journal, pytest.raises(JournalError, match=r"nothing was signed.*'second' record 2"):
        sign(journal, KEY)


def test_runs_newer_than_the_signature_are_named(path: Path) -> None:
    with Journal.open(path) as journal:
        sign(journal, KEY)
        recorded(journal, "late", Order(words=("stroke",)))
        journal.append("first", "attribution", {})
        seal(journal)
        newest = checkpoint(journal)
        assert newest is not None
        assert unsealed(journal, newest) == ["first", "late"]
        assert check_signature(journal, KEY.public) == []
        sign(journal, KEY)
        assert unsealed(journal, seals(journal)[-1]) == []


@pytest.mark.parametrize("by", [None, SigningKey.new("mallory.example"), SigningKey.new(KEY.name)])
def test_runs_newer_than_a_keys_checkpoint_are_not_hidden_by_seals_of_others(path: Path, by: SigningKey | None) -> None:
    with Journal.open(path) as journal:
        sign(journal, KEY)
    with Journal.open(path.with_name("journal-9.db")) as beside:
        recorded(beside, "forged", Order(words=("stroke",)))
        with Journals.open(path.parent) as journals:
            sign(beside, by, over=journals) if by else seal(beside, over=journals)
    with Journals.open(path.parent) as journals:
        newest = checkpoint(journals, KEY.public)
        assert newest is not None
        assert unsealed(journals, newest) == ["forged"]
        assert check_signature(journals, KEY.public) == []


def test_a_root_kept_elsewhere_is_known_again_after_later_seals(path: Path) -> None:
    with Journal.open(path) as journal:
        kept = sealed_root(journal) or ""
        recorded(journal, "late", Order(words=("stroke",)))
        assert seal(journal) != kept
        assert check_root(journal, kept) == []
        (fault,) = check_root(journal, "sha256:" + "0" * 64)
        assert "no seal here has it" in fault


def test_one_signature_may_stand_over_several_files(path: Path) -> None:
    with Journal.open(path.with_name("journal-2.db")) as journal:
        recorded(journal, "fourth", Order(words=("stroke",)))
    with Journals.open(path.parent) as journals, Journal.open(path) as journal:
        sign(journal, KEY, over=journals)
        newest = checkpoint(journals)
        assert newest is not None
        assert sorted(newest.heads) == sorted((*RUNS, "fourth"))
        assert check_signature(journals, KEY.public) == []
