"""``evitrail redteam passages`` prints what each prompt injection did; what is wrong is said on one line."""

from __future__ import annotations

from pathlib import Path

from desk import Desk, evitrail, tree


def unchanging(desk: Desk) -> dict[str, str]:
    """The desk's files, but for the cache of vectors, and what lies beside a database that somebody has open."""
    return {
        name: content
        for name, content in tree(desk.folder).items()
        if Path(name).name != "embeddings.db" and not name.endswith(("-shm", "-wal"))
    }


def test_it_prints_the_table_and_says_the_same_as_json_and_writes_nothing(own: Desk) -> None:
    before = unchanging(own)
    asked = ("redteam", "passages", own.run, "--only", "quote,instruction.plain")
    said = evitrail(*asked)
    assert (said.code, said.err) == (0, "")
    assert "prompt injections by technique and channel; per cent, with 95% interval" in said.out
    again = evitrail(*asked, "--json")
    assert (again.code, again.err) == (0, "")
    (found,) = again.json
    counts = {(row["technique"], row["channel"]): row["attempts"] for row in found["rows"]}
    channels = ("passage", "title", "option", "output")
    assert counts == {(name, channel): n for name, n in (("instruction", 1), ("quote", 4)) for channel in channels}
    turned = [row["turned"] for row in found["rows"] if row["turned"]]
    assert turned
    assert all(f"{one['k']} of {one['n']}" in said.out for one in turned)
    assert unchanging(own) == before


def test_a_payload_that_is_not_known_is_one_line(own: Desk) -> None:
    for wrong in ("quotes", "instruction.plane", ","):
        said = evitrail("redteam", "passages", own.run, "--only", wrong)
        assert said.code == 2
        (fault,) = said.faults
        assert "--only: expected payload ids or techniques (instruction, authority, " in fault
        assert f"got {wrong!r}" in fault
