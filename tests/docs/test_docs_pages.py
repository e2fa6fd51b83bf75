"""The reader of our pages reads them as it says: blocks, commands, and what stands for left-out output."""

from __future__ import annotations

import pytest
from pages import Block, commands, matches


@pytest.mark.parametrize(
    ("shown", "said", "same"),
    [
        ("one\ntwo\n", "one\ntwo\n", True),
        ("one\ntwo\n", "one  \ntwo\n\n", True),
        ("one\n", "one\ntwo\n", False),
        ("one\n…\n", "one\ntwo\nthree\n", True),
        ("…\nthree\n", "one\ntwo\nthree\n", True),
        ("one\n…\nthree\n", "one\ntwo\n", False),
        ("root: …\n", "root: sha256:ab\n", True),
        ("68.5 [59–78]\n", "68.6 [59–78]\n", False),
        ("a.c\n", "abc\n", False),
    ],
)
def test_shown_output_is_compared_to_the_letter_save_for_what_is_left_out(shown: str, said: str, same: bool) -> None:
    assert matches(shown, said) is same


def test_a_console_block_is_its_commands_with_what_follows_each() -> None:
    block = Block("page.md:1", "console", "$ evitrail a \\\n  'b c'  # why\none\n\n$ make test\n", True, 0)
    found = commands(block)
    assert [command.words for command in found] == [["evitrail", "a", "b c"], ["make", "test"]]
    assert [command.shown for command in found] == ["one\n\n", ""]
