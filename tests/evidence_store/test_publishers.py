"""Publishers are registered, changed and revoked by name and reason; a signature beside a file proves who vouches."""

from __future__ import annotations

from pathlib import Path

import pytest
from ledgers import Place
from publishing import NICE, WATCH, governed, guideline, opened, rules
from world import clock

from evitrail.evidence_store import EvidenceError, InputError, Publisher, Registrar, Reviewer
from evitrail.evidence_store.formats.publishers_toml import read_publishers
from evitrail.evidence_store.ledger.event import Draft, Event
from evitrail.evidence_store.ledger.ledger import Ledger
from evitrail.evidence_store.quarantine.publisher import matches
from evitrail.evidence_store.quarantine.voucher import SignedBy, sign_batch, signed_by
from evitrail.traces.audit.signed_note import SigningKey
from evitrail.traces.record import sha256


@pytest.fixture
def key() -> SigningKey:
    return SigningKey.new("nice.example/evidence")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    made = tmp_path / "evidence.jsonl"
    made.write_text(guideline("warfarin").model_dump_json() + "\n", encoding="utf-8")
    return made


def test_registering_is_on_record_with_who_and_why_and_the_same_again_is_no_event(tmp_path: Path) -> None:
    with opened(tmp_path / "store") as store:
        first = Registrar(store).add([NICE, WATCH], reason="agreed")
        assert Registrar(store).add([NICE], reason="agreed") == first
        wider = NICE.model_copy(update={"supersedes": True})
        Registrar(store).add([wider], reason="they took over the old series")
        Registrar(store).revoke("watch", reason="no longer kept")
        events = [(event.type, event.subject, event.actor, event.body["reason"]) for event in store.events()]
        assert events == [
            ("publisher.added", "publisher:nice", "anna", "agreed"),
            ("publisher.added", "publisher:watch", "anna", "agreed"),
            ("publisher.changed", "publisher:nice", "anna", "they took over the old series"),
            ("publisher.revoked", "publisher:watch", "anna", "no longer kept"),
        ]
        assert dict(store.quarantine.publishers) == {"nice": wider}
        with pytest.raises(EvidenceError, match="expected a reason"):
            Registrar(store).add([WATCH], reason=" ")
        with pytest.raises(EvidenceError, match="expected a reason"):
            Registrar(store).add_questions("board", ["Which drug?"], reason=" ")
        with pytest.raises(EvidenceError, match="did you mean 'nice'"):
            Registrar(store).revoke("nise", reason="x")


def test_publishers_and_what_is_held_lie_in_either_ledger(place: Place, tmp_path: Path) -> None:
    ledger = place.address if place.on_postgres else None
    with opened(tmp_path / "store", ledger=ledger) as store:
        governed(store)
        store.ingest([guideline("warfarin"), guideline("heparin", text="Heparin β.")])
        waiting = store.quarantine.waiting
    with opened(tmp_path / "store", actor="ben", ledger=ledger) as store:
        assert store.quarantine.waiting == waiting
        Reviewer(store).release(["heparin@1"], reason="read it")
        Reviewer(store).reject(["warfarin@1"], reason="nobody wrote it")
        assert sorted(store.headers) == ["apixaban@1", "heparin@1"]
        assert store.verify() == []


@pytest.mark.parametrize(
    ("patterns", "name", "fits"),
    [
        (("NICE",), "nice", True),
        (("NICE",), "NICE and friends", False),
        (("Journal of *",), "Journal  of Trials", True),
        (("*",), "whoever", True),
        ((), "whoever", False),
        (("a.c",), "abc", False),
        (("(US) *",), "(us) task force", True),
    ],
)
def test_a_star_stands_for_any_letters_and_nothing_else_is_a_pattern(
    patterns: tuple[str, ...], name: str, fits: bool
) -> None:
    assert matches(patterns, name) is fits


