"""What was added to a journal rather than altered is named: by the rule that forbids it, or as newer than the seal."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from intruder import inside, sealed, verdicts
from patient import admitted
from scribe import Note, Order, recorded

from evitrail.traces import Journal, JournalError, Journals, Trace, seal, verify_journal
from evitrail.traces.audit.checkpoint import check_signature, sign
from evitrail.traces.audit.signed_note import SigningKey
from evitrail.traces.journal.redacted import redacted_runs
from evitrail.traces.journal.redaction import redact
from evitrail.traces.journal.schema import link
from evitrail.traces.record import canonical_json

ORDER = Order(words=("stroke", "risk"))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return sealed(tmp_path / "journal.db")


def planted(path: Path, run: str, type: str, body: dict[str, Any]) -> None:
    """A record that is linked as it should be, written past the journal."""
    with inside(path) as db:
        ((seq, prev),) = db.execute(
            "SELECT seq, hash FROM record WHERE run = ? ORDER BY seq DESC LIMIT 1", (run,)
        ).fetchall()
        line = {"v": 1, "seq": seq + 1, "run": run, "type": type, "t": "2021", "mono": 1, "prev": prev, "body": body}
        data = canonical_json(line).encode()
        db.execute("INSERT INTO record VALUES (?, ?, ?, ?, ?)", (run, seq + 1, prev, link(prev, data), data))


def output_of(path: Path, run: str) -> str:
    """The name of what a run came to."""
    with closing(sqlite3.connect(path)) as db:
        rows = db.execute("SELECT bytes FROM record WHERE run = ? ORDER BY seq", (run,)).fetchall()
    return str(next(json.loads(data)["body"]["output"] for (data,) in rows if b'"run.end"' in data))


@pytest.mark.parametrize("type", ["run.end", "run.begin", "activity.end", "acknowledgement", "note"])
def test_the_journal_writes_nothing_after_the_end_of_a_run_but_what_a_rule_allows(path: Path, type: str) -> None:
    with Journal.open(path) as journal:
        before = journal.heads()
        with pytest.raises(JournalError, match=r"run 'second' in .*: expected no more records of it, got a"):
            journal.append("second", type, {"output": output_of(path, "first")})
        assert journal.heads() == before


@pytest.mark.parametrize("signed", [False, True])
def test_a_second_end_is_named_and_the_first_one_counts(path: Path, signed: bool) -> None:
    key = SigningKey.new("ward.example/journals")
    if signed:
        with Journal.open(path) as journal:
            sign(journal, key)
    planted(path, "second", "run.end", {"output": output_of(path, "first"), "output_type": "Note"})
    said = verdicts(path)
    assert (said.integrity, said.completeness, said.newer) == ((), (), ("second",))
    assert said.additions == ("run 'second' record 5: a second end of the run; the first one counts",)
    assert not said.sound
    with Journal.open(path, create=False) as journal:
        if signed:
            assert check_signature(journal, key.public) == []
        assert Trace(journal, "second").output(Note) == Note(text="stroke risk second")


def test_a_second_attribution_is_named_and_the_first_one_counts(path: Path) -> None:
    name = output_of(path, "first")
    with Journal.open(path) as journal:
        journal.append("second", "attribution.error", {"error": "the server was down"})
        journal.append("second", "attribution", {"blames": name})
        with pytest.raises(JournalError, match="a second attribution of the run"):
            journal.append("second", "attribution", {"blames": name})
        seal(journal)
    assert verdicts(path).sound
    planted(path, "second", "attribution", {"blames": output_of(path, "third")})
    assert verdicts(path).additions == ("run 'second' record 7: a second attribution of the run; the first one counts",)


def test_a_re_check_takes_a_higher_number_each_time(path: Path) -> None:
    with Journal.open(path) as journal:
        journal.append("second", "recheck", {"number": 1})
        journal.append("second", "recheck", {"number": 3})
        with pytest.raises(JournalError, match="a re-check with the number 2, after one with 3"):
            journal.append("second", "recheck", {"number": 2})
        seal(journal)
    assert verdicts(path).sound


@pytest.mark.parametrize("beside", [False, True])
def test_a_run_that_no_seal_covers_is_listed(path: Path, beside: bool) -> None:
    where = path.with_name("journal-9.db") if beside else path
    with Journal.open(where) as journal:
        recorded(journal, "forged", ORDER)
    with Journals.open(path.parent) as journals:
        said = verify_journal(journals)
        assert (said.sound, said.newer) == (True, ("forged",))
    with Journal.open(path) as journal, Journals.open(path.parent) as journals:
        seal(journal, over=journals)
    with Journals.open(path.parent) as journals:
        assert verify_journal(journals).newer == ()


def test_a_copy_of_a_run_that_went_another_way_is_named(path: Path) -> None:
    with Journal.open(path.with_name("journal-9.db")) as journal:
        recorded(journal, "second", Order(words=("another", "story")))
    with Journals.open(path.parent) as journals:
        said = verify_journal(journals)
    assert said.additions == ("run 'second' record 0: two files hold copies of it that differ from here on",)


def test_a_redaction_bears_a_proof_that_is_checked_when_its_key_is_gone(tmp_path: Path) -> None:
    path = admitted(tmp_path / "journal.db")
    with Journal.open(path) as journal:
        key = journal.secret("run").key
        redact(journal, "run", by="d.larsen", reason="consent withdrawn")
        seal(journal)
        said = verify_journal(journal)
        assert (said.sound, set(redacted_runs(journal))) == (True, {"run", "run~fork"})
    assert key not in path.read_bytes()


@pytest.mark.parametrize("run", ["other", "second"])
@pytest.mark.parametrize("proof", [None, "", "zz", "00" * 32])
def test_a_redaction_without_its_proof_drops_nothing_and_is_named(tmp_path: Path, run: str, proof: str | None) -> None:
    path = admitted(tmp_path / "journal.db")
    with Journal.open(path) as journal:
        recorded(journal, "second", ORDER)
        seal(journal)
    body = {"by": "d.larsen", "reason": "asked", "secret": run, "count": 0, "blobs": [output_of(path, "other")]}
    planted(path, run, "redaction", body | ({} if proof is None else {"proof": proof}))
    with Journal.open(path, create=False) as journal:
        said = verify_journal(journal)
        assert redacted_runs(journal) == {}
    (fault,) = said.additions
    assert f"run {run!r} record" in fault
    assert "a redaction that does not count" in fault
    assert said.newer == (run,)


def test_a_redaction_beside_the_journal_drops_nothing_either(tmp_path: Path) -> None:
    path = admitted(tmp_path / "journal.db")
    with Journal.open(path) as journal:
        seal(journal)
    body = {"by": "x", "reason": "y", "secret": "other", "count": 1, "blobs": [output_of(path, "other")], "proof": "11"}
    with Journal.open(path.with_name("journal-9.db")) as journal:
        journal.append("forged", "redaction", body)
    with Journals.open(tmp_path) as journals:
        assert redacted_runs(journals) == {}
        assert any("its proof is not that of the run's key" in fault for fault in verify_journal(journals).additions)
