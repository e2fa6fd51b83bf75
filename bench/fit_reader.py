"""Fit the extractive reader's weights, and print what each of its terms brings.

    python bench/fit_reader.py --data ../shared/data --out agent/reader/extractive/weights.json --unseen

Rules kept here
- Features come from ``agent/reader/extractive/features.py``, sums from ``agent/reader/extractive/scoring.py``: what is
  fitted is what reads.
- A case is read twice, weighted equally: with its clean evidence alone, and among the nearest passages of others.
- Folds are cut by lineage, so that no question is scored with weights fitted on its own evidence.
- Of the demo benchmarks only cases marked ``"split": "fit"`` are read; the others stay unseen.
- Every data set counts the same, whatever its size.
- A term stays when it helps on a data set that the weights were not fitted on, and harms none: the second table leaves
  one data set out at a time. ``TERMS`` was chosen from that table.
- ``--unseen`` reads the demonstration's other questions, once, with the weights as they are written.

The loss is the conditional log loss over each question's options, with an L2 penalty on every weight but that of plain
overlap. The search is in ``conditional_logit.py``; ``weights.json`` receives a handful of numbers, no word of the data.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from conditional_logit import NAMES, Readings, as_weights, fit, negative_log_likelihood, only, scores
from reader_cases import FOLDS, NEIGHBOURS, SETS, Case, cached, files, load
from scipy.optimize import minimize_scalar

from evitrail.agent.reader.extractive.embedding_similarity import Array, Embed
from evitrail.agent.reader.extractive.features import features
from evitrail.agent.reader.extractive.scoring import closed_book
from evitrail.evidence_store.index.embed import Embedder

ROOT = Path(__file__).resolve().parents[1]
TEMPERATURE, RESAMPLES = 0.7, 2000
TIE = 1e-6
TERMS = (
    "overlap",
    "overlap_found",
    "pairs",
    "embedding",
    "relevance: passage_words",
    "relevance: passage_embedding",
)
"""What the shipped weights name."""
PLAIN = ("overlap",)
Data = dict[tuple[str, str], Readings]
"""By data set and way of serving: with the clean evidence alone, or in a crowd."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--out", type=Path, default=ROOT / "agent" / "reader" / "extractive" / "weights.json")
    parser.add_argument("--unseen", action="store_true", help="read the questions that nothing was chosen on, too")
    args = parser.parse_args()
    for path in (p for name in ("reading", "guideline-versions") for kind in files(name, args.data) for p in kind):
        if not path.is_file():
            print(f"expected a data set at {str(path)!r}, found none; give its folder with --data", file=sys.stderr)
            return 2
    embed = cached(Embedder().encode)
    cases = {name: load(*files(name, args.data), embed) for name in SETS}
    data = {(name, way): readings(found, way, embed) for name, found in cases.items() for way in ("clean", "crowd")}
    folds = {name: np.array([case.fold for case in found]) for name, found in cases.items()}
    print({name: len(found) for name, found in cases.items()}, "questions", flush=True)

    full, plain = (cross_validate(data, folds, only(*terms)) for terms in (TERMS, PLAIN))
    heading("cross-validated within the sets, folds cut by lineage", data)
    show("the shipped terms", full, data)
    show("plain idf overlap", plain, data)
    for key, logits in full.items():
        compared(" ".join(key), hits(logits, data[key]), hits(plain[key], data[key]), cases[key[0]])

    kept = only(*TERMS)
    theta = fit(weighted(data), kept)
    nothing = {name: readings(found, "near", embed) for name, found in cases.items()}
    scale = calibrated(full, data)
    weights = as_weights(theta.round(4), kept).model_copy(
        update={
            "scale": round(scale, 4),
            "enough": round(scale * threshold(theta, kept, data.values(), nothing.values()), 4),
            "closed_book": round(closed_book_weight(cases), 4),
            "provenance": {name: provenance(len(found), name, full, data) for name, found in cases.items()},
        }
    )
    args.out.write_text(json.dumps(weights.model_dump(), indent=2, sort_keys=True) + "\n", encoding="utf-8")
    print(f"\nwrote {args.out}: {weights.name}, scale {weights.scale}, enough {weights.enough}", flush=True)
    if args.unseen:
        unseen(embed, theta, kept)

    heading("fitted on the other two sets", data)
    show("plain idf overlap", leave_one_out(data, PLAIN), data)
    show("the shipped terms", leave_one_out(data, TERMS), data)
    for name in TERMS[1:]:
        show(f"without {name}", leave_one_out(data, [n for n in TERMS if n != name]), data)
    for name in (n for n in NAMES if n not in TERMS):
        show(f"with {name}", leave_one_out(data, [*TERMS, name]), data)
    return 0


def provenance(n: int, name: str, found: dict[tuple[str, str], Array], data: Data) -> str:
    clean, crowd = (hits(found[name, way], data[name, way]).mean() for way in ("clean", "crowd"))
    among = f"{crowd:.3f} among {NEIGHBOURS} other passages"
    return f"{n} cases; cross-validated accuracy {clean:.3f} with clean evidence, {among}"


def readings(cases: Sequence[Case], way: str, embed: Embed) -> Readings:
    """All cases as one padded table, read with their clean evidence, in a crowd, or with near passages only."""
    served = {"clean": lambda c: c.clean, "near": lambda c: c.near, "crowd": lambda c: (*c.clean, *c.near)}[way]
    found = [features(case.question, served(case), embed) for case in cases]
    return Readings.of(found, [case.answer for case in cases])


