"""Queries over many runs: how long does `evitrail runs` take on the columns of invented results?

    python bench/queries.py [RUNS]              # 100,000 unless another number is given

Each query is asked of files that this process has not read before: CPU time of the whole, and the number of runs
found. The folder has no journal: what answered is the columns alone.
"""

from __future__ import annotations

import random
import sys
import time
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from evitrail.eval.dataset.case import Case
from evitrail.eval.dataset.labels import Flags
from evitrail.eval.metrics.outcome import Outcome, score
from evitrail.eval.metrics.outcomes_file import OUTCOMES, write_outcomes
from evitrail.eval.metrics.run_columns import STAGES, RunColumns
from evitrail.eval.query.columns import Columns
from evitrail.eval.query.parse import parse
from evitrail.eval.query.select import select
from evitrail.eval.report.questions_file import QUESTIONS, write_questions

CONDITIONS = [f"condition-{n}" for n in range(10)]
LABELS = {letter: Flags(high_risk=letter == "B", unsafe=letter in "BC") for letter in "ABCD"}
FINDINGS = ("embolism", "stroke", "sepsis", "fracture", "asthma", "gout", "anaemia", "psoriasis")
QUERIES = (
    "",
    "high_risk cites:superseded blame:retrieve",
    "condition:condition-3 wrong confidence:<0.1",
    "grade:<=low -abstained",
    "changed:condition-1 high_risk",
    "evidence:advice-17 OR lost:served",
    "text:embolism day:2015-01-01..2018-12-31",
)


def main(runs: int) -> None:
    """Write invented results, then ask each query once."""
    with TemporaryDirectory() as made:
        folder = Path(made)
        write_results(folder, runs)
        size = (folder / OUTCOMES).stat().st_size / 1e6
        print(f"{runs:,} runs, {OUTCOMES} of {size:.1f} MB")
        for query in QUERIES:
            began = time.process_time()
            found = select(parse(query), Columns.of(folder))
            spent = time.process_time() - began
            print(f"{1000 * spent:8.0f} ms  {len(found.runs):8,} runs  {found.unknown:6,} unknown  {query or '(all)'}")


def write_results(folder: Path, runs: int) -> None:
    """Results of invented runs: every condition asked the same cases."""
    dice = random.Random(15)
    cases = [case(number, dice) for number in range(-(-runs // len(CONDITIONS)))]
    asked = [(condition, one) for condition in CONDITIONS for one in cases][:runs]
    outcomes = [outcome(condition, one, dice) for condition, one in asked]
    known = {each.run: columns(each, one, dice) for each, (_, one) in zip(outcomes, asked, strict=True)}
    write_outcomes(folder / OUTCOMES, outcomes, known)
    write_questions(folder / QUESTIONS, cases)


def case(number: int, dice: random.Random) -> Case:
    """An invented question."""
    finding, ref = dice.choice(FINDINGS), f"advice-{number % 500}@2020"
    return Case(
        id=f"case-{number:06}",
        stem=f"A patient of {20 + number % 70} has {finding}, for {number} days. " + "More is known of it. " * 20,
        options={letter: f"do {letter} about the {finding}" for letter in "ABCD"},
        answer="A",
        labels=LABELS if number % 5 else {},
        subspecialty=f"field {number % 12}",
        question_type="therapy",
        clean_evidence=(ref,),
        conflict_evidence=(),
        outdated_evidence=(),
        as_of=date(2010, 1, 1) + timedelta(days=number % 5000),
    )


def outcome(condition: str, one: Case, dice: random.Random) -> Outcome:
    """What an invented run chose."""
    chosen = dice.choice([*"AAAABCD", None])
    return score(
        run=f"{condition}.{one.id}",
        case=one.id,
        condition=condition,
        reader="invented",
        snapshot="sha256:0",
        answer=one.answer,
        options=4,
        labels=one.labels,
        chosen=chosen,
        ballots=[dice.choice("ABCD") for _ in range(20)],
        cited=sorted({f"advice-{dice.randrange(500)}@{year}" for year in (2014, 2020)}),
    )


def columns(of: Outcome, one: Case, dice: random.Random) -> RunColumns:
    """What else is known of it."""
    served = tuple(f"advice-{dice.randrange(500)}@{dice.choice((2014, 2020))}" for _ in range(10))
    failed: dict[str, Any] = {"wrong": () if of.correct else (dice.choice(("retrieve[1]", "synthesise[1]")),)}
    return RunColumns(
        retriever="dense",
        subspecialty=one.subspecialty,
        question_type=one.question_type,
        day=one.as_of,
        seq=1,
        steps=("retrieve[1]", "synthesise[1]", "choose[1]"),
        retrieved=served,
        served=served,
        quoted=served[:3],
        cited_status=tuple(dice.choice(("current", "superseded", None)) for _ in of.cited),
        cited_grade=tuple(dice.choice(("low", "high", None)) for _ in of.cited),
        lost=dice.choice((*STAGES, "nothing")),
        calls=21,
        prompt_tokens=dice.randrange(5000),
        completion_tokens=dice.randrange(500),
        blame=failed,
        fault={"wrong": "none" if of.correct else "Y2"},
    )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
