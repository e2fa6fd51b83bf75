"""Attacks on a store: each is stopped by the rule that is meant to stop it, and the store itself stays as it is."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from besieged import ASKED, World, digests, made

from evitrail.eval.redteam.store.attack_runs import AttackRuns
from evitrail.eval.redteam.store.attacks import ATTACKS
from evitrail.eval.redteam.store.attempt import Attempt
from evitrail.eval.redteam.store.red_team import RedTeam
from evitrail.eval.redteam.store.run_attacks import Attacked, run_attacks
from evitrail.evidence_store import InputError


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return made(tmp_path_factory.mktemp("redteam"), publishers=True)


@pytest.fixture(scope="module")
def on(world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Attacked]:
    """All attacks with the rules on; the store is the same before and after, byte by byte."""
    before = digests(world.folder)
    yield world.attack(tmp_path_factory.mktemp("on"))
    assert digests(world.folder) == before


@pytest.fixture(scope="module")
def off(world: World, tmp_path_factory: pytest.TempPathFactory) -> Attacked:
    return world.attack(tmp_path_factory.mktemp("off"), rules="off")


def made_by(found: Attacked, attack: str, attacker: str, condition: str = "gated") -> list[Attempt]:
    whole = (attack, attacker, condition)
    attempts = [one for one in found.attempts if (one.attack, one.attacker, one.condition) == whole]
    assert attempts
    return attempts


def test_the_store_is_byte_for_byte_the_same_after_every_attack(world: World, tmp_path: Path) -> None:
    before = digests(world.folder)
    for rules in ("on", "off"):
        world.attack(tmp_path / rules, attacks=("S1", "S3-own", "S6-foreign", "S7"), rules=rules, limit=2)
    assert digests(world.folder) == before
    assert not list(tmp_path.rglob("ledger.db")), "the copies are deleted"


@pytest.mark.parametrize("attack", [name for name in ATTACKS if name != "S6-foreign"])
def test_an_unknown_source_is_stopped_before_anything_of_it_is_served(on: Attacked, attack: str) -> None:
    for condition in ("standard", "gated"):
        for one in made_by(on, attack, "unknown", condition):
            assert {"unknown_publisher", "refused"} & set(one.stopped_by)
            assert not one.served
            assert one.after.chosen == one.before.chosen


@pytest.mark.parametrize(
    ("attack", "rule"),
    [
        ("S1", "question_copy"),
        ("S2", "question_copy"),
        ("S3-own", "foreign_lineage"),
        ("S3-foreign", "foreign_lineage"),
        ("S4", "implausible_dates"),
        ("S5", "many_copies"),
        ("S6-own", "ungrounded_grade"),
        ("S6-foreign", "inflated_grade"),
        ("S7", "foreign_retraction"),
        ("S8", "question_copy"),
    ],
)
def test_a_registered_publisher_is_stopped_by_the_rule_against_its_lie(on: Attacked, attack: str, rule: str) -> None:
    told = {stopped for one in made_by(on, attack, "registered") for stopped in one.stopped_by}
    assert rule in told
    assert not any(one.turned for one in made_by(on, attack, "registered"))


@pytest.mark.parametrize("attack", ["S1", "S2"])
def test_where_the_store_was_not_told_the_question_a_gate_stops_what_repeats_it(on: Attacked, attack: str) -> None:
    attempts = made_by(on, attack, "unforeseen")
    assert "question_copy" not in {rule for one in attempts for rule in one.stopped_by}
    assert "echo.question" in {rule for one in attempts for rule in one.stopped_by}


def test_what_does_not_repeat_the_question_is_held_back_where_nobody_known_says_it(on: Attacked) -> None:
    told = [rule for one in made_by(on, "S2-reworded", "registered") for rule in one.stopped_by]
    assert "corroboration.stranger" in told


@pytest.mark.parametrize("attack", ["S1", "S5"])
def test_with_the_rules_off_false_passages_turn_what_has_no_gates(off: Attacked, attack: str) -> None:
    assert all(one.turned for one in made_by(off, attack, "anyone", "standard") if one.counts)


@pytest.mark.parametrize("attack", ["S2", "S2-reworded", "S3-own", "S3-foreign", "S6-own"])
def test_with_the_rules_off_forged_standing_turns_what_has_gates(off: Attacked, attack: str) -> None:
    attempts = made_by(off, attack, "anyone")
    assert any(one.turned for one in attempts)
    new = ("echo.", "corroboration.")
    assert not [rule for one in attempts for rule in one.stopped_by if rule.startswith(new)]


def test_an_ungraded_false_passage_is_stopped_by_the_gates_of_before(off: Attacked) -> None:
    assert not any(one.turned for one in made_by(off, "S1", "anyone"))
    assert "sufficient.less_sure" in {rule for one in made_by(off, "S1", "anyone") for rule in one.stopped_by}


def test_rules_cost_nothing_where_nobody_attacks(on: Attacked, off: Attacked) -> None:
    assert on.clean == off.clean


def test_equal_seeds_give_equal_tables_and_what_is_done_is_not_done_again(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = {"attacks": ("S2",), "limit": 2, "seed": 3}
    one, other = (world.attack(tmp_path / name, **asked) for name in ("one", "other"))
    assert one.as_json() == other.as_json()
    assert (tmp_path / "one/table-on.json").read_bytes() == (tmp_path / "other/table-on.json").read_bytes()
    monkeypatch.delattr(AttackRuns, "attacked")
    monkeypatch.delattr(AttackRuns, "unattacked")
    assert world.attack(tmp_path / "one", **asked).as_json() == one.as_json()


def test_a_limit_draws_questions_by_the_seed() -> None:
    drawn = {tuple(case.id for case in RedTeam(limit=2, seed=seed).drawn(ASKED)) for seed in range(8)}
    assert len(drawn) > 1
    assert all(list(names) == sorted(names) for names in drawn)
    assert RedTeam(limit=9).drawn(ASKED) == ASKED


def test_the_folder_of_another_red_team_is_refused(world: World, tmp_path: Path) -> None:
    world.attack(tmp_path, attacks=("S1",), limit=1)
    with pytest.raises(InputError, match=r"results of another red team \(another limit\); give another --out"):
        world.attack(tmp_path, attacks=("S1",), limit=2)


def test_what_cannot_be_copied_is_refused_and_nothing_is_written(world: World, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"expected an experiment, found no plan\.toml"):
        run_attacks(RedTeam(), tmp_path, tmp_path / "out")
    elsewhere = made(tmp_path / "elsewhere", publishers=False)
    (elsewhere.store / "ledger.url").write_text("postgresql+psycopg://db/evidence", "utf-8")
    with pytest.raises(InputError, match="expected a store whose ledger lies in its folder"):
        elsewhere.attack(tmp_path / "out")
    with pytest.raises(InputError, match="expected conditions that search, 'clean' does not"):
        world.attack(tmp_path / "out", conditions=("clean",))
    assert not (tmp_path / "out").exists()


def test_an_open_store_is_attacked_by_anyone_and_only_gates_stop_it(tmp_path: Path) -> None:
    found = made(tmp_path / "open", publishers=False).attack(tmp_path / "out", attacks=("S2",))
    assert found.open
    assert {one.attacker for one in found.rows} == {"anyone"}
    assert "echo.question" in {rule for one in made_by(found, "S2", "anyone") for rule in one.stopped_by}


def test_every_attempt_says_which_run_to_open(on: Attacked) -> None:
    for one in on.attempts[:6]:
        folder, _, run = one.run.rpartition("/")
        assert (on.folder / "runs" / folder / "journal.db").is_file()
        assert run.endswith(one.after.case)
    cells = json.loads((on.folder / "cells/on/S1.unknown.json").read_text("utf-8"))
    assert [Attempt.model_validate(one) for one in cells] == [
        one for one in on.attempts if (one.attack, one.attacker) == ("S1", "unknown")
    ]
