"""What a red team is made of: attacks, waves of questions, copies of a store, and the counts of its table."""

from __future__ import annotations

from pathlib import Path

import pytest
from besieged import ASKED, EVIDENCE, made
from world import WordVectors

from evitrail.eval.dataset.case import Case
from evitrail.eval.injection.donors import lineages
from evitrail.eval.injection.wrong_option import wrong_option
from evitrail.eval.redteam.store.attack import Scene
from evitrail.eval.redteam.store.attack_runs import waves
from evitrail.eval.redteam.store.attacks import ATTACKS, attacks_named
from evitrail.eval.redteam.store.attempt import Attempt, Chosen
from evitrail.eval.redteam.store.table import attack_rows
from evitrail.eval.redteam.store.throwaway import encoder_of, throwaway
from evitrail.evidence_store import Evidence, EvidenceStore
from evitrail.evidence_store.ledger.event import OF_PUBLISHERS, QUESTIONS
from evitrail.evidence_store.reviewer import Reviewer


def scored(case: str, before: str, after: str) -> Attempt:
    def choice(option: str) -> Chosen:
        return Chosen(condition="gated", case=case, chosen=option, right=option == "A", high_risk=option == "C")

    return Attempt(
        attack="S1",
        attacker="registered",
        condition="gated",
        run=case,
        before=choice(before),
        after=choice(after),
        target="C",
        stopped_by=("echo.question",) if after != "C" else (),
        served=after == "C",
    )


def test_questions_that_share_a_lineage_are_attacked_in_different_copies() -> None:
    held = {one.ref: one for one in EVIDENCE}
    asked = [*ASKED, ASKED[0].model_copy(update={"id": "again"})]
    scenes = [Scene(case, wrong_option(case), held, n) for n, case in enumerate(asked)]
    for attack, copies in ((ATTACKS["S1"], 1), (ATTACKS["S3-own"], 2)):
        plots = [plot for scene in scenes if (plot := attack.make(scene))]
        found = waves(attack, plots)
        assert sorted(plot.source for wave in found for plot in wave) == sorted(plot.source for plot in plots)
        assert len(found) == copies
    for wave in found:
        touched = [lineage for plot in wave for lineage in lineages(plot.case)]
        assert len(touched) == len(set(touched))


def test_a_copy_without_publishers_holds_the_same_evidence_and_asks_nobody(tmp_path: Path) -> None:
    world = made(tmp_path / "world", publishers=True)
    encoder = encoder_of(world.store, tmp_path / "embeddings.db", WordVectors())
    with throwaway(world.store, tmp_path / "whole", encoder) as whole:
        headers, questions = dict(whole.headers), whole.quarantine.questions
        assert whole.verify() == []
    with throwaway(world.store, tmp_path / "open", encoder, OF_PUBLISHERS) as opened:
        assert (opened.headers, opened.quarantine.open) == (headers, True)
        assert opened.verify() == []
    with throwaway(world.store, tmp_path / "untold", encoder, {QUESTIONS}) as untold:
        assert (untold.headers, untold.quarantine.open, untold.quarantine.questions) == (headers, False, {})
    assert questions
    assert [one.name for one in tmp_path.iterdir() if one.is_dir()] == ["world"]


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
    with throwaway(store, tmp_path / "untold", encoder, {QUESTIONS}) as untold:
        assert (dict(untold.headers), [one.refs for one in untold.quarantine.waiting]) == (headers, waiting)
        assert late[0].ref in headers
        assert untold.snapshot(seq=untold.seq_of("held")).headers.keys() == headers.keys() - {late[0].ref}


def test_a_question_that_was_at_the_target_anyway_counts_for_no_success() -> None:
    (row,) = attack_rows([scored("1", "A", "C"), scored("2", "C", "C"), scored("3", "A", "A"), scored("4", "B", "B")])
    assert (row.turned.k, row.turned.n) == (1, 3)
    assert row.target.before is not None
    assert row.target.after is not None
    assert (row.target.before.k, row.target.after.k, row.target.p) == (1, 2, 1.0)
    assert (row.high_risk.before, row.accuracy.after) == (row.target.before, row.target.before)
    assert row.stopped_by == {"echo.question": 2}
    assert row.missed_by == "question_copy, echo.question"


def test_without_labels_high_risk_is_null() -> None:
    made = scored("1", "A", "C")
    bare = made.model_copy(
        update={
            "before": made.before.model_copy(update={"high_risk": None}),
            "after": made.after.model_copy(update={"high_risk": None}),
        }
    )
    (row,) = attack_rows([bare])
    assert (row.high_risk.before, row.high_risk.after, row.high_risk.p) == (None, None, None)


def test_an_attack_that_a_question_gives_no_hold_for_is_not_made() -> None:
    case: Case = ASKED[0].model_copy(update={"clean_evidence": (), "outdated_evidence": (), "conflict_evidence": ()})
    held: dict[str, Evidence] = {}
    made = {name for name, attack in ATTACKS.items() if attack.make(Scene(case, "A", held, 1)) is not None}
    assert made == {"S1", "S2", "S2-reworded", "S5", "S6-own", "S8"}


def test_attacks_are_named_singly_or_by_family() -> None:
    assert [one.name for one in attacks_named("s3, S1")] == ["S1", "S3-own", "S3-foreign"]
    assert [one.name for one in attacks_named("S6-own")] == ["S6-own"]
    with pytest.raises(ValueError, match=r"--attacks: expected names among S1, .*, got 'S9'"):
        attacks_named("S1,S9")
