"""A strong recommendation on low certainty is discordant: flagged until a profile says why, and never refused."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any, get_args

import pytest
from world import WordVectors, clock, evidence

from evitrail.evidence_store import EvidenceStore
from evitrail.evidence_store.curation.profile import Profile
from evitrail.evidence_store.grading.assessment import Assessment
from evitrail.evidence_store.grading.grade import LEVELS, Certainty, Grade, Strength
from evitrail.evidence_store.grading.strength import discordant
from evitrail.evidence_store.review import queue


def graded(certainty: Certainty, strength: Strength | None) -> Grade:
    """A grade of that certainty."""
    start: dict[str, Any] = {"study_design": "mixed", "start": certainty}
    return Grade(certainty=certainty, strength=strength, **start)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[EvidenceStore]:
    with EvidenceStore.open(tmp_path / "store", create=True, embedder=WordVectors(), clock=clock) as opened:
        opened.ingest(
            [
                evidence("bold", grade=graded("very_low", "strong"), valid_to=date(2020, 1, 1)),
                evidence("bold", "2", grade=graded("low", "strong"), valid_from=date(2020, 1, 1)),
                evidence("careful", grade=graded("low", "conditional")),
                evidence("sure", grade=graded("high", "strong")),
                evidence("unrated", grade=None),
            ]
        )
        yield opened


def waiting(store: EvidenceStore) -> list[tuple[str, str]]:
    """What waits on a day on which nothing is due for review."""
    tasks = queue(store.snapshot(), store.dossiers, on=date(2015, 1, 2))
    return [(task.ref, task.what) for task in tasks]


def test_only_strong_on_low_or_very_low_certainty_is_discordant() -> None:
    strengths = (*get_args(Strength), None)
    found = {(s, c) for s in strengths for c in LEVELS if discordant(graded(c, s))}
    assert found == {("strong", "low"), ("strong", "very_low")}
    assert not discordant(None)


def test_a_discordant_version_that_holds_waits_for_its_reason_and_a_profile_gives_one(store: EvidenceStore) -> None:
    assert waiting(store) == [("bold@2", "strong recommendation on low certainty, no reason on record")]
    death = Assessment(outcome="death", importance="critical", study_design="observational", certainty="low")
    store.assess([Profile(ref="bold@2", assessments=(death,), strength="strong", reason="people die without it")])
    assert discordant(store.snapshot().headers["bold@2"].grade)
    assert waiting(store) == []