def test_a_publisher_with_a_key_vouches_by_its_signature_only(tmp_path: Path, file: Path, key: SigningKey) -> None:
    line, other = guideline("warfarin"), SigningKey.new("nice.example/evidence")
    signed_nice = NICE.model_copy(update={"key": str(key.public)})
    with opened(tmp_path / "store") as store:
        Registrar(store).add([signed_nice, WATCH], reason="agreed")
        claimed = store.ingest([line], publisher="nice")
        assert rules(claimed)["warfarin@1"][0] == "unsigned_batch"
        assert "no signature came with it" in claimed.held[0].reason
        forged = SignedBy("nice", _digest(file), sign_batch(file, "nice", other))
        assert "unsigned_batch" in rules(store.ingest([line], publisher=forged))["warfarin@1"]
        assert line.ref not in store.headers
        Path(f"{file}.sig").write_text(sign_batch(file, "nice", key), encoding="utf-8")
        done = store.ingest([line], publisher=signed_by(file))
        assert (done.published, done.held) == (("warfarin@1",), ())
        kept = [event for event in store.events() if event.type == "publisher.signed"]
        assert [event.body["file"] for event in kept] == [_digest(file)]
        assert store.snapshot().publisher("warfarin@1") == "nice"


def test_the_signature_of_what_is_held_for_another_reason_is_kept_for_its_release(
    tmp_path: Path, file: Path, key: SigningKey
) -> None:
    Path(f"{file}.sig").write_text(sign_batch(file, "nice", key), encoding="utf-8")
    limited = NICE.model_copy(update={"key": str(key.public), "kinds": ()})
    with opened(tmp_path / "store") as store:
        Registrar(store).add([limited], reason="agreed")
        assert rules(store.ingest([guideline("warfarin")], publisher=signed_by(file))) == {"warfarin@1": ["wrong_kind"]}
        store.actor = "ben"
        Reviewer(store).release(["warfarin@1"], reason="read it")
        (signed,) = (event for event in store.events() if event.type == "publisher.signed")
        (published,) = (event for event in store.events() if event.type == "evidence.published")
        assert published.body["signed"] == signed.body["file"] == _digest(file)


def test_verify_checks_each_kept_signature_again_with_the_key_its_publisher_had_then(
    tmp_path: Path, file: Path, key: SigningKey
) -> None:
    note, signed_nice = sign_batch(file, "nice", key), NICE.model_copy(update={"key": str(key.public)})
    Path(f"{file}.sig").write_text(note, encoding="utf-8")
    with opened(tmp_path / "store") as store:
        Registrar(store).add([signed_nice], reason="agreed")
        store.ingest([guideline("warfarin")], publisher=signed_by(file))
        new = SigningKey.new("nice.example/evidence").public
        Registrar(store).add([NICE.model_copy(update={"key": str(new)})], reason="a new key")
        Registrar(store).revoke("nice", reason="no longer kept")
        assert store.verify() == []


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        ("note", "event 2: the signature of publisher 'nice' does not hold: "),
        ("file", "event 2: the signature of publisher 'nice' does not hold: the signature is about sha256:"),
        ("type", "event 3: warfarin@1 says that publisher 'nice' signed it, and no signature of sha256:"),
    ],
)
def test_a_kept_signature_that_does_not_hold_is_named_by_its_event(
    tmp_path: Path, file: Path, key: SigningKey, changed: str, fault: str
) -> None:
    Path(f"{file}.sig").write_text(sign_batch(file, "nice", key), encoding="utf-8")
    with opened(tmp_path / "store") as store:
        Registrar(store).add([NICE.model_copy(update={"key": str(key.public)})], reason="agreed")
        store.ingest([guideline("warfarin")], publisher=signed_by(file))
        added, signed, published = map(as_draft, store.events())
    other = sign_batch(file, "nice", SigningKey.new("nice.example/evidence"))
    forged = {
        "note": signed.model_copy(update={"body": {**signed.body, "note": other}}),
        "file": signed.model_copy(update={"body": {**signed.body, "file": "sha256:" + "0" * 64}}),
        "type": signed.model_copy(update={"type": "note"}),
    }[changed]
    with opened(tmp_path / "forged"):
        pass
    ledger = Ledger.open(tmp_path / "forged" / "ledger.db", clock)
    ledger.append_many([added, forged, published], actor="mallory", after=0)  # its chain is sound
    ledger.close()
    with opened(tmp_path / "forged") as store:
        faults = [line for line in store.verify() if "sign" in line]
    assert faults
    assert any(line.startswith(fault) for line in faults)


