"""The page as a file: the record byte for byte, the same bytes each time, and nothing that was not asked for."""

from __future__ import annotations

import base64
import hashlib
import re
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from exhibit import ELEMENT, HOSTILE, RUN, experiment, index_of, pack_of, records_of, taken_apart
from hypothesis import given
from hypothesis import strategies as st
from scribe import Note, Order, Scribe, recorded, ticking

from evitrail.eval.log.runs import outcomes as recorded_outcomes
from evitrail.traces import Journal, Live, Task, Trace
from evitrail.traces.journal.schema import Stored
from evitrail.traces.record import sha256
from evitrail.workbench.page import write_page
from evitrail.workbench.page.chunks import chunks
from evitrail.workbench.page.outline import outline


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    """A journal of two runs that share what they wrote."""
    journal = Journal.open(tmp_path / "journal.db", clock=ticking())
    for run in ("first", "second"):
        recorded(journal, run, Order(words=("a", "b", "c")))
    return journal


def test_the_page_holds_every_record_byte_for_byte_and_every_blob_once(made: Path) -> None:
    parts = taken_apart(made)
    index = index_of(parts)
    with Journal.open(made.parent / "x" / "journal.db", create=False) as journal:
        runs = [entry["run"] for entry in index["runs"]]
        assert records_of(parts) == [record.bytes for run in runs for record in journal.records(run)]
        assert [entry["head"] for entry in index["runs"]] == [journal.heads()[run] for run in runs]
    found: list[str] = []
    for number, chunk in enumerate(index["blobs"]):
        data, at = parts[f"blobs-{number}"], 0
        for size in chunk["sizes"]:
            found.append(sha256(data[at : at + size]))
            at += size
        assert at == len(data)
    names = re.findall("." * 16, "".join(chunk["names"] for chunk in index["blobs"]))
    assert names == [name.removeprefix("sha256:")[:16] for name in found]
    assert len(set(found)) == len(found)


