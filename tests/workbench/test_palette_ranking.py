"""What the palette finds by a few letters: plainly ranked, the same each time, and fast among very many runs."""

from __future__ import annotations

from random import Random
from typing import Any

from in_node import in_node

KINDS = ["do", "page", "view", "case", "run"]


def ranked(entries: list[tuple[str, str]], *typed: str, many: int = 0) -> list[dict[str, Any]]:
    told = [{"kind": kind, "name": name} for kind, name in entries]
    answers: list[dict[str, Any]] = in_node(
        "palette_ranking.mjs", {"entries": told, "many": many, "typed": typed, "kinds": KINDS}
    )
    return answers


def names(answer: dict[str, Any]) -> list[str]:
    return [name for _, name in answer["shown"]]


def test_a_whole_name_comes_before_its_start_a_words_start_any_place_and_letters_in_this_order() -> None:
    entries = [("run", name) for name in ("cxoxpxd", "ecopd", "acute copd", "copd-1", "copd", "nothing")]
    (answer,) = ranked(entries, "copd")
    assert names(answer) == ["copd", "copd-1", "acute copd", "ecopd", "cxoxpxd"]


def test_every_word_must_be_met_in_whatever_order() -> None:
    entries = [("run", "gated.acute-001"), ("run", "gated.acute-002"), ("run", "standard.acute-001")]
    first, second = ranked(entries, "001 gat", "GATED 00")
    assert names(first) == ["gated.acute-001"]
    assert names(second) == ["gated.acute-001", "gated.acute-002"]


def test_of_equal_entries_the_nearer_kind_then_the_shorter_name_then_the_first_by_name_comes_first() -> None:
    entries = [
        ("run", "sepsis b"),
        ("run", "sepsis a"),
        ("case", "sepsis long"),
        ("do", "sepsis longest"),
        ("run", "sepsis"),
    ]
    (answer,) = ranked(entries, "sep")
    assert answer["shown"] == [
        ["do", "sepsis longest"],
        ["case", "sepsis long"],
        ["run", "sepsis"],
        ["run", "sepsis a"],
        ["run", "sepsis b"],
    ]


def test_the_same_entries_in_another_order_give_the_same_list() -> None:
    random = Random(11)
    entries = [(random.choice(KINDS), "".join(random.choices("abc -.", k=random.randrange(1, 9)))) for _ in range(300)]
    shuffled = random.sample(entries, len(entries))
    typed = ["a", "ab", "c b", "abc", ""]
    for one, other in zip(ranked(entries, *typed), ranked(shuffled, *typed), strict=True):
        assert (one["found"], one["shown"]) == (other["found"], other["shown"])


def test_no_kind_drowns_the_others_and_what_is_not_shown_is_counted() -> None:
    (answer,) = ranked([("case", "case-one"), ("do", "case study")], "case", many=1000)
    assert answer["found"] == 1002
    assert {"case-one", "case study"} < {*names(answer)}
    assert len(answer["shown"]) == 60


def test_a_hundred_thousand_runs_are_ranked_while_one_types() -> None:
    typed = ["s", "st", "std", "standard 09999", "case-099999", "zzz"]
    answers = ranked([], *typed, many=100_000)
    assert names(answers[4])[0].endswith("case-099999")
    assert answers[5] == {**answers[5], "found": 0, "shown": []}
    assert {name[-6:] for name in names(answers[3])[:11]} == {"009999", *(f"09999{i}" for i in range(10))}


def test_names_that_hold_marks_of_other_things_are_only_names() -> None:
    entries = [
        ("view", "<img src=x onerror=alert(1)>"),
        ("view", "\u202eabc"),
        ("view", "^(a+)+$"),
        ("view", "50 % [x]"),
    ]
    first, second, third = ranked(entries, "<img", "^(a+)+$", "[x]")
    assert names(first) == ["<img src=x onerror=alert(1)>"]
    assert names(second) == ["^(a+)+$"]
    assert names(third) == ["50 % [x]"]
