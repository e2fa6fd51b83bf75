"""Gates together: each accounts for every hit, can be left out, and what they serve is in force."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from gating import QUERY, hits, ref_of, report
from hypothesis import given, settings
from hypothesis import strategies as st
from world import DRUGS, WordVectors, World, clock, evidence

from evitrail.evidence_store import EvidenceStore, Grade, Snapshot
from evitrail.evidence_store.curation.notices import Notice
from evitrail.evidence_store.curation.relations import Contradiction
from evitrail.retrieval import Clean, GateReport, Hybrid
from evitrail.retrieval.gates import GATES, GateContext

DAY = date(2021, 1, 1)
INDIRECT = Grade(certainty="moderate", study_design="randomized", downgrades={"indirectness": -1})
LOW = Grade(certainty="low", study_design="observational")
MIXED = (
    evidence("aspirin", text="Aspirin lowers stroke.", valid_to=date(2019, 1, 1)),
    evidence("aspirin", "2", text="Aspirin does not lower stroke.", valid_from=date(2019, 1, 1)),
    evidence("abroad", jurisdiction=("US",)),
    evidence("children", population="Children"),
    evidence("doubted", title="Aspirin and stroke", text="Aspirin lowers the risk of stroke."),
    evidence("opposed", title="Stroke and aspirin", text="Aspirin raises the risk of stroke.", grade=INDIRECT),
    evidence("pooled", kind="systematic_review", includes=("trial", "doi:10.1234/old"), published=date(2018, 1, 1)),
    evidence("trial", kind="randomized_trial", published=date(2012, 1, 1)),
    evidence("cohort", kind="observational_study", doi="10.1234/old", grade=LOW),
    evidence("letter", kind="expert_opinion", grade=None),
    evidence("withdrawn"),
    evidence("echoing", text=f"{QUERY}? It does."),
    evidence("stranger", organization="Riverside Letters", text="Aspirin should be avoided, it makes people bleed."),
)
ASKED = f"{QUERY}?\nAspirin lowers the risk of stroke\nAspirin should be avoided, it makes people bleed"
REFS = tuple(item.ref for item in MIXED)


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Snapshot]:
    """Something for every gate to drop, or to say of."""
    folder = tmp_path_factory.mktemp("mixed") / "store"
    with EvidenceStore.open(folder, create=True, embedder=WordVectors(), clock=clock) as store:
        store.ingest(MIXED)
        store.notify([Notice(ref="doubted@1", nature="concern", reason="figures were doubted")])
        store.retract("withdrawn@1", "fabricated data")
        edge = {"a": "doubted@1", "b": "letter@1", "scope": "stroke", "type": "opposite_direction", "detector": "Anna"}
        store.dispute(Contradiction.model_validate({**edge, "resolution": "a", "reason": "a trial, not a letter"}))
        yield store.snapshot(DAY)


@pytest.mark.parametrize("gate", sorted(GATES))
def test_no_gate_fails_on_nothing(mixed: Snapshot, gate: str) -> None:
    told = report(gate, mixed)
    assert (told.kept, told.dropped, told.noted) == ((), (), ())


@settings(max_examples=30, deadline=None)
@given(refs=st.lists(st.sampled_from(REFS), unique=True), gate=st.sampled_from(sorted(GATES)))
def test_a_gate_keeps_or_drops_every_hit_and_says_by_which_rule(mixed: Snapshot, refs: list[str], gate: str) -> None:
    told = report(gate, mixed, *refs, query=ASKED, place="GB")
    assert all(one.why and one.rule.startswith(f"{gate}.") for one in (*told.dropped, *told.noted))
    assert {one.passage for one in told.noted} <= set(told.kept)
    assert report(gate, mixed, *refs, query=ASKED, place="GB") == told


@settings(max_examples=40, deadline=None)
@given(order=st.permutations(REFS), gate=st.sampled_from(sorted(set(GATES) - {"sufficient"})))
def test_no_gate_but_the_last_looks_at_the_order_hits_come_in(mixed: Snapshot, order: list[str], gate: str) -> None:
    found = {hit.passage.ref: hit for hit in hits(mixed, *REFS)}
    asked = GateContext(ASKED, mixed, "GB")
    kept, told = GATES[gate]([found[ref] for ref in order], asked)
    usual, as_told = GATES[gate](list(found.values()), asked)
    assert {hit.passage.id for hit in kept} == {hit.passage.id for hit in usual}
    assert set(told.dropped) == set(as_told.dropped)
    assert set(told.noted) == set(as_told.noted)
    if gate == "certainty":
        assert kept == usual


@pytest.mark.parametrize("gate", sorted(GATES))
def test_a_gate_never_changes_a_hit(mixed: Snapshot, gate: str) -> None:
    found = hits(mixed, *REFS)
    kept, _ = GATES[gate](found, GateContext(ASKED, mixed, "GB"))
    assert all(hit in found for hit in kept)


@pytest.mark.parametrize("gate", sorted(set(GATES) - {"certainty"}))
def test_every_gate_but_the_ordering_one_has_something_here_that_it_alone_would_drop(
    mixed: Snapshot, gate: str
) -> None:
    alone = Clean(gates=(gate,), jurisdiction="GB").search(ASKED, mixed, 50)
    without = Clean(gates=(), jurisdiction="GB").search(ASKED, mixed, 50)
    dropped = {d.passage for d in alone.gates[0].dropped}
    assert dropped
    assert {h.passage.id for h in alone.hits} == {h.passage.id for h in without.hits} - dropped


def test_clean_passes_the_gates_in_order_and_each_gets_what_the_last_one_kept(snapshot: Snapshot) -> None:
    found = Clean().search(QUERY, snapshot, 50)
    assert [told.gate for told in found.gates] == list(GATES)
    came_in = [hit.passage.id for hit in Hybrid().search(QUERY, snapshot, 50).hits]
    for told in found.gates:
        assert sorted(came(told)) == sorted(came_in)
        came_in = list(told.kept)
    assert [hit.passage.id for hit in found.hits] == came_in
    assert found.hits[0].passage.ref == "apixaban@1"
    assert all("passed the gates" in hit.why for hit in found.hits)


def test_a_search_for_fewer_serves_the_most_relevant_of_what_a_search_for_more_serves(snapshot: Snapshot) -> None:
    relevance = [hit.passage.id for hit in Hybrid().search(QUERY, snapshot, 50).hits]
    every = [hit.passage.id for hit in Clean().search(QUERY, snapshot, 50).hits]
    for k in range(1, len(every) + 1):
        served = [hit.passage.id for hit in Clean().search(QUERY, snapshot, k).hits]
        assert set(served) == set(sorted(every, key=relevance.index)[:k])
        assert served == [passage for passage in every if passage in served]


def test_sure_evidence_about_something_else_does_not_take_the_only_place(snapshot: Snapshot) -> None:
    (only,) = Clean().search("ramipril aspirin opinion risk of stroke", snapshot, 1).hits
    assert "stroke" in only.passage.text


def test_clean_is_named_by_what_differs_from_the_plain_one() -> None:
    assert repr(Clean()) == "Clean()"
    assert repr(Clean(gates=("near",), jurisdiction="GB")) == "Clean(gates=('near',), jurisdiction='GB')"


@pytest.mark.parametrize("wrong", ["gb", "GBR", "Britain", ""])
def test_a_country_that_is_not_two_letters_is_refused(wrong: str) -> None:
    with pytest.raises(ValueError, match=r"jurisdiction: expected a country in two letters, as GB, got"):
        Clean(jurisdiction=wrong)


def test_a_report_from_before_rules_and_remarks_still_reads() -> None:
    stored = '{"gate":"near","kept":["a@1#0"],"dropped":[{"passage":"b@1#0","why":"not among the most relevant"}]}'
    told = GateReport.model_validate_json(stored)
    assert (told.dropped[0].rule, told.noted, told.seq) == ("", (), None)


@settings(max_examples=3, deadline=None)
@given(seed=st.integers(0, 10**6), years=st.integers(1, 3), days=st.integers(0, 2500), drug=st.sampled_from(DRUGS))
def test_what_is_served_is_in_force_and_everything_is_accounted_for(
    seed: int, years: int, days: int, drug: str
) -> None:
    with (
        tempfile.TemporaryDirectory() as folder,
        EvidenceStore.open(Path(folder) / "s", create=True, embedder=WordVectors(), clock=clock) as store,
    ):
        world = World(store, seed)
        world.live(years)
        day, query = date(2010, 1, 1) + timedelta(days=days), f"does {drug} change the risk of stroke in adults"
        world.publish()
        for seq in (world.deeds[len(world.deeds) // 2].seq, world.seq):
            snapshot, told = store.snapshot(day, seq), world.expected(day, seq)
            found = Clean().search(query, snapshot, 10)
            assert {told[hit.passage.ref] for hit in found.hits} <= {"current"}
            retracted = {ref for ref, status in told.items() if status == "retracted"}
            first = found.gates[0]
            assert {ref_of(d.passage) for d in first.dropped} == set(map(ref_of, came(first))) & retracted
            for before, after in pairwise(found.gates):
                assert sorted(came(after)) == sorted(before.kept)
            incoming = {hit.passage.id for hit in Hybrid().search(query, snapshot, 50).hits}
            assert set(came(first)) == incoming

            two = Clean(gates=("as_of", "lineage")).search(query, snapshot, 50)
            served = [hit.passage.header for hit in two.hits]
            assert {header.ref for header in served} <= in_force(world, day, seq)
            assert len({header.id for header in served}) == len(served)


def in_force(world: World, day: date, seq: int) -> set[str]:
    """What the world had published by then and not replaced by that day, retracted or not."""
    told = [deed.item for deed in world.deeds if deed.seq <= seq and not deed.retracts]
    replaced = {item.supersedes for item in told if item.valid_from <= day}
    return {item.ref for item in told if item.valid_from <= day} - replaced


def came(told: GateReport) -> list[str]:
    """The passages that came to a gate."""
    return [*told.kept, *(d.passage for d in told.dropped)]
