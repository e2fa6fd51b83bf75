"""The page's own check, in a real browser: whatever was altered, cut or dropped is found, and the record named."""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from exhibit import RUN, SOUND, Open, index_of, pack_of, put_together, records_of, said_of, taken_apart
from scribe import Order, recorded

from evitrail.traces import Journal, content_id
from evitrail.traces.audit.seal import sealed_root
from evitrail.workbench.page import write_page


def test_the_page_proves_every_hash_up_to_the_seals_root(opened: Open, made: Path) -> None:
    view = opened(made)
    assert view.inner_text("#verdict") == SOUND
    told = said_of(view)
    with Journal.open(made.parent / "x" / "journal.db", create=False) as journal:
        assert view.inner_text("#root") == sealed_root(journal)
    assert "Integrity: nothing here was altered" in told
    assert "Whether what was recorded is true" in told
    view.fill("#verdict-panel input", "sha256:0")
    assert "NOT the same" in view.inner_text("#verdict-panel output")


def altered(page: Path, here: Path, change: Callable[[dict[str, bytes]], None]) -> Path:
    """A copy of the page with something changed in it."""
    parts = taken_apart(page)
    change(parts)
    return put_together(shutil.copy(page, here / "altered.html"), parts)


@pytest.mark.parametrize("share", [0.0, 0.13, 0.37, 0.5, 0.74, 0.999])
def test_one_flipped_byte_in_a_record_is_found_and_the_record_named(
    opened: Open, made: Path, tmp_path: Path, share: float
) -> None:
    records = records_of(taken_apart(made))
    place = int(share * sum(len(record) + 1 for record in records))
    number = next(n for n in range(len(records)) if sum(len(record) + 1 for record in records[: n + 1]) > place)
    run = next(r for r in index_of(taken_apart(made))["runs"] if r["start"] <= number < r["start"] + r["count"])

    def flip(parts: dict[str, bytes]) -> None:
        data = bytearray(parts["records-0"])
        data[place] ^= 1
        parts["records-0"] = bytes(data)

    view = opened(altered(made, tmp_path, flip))
    assert view.inner_text("#verdict").startswith("✗ ALTERED")
    assert f"“{run['run']}” record {number - run['start']}" in said_of(view)
    assert f"“{run['run']}” record {number - run['start']}" in view.inner_text("#first-fault")


@pytest.mark.parametrize("share", [0.4, 0.6, 0.9])
def test_one_flipped_character_of_the_file_itself_is_found_and_a_record_named(
    opened: Open, made: Path, tmp_path: Path, share: float
) -> None:
    text = made.read_text("utf-8")
    found = re.search(r'id="records-0">([^<]*)<', text)
    assert found
    place = found.start(1) + int(share * len(found[1]))
    page = tmp_path / "flipped.html"
    page.write_text(text[:place] + ("A" if text[place] != "A" else "B") + text[place + 1 :], encoding="utf-8")
    view = opened(page)
    assert view.inner_text("#verdict").startswith("✗ ALTERED")
    said_of(view)
    named = re.search(r"run “(.+)” record (\d+)", view.inner_text("#first-fault"))
    assert named
    index = index_of(taken_apart(made))
    (start,) = (entry["start"] for entry in index["runs"] if entry["run"] == named[1])
    records = sum(entry["count"] for entry in index["runs"])
    assert share / 3 < (start + int(named[2])) / records < share + 0.2  # what comes before the fault can still be read


def test_an_altered_blob_is_found_and_the_record_that_needs_it_named(opened: Open, made: Path, tmp_path: Path) -> None:
    def flip(parts: dict[str, bytes]) -> None:
        parts["blobs-0"] = parts["blobs-0"].replace(b"advice is option C", b"advice is option D")

    view = opened(altered(made, tmp_path, flip), run=RUN, step="retrieve[1]")
    assert view.inner_text("#verdict").startswith("✗ ALTERED")
    assert re.search(rf"run “{RUN}” record 1: blob sha256:\w+ was altered", said_of(view))


