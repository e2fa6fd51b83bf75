"""The questions the extractive reader is fitted on: each with the passages that decide it, and similar ones."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from evitrail.agent.model import Question
from evitrail.agent.reader.extractive.embedding_similarity import Array, Embed
from evitrail.eval.demo import DEMO_CASES
from evitrail.evidence_store.demo import DEMO_EVIDENCE
from evitrail.evidence_store.model import Evidence, Passage

SETS = ("reading", "guideline-versions", "demo")
FOLDS, NEIGHBOURS = 5, 7


@dataclass(frozen=True)
class Case:
    """One question, its answer, the passages that hold it, and others that look alike."""

    question: Question
    answer: str
    lineage: str
    fold: int
    clean: tuple[Passage, ...]
    near: tuple[Passage, ...]


def files(name: str, data: Path) -> tuple[list[Path], list[Path]]:
    """The benchmark files and evidence files of one data set."""
    if name == "demo":
        return sorted(DEMO_CASES.glob("*.jsonl")), sorted(DEMO_EVIDENCE.glob("*.jsonl"))
    return [data / name / "benchmark.jsonl"], [data / name / "evidence.jsonl"]


def load(benchmarks: Sequence[Path], evidence: Sequence[Path], embed: Embed, split: str = "fit") -> list[Case]:
    """The cases of one split, each with the nearest passages of other lineages that decide nothing for it."""
    versions = [Evidence.model_validate(row) for row in lines(evidence)]
    passages = {e.ref: e.whole() for e in versions}
    refs = sorted(passages)
    rows = [row for row in lines(benchmarks) if row.get("meta", {}).get("split", "fit") == split]
    nearness = embed([row["stem"] for row in rows]) @ embed([passages[ref].text for ref in refs]).T
    cases = []
    for row, near in zip(rows, nearness, strict=True):
        about = row["clean_evidence"] + row["outdated_evidence"] + row["conflict_evidence"]
        used = {ref.split("@")[0] for ref in about}
        others: dict[str, Passage] = {}
        for place in np.argsort(-near, kind="stable"):
            lineage = refs[place].split("@")[0]
            if lineage not in used and len(others) < NEIGHBOURS:
                others.setdefault(lineage, passages[refs[place]])
        lineage = row["clean_evidence"][0].split("@")[0]
        cases.append(
            Case(
                Question(id=row["id"], stem=row["stem"], options=row["options"]),
                row["answer"],
                lineage,
                zlib.crc32(lineage.encode()) % FOLDS,
                tuple(passages[ref] for ref in row["clean_evidence"]),
                tuple(others.values()),
            )
        )
    return cases


def lines(paths: Iterable[Path]) -> list[dict]:
    return [json.loads(line) for path in paths for line in path.read_text("utf-8").splitlines()]


def cached(encode: Embed) -> Embed:
    """The embedder with a cache: no text is encoded twice."""
    known: dict[str, Array] = {}

    def embed(texts: Sequence[str]) -> Array:
        new = sorted({text for text in texts if text not in known})
        if new:
            known.update(zip(new, encode(new), strict=True))
        return np.stack([known[text] for text in texts])

    return embed