def test_equal_journals_give_equal_bytes_wherever_and_whenever(
    made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.time", lambda: 2e9)
    shutil.copy(made.parent / "x" / "journal.db", tmp_path / "copy.db")
    with Journal.open(tmp_path / "copy.db", create=False) as journal:
        runs = [entry["run"] for entry in index_of(taken_apart(made))["runs"][:-1]]
        assert write_page(journal, runs, tmp_path / "copy.html").path.read_bytes() == made.read_bytes()
        assert write_page(journal, runs[1:], tmp_path / "copy.html").path.read_bytes() != made.read_bytes()


def test_nothing_in_the_page_can_be_run_or_asked_for_but_its_own_script(made: Path) -> None:
    text = made.read_text("utf-8")
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]*)"', text)
    (script,) = re.findall(r"<script>(.*?)</script>", text, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert policy.startswith(f"default-src 'none'; script-src 'sha256-{digest}'; style-src 'sha256-")
    assert "unsafe" not in policy
    assert "innerHTML" not in script
    rest = ELEMENT.sub("", text.replace(script, ""))
    assert re.findall(r"""(?:src|href|action)=["']?(?!#)[^\s>"']+""", rest) == []
    assert HOSTILE not in text
    assert text.count("<script") == text.count("</script>") == 1 + len(taken_apart(made))


def test_a_fork_brings_the_run_it_was_made_from_and_what_stays_out_is_named(tmp_path: Path) -> None:
    with Journal.open(experiment(tmp_path) / "journal.db", create=False) as journal:
        fork = next(run for run in journal.runs() if run.startswith(f"{RUN}~"))
        write_page(journal, [fork], tmp_path / "fork.html")
        index = index_of(taken_apart(tmp_path / "fork.html"))
        here = [entry["run"] for entry in index["runs"]]
        assert here == [fork, RUN, "experiment"]
        assert sorted([*here, *index["left_out"]]) == journal.runs()
    header, start = pack_of(taken_apart(tmp_path / "fork.html")["pack"])
    assert header["columns"]["run"]["distinct"] == sorted([RUN, fork])
    assert header["columns"]["answer"]["distinct"] == ["B"]
    flags = taken_apart(tmp_path / "fork.html")["pack"][start + header["columns"]["fork"]["values"]["at"] :]
    assert list(flags[:2]) == [0, 1], "a run, then the fork of it"


def test_patient_data_stays_out_unless_it_is_asked_for(tmp_path: Path) -> None:
    with Journal.open(tmp_path / "journal.db") as journal:
        run = Live.begin(journal, "run", Order(words=("Ingrid",)), sensitive=True)
        run.end(run.step(Task("greet", lambda: Note(text="Ingrid"), returns=Note, inputs={}, by=Scribe())))
        without = write_page(journal, ["run"], tmp_path / "without.html")
        whole = write_page(journal, ["run"], tmp_path / "with.html", with_sensitive=True)
    told = [b"".join(taken_apart(page.path).values()) for page in (without, whole)]
    assert [text.count(b"Ingrid") > 0 for text in told] == [False, True]
    assert (len(without.left_out) > 0, without.blobs, whole.left_out) == (True, 0, ())
    assert whole.blobs == len(without.left_out)


def test_an_unknown_run_is_refused_and_nothing_is_touched(journal: Journal, tmp_path: Path) -> None:
    target = tmp_path / "page.html"
    target.write_text("my thesis")
    for runs, got in ((["first", "third"], "got 'third'"), ([], "got none"), (["experiment"], "got 'experiment'")):
        with pytest.raises(ValueError, match=got):
            write_page(journal, runs, target)
    assert target.read_text() == "my thesis"
    assert {path.suffix for path in tmp_path.iterdir()} <= {".html", ".db", ".db-wal", ".db-shm"}


def test_a_page_that_breaks_off_leaves_what_was_there(
    journal: Journal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "page.html").write_text("my thesis")

    def full(name: str) -> bytes:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(journal, "raw", full)
    with pytest.raises(OSError, match="No space"):
        write_page(journal, ["first"], tmp_path / "page.html")
    assert [path.name for path in tmp_path.glob("*page*")] == ["page.html"]
    assert (tmp_path / "page.html").read_text() == "my thesis"


def test_inner_steps_stand_below_the_step_they_were_done_in(tmp_path: Path) -> None:
    by = Scribe()
    with Journal.open(tmp_path / "journal.db") as journal:
        run = Live.begin(journal, "run", Order(words=()))

        def inner() -> Note:
            run.step(Task("look", lambda: Note(text="1"), returns=Note, inputs={}, by=by))
            return run.step(Task("look", lambda: Note(text="2"), returns=Note, inputs={}, by=by))

        run.step(Task("read", inner, returns=Note, inputs={}, by=by, effect="reads_external"))
        rows = outline(journal.records("run"))
    told = [(row.depth, row.name, row.type) for row in rows[1:]]
    assert told == [
        (0, "read[1]", "activity.end"),
        (1, "read[1]/look[1]", "activity.end"),
        (1, "read[1]/look[2]", "activity.end"),
    ]


def test_a_step_that_never_ended_has_a_row_and_so_have_the_steps_within_it(tmp_path: Path) -> None:
    with Journal.open(tmp_path / "journal.db") as journal:
        journal.append("run", "activity.begin", {"path": "read[1]", "kind": "read"})
        journal.append("run", "activity.end", {"path": "read[1]/look[1]", "output_type": "Note"})
        journal.append("run", "activity.end", {"path": "lost[1]/look[1]"})
        rows = outline(journal.records("run"))
    assert [(row.name, row.mark) for row in rows] == [
        ("read[1]", "unfinished"),
        ("read[1]/look[1]", ""),
        ("lost[1]/look[1]", ""),
    ]


@given(st.lists(st.sampled_from(["a[1]", "a[1]/b[1]", "a[1]/b[1]/c[1]", "d[1]", "d[1]/e/f", ""])), st.data())
def test_every_record_has_one_row(paths: list[str], data: st.DataObject) -> None:
    kinds = st.sampled_from(["activity.end", "activity.error", "weather"])
    records = [
        Stored("run", seq, "", "", f'{{"type":"{data.draw(kinds)}","body":{{"path":"{path}"}}}}'.encode())
        for seq, path in enumerate(paths)
    ]
    assert sorted(row.seq for row in outline(records)) == list(range(len(paths)))


@given(st.lists(st.binary(max_size=20)), st.integers(1, 5), st.integers(1, 40))
def test_chunks_keep_every_piece_in_its_place(pieces: list[bytes], most: int, size: int) -> None:
    made = list(chunks(((str(n), piece) for n, piece in enumerate(pieces)), most=most, size=size))
    assert [piece for chunk in made for _, piece in chunk] == pieces
    assert all(0 < len(chunk) <= most for chunk in made)
    assert all(sum(len(data) for _, data in chunk[:-1]) < size for chunk in made)


def test_the_index_says_of_a_run_what_its_record_says(made: Path) -> None:
    (entry,) = (each for each in index_of(taken_apart(made))["runs"] if each["run"] == RUN)
    with Journal.open(made.parent / "x" / "journal.db", create=False) as journal:
        trace = Trace(journal, RUN)
        assert [row[3] for row in entry["rows"] if row[3]] == [activity.path for activity in trace.activities]
    header, start = pack_of(taken_apart(made)["pack"])
    found = unpacked_cells(header, taken_apart(made)["pack"][start:])
    with Journal.open(made.parent / "x" / "journal.db", create=False) as journal:
        outcomes = {outcome.run: outcome for outcome in recorded_outcomes(journal)}
    assert [row["run"] for row in found] == sorted(outcomes)
    for row in found:
        outcome = outcomes[row["run"]]
        assert (row["chosen"], row["answer"], row["correct"]) == (outcome.chosen, outcome.answer, int(outcome.correct))
    by_run = {row["run"]: row for row in found}
    assert (by_run[RUN]["chosen"], by_run[RUN]["answer"], by_run[RUN]["fault.wrong"]) == ("C", "B", "S2")
    assert by_run["gated.q-apixaban"]["fault.wrong"] == "C1"


def unpacked_cells(header: dict[str, Any], arrays: bytes) -> list[dict[str, Any]]:
    """A row a run, of the columns of names and flags."""
    cells: dict[str, list[Any]] = {}
    for name, column in header["columns"].items():
        coded = column.get("codes" if column["kind"] == "names" else "values")
        if column["kind"] in ("names", "flag"):
            codes = np.frombuffer(arrays, coded["type"].lower(), coded["length"], coded["at"])
            cells[name] = (
                [column["distinct"][code] if code >= 0 else None for code in codes]
                if (column["kind"] == "names")
                else [int(code) for code in codes]
            )
    return [{name: column[row] for name, column in cells.items()} for row in range(header["n"])]