def cut(parts: dict[str, bytes], run: str, records: int) -> None:
    """Take the last records of a run out of the page and out of its index, as one would who knows it."""
    index = index_of(parts)
    (entry,) = (each for each in index["runs"] if each["run"] == run)
    lines = records_of(parts)
    last = entry["start"] + entry["count"] - records
    gone = lines[last : last + records]
    del lines[last : last + records]
    for each in index["runs"]:
        each["start"] -= records if each["start"] > entry["start"] else 0
    entry["rows"] = [row for row in entry["rows"] if row[0] < entry["count"] - records]
    entry["count"] -= records
    entry["hashes"] = entry["hashes"][: 8 * entry["count"]]
    entry["head"] = re.search(rb'"prev":"([^"]+)"', gone[0])[1].decode()  # type: ignore[index]
    index["runs"] = [each for each in index["runs"] if each["count"]]
    parts["records-0"] = b"".join(line + b"\n" for line in lines)
    parts["index"] = json.dumps(index).encode()


def test_a_cut_tail_is_told_as_incomplete(opened: Open, made: Path, tmp_path: Path) -> None:
    view = opened(altered(made, tmp_path, lambda parts: cut(parts, RUN, 2)))
    assert view.inner_text("#verdict") == "✓ nothing altered · ✗ INCOMPLETE"
    told = said_of(view)
    assert f"run “{RUN}” does not reach the record it was sealed at" in told
    assert f"run “{RUN}” was not finished" in told


def test_a_dropped_run_is_told_as_incomplete(opened: Open, made: Path, tmp_path: Path) -> None:
    view = opened(altered(made, tmp_path, lambda parts: cut(parts, RUN, 6)))
    assert view.inner_text("#verdict") == "✓ nothing altered · ✗ INCOMPLETE"
    assert f"run “{RUN}” was sealed and is gone" in said_of(view)


def test_a_list_that_says_otherwise_than_the_record_is_found(opened: Open, made: Path, tmp_path: Path) -> None:
    def flatter(parts: dict[str, bytes]) -> None:
        header, start = pack_of(parts["pack"])
        run, answer = header["columns"]["run"], header["columns"]["answer"]
        row = run["distinct"].index(RUN)
        assert run["codes"]["type"] == answer["codes"]["type"] == "Int8"
        at = start + answer["codes"]["at"] + row
        parts["pack"] = parts["pack"][:at] + bytes([answer["distinct"].index("C")]) + parts["pack"][at + 1 :]

    view = opened(altered(made, tmp_path, flatter))
    assert view.inner_text("#verdict").startswith("✗ ALTERED")
    assert f"run “{RUN}” record 0: the list of runs gives another letter as answer" in said_of(view)


def test_without_a_seal_completeness_is_not_known(opened: Open, tmp_path: Path) -> None:
    with Journal.open(tmp_path / "journal.db") as journal:
        recorded(journal, "run", Order(words=("a", "b")))
        write_page(journal, ["run"], tmp_path / "page.html")
    view = opened(tmp_path / "page.html")
    assert view.inner_text("#verdict") == "✓ nothing altered · ? completeness not known"
    assert "The journal was not sealed" in said_of(view)


def test_what_the_journal_had_lost_is_told(opened: Open, tmp_path: Path) -> None:
    with Journal.open(tmp_path / "journal.db") as journal:
        note = content_id(recorded(journal, "run", Order(words=("a", "b"))))
    with sqlite3.connect(tmp_path / "journal.db") as database:
        database.execute("DROP TRIGGER blob_stays")
        database.execute("DELETE FROM blob WHERE id = ?", (note,))
    database.close()
    with Journal.open(tmp_path / "journal.db", create=False) as journal:
        write_page(journal, ["run"], tmp_path / "page.html")
    view = opened(tmp_path / "page.html", step="write[2]")
    assert "missing or damaged in the journal" in view.inner_text("#step-body .empty >> nth=0")
    assert f"record 2: blob {note} is missing" in said_of(view)
