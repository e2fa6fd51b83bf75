"""A copy of an index has its bytes, and its holes stay holes: it is hundreds of megabytes long and mostly empty."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evitrail.evidence_store.index.read_copy import copy_with_holes

PAGE = 4096
LAYOUTS = st.lists(
    st.tuples(st.integers(0, 40), st.binary(max_size=2 * PAGE)),  # pages that are left out, and what is written then
    max_size=6,
)


def made(file: Path, layout: list[tuple[int, bytes]]) -> Path:
    with file.open("wb") as to:
        for pages, data in layout:
            to.seek(pages * PAGE, os.SEEK_CUR)
            to.write(data)
        to.truncate(to.tell())
    return file


@given(LAYOUTS)
def test_a_copy_has_the_bytes_of_the_file_and_takes_no_more_room(layout: list[tuple[int, bytes]]) -> None:
    with TemporaryDirectory() as folder:
        file = made(Path(folder) / "file", layout)
        copy = Path(copy_with_holes(str(file), str(Path(folder) / "copy")))
        assert copy.read_bytes() == file.read_bytes()
        assert copy.stat().st_blocks <= file.stat().st_blocks


def test_a_system_that_cannot_copy_by_itself_has_the_same_copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> int:
        raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))

    file = made(tmp_path / "file", [(3, b"a" * PAGE), (500, os.urandom(3 << 20)), (2, b"")])
    monkeypatch.setattr(os, "copy_file_range", refused)
    copy = Path(copy_with_holes(str(file), str(tmp_path / "copy")))
    assert copy.read_bytes() == file.read_bytes()
    assert copy.stat().st_blocks <= file.stat().st_blocks
