"""An oracle is the best a step could do with what it was given, and knows nothing that is not labelled there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ward import HIGH, LABELS, LOW, advice, case, opened

from evitrail.agent.model import Decoding, Synthesis
from evitrail.eval.attribution.oracles import OracleReader, OracleRetriever, mended_store
from evitrail.eval.dataset.case import Case
from evitrail.evidence_store.snapshot import Snapshot
from evitrail.retrieval import BM25, Fixed
from evitrail.retrieval.base import Hit
from evitrail.retrieval.testing import check_retriever

DAY = date(2020, 1, 1)
ASKED = case(
    "apixaban",
    clean_evidence=("apixaban@2",),
    conflict_evidence=("apixaban@2", "letter@1"),
    outdated_evidence=("apixaban@1",),
    meta={"stale_option": "C", "conflict_option": "D"},
)
REFS = ("apixaban@1", "apixaban@2", "letter@1", "apixaban-note@1", "heparin@1", "apixaban-next@1", "apixaban-gone@1")
UNLABELLED = ("apixaban-note@1", "heparin@1", "apixaban-next@1", "apixaban-gone@1")


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Snapshot]:
    with opened(tmp_path_factory.mktemp("oracles")) as store:
        store.ingest(
            [
                advice("apixaban", "C", "1", grade=HIGH, valid_to=date(2018, 1, 1)),
                advice("apixaban", "B", "2", grade=HIGH, valid_from=date(2018, 1, 1), supersedes="apixaban@1"),
                advice("apixaban", "D", id="letter", grade=LOW),
                advice("apixaban", "A", id="apixaban-note"),
                advice("heparin", "B"),
                advice("apixaban", "A", id="apixaban-next", valid_from=date(2024, 1, 1)),
                advice("apixaban", "A", id="apixaban-gone"),
            ]
        )
        store.retract("apixaban-gone@1", "fabricated")
        yield store.snapshot(as_of=DAY)


def served(snapshot: Snapshot, refs: Sequence[str]) -> tuple[Hit, ...]:
    return Fixed(tuple(refs)).search("", snapshot, 50).hits


def said(snapshot: Snapshot, asked: Case, refs: Sequence[str]) -> str | None:
    """What the oracles of reading and choosing come to, given these hits."""
    oracle = OracleReader.of(asked, snapshot)
    synthesis = oracle.synthesise(asked.question, served(snapshot, refs))
    return oracle.choose(asked.question, synthesis, Decoding(samples=3)).option


everywhere = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=40)


@everywhere
@given(refs=st.lists(st.sampled_from(UNLABELLED), unique=True), answer=st.sampled_from("ABCD"))
def test_without_labelled_evidence_the_oracle_abstains_whatever_the_answer_is(
    snapshot: Snapshot, refs: list[str], answer: str
) -> None:
    asked = ASKED.model_copy(update={"answer": answer})
    oracle = OracleReader.of(asked, snapshot)
    hits = served(snapshot, refs)
    assert oracle.synthesise(asked.question, hits).claims == ()
    assert oracle.synthesise(asked.question, hits) == OracleReader.of(ASKED, snapshot).synthesise(asked.question, hits)
    assert not oracle.appraise(asked.question, hits).adequate
    assert said(snapshot, asked, refs) is None


@everywhere
@given(refs=st.lists(st.sampled_from(REFS), unique=True))
def test_the_oracle_never_says_more_than_the_labels_of_its_hits(snapshot: Snapshot, refs: list[str]) -> None:
    labelled = {option for ref, option in ASKED.supported_by().items() if ref in refs}
    assert said(snapshot, ASKED, refs) in labelled | {None}
    assert OracleReader.of(ASKED, snapshot).appraise(ASKED.question, served(snapshot, refs)).adequate == (
        "apixaban@2" in refs
    )


@pytest.mark.parametrize(
    ("refs", "option"),
    [
        (["apixaban@2"], "B"),
        (["apixaban@1"], "C"),
        (["letter@1"], "D"),
        (["letter@1", "apixaban@2", "heparin@1"], "B"),
        (["apixaban@1", "apixaban@2"], None),
        ([], None),
    ],
    ids=["clean", "outdated alone", "conflicting alone", "clean is surer", "equally sure", "nothing"],
)
def test_the_oracle_follows_the_surest_label_and_a_tie_leaves_it_torn(
    snapshot: Snapshot, refs: list[str], option: str | None
) -> None:
    assert said(snapshot, ASKED, refs) == option


def test_its_ballots_are_as_many_as_asked_and_all_alike(snapshot: Snapshot) -> None:
    oracle = OracleReader.of(ASKED, snapshot)
    synthesis = oracle.synthesise(ASKED.question, served(snapshot, ["apixaban@2"]))
    choice = oracle.choose(ASKED.question, synthesis, Decoding(samples=5, seed=3))
    assert choice.ballots.votes == ("B",) * 5
    assert choice.ballots.seed == 3
    assert len(choice.claims) == 1


def test_choosing_sees_claims_and_not_the_key(snapshot: Snapshot) -> None:
    oracle = OracleReader.of(ASKED, snapshot)
    assert oracle.choose(ASKED.question, Synthesis(claims=(), note=""), Decoding()).option is None


def test_evidence_the_snapshot_lacks_is_unknown_to_the_oracle(snapshot: Snapshot) -> None:
    gap = snapshot.without(["apixaban@2"])
    oracle = OracleReader.of(ASKED, gap)
    assert (oracle.gold, oracle.titles) == ((), ())
    assert oracle.plan(ASKED.question, None, []).text == ASKED.stem
    hits = OracleRetriever(BM25(), ASKED.clean_evidence).search(ASKED.stem, gap, 5).hits
    assert "apixaban@2" not in {hit.passage.ref for hit in hits}


def test_the_oracle_query_is_the_title_of_the_evidence_once(snapshot: Snapshot) -> None:
    oracle = OracleReader.of(ASKED, snapshot)
    title = snapshot.headers["apixaban@2"].title
    assert oracle.plan(ASKED.question, None, [ASKED.stem]).text == title
    assert oracle.plan(ASKED.question, None, [ASKED.stem, title]).text == ASKED.stem


@pytest.mark.parametrize("k", [1, 2, 5])
def test_the_oracle_retriever_is_a_retriever_that_serves_support_first_and_nothing_lapsed(
    snapshot: Snapshot, k: int
) -> None:
    oracle = OracleRetriever(BM25(), ASKED.clean_evidence)
    found = [hit.passage.ref for hit in check_retriever(oracle, snapshot, ASKED.stem, k).hits]
    assert found[0] == "apixaban@2"
    assert len(found) <= k
    assert {snapshot.status(ref) for ref in found} == {"current"}


def test_the_oracle_retriever_keeps_the_distractors_that_were_found(snapshot: Snapshot) -> None:
    found = OracleRetriever(BM25(), ASKED.clean_evidence).search(ASKED.stem, snapshot, 5).hits
    assert {"apixaban-note@1", "letter@1"} <= {hit.passage.ref for hit in found}


def test_a_mended_store_holds_exactly_what_counts_that_day(snapshot: Snapshot) -> None:
    whole = mended_store(snapshot)
    assert set(whole.headers) == {"apixaban@2", "letter@1", "apixaban-note@1", "heparin@1"}
    assert {whole.status(ref) for ref in whole.headers} == {"current"}
    assert whole.id != snapshot.id


def test_the_labels_of_harm_play_no_part(snapshot: Snapshot) -> None:
    harmless = ASKED.model_copy(update={"labels": {}})
    assert ASKED.labels == LABELS
    assert OracleReader.of(harmless, snapshot) == OracleReader.of(ASKED, snapshot)
