"""What runs will embed is embedded before them, in large batches."""

from __future__ import annotations

from pathlib import Path

from ward import case
from world import Spy

from evitrail.agent.steps.aim import LastSentence
from evitrail.eval.dataset.case import Case
from evitrail.eval.experiment.embed_together import embed_together
from evitrail.eval.plan.condition import CONDITIONS
from evitrail.evidence_store import EvidenceStore

CASE = case("aspirin", clean_evidence=())
QUERY = LastSentence().aim(CASE.question).text


def embedded(folder: Path, asked: Case, condition: str) -> list[str]:
    """What is embedded before the runs of one condition."""
    encoder = Spy()
    with EvidenceStore.open(folder, create=True, embedder=encoder) as store:
        embed_together([asked], [CONDITIONS[condition]], store)
    return [text for texts in encoder.asked for text in texts]


def test_what_an_agent_that_aims_searches_for_first_is_among_it(tmp_path: Path) -> None:
    assert QUERY in embedded(tmp_path, CASE, "gated")


def test_another_agent_never_searches_for_it_so_it_is_not(tmp_path: Path) -> None:
    found = embedded(tmp_path, CASE, "standard")
    assert CASE.stem in found
    assert QUERY not in found


def test_nothing_that_a_patient_was_asked_about_is(tmp_path: Path) -> None:
    assert not embedded(tmp_path, CASE.model_copy(update={"sensitive": ("stem",)}), "gated")
