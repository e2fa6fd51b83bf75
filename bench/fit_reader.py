"""Fit the extractive reader's weights, and print what each of its terms brings.

    python bench/fit_reader.py --data ../shared/data --out agent/reader/extractive/weights.json

Rules kept here
- Features come from ``agent/reader/extractive/features.py``, sums from ``agent/reader/extractive/scoring.py``: what is
  fitted is what reads.
- A case is read twice, weighted equally: with its clean evidence alone, and among the nearest passages of others.
- Folds are cut by lineage, so that no question is scored with weights fitted on its own evidence.
- Of the demo benchmarks only cases marked ``"split": "fit"`` are read; the others stay unseen.

The loss is the conditional log loss over each question's options, with an L2 penalty on standardised weights. The
search is in ``conditional_logit.py``; ``weights.json`` receives a handful of numbers and no word of the data.
"""

from __future__ import annotations

import argparse
import json
import sys
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from conditional_logit import FADING, NAMES, Readings, fit, masked, negative_log_likelihood, scores
from scipy.optimize import minimize_scalar

from evitrail.agent.model import Question
from evitrail.agent.reader.extractive.embedding_similarity import Array, Embed
from evitrail.agent.reader.extractive.features import OPTION_TERMS, RELEVANCE_TERMS, features
from evitrail.agent.reader.extractive.scoring import Weights, closed_book
from evitrail.evidence_store.index.embed import Embedder
from evitrail.evidence_store.model import Evidence, Passage, evidence_id

ROOT = Path(__file__).resolve().parents[1]
FOLDS, NEIGHBOURS, TEMPERATURE = 5, 7, 0.7
VOTES = {"reading": 500.0, "guideline-versions": 150.0, "demo": 75.0}
"""How many questions each data set counts for, whatever its size."""
Data = dict[tuple[str, str], Readings]
"""By data set and way of serving: with the clean evidence alone, or in a crowd."""
BASELINES = {
    "plain idf overlap": {"words", "relevance: start"},
    "embedding only": {"embedding", "statement", "relevance: stem_embedding_best", "relevance: start"},
}


@dataclass(frozen=True)
class Case:
    """One question, its answer, the passages that hold it, and others that look alike."""

    question: Question
    answer: str
    fold: int
    clean: tuple[Passage, ...]
    near: tuple[Passage, ...]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--out", type=Path, default=ROOT / "agent" / "reader" / "weights.json")
    args = parser.parse_args()
    for path in (p for name in ("reading", "guideline-versions") for kind in files(name, args.data) for p in kind):
        if not path.is_file():
            print(f"expected a data set at {str(path)!r}, found none; give its folder with --data", file=sys.stderr)
            return 2
    embed = remembering(Embedder().encode)
    cases = {name: load(*files(name, args.data), embed) for name in VOTES}
    data = {(name, way): readings(found, way, embed) for name, found in cases.items() for way in ("clean", "crowd")}
    folds = {name: np.array([case.fold for case in found]) for name, found in cases.items()}

    print({name: len(found) for name, found in cases.items()}, "questions", flush=True)
    full, begun = cross_validate(data, folds, np.ones(len(NAMES)))
    accuracy = {key: hits(z, data[key]).mean() for key, z in full.items()}

    theta = fit(weighted(data, folds, range(FOLDS)))
    scale = calibrated(full, data)
    nothing = {name: readings(found, "near", embed) for name, found in cases.items()}
    weights = Weights(
        terms=dict(zip(OPTION_TERMS, theta[: len(OPTION_TERMS)].round(4).tolist(), strict=True)),
        relevance=dict(zip(RELEVANCE_TERMS, theta[len(OPTION_TERMS) : -1].round(4).tolist(), strict=True)),
        relevance_start=round(float(theta[-1]), 4),
        fading=FADING,
        scale=round(scale, 4),
        enough=round(scale * threshold(theta, data.values(), nothing.values()), 4),
        closed_book=round(closed_book_weight(cases), 4),
        provenance={
            name: f"{len(found)} cases; cross-validated accuracy {accuracy[name, 'clean']:.3f} "
            f"with clean evidence, {accuracy[name, 'crowd']:.3f} among {NEIGHBOURS} other passages"
            for name, found in cases.items()
        },
    )
    args.out.write_text(json.dumps(weights.model_dump(), indent=2, sort_keys=True) + "\n", encoding="utf-8")
    print(f"\nwrote {args.out}: {weights.name}, scale {weights.scale}, enough {weights.enough}")
    show(full, data)
    for title, kept in BASELINES.items():
        show(cross_validate(data, folds, masked(set(NAMES) - kept))[0], data, title)
    for name in NAMES[:-1]:
        show(cross_validate(data, folds, masked({name}), begun)[0], data, f"without {name}")
    return 0


def files(name: str, data: Path) -> tuple[list[Path], list[Path]]:
    """The benchmark files and evidence files of one data set."""
    if name == "demo":
        cases, evidence = ROOT / "eval" / "demo", ROOT / "evidence_store" / "demo"
        return sorted(cases.glob("*.jsonl")), sorted(evidence.glob("*.jsonl"))
    return [data / name / "benchmark.jsonl"], [data / name / "evidence.jsonl"]


