"""A store that was filled before evitrail had one import root opens, verifies, and answers as it did.

See ``fixtures/before_one_root/README.md``. What is expected here was told by the evitrail that wrote it.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from before_one_root import unpacked
from desk import evitrail

from evitrail.evidence_store import EvidenceStore
from evitrail.evidence_store.diff import difference
from evitrail.evidence_store.model import evidence_id
from evitrail.retrieval import RETRIEVERS

SWAB, NODULE = "group-b-streptococcus-antenatal-swab", "pure-ground-glass-nodule-follow-up"
PREPRINT, OPINION = "early-gbs-swab-preprint@2013", "annual-aortic-ultrasound-for-all-opinion@2020"
QUERY = "antenatal swab for group B streptococcus"
MAY_2015, JUNE_2026 = date(2015, 5, 12), date(2026, 6, 1)

CONTENT = {
    "abdominal-aortic-aneurysm-screening@2019": "815e7210e056a5d9ba0634e22a796484d1cb7afc57375ae75ecd0cba071d6f17",
    "acute-low-back-pain-imaging@2021": "3fb22445de12a961b61ad0597be583c25fa23e49d8222138f2c072a90409758e",
    OPINION: "e7c30d2d41206ab78c754a9fc731bd7009b53efb12a154909f33de6c47ab8ebd",
    PREPRINT: "e556feadf5fb5548da6ffbece6c29e2f9d967132c17763c7fc2bc44d61012327",
    "early-lumbar-mri-trial-retracted@2020": "776ee2c8af9aa896ff37811a1fe8f3065c7bf5450c6a8aad8f6293669d9fd4a2",
    f"{SWAB}@2010": "6d902eaa020fc5cc7efd59254c0e9ba6e1e005c17ee82a70e1a75336671a4926",
    f"{SWAB}@2019": "b842ae20e15c64f0e7b720dad7469b76c67fb7eab71f8baeaba612919f236fc0",
    f"{SWAB}@2026": "5b7f49cc49eaf76bcafef89677a36d74ecd1bd0423f37364785b99a0c7bf8099",
    f"{NODULE}@2013": "dc8c5bb7e6c50040d3be55204c2e0be5840d598bfebce4d86dbea49e1b40ac5c",
    f"{NODULE}@2017": "2935cee7eac8fa29b29adac31546eaffe2bf140b6cad18dcf3322d07835a5cb8",
}
"""Every version's content id."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return unpacked(tmp_path_factory.mktemp("kept")) / "store"


@pytest.fixture
def store(folder: Path) -> Iterator[EvidenceStore]:
    """The store as it was left; nobody records anything in it."""
    with EvidenceStore.open(folder) as store:
        yield store


def test_the_ledger_is_sound_and_the_index_built_from_it_agrees(store: EvidenceStore) -> None:
    assert store.verify() == []
    stats = store.stats()
    assert (stats.versions, stats.lineages, stats.retracted, stats.events, stats.passages) == (10, 7, 2, 21, 11)
    assert stats.head == "sha256:2cafe73f929cf0c6a38a15edcef32e613c69120216fcebe01d67e82fe2699468"


def test_every_version_has_the_content_id_it_had(store: EvidenceStore) -> None:
    assert {ref: evidence_id(store.get(ref)) for ref in store.headers} == {
        ref: f"sha256:{digest}" for ref, digest in CONTENT.items()
    }


def test_the_history_of_a_lineage_tells_every_act_on_it(store: EvidenceStore) -> None:
    assert [(event.seq, event.type, event.actor, event.subject.partition(":")[0]) for event in store.history(SWAB)] == [
        (1, "evidence.published", "evitrail", f"{SWAB}@2010"),
        (8, "evidence.published", "evitrail", f"{SWAB}@2019"),
        (10, "evidence.assessed", "d.larsen", f"{SWAB}@2019"),
        (11, "edge.contradiction", "d.larsen", "edge"),
        (15, "curation.drafted", "a.moreau", f"{SWAB}@2026~1"),
        (16, "curation.submitted", "a.moreau", f"{SWAB}@2026"),
        (17, "curation.signed_off", "d.larsen", f"{SWAB}@2026"),
        (18, "evidence.published", "d.larsen", f"{SWAB}@2026"),
        (19, "evidence.closed", "d.larsen", f"{SWAB}@2019"),
    ]
    dossier = store.dossiers[f"{SWAB}@2026"]
    assert (dossier.stage, dossier.authors) == ("published", ("a.moreau",))
    assert dossier.content == f"sha256:{CONTENT[f'{SWAB}@2026']}"
    (edge,) = [event for event in store.history(NODULE) if event.type == "edge.supersession"]
    assert edge.subject == "edge:sha256:19271dbf774410e838a63446697f889438c6860ebd2964b42495b29dd14d55d6"
    assert edge.body["kind"] == "reaffirms"


