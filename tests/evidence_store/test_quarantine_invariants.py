"""Whatever those bring who may not, what is vouched for is served as if they had never been there."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from publishing import NICE, guideline, opened, opened_as

from evitrail.evidence_store import Evidence, EvidenceStore, InputError, Publisher, Registrar, Reviewer
from evitrail.evidence_store.curation.notices import Notice
from evitrail.evidence_store.curation.profile import Profile
from evitrail.evidence_store.curation.relations import Contradiction, Supersession
from evitrail.evidence_store.curator import Curator
from evitrail.evidence_store.errors import EvidenceError
from evitrail.evidence_store.grading.assessment import Assessment
from evitrail.evidence_store.model import BY_ID

DAYS = [date(2014, 6, 1), date(2018, 6, 1), date(2026, 6, 1), None]
QUERIES = ("apixaban stroke", "aspirin bleeding", "warfarin in adults with atrial fibrillation")
MUTE = Publisher(name="mute", organizations=("*",), backdate_days="any", grades=True)
"""Registered, and may publish no kind of evidence."""
CLEAN = [
    guideline("apixaban"),
    guideline("apixaban", "2", supersedes="apixaban@1", valid_from="2019-01-01", text="Apixaban first in adults."),
    guideline("aspirin", text="Aspirin raises bleeding and is not for stroke.", doi="10.1000/aspirin"),
    guideline("warfarin", text="Warfarin in adults with atrial fibrillation who have a mechanical valve."),
]
UPDATE = guideline(
    "warfarin", "2", supersedes="warfarin@1", valid_from="2024-01-01", includes=["aspirin"], text="Warfarin second."
)
REFS = [item.ref for item in CLEAN]

names = st.sampled_from(["apixaban", "aspirin", "warfarin", "nice-new", "bad", "worse"])
refs = st.sampled_from([*REFS, "warfarin@2", "bad@1", "worse@1"])
days = st.dates(date(1990, 1, 1), date(2040, 1, 1))
texts = st.sampled_from([item.text for item in CLEAN]) | st.text(min_size=1, max_size=60).filter(str.strip)
lines: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {"id": names, "version": st.sampled_from(["1", "2", "3", "x"]), "text": texts, "published": days},
    optional={
        "valid_from": days,
        "supersedes": refs,
        "kind": st.sampled_from(["guideline", "systematic_review", "preprint"]),
        "organization": st.sampled_from(["NICE", "Nobody", ""]),
        "retracted": st.booleans(),
        "concern": st.booleans(),
        "doi": st.sampled_from(["10.1000/aspirin", "10.1000/other"]),
        "includes": st.lists(st.sampled_from(["aspirin", "warfarin@1", "doi:10.1000/aspirin"]), max_size=2),
        "topics": st.sampled_from([[BY_ID], ["stroke"]]),
        "grade": st.sampled_from([None, {"certainty": "high", "study_design": "randomized"}]),
    },
)
certain = Assessment(outcome="stroke", importance="critical", study_design="expert", certainty="very_low")
acts = st.one_of(
    st.builds(Notice, ref=refs, nature=st.sampled_from(["retraction", "concern"]), reason=st.just("false")),
    st.builds(Profile, ref=refs, assessments=st.just((certain,)), reason=st.just("ours")),
    st.builds(Supersession, kind=st.sampled_from(["withdraws", "reaffirms"]), old=st.tuples(refs), effective=days),
    st.tuples(refs, refs)
    .filter(lambda pair: pair[0] != pair[1])
    .map(
        lambda pair: Contradiction(
            a=pair[0], b=pair[1], scope="dose", type="magnitude", detector="x", resolution="a", reason="ours"
        )
    ),
    st.builds(lambda ref: ("withdraw", ref), refs),
)
whose = st.sampled_from([None, "nobody", "gone", "mute"])


@pytest.fixture(scope="module")
def stores() -> Iterator[tuple[EvidenceStore, EvidenceStore]]:
    """Two stores with the same evidence; others come to the first of them only."""
    with tempfile.TemporaryDirectory() as folder:
        first, second = (opened(Path(folder) / name) for name in ("attacked", "spared"))
        with first, second:
            for store in (first, second):
                Registrar(store).add([NICE, MUTE, NICE.model_copy(update={"name": "gone"})], reason="agreed")
                Registrar(store).revoke("gone", reason="left")
                store.ingest(CLEAN, publisher="nice")
            yield first, second


def view(store: EvidenceStore) -> tuple[list[object], list[float]]:
    """All that a retriever or a gate can learn from a store; the scores apart."""
    seen: list[object] = []
    scores: list[float] = []
    for day in DAYS:
        for snapshot in (store.snapshot(as_of=day), store.snapshot(as_of=day, unpublished=True)):
            known = {
                ref: (
                    header,
                    snapshot.status(ref),
                    snapshot.profile(ref),
                    snapshot.disputes(ref),
                    snapshot.review_due(ref),
                    snapshot.publisher(ref),
                )
                for ref, header in snapshot.headers.items()
            }
            found = [
                search(query, 50, valid_only)
                for query in QUERIES
                for search in (snapshot.dense, snapshot.lexical)
                for valid_only in (False, True)
            ]
            scores += [score for hits in found for _, score in hits]
            seen.append((known, [[passage for passage, _ in hits] for hits in found]))
    return seen, scores


def alike(one: EvidenceStore, other: EvidenceStore) -> bool:
    """Whether both are told the same of; the engine adds up a score's terms in any order."""
    (seen, scores), (expected, others) = view(one), view(other)
    return seen == expected and scores == pytest.approx(others, abs=1e-4)


