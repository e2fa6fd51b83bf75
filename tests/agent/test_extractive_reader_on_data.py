"""The shipped weights on real questions: words and numbers alone, without an embedding model."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from evitrail.agent.model import Decoding, Question
from evitrail.agent.reader.extractive.extractive import ExtractiveReader
from evitrail.agent.reader.extractive.features import OPTION_TERMS, RELEVANCE_TERMS
from evitrail.evidence_store.model import Evidence, Passage, evidence_id
from evitrail.retrieval.base import Hit

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
EVERY = 4


def rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def shares(folder: Path, references: str) -> tuple[float, float]:
    """The shares of questions whose right option, and whose stale option, is chosen."""
    if not folder.is_dir():
        pytest.skip(f"public data absent: {folder}")
    hits = {}
    for row in rows(folder / "evidence.jsonl"):
        e = Evidence.model_validate(row)
        name = evidence_id(e)
        passage = Passage(header=e.header(), evidence_id=name, part=0, start=0, end=len(e.text), text=e.text)
        hits[e.ref] = Hit(passage=passage, score=1.0, rank=1, why="given")
    reader, cases = ExtractiveReader(), rows(folder / "benchmark.jsonl")[::EVERY]
    right = stale = 0
    for case in cases:
        question = Question(id=case["id"], stem=case["stem"], options=case["options"])
        synthesis = reader.synthesise(question, [hits[ref] for ref in case[references]])
        option = reader.choose(question, synthesis, Decoding(samples=0)).option
        right += option == case["answer"]
        stale += option == case.get("meta", {}).get("stale_option", "")
    return right / len(cases), stale / len(cases)


def test_an_experts_explanation_is_read_better_than_by_plain_overlap() -> None:
    right, _ = shares(DATA / "reading", "clean_evidence")
    assert right > 0.70


def test_a_recommendation_quoted_in_full_is_found() -> None:
    right, _ = shares(DATA / "guideline-versions", "clean_evidence")
    assert right > 0.98


def test_an_outdated_version_alone_leads_to_the_outdated_option() -> None:
    _, stale = shares(DATA / "guideline-versions", "outdated_evidence")
    assert stale > 0.95


def test_the_shipped_weights_name_every_term_and_nothing_else() -> None:
    weights = ExtractiveReader().weights
    assert set(weights.terms) == set(OPTION_TERMS)
    assert set(weights.relevance) == set(RELEVANCE_TERMS)
    assert weights.provenance