def test_a_profile_and_a_contradiction_are_read_as_they_were_recorded(store: EvidenceStore) -> None:
    now = store.snapshot()
    profile = now.profile(f"{SWAB}@2019")
    assert profile is not None
    assert [(each.importance, each.certainty) for each in profile.assessments] == [
        ("critical", "moderate"),
        ("important", "low"),
    ]
    assert [(rating.system, rating.code) for rating in profile.ratings] == [("sort", "B")]
    (dispute,) = now.disputes(PREPRINT)
    assert (dispute.other(PREPRINT), dispute.preferred) == (f"{SWAB}@2010", f"{SWAB}@2010")
    assert dispute.id == "edge:sha256:fb2738bb883a73efe6d7cf56be192d382105255a72ab7ce43b0fe10e01d7af9b"
    assert now.review_due(f"{NODULE}@2017") == date(2027, 1, 1)  # three years after it was reaffirmed


def test_a_snapshot_of_an_earlier_day_or_state_knows_what_it_knew(store: EvidenceStore) -> None:
    assert store.tags() == {"spring": 12, "autumn": 20}
    spring = store.snapshot(as_of=MAY_2015, seq=store.seq_of("spring"))
    autumn = store.snapshot(as_of=JUNE_2026, seq=store.seq_of("autumn"))
    # Their names are those of the index that is built today; words were weighed otherwise when the store was written.
    assert spring.id == "sha256:5877cec52b5834a083886df19711e250777bb9f2ec1829cd41fe16624d680b58"
    assert autumn.id == "sha256:f46bf5942a25176b44f01a26add484e934464ee917bf9745a182d0cc8776b1bb"
    assert f"{SWAB}@2026" not in spring.headers
    assert {ref: (spring.status(ref), autumn.status(ref)) for ref in spring.headers} == {
        "abdominal-aortic-aneurysm-screening@2019": ("not_yet", "current"),
        "acute-low-back-pain-imaging@2021": ("not_yet", "current"),
        OPINION: ("not_yet", "current"),
        PREPRINT: ("current", "retracted"),
        "early-lumbar-mri-trial-retracted@2020": ("retracted", "retracted"),
        f"{SWAB}@2010": ("current", "superseded"),
        f"{SWAB}@2019": ("not_yet", "superseded"),
        f"{NODULE}@2013": ("current", "superseded"),
        f"{NODULE}@2017": ("not_yet", "current"),
    }
    assert autumn.status(f"{SWAB}@2026") == "current"
    concern = {seq: store.snapshot(seq=seq).headers[OPINION].concern for seq in (11, 12)}
    assert concern == {11: False, 12: True}
    moved = difference(store.snapshot(seq=12), store.snapshot(seq=20))
    assert [(each.was, each.now) for each in moved.moved] == [(f"{SWAB}@2019", f"{SWAB}@2026")]
    assert moved.ended == (PREPRINT,)


@pytest.mark.parametrize(
    ("state", "retriever", "found"),
    [
        ("spring", "dense", [f"{SWAB}@2019#0", f"{SWAB}@2010#0", f"{PREPRINT}#0"]),
        ("spring", "bm25", [f"{SWAB}@2010#0", f"{SWAB}@2019#0", f"{PREPRINT}#0"]),
        ("spring", "clean", [f"{SWAB}@2010#0"]),
        ("autumn", "dense", [f"{SWAB}@2019#0", f"{SWAB}@2026#0", f"{SWAB}@2010#0"]),
        ("autumn", "bm25", [f"{SWAB}@2010#0", f"{SWAB}@2019#0", f"{SWAB}@2026#0"]),
        ("autumn", "clean", [f"{SWAB}@2010#0"]),
    ],
)
def test_a_search_finds_what_it_found(store: EvidenceStore, state: str, retriever: str, found: list[str]) -> None:
    snapshot = store.snapshot(as_of=MAY_2015, seq=store.seq_of(state))
    assert [hit.passage.id for hit in RETRIEVERS[retriever].search(QUERY, snapshot, 3).hits] == found


def test_the_store_is_gone_on_with(folder: Path, tmp_path: Path) -> None:
    kept = tmp_path / "store"
    kept.mkdir()
    for name in ("ledger.db", "embeddings.db", "manifest.json"):
        shutil.copy(folder / name, kept)
    said = evitrail("search", QUERY, "--store", kept)
    assert (said.code, "run `evitrail store reindex" in said.err) == (2, True)  # it came without its index
    assert evitrail("store", "reindex", "--store", kept).code == 0
    notice = ("--reason", "the publisher's notice", "--by", "d.larsen", "--store", kept)
    assert evitrail("store", "retract", f"{NODULE}@2013", *notice).code == 0
    assert evitrail("store", "verify", "--store", kept).code == 0
    with EvidenceStore.open(kept) as store:
        states = [store.snapshot(seq=seq).status(f"{NODULE}@2013") for seq in (21, 22)]
    assert states == ["superseded", "retracted"]
