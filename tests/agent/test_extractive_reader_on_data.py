"""The shipped weights on real questions: words and numbers alone, without an embedding model."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from public_data import DATA, absent

from evitrail.agent.model import Decoding, Question
from evitrail.agent.reader.extractive.extractive import ExtractiveReader
from evitrail.agent.reader.extractive.option_terms import OPTION_TERMS
from evitrail.agent.reader.extractive.relevance_terms import RELEVANCE_TERMS
from evitrail.agent.reader.extractive.scoring import Weights
from evitrail.eval.demo import DEMO_CASES
from evitrail.evidence_store.demo import DEMO_EVIDENCE
from evitrail.evidence_store.model import Evidence, Passage, evidence_id
from evitrail.retrieval.base import Hit

EVERY = 4
SHIPPED = ExtractiveReader()
PLAIN = ExtractiveReader(
    weights=Weights(
        terms={"overlap": 1.0},
        relevance={},
        relevance_start=0.0,
        fading=SHIPPED.weights.fading,
        scale=1.0,
        enough=0.0,
        closed_book=0.0,
        provenance={},
    )
)
"""Chooses by the idf overlap of words and numbers, and by nothing else."""


def rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def shares(
    benchmarks: Sequence[Path],
    evidence: Sequence[Path],
    references: str,
    reader: ExtractiveReader = SHIPPED,
    every: int = EVERY,
) -> tuple[float, float]:
    """The shares of questions whose right option, and whose stale option, is chosen."""
    if why := absent(*benchmarks, *evidence):
        pytest.skip(why)
    hits = {}
    for row in (row for path in evidence for row in rows(path)):
        e = Evidence.model_validate(row)
        name = evidence_id(e)
        passage = Passage(header=e.header(), evidence_id=name, part=0, start=0, end=len(e.text), text=e.text)
        hits[e.ref] = Hit(passage=passage, score=1.0, rank=1, why="given")
    cases = [row for path in benchmarks for row in rows(path)][::every]
    right = stale = 0
    for case in cases:
        question = Question(id=case["id"], stem=case["stem"], options=case["options"])
        synthesis = reader.synthesise(question, [hits[ref] for ref in case[references]])
        option = reader.choose(question, synthesis, Decoding(samples=0)).option
        right += option == case["answer"]
        stale += option == case.get("meta", {}).get("stale_option", "")
    return right / len(cases), stale / len(cases)


def folder(name: str) -> tuple[list[Path], list[Path]]:
    """The benchmark and evidence of one public data set."""
    return [DATA / name / "benchmark.jsonl"], [DATA / name / "evidence.jsonl"]


DEMO = sorted(DEMO_CASES.glob("*.jsonl")), sorted(DEMO_EVIDENCE.glob("*.jsonl"))


@pytest.mark.parametrize(
    ("files", "every"), [(folder("reading"), EVERY), (folder("guideline-versions"), EVERY), (DEMO, 1)]
)
def test_no_set_of_questions_is_read_worse_than_by_plain_overlap(
    files: tuple[list[Path], list[Path]], every: int
) -> None:
    right, _ = shares(*files, "clean_evidence", every=every)
    plain, _ = shares(*files, "clean_evidence", PLAIN, every=every)
    assert right >= plain > 0.5


def test_the_shipped_weights_read_an_experts_explanation_better_than_plain_overlap() -> None:
    right, _ = shares(*folder("reading"), "clean_evidence")
    plain, _ = shares(*folder("reading"), "clean_evidence", PLAIN)
    assert right > plain


def test_a_recommendation_quoted_in_full_is_found() -> None:
    right, _ = shares(*folder("guideline-versions"), "clean_evidence")
    assert right > 0.98


def test_an_outdated_version_alone_leads_to_the_outdated_option() -> None:
    _, stale = shares(*folder("guideline-versions"), "outdated_evidence")
    assert stale > 0.95


def test_the_shipped_weights_name_a_few_of_the_terms_that_are_offered() -> None:
    weights = ExtractiveReader().weights
    assert set(weights.terms) <= set(OPTION_TERMS)
    assert set(weights.relevance) <= set(RELEVANCE_TERMS)
    assert len(weights.terms) + len(weights.relevance) <= 6
    assert weights.provenance
