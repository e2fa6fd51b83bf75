"""Each gate keeps or drops every hit, and says why in words a clinician can check."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from world import DRUGS, WordVectors, World, clock

from evidence_store import EvidenceStore, Snapshot
from retrieval import Clean, GateReport, Hit, Hybrid
from retrieval.base import ranked
from retrieval.gates import ENOUGH, GATES, NEAR

QUERY = "does aspirin lower the risk of stroke in adults"


def hits(snapshot: Snapshot, *refs: str) -> tuple[Hit, ...]:
    """Hits in the order given."""
    return ranked(((snapshot.passages(ref)[0], -float(n), "as given") for n, ref in enumerate(refs)), len(refs))


def passed(gate: str, snapshot: Snapshot, *refs: str) -> tuple[list[str], dict[str, str]]:
    """What the gate lets through, and its reason for each that it drops."""
    kept, report = GATES[gate](hits(snapshot, *refs), snapshot)
    assert report.gate == gate
    assert report.kept == tuple(hit.passage.id for hit in kept)
    accounted = [*report.kept, *(d.passage for d in report.dropped)]
    assert sorted(accounted) == sorted(f"{ref}#0" for ref in refs)
    return [hit.passage.ref for hit in kept], {d.passage.removesuffix("#0"): d.why for d in report.dropped}


def test_retracted_drops_what_was_taken_back(snapshot: Snapshot) -> None:
    kept, why = passed("retracted", snapshot, "withdrawn@1", "aspirin@1", "expired@1")
    assert kept == ["aspirin@1", "expired@1"]
    assert why == {"withdrawn@1": "retracted"}


def test_as_of_drops_what_was_not_in_force_and_says_when_it_was(snapshot: Snapshot) -> None:
    kept, why = passed("as_of", snapshot, "aspirin@1", "aspirin@2", "future@1", "expired@1", "withdrawn@1")
    assert kept == ["aspirin@2", "withdrawn@1"]
    assert why == {
        "aspirin@1": "superseded on 2021-01-01: valid 2015-01-01 to 2020-01-01",
        "future@1": "not yet on 2021-01-01: valid 2030-01-01 to now",
        "expired@1": "expired on 2021-01-01: valid 2015-01-01 to 2018-01-01",
    }


def test_as_of_without_a_day_means_the_newest(store: EvidenceStore) -> None:
    kept, why = passed("as_of", store.snapshot(), "aspirin@1", "aspirin@2", "future@1")
    assert kept == ["aspirin@2", "future@1"]
    assert why == {"aspirin@1": "superseded on the newest day: valid 2015-01-01 to 2020-01-01"}


def test_near_keeps_the_first_by_rank(snapshot: Snapshot) -> None:
    refs = ("apixaban@1", "cohort@1", "opinion@1", "unrated@1", "aspirin@2", "ramipril@1", "insulin@1")
    kept, why = passed("near", snapshot, *refs)
    assert kept == list(refs[:NEAR])
    assert why == dict.fromkeys(refs[NEAR:], f"not among the {NEAR} most relevant that are left")


def test_lineage_keeps_the_newest_version_even_when_it_ranks_lower(snapshot: Snapshot) -> None:
    kept, why = passed("lineage", snapshot, "aspirin@1", "cohort@1", "aspirin@2")
    assert kept == ["cohort@1", "aspirin@2"]
    assert why == {"aspirin@1": "same lineage as aspirin@2#0, which is newer or ranked higher"}


def test_certainty_orders_by_grade_unrated_last_and_drops_nothing(snapshot: Snapshot) -> None:
    kept, why = passed("certainty", snapshot, "unrated@1", "opinion@1", "cohort@1", "aspirin@2", "ramipril@1")
    assert kept == ["ramipril@1", "aspirin@2", "cohort@1", "opinion@1", "unrated@1"]
    assert why == {}


def test_certainty_leaves_equals_in_the_order_of_their_rank(snapshot: Snapshot) -> None:
    for refs in (("ramipril@1", "apixaban@1", "insulin@1"), ("insulin@1", "ramipril@1", "apixaban@1")):
        assert passed("certainty", snapshot, *refs)[0] == list(refs)


def test_sufficient_drops_what_is_much_less_sure_than_the_surest(snapshot: Snapshot) -> None:
    kept, why = passed("sufficient", snapshot, "apixaban@1", "aspirin@2", "cohort@1")
    assert kept == ["apixaban@1", "aspirin@2"]
    assert why == {"cohort@1": "certainty low beside high on the same question"}
    kept, why = passed("sufficient", snapshot, "aspirin@2", "opinion@1", "unrated@1")
    assert kept == ["aspirin@2"]
    assert why == {
        "opinion@1": "certainty very low beside moderate on the same question",
        "unrated@1": "certainty unrated beside moderate on the same question",
    }


def test_sufficient_keeps_low_certainty_where_nothing_is_much_surer(snapshot: Snapshot) -> None:
    refs = ("cohort@1", "opinion@1")
    assert passed("sufficient", snapshot, *refs) == (list(refs), {})
    assert passed("sufficient", snapshot, "unrated@1") == (["unrated@1"], {})


def test_sufficient_keeps_no_more_than_a_careful_reader_needs(snapshot: Snapshot) -> None:
    refs = ("apixaban@1", "ramipril@1", "insulin@1", "aspirin@2")
    kept, why = passed("sufficient", snapshot, *refs)
    assert kept == list(refs[:ENOUGH])
    assert why == dict.fromkeys(refs[ENOUGH:], f"{ENOUGH} surer or more relevant sources suffice")


@pytest.mark.parametrize("gate", sorted(GATES))
def test_no_gate_fails_on_nothing(snapshot: Snapshot, gate: str) -> None:
    assert passed(gate, snapshot) == ([], {})


@pytest.mark.parametrize("gate", sorted(GATES))
def test_a_gate_never_changes_a_hit(snapshot: Snapshot, gate: str) -> None:
    found = Hybrid().search(QUERY, snapshot, 50).hits
    kept, _ = GATES[gate](found, snapshot)
    assert all(hit in found for hit in kept)


def test_a_gate_left_out_lets_through_what_it_would_have_held(snapshot: Snapshot) -> None:
    def refs(clean: Clean) -> set[str]:
        return {hit.passage.ref for hit in clean.search(QUERY, snapshot, 50).hits}

    assert "withdrawn@1" not in refs(Clean(gates=("retracted", "as_of")))
    assert "withdrawn@1" in refs(Clean(gates=("as_of",)))
    assert {"aspirin@1", "future@1", "expired@1"} <= refs(Clean(gates=("retracted",)))
    assert refs(Clean(gates=())) == {hit.passage.ref for hit in Hybrid().search(QUERY, snapshot, 50).hits}


def test_clean_passes_the_gates_in_order_and_each_gets_what_the_last_one_kept(snapshot: Snapshot) -> None:
    found = Clean().search(QUERY, snapshot, 50)
    assert [report.gate for report in found.gates] == list(GATES)
    came = [hit.passage.id for hit in Hybrid().search(QUERY, snapshot, 50).hits]
    for report in found.gates:
        assert sorted([*report.kept, *(d.passage for d in report.dropped)]) == sorted(came)
        came = list(report.kept)
    assert [hit.passage.id for hit in found.hits] == came
    assert found.hits[0].passage.ref == "apixaban@1"
    assert all("passed the gates" in hit.why for hit in found.hits)


@settings(max_examples=3, deadline=None)
@given(seed=st.integers(0, 10**6), years=st.integers(1, 3), days=st.integers(0, 2500), drug=st.sampled_from(DRUGS))
def test_clean_never_serves_what_is_not_current_and_accounts_for_everything(
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
            snapshot = store.snapshot(day, seq)
            told = world.expected(day, seq)
            found = Clean().search(query, snapshot, 10)
            assert {told[hit.passage.ref] for hit in found.hits} <= {"current"}
            assert len({hit.passage.header.id for hit in found.hits}) == len(found.hits)
            first = found.gates[0]
            retracted = {ref for ref, status in told.items() if status == "retracted"}
            assert refs(d.passage for d in first.dropped) == refs(came(first)) & retracted
            for before, after in pairwise(found.gates):
                assert sorted(came(after)) == sorted(before.kept)
            incoming = {hit.passage.id for hit in Hybrid().search(query, snapshot, 50).hits}
            assert set(came(found.gates[0])) == incoming


def came(report: GateReport) -> list[str]:
    """The passages that came to a gate."""
    return [*report.kept, *(d.passage for d in report.dropped)]


def refs(passages: Iterable[str]) -> set[str]:
    return {passage.partition("#")[0] for passage in passages}
