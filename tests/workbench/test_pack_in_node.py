"""A column pack is opened by the pages' own module with every cell that was packed, and every unknown."""

from __future__ import annotations

import base64
import gzip
import json
import struct
from random import Random
from typing import Any

import pytest
from generated_queries import experiment
from in_node import in_node
from plain_columns import plain_columns

TYPES = {"codes": ("Int8", "b"), "ends": ("Uint32", "I"), "known": ("Uint8", "B"), "values": ("Float64", "d")}
ROWS, QUESTIONS, TIMINGS = experiment(Random(7))


def packed(plain: dict[str, Any], form: int = 1) -> bytes:
    """Columns in the form of a pack, unpacked: a header, then the arrays."""
    arrays, described = b"", {}
    for name, column in plain["columns"].items():
        told = {key: field for key, field in column.items() if key not in TYPES}
        for key in column.keys() & TYPES:
            kind, letter = ("Uint8", "B") if key == "values" and column["kind"] == "flag" else TYPES[key]
            values = [float("nan") if value is None else value for value in column[key]]
            told[key] = {"at": len(arrays), "type": kind, "length": len(values)}
            data = struct.pack(f"<{len(values)}{letter}", *values)
            arrays += data + bytes(-len(data) % 8)
        described[name] = told
    header = json.dumps({"format": form, "n": plain["n"], "columns": described}, ensure_ascii=False).encode()
    header += b" " * (-(4 + len(header)) % 8)
    return struct.pack("<I", len(header)) + header + arrays


@pytest.mark.parametrize("pack", [packed, lambda plain: gzip.compress(packed(plain))], ids=["unpacked", "gzip"])
def test_every_cell_comes_out_as_it_was_packed(pack: Any) -> None:
    names = [name for name in ROWS[0] if name != "day"]
    data = base64.b64encode(pack(plain_columns(ROWS, QUESTIONS, TIMINGS))).decode()
    cells = in_node("open_pack.mjs", {"pack": data, "names": names})
    assert cells == {name: [row[name] for row in ROWS] for name in names}


def test_a_pack_of_another_form_is_refused() -> None:
    data = base64.b64encode(packed(plain_columns(ROWS, QUESTIONS, TIMINGS), form=2)).decode()
    with pytest.raises(AssertionError, match="expected a pack of form 1, got form 2"):
        in_node("open_pack.mjs", {"pack": data, "names": []})