def load(benchmarks: Sequence[Path], evidence: Sequence[Path], embed: Embed) -> list[Case]:
    """The cases that may be fitted on, each with the nearest passages of other lineages that decide nothing for it."""
    versions = [Evidence.model_validate(row) for row in lines(evidence)]
    passages = {e.ref: whole(e) for e in versions}
    refs = sorted(passages)
    rows = [row for row in lines(benchmarks) if row.get("meta", {}).get("split", "fit") == "fit"]
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
                zlib.crc32(lineage.encode()) % FOLDS,
                tuple(passages[ref] for ref in row["clean_evidence"]),
                tuple(others.values()),
            )
        )
    return cases


def lines(paths: Iterable[Path]) -> list[dict]:
    return [json.loads(line) for path in paths for line in path.read_text("utf-8").splitlines()]


def whole(evidence: Evidence) -> Passage:
    text = evidence.text
    name = evidence_id(evidence)
    return Passage(header=evidence.header(), evidence_id=name, part=0, start=0, end=len(text), text=text)


def remembering(encode: Embed) -> Embed:
    """The embedder with a memory: a sentence met again is not encoded again."""
    known: dict[str, Array] = {}

    def embed(texts: Sequence[str]) -> Array:
        new = sorted({text for text in texts if text not in known})
        known.update(zip(new, encode(new), strict=True)) if new else None
        return np.stack([known[text] for text in texts])

    return embed


def readings(cases: Sequence[Case], way: str, embed: Embed) -> Readings:
    """All cases as one padded table, read with their clean evidence, in a crowd, or with near passages only."""
    served = {"clean": lambda c: c.clean, "near": lambda c: c.near, "crowd": lambda c: (*c.clean, *c.near)}[way]
    found = [features(case.question, served(case), embed) for case in cases]
    return Readings.of(found, [case.answer for case in cases])


def weighted(data: Data, folds: dict[str, Array], kept: Iterable[int]) -> list[Readings]:
    """The readings of some folds, each data set weighing as much as ``VOTES`` says."""
    return [
        replace(table.rows(np.isin(folds[name], list(kept))), weight=VOTES[name] / len(folds[name]) / 2)
        for (name, _), table in data.items()
    ]


def cross_validate(
    data: Data, folds: dict[str, Array], mask: Array, begin: Sequence[Array] | None = None
) -> tuple[dict[tuple[str, str], Array], list[Array]]:
    """Every question's logits under weights fitted without its fold, and those weights."""
    held_out = {key: np.full(table.present.shape, -np.inf) for key, table in data.items()}
    thetas = []
    for fold in range(FOLDS):
        train = weighted(data, folds, set(range(FOLDS)) - {fold})
        thetas.append(fit(train, mask, None if begin is None else begin[fold]))
        for (name, way), table in data.items():
            here = folds[name] == fold
            held_out[name, way][here] = scores(thetas[-1], table.rows(here))
    return held_out, thetas


def hits(logits: Array, table: Readings) -> Array:
    return np.where(table.present, logits, -np.inf).argmax(axis=1) == table.answer


def calibrated(held_out: dict[tuple[str, str], Array], data: Data) -> float:
    """The scale at which softmax(logits / 0.7) loses least on questions the weights have not seen."""

    def loss(log_scale: float) -> float:
        return sum(
            VOTES[key[0]] / len(z) * negative_log_likelihood(np.exp(log_scale) * z, data[key]).sum()
            for key, z in held_out.items()
        )

    return TEMPERATURE * float(np.exp(minimize_scalar(loss, bounds=(-3, 3), method="bounded").x))


def threshold(theta: Array, with_evidence: Iterable[Readings], without: Iterable[Readings]) -> float:
    """The margin that best tells readings with the clean evidence from readings without it (balanced accuracy)."""
    there = np.concatenate([margins(theta, table) for table in with_evidence])
    absent = np.concatenate([margins(theta, table) for table in without])
    cuts = np.quantile(np.concatenate([there, absent]), np.linspace(0.02, 0.98, 97))
    balanced = [(there >= cut).mean() + (absent < cut).mean() for cut in cuts]
    best = int(np.argmax(balanced))
    cut = float(cuts[best])
    print(f"\nenough evidence: recall {(there >= cut).mean():.3f}, false alarms {(absent >= cut).mean():.3f}")
    return cut


def margins(theta: Array, table: Readings) -> Array:
    ordered = np.sort(np.where(table.present, scores(theta, table), -np.inf), axis=1)
    return ordered[:, -1] - ordered[:, -2]


def closed_book_weight(cases: dict[str, list[Case]]) -> float:
    """What an option's likeness to the stem is worth when nothing was read."""

    def row(case: Case) -> tuple[Array, int]:
        return closed_book(case.question), sorted(case.question.options).index(case.answer)

    tables = [(VOTES[name] / len(found), [row(case) for case in found]) for name, found in cases.items()]

    def loss(weight: float) -> float:
        return sum(v * sum(np.logaddexp.reduce(weight * x) - weight * x[a] for x, a in rows) for v, rows in tables)

    return TEMPERATURE * float(minimize_scalar(loss, bounds=(-3, 3), method="bounded").x)


def show(held_out: dict[tuple[str, str], Array], data: Data, title: str = "") -> None:
    """One line of the table: cross-validated accuracy on each data set, alone and in a crowd."""
    if not title:
        print("\ncross-validated accuracy".ljust(42), *(" ".join(key) for key in data), sep="  ")
    cells = (f"{hits(z, data[key]).mean():.3f}".rjust(len(" ".join(key))) for key, z in held_out.items())
    print((title or "all terms").ljust(41), *cells, sep="  ", flush=True)


if __name__ == "__main__":
    sys.exit(main())