def attack(store: EvidenceStore, who: str | None, batch: list[dict[str, Any]], done: list[Any]) -> None:
    """Bring all of it; what is refused is refused."""
    with suppress(ValueError):  # no such version can be, or the batch does not hold together
        store.ingest([guideline(**{"valid_from": line["published"], **line}) for line in batch], publisher=who)
    for act in done:
        with suppress(EvidenceError):
            match act:
                case Notice():
                    store.notify([act], publisher=who)
                case Profile():
                    store.assess([act], publisher=who)
                case Supersession():
                    store.supersede(act, publisher=who)
                case Contradiction():
                    store.dispute(act, publisher=who)
                case _:
                    Curator(store).withdraw(act[1], "we do not like it")


@settings(max_examples=60, deadline=None)
@given(who=whose, batch=st.lists(lines, max_size=4), done=st.lists(acts, max_size=3))
def test_what_is_vouched_for_is_served_as_if_they_had_never_been_there(
    stores: tuple[EvidenceStore, EvidenceStore], who: str | None, batch: list[dict[str, Any]], done: list[Any]
) -> None:
    attacked, spared = stores
    before = attacked.snapshot()
    attack(attacked, who, batch, done)
    assert alike(attacked, spared)
    assert attacked.headers == spared.headers
    assert attacked.snapshot(seq=before.seq).id == before.id


def test_the_attacks_were_no_empty_ones_and_a_true_update_comes_through(
    stores: tuple[EvidenceStore, EvidenceStore],
) -> None:
    attacked, spared = stores
    attack(attacked, None, [{"id": "apixaban", "version": "9", "text": "False.", "published": date(2020, 1, 1)}], [])
    assert len(attacked.quarantine.waiting) > 0
    for store in stores:
        assert store.ingest([UPDATE], publisher="nice").published == ("warfarin@2",)
    assert alike(attacked, spared)
    assert attacked.verify() == []
    attacked.reindex()
    assert alike(attacked, spared)
    with opened_as(attacked, "ben"):
        Reviewer(attacked).release(["apixaban@9"], reason="to see that it would have mattered")
    assert not alike(attacked, spared)


def test_a_batch_with_one_fault_leaves_nothing_held_either(stores: tuple[EvidenceStore, EvidenceStore]) -> None:
    attacked, before = stores[0], stores[0].seq
    faulty: list[Evidence] = [guideline("fine"), guideline("faulty", supersedes="nowhere@1")]
    with pytest.raises(InputError, match="neither given nor in the store"):
        attacked.ingest(faulty)
    assert attacked.seq == before
