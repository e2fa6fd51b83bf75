"""What took over from what, and what contradicts what, is on record, typed, and known from its event on."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from world import WordVectors, clock, evidence

from evitrail.evidence_store import EvidenceError, EvidenceStore
from evitrail.evidence_store.curation.relations import GOES_ON, Contradiction, Supersession
from evitrail.evidence_store.fold import fold

FIRST, LATER, MIDDLE = date(2016, 1, 1), date(2021, 1, 1), date(2018, 6, 1)
COLON = ("colon@2016", "colon-45@2021", "colon-50@2021")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[EvidenceStore]:
    with EvidenceStore.open(tmp_path / "store", create=True, embedder=WordVectors(), clock=clock) as opened:
        opened.ingest([evidence("colon", "2016", valid_from=FIRST)])
        opened.ingest([evidence(part, "2021", valid_from=LATER) for part in ("colon-45", "colon-50")])
        yield opened


def split(**changes: Any) -> Supersession:
    plain = {"kind": "splits", "old": COLON[:1], "new": COLON[1:], "effective": LATER}
    return Supersession.model_validate({**plain, **changes})


def dispute(**changes: Any) -> Contradiction:
    plain = {"a": COLON[1], "b": COLON[2], "scope": "adults of 45 to 49", "type": "applicability", "detector": "Anna"}
    return Contradiction.model_validate({**plain, **changes})


def test_a_recommendation_that_was_split_ends_where_its_parts_begin(store: EvidenceStore) -> None:
    before = store.seq
    store.supersede(split())
    now, then = store.snapshot(LATER), store.snapshot(MIDDLE)
    assert [now.status(ref) for ref in COLON] == ["superseded", "current", "current"]
    assert [then.status(ref) for ref in COLON] == ["current", "not_yet", "not_yet"]
    assert store.snapshot().status("colon@2016") == "superseded"
    assert store.snapshot(LATER, before).status("colon@2016") == "current"
    assert store.verify() == []


def test_two_that_were_merged_are_both_superseded_by_the_one(store: EvidenceStore) -> None:
    store.ingest([evidence("screening", "2023", valid_from=date(2023, 1, 1))])
    store.supersede(split(kind="merges", old=COLON[1:], new=("screening@2023",), effective=date(2023, 1, 1)))
    snapshot = store.snapshot(date(2024, 1, 1))
    assert [snapshot.status(ref) for ref in COLON[1:]] == ["superseded", "superseded"]


def test_what_is_reaffirmed_or_amended_goes_on_and_is_due_later(store: EvidenceStore) -> None:
    assert store.snapshot().review_due("colon@2016") == date(2018, 1, 1)
    store.supersede(split(kind="reaffirms", new=COLON[1:2], effective=LATER))
    snapshot = store.snapshot(LATER)
    assert snapshot.status("colon@2016") == "current"
    assert snapshot.review_due("colon@2016") == date(2024, 1, 1)


def test_a_version_can_be_reaffirmed_as_it_is(store: EvidenceStore) -> None:
    store.supersede(split(kind="reaffirms", new=(), effective=MIDDLE))
    assert store.snapshot(LATER).status("colon@2016") == "current"
    assert store.snapshot().review_due("colon@2016") == date(2021, 6, 1)
    assert store.snapshot(seq=store.seq - 1).review_due("colon@2016") == date(2018, 1, 1)


def test_a_statement_withdrawn_without_another_expires(store: EvidenceStore) -> None:
    store.supersede(split(kind="withdraws", new=()))
    assert store.snapshot(LATER).status("colon@2016") == "expired"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"new": COLON[1:2]}, "splits: expected one old version and several new, got 1 old and 1 new"),
        ({"kind": "merges"}, "merges: expected several old versions and one new, got 1 old and 2 new"),
        ({"kind": "withdraws"}, "withdraws: expected no new version, got 1 old and 2 new"),
        ({"kind": "narrows", "new": ()}, "narrows: expected new versions, got 1 old and 0 new"),
        ({"new": (COLON[1], COLON[1])}, "new: expected each version once"),
    ],
)
def test_an_edge_has_the_sides_that_its_kind_says(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        split(**changes)


def test_nothing_takes_over_from_itself_by_whatever_way_round(store: EvidenceStore) -> None:
    store.supersede(split())
    before = store.seq
    for old, new in ((COLON[1], COLON[0]), (COLON[0], COLON[0])):
        edge = Supersession(kind="replaces", old=(old,), new=(new,), effective=date(2022, 1, 1))
        with pytest.raises(EvidenceError, match="expected no circle"):
            store.supersede(edge)
    assert store.seq == before


@given(
    arrows=st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), max_size=12),
    kinds=st.lists(st.sampled_from(["replaces", "narrows", "broadens"]), min_size=12, max_size=12),
)
@settings(max_examples=15, deadline=None)
def test_the_graph_of_supersession_never_has_a_circle_and_nothing_outlives_its_successor(
    tmp_path_factory: pytest.TempPathFactory, arrows: list[tuple[int, int]], kinds: list[Any]
) -> None:
    folder = tmp_path_factory.mktemp("edges")
    refs = [f"rec-{n}@1" for n in range(6)]
    with EvidenceStore.open(folder, create=True, embedder=WordVectors(), clock=clock) as store:
        store.ingest([evidence(ref.partition("@")[0], valid_from=FIRST) for ref in refs])
        kept: list[Supersession] = []
        for (old, new), kind in zip(arrows, kinds, strict=False):
            edge = Supersession(kind=kind, old=(refs[old],), new=(refs[new],), effective=LATER)
            try:
                store.supersede(edge)
            except EvidenceError:
                continue
            kept.append(edge)
        order: list[str] = []
        while ready := [r for r in refs if r not in order and all(e.new[0] in order for e in kept if e.old[0] == r)]:
            order += ready
        assert sorted(order) == refs  # whatever remains would stand in a circle
        ends = {ref: store.headers[ref].valid_to for ref in refs}
        for edge in kept:
            end = ends[edge.old[0]]
            assert edge.kind in GOES_ON or (end is not None and end <= edge.effective)
        assert store.verify() == []


def test_days_that_do_not_fit_are_refused(store: EvidenceStore) -> None:
    with pytest.raises(EvidenceError, match="would end before it holds"):
        store.supersede(split(effective=FIRST))
    with pytest.raises(EvidenceError, match="cannot take over yet"):
        store.supersede(split(effective=MIDDLE))
    with pytest.raises(EvidenceError, match="expected a version the store holds, got 'colon-99@1'"):
        store.supersede(split(new=(COLON[1], "colon-99@1")))
    assert store.seq == 3


def test_a_contradiction_is_known_of_both_from_its_event_on(store: EvidenceStore) -> None:
    before = store.seq
    store.dispute(dispute())
    now = store.snapshot()
    for ref in COLON[1:]:
        assert [one.type for one in now.disputes(ref)] == ["applicability"]
        assert store.snapshot(seq=before).disputes(ref) == ()
    assert now.disputes("colon@2016") == ()


def test_the_history_of_a_lineage_tells_of_its_edges_in_order(store: EvidenceStore) -> None:
    store.supersede(split())
    store.dispute(dispute())
    told = {id_: [event.type for event in store.history(id_)] for id_ in ("colon", "colon-45")}
    assert told == {
        "colon": ["evidence.published", "edge.supersession", "evidence.closed"],
        "colon-45": ["evidence.published", "edge.supersession", "edge.contradiction"],
    }


def test_a_resolution_takes_the_place_of_the_open_question_whichever_way_it_is_named(store: EvidenceStore) -> None:
    store.dispute(dispute())
    unresolved = store.seq
    store.dispute(dispute(a=COLON[2], b=COLON[1], resolution="a", reason="newer trials"))
    (one,) = store.snapshot().disputes(COLON[1])
    assert (one.preferred, one.reason) == (COLON[2], "newer trials")
    assert [held.resolution for held in store.snapshot(seq=unresolved).disputes(COLON[1])] == ["unresolved"]


def test_an_edge_that_is_on_record_is_not_recorded_again(store: EvidenceStore) -> None:
    def record_all() -> int:
        store.supersede(split())
        store.supersede(split(kind="reaffirms", new=(), effective=MIDDLE))
        return store.dispute(dispute())

    assert record_all() == record_all() == store.seq
    resolved, last = dispute(resolution="a", reason="newer trials"), store.seq
    told = [store.dispute(edge) - last for edge in (resolved, resolved, dispute(), dispute(), resolved)]
    assert told == [1, 1, 2, 2, 3], "an open question may be resolved, opened again and resolved as before"
    assert store.verify() == []


def test_a_resolution_says_why_and_nothing_contradicts_itself() -> None:
    with pytest.raises(ValueError, match="resolution 'a' needs a reason"):
        dispute(resolution="a")
    with pytest.raises(ValueError, match="expected two versions, got 'colon-45@2021' twice"):
        dispute(b=COLON[1])


def test_rectangles_of_a_version_follow_each_other_without_a_gap(store: EvidenceStore) -> None:
    store.supersede(split())
    store.dispute(dispute())
    store.retract(COLON[1], "fabricated")
    whole = fold(store._ledger.events())
    assert set(COLON) == whole.keys()
    for version in whole.values():
        assert all(earlier.seq_to == later.seq_from for earlier, later in pairwise(version.rows))
        assert version.rows[-1].seq_to is None


def test_what_rests_on_something_retracted_is_refused_unless_a_waiver_says_why(store: EvidenceStore) -> None:
    store.ingest([evidence("trial", doi="10.1000/trial.1", pmid="123")])
    store.retract("trial@1", "fabricated data")
    before = store.seq
    for name in ("trial@1", "trial", "doi:10.1000/trial.1", "pmid:123"):
        with pytest.raises(ValueError, match="rests on trial@1, retracted; take it out, or say why not as its waiver"):
            store.ingest([evidence("guideline", includes=(name,))])
    assert store.seq == before
    store.ingest([evidence("guideline", includes=("trial@1",), waiver="seven other trials agree")])
    assert "guideline@1" in store.headers


def test_a_lineage_is_not_lost_with_one_of_its_versions(store: EvidenceStore) -> None:
    store.ingest([evidence("trial"), evidence("trial", "2", valid_from=LATER, supersedes="trial@1")])
    store.retract("trial@1", "an error in table 2")
    store.ingest([evidence("guideline", includes=("trial",))])
    assert "guideline@1" in store.headers
