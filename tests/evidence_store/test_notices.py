"""What publishers say after the fact changes a version's standing from then on, and nothing before."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from world import WordVectors, clock, evidence

from evitrail.evidence_store import EvidenceError, EvidenceStore, InputError
from evitrail.evidence_store.curation.notices import ListedNotice, Nature, Notice, matched, on_record
from evitrail.evidence_store.formats.notices_tsv import NoticeList, read_notice_list, read_notices

REFS = ("aspirin@1", "statin@1", "insulin@1")
WATCH = "RetractionDOI,OriginalPaperDOI,OriginalPaperPubMedID,RetractionNature,RetractionDate,Reason"
AFTER: dict[Nature, tuple[bool, bool]] = {"retraction": (True, False), "concern": (False, True)}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[EvidenceStore]:
    with opened(tmp_path / "store") as store:
        yield store


def opened(path: Path) -> EvidenceStore:
    store = EvidenceStore.open(path, create=True, embedder=WordVectors(), clock=clock, actor="curator")
    papers = {"aspirin": {"doi": "10.1000/aspirin"}, "statin": {"pmid": "12345"}, "insulin": {}}
    store.ingest(evidence(lineage, **named) for lineage, named in papers.items())
    return store


def said(ref: str, nature: Nature = "retraction", **more: object) -> Notice:
    return Notice.model_validate({"ref": ref, "nature": nature, "reason": "as its publisher says", **more})


def test_a_retraction_leaves_earlier_snapshots_as_they_were_and_marks_later_ones(store: EvidenceStore) -> None:
    before = store.snapshot()
    seq = store.notify([said("aspirin@1", on=date(2020, 5, 1), notice="10.1000/notice")])
    assert (before.status("aspirin@1"), store.snapshot(seq=seq - 1).status("aspirin@1")) == ("current", "current")
    assert store.snapshot().status("aspirin@1") == "retracted"
    last = store.history("aspirin")[-1]
    assert (last.actor, last.body) == (
        "curator",
        {"reason": "as its publisher says", "on": "2020-05-01", "notice": "10.1000/notice"},
    )


def test_a_reinstated_version_counts_again_and_its_history_tells_both(store: EvidenceStore) -> None:
    store.notify([said("aspirin@1"), said("aspirin@1", "reinstatement")])
    assert store.snapshot().status("aspirin@1") == "current"
    assert [event.type for event in store.history("aspirin")][1:] == ["evidence.retracted", "evidence.reinstated"]
    assert store.verify() == []


def test_a_version_under_concern_still_counts_and_says_so_in_every_passage(store: EvidenceStore) -> None:
    store.notify([said("aspirin@1", "concern")])
    assert store.snapshot().status("aspirin@1") == "current"
    hits = store.snapshot().lexical("aspirin", 3, valid_only=True)
    assert {passage.ref: passage.header.concern for passage, _ in hits}["aspirin@1"] is True


@given(st.lists(st.tuples(st.sampled_from(REFS), st.sampled_from(["retraction", "concern", "reinstatement"]))))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_run_of_notices_leaves_each_version_as_the_last_ones_say(
    tmp_path_factory: pytest.TempPathFactory, notices: list[tuple[str, Nature]]
) -> None:
    standing = dict.fromkeys(REFS, (False, False))
    with opened(tmp_path_factory.mktemp("notices") / "store") as store:
        told = [(store.seq, dict(standing))]
        for ref, nature in notices:
            retracted, concern = standing[ref]
            new = (False, False) if nature == "reinstatement" else (retracted or nature == "retraction", concern)
            new = (new[0], new[1] or nature == "concern")
            if new == standing[ref]:
                with pytest.raises(EvidenceError, match=ref):
                    store.notify([said(ref, nature)])
            else:
                standing[ref] = new
                told.append((store.notify([said(ref, nature)]), dict(standing)))
        for seq, expected in told:
            headers = store.snapshot(seq=seq).headers
            assert {ref: (headers[ref].retracted, headers[ref].concern) for ref in REFS} == expected
        assert store.verify() == []


@pytest.mark.parametrize(
    ("notice", "what"),
    [
        (said("nothing@1"), "expected a version the store holds, got 'nothing@1'"),
        (said("aspirin@1", "reinstatement"), "'aspirin@1' is neither retracted nor under concern"),
        (said("aspirin@1").model_copy(update={"reason": " "}), "needs a reason"),
    ],
)
def test_a_notice_that_makes_no_sense_is_refused_and_none_beside_it_recorded(
    store: EvidenceStore, notice: Notice, what: str
) -> None:
    before = store.seq
    with pytest.raises(EvidenceError, match=what):
        store.notify([said("statin@1"), notice])
    assert store.seq == before


def test_papers_are_matched_by_doi_else_by_pmid_and_never_by_title(store: EvidenceStore) -> None:
    listed = [
        ListedNotice(nature="retraction", doi="10.1000/ASPIRIN", notice="10.1000/Notice"),
        ListedNotice(nature="concern", doi="10.1000/other", pmid="12345"),
        ListedNotice(nature="retraction", doi="10.1000/insulin"),
    ]
    found = matched(listed, store.headers, reason="listed")
    assert [(one.ref, one.nature, one.notice) for one in found] == [
        ("aspirin@1", "retraction", "10.1000/notice"),
        ("statin@1", "concern", None),
    ]
    store.notify(found)
    assert matched(listed, store.headers, reason="listed") == []


def test_a_list_is_read_whole_plain_or_gzipped(tmp_path: Path) -> None:
    text = "doi\tnotice_doi\tkind\tmore\n10.1000/a\t10.1000/B\tretraction\tx\n10.1000/C\t\tconcern\t\n"
    plain, packed = tmp_path / "list.tsv", tmp_path / "list.tsv.gz"
    plain.write_text(text)
    packed.write_bytes(gzip.compress(text.encode()))
    expected = [
        ListedNotice(nature="retraction", doi="10.1000/a", notice="10.1000/b"),
        ListedNotice(nature="concern", doi="10.1000/c"),
    ]
    assert read_notices(plain) == read_notices(packed) == expected


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("name,kind\n1,retraction\n", ":1: expected columns doi and kind, or Retraction Watch's, got 'name', 'kind'"),
        ("doi\tkind\n10.1000/a\n", ":2: expected 2 cells, one for each column, got 1"),
        (f"{WATCH}\n,10.1000/a,,Retraction,26/5/2021 0:00,\n", ":2: RetractionDate: expected month/day/year"),
        (f"{WATCH}\n,10.1000/a,,Removal,5/26/2021 0:00,\n", ":2: expected RetractionNature to be one of retraction, "),
        ("doi\tkind\n10.1000/a\tretracted\n", ":2: expected kind to be one of retraction, "),
        ("doi\tkind\tdate\n10.1000/a\tretraction\tlast May\n", ":2: key 'on': "),
    ],
)
def test_a_list_that_cannot_be_read_is_refused_by_line(tmp_path: Path, text: str, what: str) -> None:
    (tmp_path / "list.tsv").write_text(text)
    with pytest.raises(InputError, match=what):
        read_notices(tmp_path / "list.tsv")


@pytest.mark.parametrize("backwards", [False, True], ids=["in order", "the newest first"])
def test_notices_of_a_list_are_applied_by_their_days_and_the_list_again_changes_nothing(
    store: EvidenceStore, backwards: bool
) -> None:
    listed = [
        ListedNotice(nature="retraction", doi="10.1000/aspirin", notice="10.1000/n1", on=date(2010, 5, 1)),
        ListedNotice(nature="reinstatement", doi="10.1000/aspirin", notice="10.1000/n2", on=date(2014, 3, 1)),
        ListedNotice(nature="concern", doi=None, pmid="12345", on=date(2012, 1, 1)),
    ]
    if backwards:
        listed.reverse()
    found = matched(listed, store.headers, reason="listed")
    assert [(one.ref, one.nature) for one in found] == [
        ("aspirin@1", "retraction"),
        ("statin@1", "concern"),
        ("aspirin@1", "reinstatement"),
    ]
    store.notify(found)
    assert store.snapshot().status("aspirin@1") == "current"
    assert [event.type for event in store.history("aspirin")][1:] == ["evidence.retracted", "evidence.reinstated"]
    assert matched(listed, store.headers, reason="listed", recorded=on_record(store.events())) == []


def test_a_list_settles_nothing_that_a_later_notice_on_record_decided(store: EvidenceStore) -> None:
    store.notify([said("aspirin@1", on=date(2010, 5, 1)), said("aspirin@1", "reinstatement", on=date(2014, 3, 1))])
    on = [date(2009, 1, 1), date(2010, 5, 1), date(2015, 1, 1)]
    listed = [[ListedNotice(nature="retraction", doi="10.1000/aspirin", on=day)] for day in on]
    known = on_record(store.events())
    recorded = [[n.on for n in matched(one, store.headers, reason="listed", recorded=known)] for one in listed]
    assert recorded == [[], [], [date(2015, 1, 1)]]


def test_a_list_without_days_is_applied_as_it_stands_and_the_list_again_changes_nothing(store: EvidenceStore) -> None:
    natures: list[Nature] = ["retraction", "reinstatement"]
    listed = [ListedNotice(nature=nature, doi="10.1000/aspirin") for nature in natures]
    store.notify(matched(listed, store.headers, reason="listed"))
    assert store.snapshot().status("aspirin@1") == "current"
    assert matched(listed, store.headers, reason="listed", recorded=on_record(store.events())) == []


def test_retraction_watchs_own_file_is_read_with_its_days_and_natures(tmp_path: Path) -> None:
    file = tmp_path / "retraction_watch.csv"
    rows = [
        "10.1000/N1,10.1000/ASPIRIN,0,Retraction,5/26/2021 0:00,+Data looked wrong;+Withdrawn by its authors;",
        "unavailable,Unavailable,12345,Expression of concern,12/1/2019 0:00,",
        "10.1000/n3,10.1000/aspirin,0,Reinstatement,10/2/2022 12:00:00 AM,",
        "10.1000/n4,10.1000/aspirin,0,Correction,1/1/2020 0:00,+Mistake in a table;",
    ]
    file.write_text("\ufeff" + "\r\n".join([WATCH, *rows]) + "\r\n", encoding="utf-8")
    assert read_notice_list(file) == NoticeList(
        [
            ListedNotice(
                nature="retraction",
                doi="10.1000/aspirin",
                notice="10.1000/n1",
                on=date(2021, 5, 26),
                reason="Data looked wrong; Withdrawn by its authors",
            ),
            ListedNotice(nature="concern", doi=None, pmid="12345", on=date(2019, 12, 1)),
            ListedNotice(nature="reinstatement", doi="10.1000/aspirin", notice="10.1000/n3", on=date(2022, 10, 2)),
        ],
        corrections=1,
    )


@pytest.mark.parametrize("cut", [12, 20, 40])
def test_a_gzipped_list_that_is_cut_or_corrupt_is_refused_in_a_line(tmp_path: Path, cut: int) -> None:
    file = tmp_path / "list.tsv.gz"
    whole = gzip.compress(b"doi\tkind\n" + b"".join(b"10.1000/%d\tretraction\n" % n for n in range(50)))
    for data in (whole[:cut], whole[:cut] + b"\xff\xff" + whole[cut + 2 :]):
        file.write_bytes(data)
        with pytest.raises(InputError, match="expected a whole gzipped file, got one that is cut or corrupt"):
            read_notices(file)
