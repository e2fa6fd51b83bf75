"""Attacks on a store: each is stopped by the rule that is meant to stop it, and the store itself stays as it is."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from desk import digest
from world import WordVectors

from evitrail.eval.dataset.case import Case, load
from evitrail.eval.demo import DEMO_CASES
from evitrail.eval.injection.donors import lineages
from evitrail.eval.injection.wrong_option import wrong_option
from evitrail.eval.plan.plan_file import write_plan_file
from evitrail.eval.redteam.attack import Scene
from evitrail.eval.redteam.attack_runs import AttackRuns, waves
from evitrail.eval.redteam.attacks import ATTACKS, attacks_named
from evitrail.eval.redteam.attempt import Attempt, Choice
from evitrail.eval.redteam.red_team import RedTeam
from evitrail.eval.redteam.run_redteam import Attacked, run_redteam
from evitrail.eval.redteam.table import attack_rows
from evitrail.eval.redteam.throwaway import BENCHMARKS, PUBLISHERS, encoder_of, throwaway
from evitrail.evidence_store import Evidence, EvidenceStore, InputError, Registrar, read_evidence
from evitrail.evidence_store.demo import DEMO_EVIDENCE, DEMO_PUBLISHERS, vouched
from evitrail.evidence_store.formats.publishers_toml import read_publishers
from evitrail.evidence_store.reviewer import Reviewer

ASKED = [one for one in load(DEMO_CASES) if one.id in ("acute-001", "acute-003", "medicine-003", "radiology-005")]
NAMED = set[str]().union(*map(lineages, ASKED))
EVIDENCE = [one for one in read_evidence(DEMO_EVIDENCE) if one.id in NAMED or one.id < "anaphylaxis-p"]


class World(NamedTuple):
    """An experiment on a store with publishers, which was told its questions."""

    folder: Path

    @property
    def store(self) -> Path:
        return self.folder / "store"

    @property
    def experiment(self) -> Path:
        return self.folder / "experiment"

    def attack(self, out: Path, **asked: Any) -> Attacked:
        return run_redteam(RedTeam(**asked), self.experiment, out, embedder=WordVectors())


def made(folder: Path, *, publishers: bool) -> World:
    world = World(folder)
    with EvidenceStore.open(world.store, create=True, embedder=WordVectors(), actor="owner") as store:
        known = read_publishers(DEMO_PUBLISHERS) if publishers else []
        if publishers:
            Registrar(store).add(known, reason="the demonstration")
            Registrar(store).add_questions("asked", [one.stem for one in ASKED], reason="the demonstration")
        assert store.ingest(EVIDENCE, publisher=vouched(EVIDENCE, known)).held == ()
    benchmark = folder / "benchmark.jsonl"
    benchmark.write_text("".join(f"{one.model_dump_json()}\n" for one in ASKED), "utf-8")
    plan = {"benchmark": str(benchmark), "store": str(world.store), "conditions": ["standard", "gated"], "samples": 0}
    write_plan_file(world.experiment / "plan.toml", plan)
    return world


def digests(folder: Path) -> dict[str, str]:
    return {str(file.relative_to(folder)): digest(file) for file in sorted(folder.rglob("*")) if file.is_file()}


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


def made_by(found: Attacked, attack: str, strength: str, condition: str = "gated") -> list[Attempt]:
    whole = (attack, strength, condition)
    attempts = [one for one in found.attempts if (one.attack, one.strength, one.condition) == whole]
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
        run_redteam(RedTeam(), tmp_path, tmp_path / "out")
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
    assert {one.strength for one in found.rows} == {"anyone"}
    assert "echo.question" in {rule for one in made_by(found, "S2", "anyone") for rule in one.stopped_by}


def test_attacks_are_named_singly_or_by_family() -> None:
    assert [one.name for one in attacks_named("s3, S1")] == ["S1", "S3-own", "S3-foreign"]
    assert [one.name for one in attacks_named("S6-own")] == ["S6-own"]
    with pytest.raises(ValueError, match=r"--attacks: expected names among S1, .*, got 'S9'"):
        attacks_named("S1,S9")


def test_questions_that_share_a_lineage_are_attacked_in_different_copies() -> None:
    held = {one.ref: one for one in EVIDENCE}
    asked = [*ASKED, ASKED[0].model_copy(update={"id": "again"})]
    scenes = [Scene(case, wrong_option(case), held, n) for n, case in enumerate(asked)]
    for attack, copies in ((ATTACKS["S1"], 1), (ATTACKS["S3-own"], 2)):
        plots = [plot for scene in scenes if (plot := attack.make(scene))]
        found = waves(attack, plots)
        assert sorted(plot.who for wave in found for plot in wave) == sorted(plot.who for plot in plots)
        assert len(found) == copies
    for wave in found:
        touched = [lineage for plot in wave for lineage in lineages(plot.case)]
        assert len(touched) == len(set(touched))


def test_a_copy_without_publishers_holds_the_same_evidence_and_asks_nobody(world: World, tmp_path: Path) -> None:
    encoder = encoder_of(world.store, tmp_path / "embeddings.db", WordVectors())
    with throwaway(world.store, tmp_path / "whole", encoder) as whole:
        headers, questions = dict(whole.headers), whole.quarantine.questions
        assert whole.verify() == []
    with throwaway(world.store, tmp_path / "open", encoder, PUBLISHERS) as opened:
        assert (opened.headers, opened.quarantine.open) == (headers, True)
        assert opened.verify() == []
    with throwaway(world.store, tmp_path / "untold", encoder, BENCHMARKS) as untold:
        assert (untold.headers, untold.quarantine.open, untold.quarantine.questions) == (headers, False, {})
    assert questions
    assert not [one for one in tmp_path.iterdir() if one.is_dir()]


def test_a_copy_that_lacks_events_keeps_what_was_released_and_what_waits(tmp_path: Path) -> None:
    store = made(tmp_path / "world", publishers=True).store
    late = [EVIDENCE[0].model_copy(update={"id": f"late-{n}", "supersedes": None}) for n in (1, 2)]
    with EvidenceStore.open(store, embedder=WordVectors(), actor="anna") as opened:
        opened.ingest(late)
        opened.tag("held")
    with EvidenceStore.open(store, embedder=WordVectors(), actor="ben") as opened:
        Reviewer(opened).release([late[0].ref], reason="checked")
        headers, waiting = dict(opened.headers), [one.refs for one in opened.quarantine.waiting]
    encoder = encoder_of(store, tmp_path / "embeddings.db", WordVectors())
    with throwaway(store, tmp_path / "untold", encoder, BENCHMARKS) as untold:
        assert (dict(untold.headers), [one.refs for one in untold.quarantine.waiting]) == (headers, waiting)
        assert late[0].ref in headers
        assert untold.snapshot(seq=untold.seq_of("held")).headers.keys() == headers.keys() - {late[0].ref}


def scored(case: str, before: str, after: str) -> Attempt:
    def choice(option: str) -> Choice:
        return Choice(condition="gated", case=case, chosen=option, right=option == "A", harm=option == "C")

    return Attempt(
        attack="S1",
        strength="registered",
        condition="gated",
        run=case,
        before=choice(before),
        after=choice(after),
        target="C",
        stopped_by=("echo.question",) if after != "C" else (),
        served=after == "C",
    )


def test_a_question_that_was_at_the_target_anyway_counts_for_no_success() -> None:
    (row,) = attack_rows([scored("1", "A", "C"), scored("2", "C", "C"), scored("3", "A", "A"), scored("4", "B", "B")])
    assert (row.turned.k, row.turned.n) == (1, 3)
    assert row.target.before is not None
    assert row.target.after is not None
    assert (row.target.before.k, row.target.after.k, row.target.p) == (1, 2, 1.0)
    assert (row.high_risk.before, row.accuracy.after) == (row.target.before, row.target.before)
    assert row.stopped_by == {"echo.question": 2}
    assert row.should == "question_copy, echo.question"


def test_without_labels_harm_is_null() -> None:
    made = scored("1", "A", "C")
    bare = made.model_copy(
        update={
            "before": made.before.model_copy(update={"harm": None}),
            "after": made.after.model_copy(update={"harm": None}),
        }
    )
    (row,) = attack_rows([bare])
    assert (row.high_risk.before, row.high_risk.after, row.high_risk.p) == (None, None, None)


def test_an_attack_that_a_question_gives_no_hold_for_is_not_made() -> None:
    case: Case = ASKED[0].model_copy(update={"clean_evidence": (), "outdated_evidence": (), "conflict_evidence": ()})
    held: dict[str, Evidence] = {}
    made = {name for name, attack in ATTACKS.items() if attack.make(Scene(case, "A", held, 1)) is not None}
    assert made == {"S1", "S2", "S2-reworded", "S5", "S6-own", "S8"}


def test_every_attempt_says_which_run_to_open(on: Attacked) -> None:
    for one in on.attempts[:6]:
        folder, _, run = one.run.rpartition("/")
        assert (on.folder / "runs" / folder / "journal.db").is_file()
        assert run.endswith(one.after.case)
    cells = json.loads((on.folder / "cells/on/S1.unknown.json").read_text("utf-8"))
    assert [Attempt.model_validate(one) for one in cells] == [
        one for one in on.attempts if (one.attack, one.strength) == ("S1", "unknown")
    ]
