"""What was added to a journal rather than altered is named: by the rule that forbids it, or as newer than the seal."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from intruder import planted, sealed, tampered, verdicts
from patient import admitted
from scribe import Note, Order, recorded

from evitrail.traces import Journal, JournalError, Journals, Trace, recorded_work, seal, verify_journal
from evitrail.traces.audit.checkpoint import check_signature, sign
from evitrail.traces.audit.signed_note import SigningKey
from evitrail.traces.export.disclosed import Disclosed
from evitrail.traces.export.otel import spans_of
from evitrail.traces.export.prov import text
from evitrail.traces.journal.redacted import proof_of, redacted_runs
from evitrail.traces.journal.redaction import redact

ORDER = Order(words=("stroke", "risk"))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return sealed(tmp_path / "journal.db")


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


def all_that_is_read(path: Path, run: str) -> object:
    """What every reader makes of a run."""
    with Journal.open(path, create=False) as journal:
        trace = Trace(journal, run)
        told = Disclosed(trace, with_sensitive=False)
        spans = [span.to_json() for span in spans_of(told)]
        return trace.output(Note), trace.activities, recorded_work(journal, run), spans, text(told)


@pytest.mark.parametrize("type", ["run.end", "run.begin", "activity.end", "activity.error", "attribution", "recheck"])
def test_a_record_that_may_not_follow_the_end_changes_nothing_that_is_read(path: Path, type: str) -> None:
    with Journal.open(path) as journal:
        recorded(journal, "late", ORDER)
        journal.append("late", "attribution", {})
        journal.append("late", "recheck", {"number": 2})
        step = Trace(journal, "late").of_type("activity.end")[-1].body
    before = all_that_is_read(path, "late")
    forged = {"output": output_of(path, "first"), "blames": output_of(path, "first"), "number": 1, "error": "forged"}
    planted(path, "late", type, step | forged if type.startswith("activity") else forged)
    assert all_that_is_read(path, "late") == before
    with Journal.open(path, create=False) as journal:
        assert (Trace(journal, "late").ignored, Trace(journal, "first").ignored) == (1, 0)
    assert len(verdicts(path).additions) == 1


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


def test_reviews_may_follow_the_end_of_a_run_and_none_stands_before_it(path: Path) -> None:
    name = output_of(path, "first")
    with Journal.open(path) as journal:
        for _ in range(2):
            journal.append("second", "review", {"review": name})
        with pytest.raises(JournalError, match="a review that does not name what was said"):
            journal.append("second", "review", {"label": "high_risk"})
        journal.append("begun", "run.begin", {"config": name, "parent": None})
        with pytest.raises(JournalError, match="a review before the end of the run"):
            journal.append("begun", "review", {"review": name})
        seal(journal)
    assert verdicts(path).additions == ()
    planted(path, "begun", "review", {"review": name})
    planted(path, "second", "review", {"of": "high_risk"})
    assert verdicts(path).additions == (
        "run 'begun' record 1: a review before the end of the run",
        "run 'second' record 7: a review that does not name what was said",
    )
    with Journal.open(path, create=False) as journal:
        assert [len(Trace(journal, run).of_type("review")) for run in ("begun", "second")] == [0, 2]


def test_a_review_whose_words_are_gone_is_named(path: Path) -> None:
    with Journal.open(path) as journal:
        name = journal.put(Note(text="the dose is per day"))
        journal.append("second", "review", {"review": name})
        seal(journal)
    assert verdicts(path).sound
    tampered(path, f"DELETE FROM blob WHERE id = '{name}'")
    assert verdicts(path).integrity == (f"run 'second' record 5: blob {name} is missing",)


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


REDACTED = {"by": "d.larsen", "reason": "asked", "secret": "other"}


@pytest.mark.parametrize("wrong", [{"proof": "00" * 32}, {"by": " "}, {"reason": None}, {"blobs": []}, {"secret": "?"}])
def test_the_journal_writes_no_redaction_that_is_not_whole(tmp_path: Path, wrong: dict[str, Any]) -> None:
    path = admitted(tmp_path / "journal.db")
    with Journal.open(path) as journal:
        names = sorted({output_of(path, "other")})
        whole = REDACTED | {"proof": proof_of(journal.secret("other").key), "count": len(names), "blobs": names}
        with pytest.raises(JournalError, match=r"run 'other' in .*: expected a redaction as `redact` makes it, got "):
            journal.append("other", "redaction", whole | wrong)
        journal.append("other", "redaction", whole)


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
        recorded(journal, "forged", ORDER)
    planted(path.with_name("journal-9.db"), "forged", "redaction", body)
    with Journals.open(tmp_path) as journals:
        assert redacted_runs(journals) == {}
        assert any("its proof is not that of the run's key" in fault for fault in verify_journal(journals).additions)
