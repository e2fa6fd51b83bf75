"""Fit the weights of ``evitrail.retrieval.stance`` on SciFact's train claims, and measure them on its dev claims.

    python bench/stance.py ../shared/data                              # measure what is there
    python bench/stance.py ../shared/data --out retrieval/stance.json  # fit anew, then measure

Rules kept here
- A pair is a claim and an abstract that it cites: for, against, or not about it where no sentence was labelled. Such an
  abstract was cited for the claim's topic, so "not about" is the hard kind.
- Features come from ``evitrail.retrieval.stance``: what is fitted is what reads. Only train claims are fitted on.
- Intervals are percentile bootstrap over pairs, 2,000 draws.
- The second row asks for transfer: Cochrane questions ("higher, lower, or the same?") put as the claim that it is
  higher, against the single studies. A study may differ from its review, so a part of the error is the labels'.
"""

from __future__ import annotations

import argparse
import gzip
import json
import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from evitrail.retrieval.stance import VERDICTS, features, stance_of

LABELS = {"SUPPORT": "for", "CONTRADICT": "against"}
ANSWERS = {"higher": "for", "lower": "against", "no difference": "against"}
ASKED = "higher, lower, or the same"
DRAWS, SEED, PENALTY = 2_000, 0, 0.1


class Pair(NamedTuple):
    """A claim, a text about it, and how the one stands to the other."""

    claim: str
    title: str
    text: str
    verdict: str


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path, help="the folder with scifact/ and treatment-effects/")
    parser.add_argument("--out", type=Path, help="fit, and write the weights here")
    args = parser.parse_args()
    if args.out:
        args.out.write_text(json.dumps(fitted(scifact(args.data, "train")), indent=2, sort_keys=True) + "\n", "utf-8")
    print("\n".join(results(args.data)))
    return 0


def results(data: Path) -> list[str]:
    """A Markdown table; a line that says so where there is no data."""
    if not (data / "scifact").is_dir():
        return [f"Left out: the SciFact data is not at `{data / 'scifact'}`."]
    lines = ["| pairs | n | " + " | ".join(f"F1 {name}" for name in VERDICTS) + " | macro F1 |", "|---" * 6 + "|"]
    measured = {"SciFact, dev": scifact(data, "dev")}
    if (data / "treatment-effects").is_dir():
        measured["treatment effects"] = effects(data)
    for name, pairs in measured.items():
        truth = np.array([pair.verdict for pair in pairs])
        told = np.array([stance_of(*pair[:3]).verdict for pair in pairs])
        kinds = [kind for kind in VERDICTS if kind in truth]
        each = dict(zip(kinds, f1_score(truth, told, labels=kinds, average=None), strict=True))
        cells = [f"{each[kind]:.3f}" if kind in each else "–" for kind in VERDICTS]
        lines.append(f"| {name} | {len(pairs)} | {' | '.join(cells)} | {macro(truth, told, kinds)} |")
    return lines


def macro(truth: np.ndarray, told: np.ndarray, kinds: list[str]) -> str:
    """Mean F1 over the kinds, with the ends of its 95 % interval."""

    def mean(rows: np.ndarray) -> float:
        return float(f1_score(truth[rows], told[rows], labels=kinds, average="macro", zero_division=0))

    dice, n = np.random.default_rng(SEED), len(truth)
    lo, hi = np.percentile([mean(dice.integers(0, n, n)) for _ in range(DRAWS)], [2.5, 97.5])
    return f"{mean(np.arange(n)):.3f} [{lo:.3f}–{hi:.3f}]"


def fitted(pairs: list[Pair]) -> dict[str, object]:
    """Weights of a multinomial logit, on the features as they are; classes count alike."""
    seen = [features(*pair[:3]) for pair in pairs]
    names = sorted(seen[0])
    table = np.array([[row[name] for name in names] for row in seen])
    logit = LogisticRegression(C=PENALTY, class_weight="balanced", max_iter=5_000)
    model = make_pipeline(StandardScaler(), logit).fit(table, [pair.verdict for pair in pairs])
    scaler = model[0]
    weights = logit.coef_ / scaler.scale_
    starts = logit.intercept_ - weights @ scaler.mean_
    return {
        "made_by": "python bench/stance.py ../shared/data --out retrieval/stance.json",
        "fitted_on": f"SciFact (CC BY 4.0), {len(pairs)} pairs of a train claim and an abstract that it cites",
        "weights": {
            str(kind): {"start": round(float(start), 4)}
            | {name: round(float(w), 4) for name, w in zip(names, row, strict=True)}
            for kind, start, row in zip(logit.classes_, starts, weights, strict=True)
        },
    }


def scifact(data: Path, split: str) -> list[Pair]:
    """Every claim of the split with every abstract that it cites."""
    with gzip.open(data / "scifact" / "corpus.jsonl.gz", "rt", encoding="utf-8") as lines:
        corpus = {line["doc_id"]: line for line in map(json.loads, lines)}
    pairs = []
    for line in map(json.loads, (data / "scifact" / "claims.jsonl").read_text("utf-8").splitlines()):
        for cited in line["cited_doc_ids"] if line["split"] == split else ():
            labelled = line["evidence"].get(str(cited))
            verdict = LABELS[labelled[0]["label"]] if labelled else "not_about"
            pairs.append(Pair(line["claim"], corpus[cited]["title"], " ".join(corpus[cited]["abstract"]), verdict))
    return pairs


def effects(data: Path) -> list[Pair]:
    """Every question about an effect with every study of its review, where the review comes to an answer."""
    folder = data / "treatment-effects"
    known = {
        f"{e['id']}@{e['version']}": e
        for e in map(json.loads, (folder / "evidence.jsonl").read_text("utf-8").splitlines())
    }
    return [
        Pair(case["stem"].replace(ASKED, "higher"), known[ref]["title"], known[ref]["text"], ANSWERS[answer])
        for case in map(json.loads, (folder / "benchmark.jsonl").read_text("utf-8").splitlines())
        if (answer := case["options"][case["answer"]]) in ANSWERS and ASKED in case["stem"]
        for ref in case["clean_evidence"]
    ]


if __name__ == "__main__":
    sys.exit(main())