def weighted(data: Data, rows: dict[str, Array] | None = None) -> list[Readings]:
    """The readings of some questions, each data set and way of serving weighing the same."""
    tables = {key: table if rows is None else table.rows(rows[key[0]]) for key, table in data.items()}
    return [replace(table, weight=0.5 / len(table.answer)) for table in tables.values()]


def cross_validate(data: Data, folds: dict[str, Array], kept: Array) -> dict[tuple[str, str], Array]:
    """Every question's logits under weights fitted without its fold."""
    held_out = {key: np.full(table.present.shape, -np.inf) for key, table in data.items()}
    for fold in range(FOLDS):
        theta = fit(weighted(data, {name: of != fold for name, of in folds.items()}), kept)
        for (name, way), table in data.items():
            here = folds[name] == fold
            held_out[name, way][here] = scores(theta, table.rows(here), kept)
    return held_out


def leave_one_out(data: Data, terms: Sequence[str]) -> dict[tuple[str, str], Array]:
    """Every question's logits under weights fitted on the other data sets alone."""
    kept = only(*terms)
    found = {}
    for left in SETS:
        theta = fit(weighted({key: table for key, table in data.items() if key[0] != left}), kept)
        found |= {key: scores(theta, table, kept) for key, table in data.items() if key[0] == left}
    return {key: found[key] for key in data}


def unseen(embed: Embed, theta: Array, kept: Array) -> None:
    """Read the demonstration's questions that no term and no weight was chosen on."""
    cases = load(*files("demo", ROOT), embed, split="test")
    print(f"\n{len(cases)} demonstration questions that nothing was chosen on", flush=True)
    for way in ("clean", "crowd"):
        table, plain = readings(cases, way, embed), only(*PLAIN)
        found = hits(scores(theta, table, kept), table), hits(scores(plain, table, plain), table)
        compared(f"demo unseen {way}", *found, cases)


def compared(title: str, one: Array, other: Array, cases: Sequence[Case]) -> None:
    """The accuracies of the shipped terms and of plain overlap, and their paired difference, resampled by lineage."""
    groups: dict[str, list[int]] = {}
    for i, case in enumerate(cases):
        groups.setdefault(case.lineage, []).append(i)
    difference = one - other
    sums = np.array([difference[rows].sum() for rows in groups.values()])
    sizes = np.array([len(rows) for rows in groups.values()])
    drawn = np.random.default_rng(0).integers(len(sums), size=(RESAMPLES, len(sums)))
    low, high = np.quantile(sums[drawn].sum(axis=1) / sizes[drawn].sum(axis=1), [0.025, 0.975])
    print(
        f"{title.ljust(28)} {one.mean():.3f}, plain overlap {other.mean():.3f}: "
        f"{difference.mean():+.3f} [{low:+.3f} to {high:+.3f}], n={len(cases)}",
        flush=True,
    )


def hits(logits: Array, table: Readings) -> Array:
    """1 for each question answered right, and an equal share where the right option is tied with others."""
    shown = np.where(table.present, logits, -np.inf)
    best = shown >= shown.max(axis=1, keepdims=True) - TIE
    return best[np.arange(len(shown)), table.answer] / best.sum(axis=1)


def calibrated(held_out: dict[tuple[str, str], Array], data: Data) -> float:
    """The scale at which softmax(logits / 0.7) loses least on questions the weights have not seen."""

    def loss(log_scale: float) -> float:
        return sum(negative_log_likelihood(np.exp(log_scale) * z, data[key]).mean() for key, z in held_out.items())

    return TEMPERATURE * float(np.exp(minimize_scalar(loss, bounds=(-3, 3), method="bounded").x))


def threshold(theta: Array, kept: Array, with_evidence: Iterable[Readings], without: Iterable[Readings]) -> float:
    """The margin that best tells readings with the clean evidence from readings without it (balanced accuracy)."""
    there, absent = ([margins(theta, table, kept) for table in tables] for tables in (with_evidence, without))
    cuts = np.quantile(np.concatenate([*there, *absent]), np.linspace(0.02, 0.98, 97))

    def above(tables: Sequence[Array], cut: float) -> float:
        return float(np.mean([(table >= cut).mean() for table in tables]))

    cut = float(max(cuts, key=lambda cut: above(there, cut) - above(absent, cut)))
    print(f"\nenough evidence: recall {above(there, cut):.3f}, false alarms {above(absent, cut):.3f}")
    return cut


def margins(theta: Array, table: Readings, kept: Array) -> Array:
    ordered = np.sort(np.where(table.present, scores(theta, table, kept), -np.inf), axis=1)
    return ordered[:, -1] - ordered[:, -2]


def closed_book_weight(cases: dict[str, list[Case]]) -> float:
    """What an option's likeness to the stem is worth when nothing was read."""

    def row(case: Case) -> tuple[Array, int]:
        return closed_book(case.question), sorted(case.question.options).index(case.answer)

    tables = [(1 / len(found), [row(case) for case in found]) for name, found in cases.items()]

    def loss(weight: float) -> float:
        return sum(v * sum(np.logaddexp.reduce(weight * x) - weight * x[a] for x, a in rows) for v, rows in tables)

    return TEMPERATURE * float(minimize_scalar(loss, bounds=(-3, 3), method="bounded").x)


def heading(title: str, data: Data) -> None:
    print(f"\n{title}".ljust(42), *(" ".join(key) for key in data), sep="  ")


def show(title: str, found: dict[tuple[str, str], Array], data: Data) -> None:
    """One line of a table: the accuracy on each data set, alone and in a crowd."""
    cells = (f"{hits(z, data[key]).mean():.3f}".rjust(len(" ".join(key))) for key, z in found.items())
    print(title.ljust(41), *cells, sep="  ", flush=True)


if __name__ == "__main__":
    sys.exit(main())