def as_draft(event: Event) -> Draft:
    return Draft(type=event.type, subject=event.subject, body=event.body)


def test_a_signature_is_good_for_one_file_and_one_publisher(tmp_path: Path, file: Path, key: SigningKey) -> None:
    note = sign_batch(file, "nice", key)
    Path(f"{file}.sig").write_text(note, encoding="utf-8")
    sound = signed_by(file)
    assert sound is not None
    assert sound.fault(key.public) is None
    file.write_text(file.read_text() + "\n")
    changed = signed_by(file)
    assert changed is not None
    assert "the file is sha256:" in (changed.fault(key.public) or "")
    assert sound._replace(publisher="watch").fault(key.public) is not None
    with opened(tmp_path / "store") as store:
        Registrar(store).add([NICE.model_copy(update={"key": str(key.public)})], reason="agreed")
        assert "unsigned_batch" in rules(store.ingest([guideline("warfarin")], publisher=changed))["warfarin@1"]


def test_a_file_that_is_no_signature_is_refused_in_one_line(tmp_path: Path, file: Path) -> None:
    assert signed_by(file) is None
    Path(f"{file}.sig").write_text("not a note", encoding="utf-8")
    with pytest.raises(InputError, match=r"evidence\.jsonl\.sig: expected a signed note"):
        signed_by(file)
    with pytest.raises(InputError, match="found no such file"):
        signed_by(file, tmp_path / "absent.sig")


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ('[[publisher]]\nname = "nice"\nkinds = ["edict"]', r"publisher 1 \(nice\): key 'kinds.0'"),
        ('[[publisher]]\nname = "NICE"', r"key 'name'"),
        ('[[publisher]]\nname = "nice"\nmay = "all"', "unknown key 'may'"),
        ('[[publisher]]\nname = "nice"\nbackdate_days = -1', "backdate_days"),
        ('[[publisher]]\nname = "nice"\ngrades = "yes"', "key 'grades': expected a valid boolean, got 'yes'"),
        (f"publisher = {'[' * 5000}{']' * 5000}", "expected 60 levels of TOML at most, got more"),
        ('[[publisher]]\nname = "nice"\nkey = "abc"', "expected a public key"),
        ('[[publisher]]\nname = "a"\n[[publisher]]\nname = "a"', "'a' stands twice"),
        ('name = "nice"', r"expected tables \[\[publisher\]\]"),
        ("publisher = 3", r"expected tables \[\[publisher\]\]"),
        ("[[publisher", "expected TOML"),
    ],
)
def test_a_file_of_publishers_that_does_not_fit_is_refused_with_its_place(
    tmp_path: Path, text: str, fault: str
) -> None:
    file = tmp_path / "publishers.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=fault) as raised:
        read_publishers(file)
    assert str(file) in str(raised.value)


def test_a_publisher_that_may_go_back_some_days_only_is_stopped_beyond_them(tmp_path: Path) -> None:
    recent = Publisher(name="recent", organizations=("NICE",), kinds=("guideline",), grades=True, backdate_days=30)
    with opened(tmp_path / "store") as store:
        governed(store)
        Registrar(store).add([recent], reason="agreed")
        old, new = (
            guideline(f"new-{day}", text=f"Since {day}.", published=day, valid_from=day)
            for day in ("2026-05-01", "2026-05-02")
        )
        done = store.ingest([old, new], publisher="recent")
        assert done.published == (new.ref,)
        assert rules(done) == {old.ref: ["implausible_dates"]}


def _digest(file: Path) -> str:
    return sha256(file.read_bytes())
