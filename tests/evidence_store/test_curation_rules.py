"""What holds of curation whatever is tried, what a draft would change, and what waits for whom."""

from __future__ import annotations

import tempfile
from contextlib import suppress
from datetime import date
from itertools import count
from pathlib import Path

import pytest
from curators import NEW, Office
from hypothesis import given, settings
from hypothesis import strategies as st
from world import evidence

from evitrail.evidence_store import Curator, EvidenceError, Snapshot
from evitrail.evidence_store.curation.workflow import Dossier
from evitrail.evidence_store.review import queue


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path / "store")


@pytest.mark.parametrize("day", [None, date(2024, 1, 1), date(2026, 6, 1)])
def test_a_supposed_publication_shows_what_the_publication_will(office: Office, day: date | None) -> None:
    after = NEW.model_copy(update={"supersedes": "aspirin@2020"})

    def seen(snapshot: Snapshot) -> object:
        """All that a retriever learns, under the name that is to be."""
        found = [
            search("aspirin stroke", 9, valid)
            for search in (snapshot.lexical, snapshot.dense)
            for valid in (False, True)
        ]
        return (
            {ref.partition("~")[0]: snapshot.status(ref) for ref in snapshot.headers},
            {ref.partition("~")[0]: snapshot.headers[ref].valid_to for ref in snapshot.headers},
            [[(p.ref.partition("~")[0], p.text, score) for p, score in hits] for hits in found],
        )

    with office.by("Anna") as store:
        store.ingest([evidence("aspirin", "2020", valid_from=date(2020, 1, 1)), evidence("statin")])
        Curator(store).draft([after])
        Curator(store).draft([evidence("insulin", text="Insulin and stroke.")])
        Curator(store).submit(after.ref)
        supposed = seen(store.snapshot(day).publishing([after.ref]))
    with office.by("Ben") as store:
        Curator(store).sign_off(after.ref, "checked")
        Curator(store).publish([after.ref])
        assert seen(store.snapshot(day)) == supposed


@settings(max_examples=25, deadline=None)
@given(
    acts=st.lists(
        st.tuples(
            st.sampled_from(["draft", "submit", "hand_back", "sign_off", "publish", "withdraw"]), st.sampled_from("ABC")
        ),
        max_size=14,
    )
)
def test_whatever_curators_try_nothing_is_published_that_another_did_not_sign(acts: list[tuple[str, str]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        texts = (NEW.model_copy(update={"text": f"Aspirin and stroke, wording {n}."}) for n in count())
        told: list[tuple[str, str]] = []
        with Office(Path(folder)).by("D") as store:
            desk = Curator(store)
            for act, actor in acts:
                store.actor = actor
                with suppress(EvidenceError):
                    match act:
                        case "draft":
                            desk.draft([next(texts)])
                        case "publish":
                            desk.publish([NEW.ref])
                        case "submit":
                            desk.submit(NEW.ref)
                        case _:
                            getattr(desk, act)(NEW.ref, "on a ground")
                    told.append((act, actor))
            authors = {actor for act, actor in told if act == "draft"}
            assert ("publish" in [act for act, _ in told]) == (NEW.ref in store.snapshot(unpublished=True).headers)
            if NEW.ref in store.headers:
                last = max(n for n, (act, _) in enumerate(told) if act == "draft")
                (signer,) = [actor for act, actor in told[last:] if act == "sign_off"][-1:]
                assert signer not in authors
            assert store.verify() == []


def test_the_queue_says_what_waits_for_whom(office: Office) -> None:
    office.drafted()
    day = date(2027, 1, 1)
    with office.by("Ben") as store:
        (task,) = queue(store.snapshot(), store.dossiers, on=day)
        assert (task.what, task.by, task.since, task.next) == (
            "submitted: aspirin@2026~1",
            "Anna",
            "event 2",
            "sign-off or request-changes",
        )
        Curator(store).sign_off("aspirin@2026", "checked")
        Curator(store).publish(["aspirin@2026"])
        assert [
            task.what for task in queue(store.snapshot(), store.dossiers, on=date(2018, 1, 1) - date.resolution)
        ] == []
        due = queue(store.snapshot(), store.dossiers, on=date(2018, 1, 1))
        assert [(task.what, task.since) for task in due] == [("review due", "2018-01-01")]


def test_a_dossier_of_something_new_has_no_drafts_and_no_signature() -> None:
    assert (Dossier("x@1").drafts, Dossier("x@1").signed_by) == (0, None)
