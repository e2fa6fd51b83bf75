"""The pages' own evaluator of queries says what eval/query says: the same runs, the same unknowns, the same faults."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from random import Random
from typing import Any

import pyarrow as pa
import pytest
from generated_queries import experiment, query
from in_node import in_node
from plain_columns import plain_columns

from evitrail.eval.query.columns import Columns
from evitrail.eval.query.parse import QueryError, parse
from evitrail.eval.query.select import truth
from evitrail.eval.query.vocabulary import vocabulary
from evitrail.evidence_store.did_you_mean import nearest

CASES = json.loads((Path(__file__).parents[1] / "eval" / "filter_cases.json").read_text("utf-8"))
EXPERIMENTS, QUERIES = 8, 250


def with_days(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [row | {"day": row["day"] and date.fromisoformat(row["day"])} for row in rows]


def in_pages(tables: list[tuple[Any, Any, Any]], queries: list[list[str]]) -> list[list[dict[str, Any]]]:
    """What the pages' evaluator says of these queries, those of each experiment over its columns."""
    experiments = [plain_columns(*each) | {"queries": asked} for each, asked in zip(tables, queries, strict=True)]
    answer: list[list[dict[str, Any]]] = in_node(
        "filter_batch.mjs", {"vocabulary": vocabulary(), "experiments": experiments}
    )
    return answer


@pytest.fixture(scope="module")
def of_cases() -> dict[str, dict[str, Any]]:
    asked = [case["query"] for case in (*CASES["found"], *CASES["refused"])]
    (answers,) = in_pages([(with_days(CASES["outcomes"]), CASES["questions"], CASES["timings"])], [asked])
    return dict(zip(asked, answers, strict=True))


@pytest.mark.parametrize("case", CASES["found"], ids=lambda case: case["query"])
def test_a_query_finds_these_runs_and_tells_of_how_many_it_is_unknown(case: Any, of_cases: Any) -> None:
    answer = of_cases[case["query"]]
    assert [CASES["outcomes"][place]["run"] for place in answer["places"]] == case["runs"]
    assert (answer["unknown"], answer["asked"]) == (case["unknown"], [])
    assert answer["again"] == answer["text"]


@pytest.mark.parametrize("case", CASES["refused"], ids=lambda case: case["query"])
def test_a_fault_names_its_place_and_the_nearest_name(case: Any, of_cases: Any) -> None:
    answer = of_cases[case["query"]]
    assert (answer["at"], answer["nearest"]) == (case["at"], case["nearest"])


def in_python(text: str, columns: Columns) -> dict[str, Any]:
    """What eval/query says of a query."""
    told: dict[str, Any] = {}
    try:
        tree = parse(text)
        told = {"text": str(tree), "again": str(parse(str(tree)))}
        found = truth(tree, columns)
        values = [1 if true else 0 if false else 2 for true, false in zip(found.true, found.false, strict=True)]
        return told | {"truth": "".join(map(str, values))}
    except QueryError as fault:
        return told | {"at": fault.at, "message": str(fault)}


def test_generated_queries_over_generated_columns_say_the_same_of_every_run_and_fail_in_the_same_words() -> None:
    random = Random(20260101)
    tables = [experiment(random) for _ in range(EXPERIMENTS)]
    queries = [[query(random, rows) for _ in range(QUERIES)] for rows, _, _ in tables]
    answers = in_pages(tables, queries)
    kinds: dict[str, int] = {"found": 0, "refused": 0, "unreadable": 0}
    for each, asked, told in zip(tables, queries, answers, strict=True):
        columns = Columns(*(pa.Table.from_pylist(table) for table in each))
        for text, answer in zip(asked, told, strict=True):
            expected = in_python(text, columns)
            assert {name: answer[name] for name in expected if name in answer} == expected, text
            kinds["found" if "truth" in expected else "refused" if "text" in expected else "unreadable"] += 1
    assert min(kinds.values()) > EXPERIMENTS * QUERIES // 20, f"queries of each kind, got {kinds}"


def test_the_nearest_name_is_the_same_among_names_as_near_in_either_case_and_of_any_length() -> None:
    random = Random(5)

    def name(letters: str, most: int) -> str:
        return "".join(random.choices(letters, k=random.randrange(most)))

    few = [(name("abAB", 7), [name("abAB", 7) for _ in range(8)]) for _ in range(1500)]
    wide = [(name("aé😀𝒳\ufb01Ω", 6), [name("aé😀𝒳\ufb01Ω", 6) for _ in range(6)]) for _ in range(400)]
    long = [(one, [one[: random.randrange(450)] + name("abc", 20)]) for one in (name("abc", 450) for _ in range(60))]
    asked = [*few, *wide, *long]
    found = in_node("nearest_names.mjs", asked)
    told = [nearest(sought, known) for sought, known in asked]
    assert ["" if one is None else f"; did you mean {one!r}?" for one in found] == told
    assert sum(one is None for one in found) > 100
    assert sum(one is not None for one in found) > 1000


def test_what_no_column_here_answers_is_asked_of_the_server_and_never_guessed() -> None:
    rows = [{name: cell for name, cell in row.items() if name != "served"} for row in with_days(CASES["outcomes"])]
    asked = {
        "wrong claim:aspirin": ["claim:aspirin"],
        "wrong -passage:unknown": ["passage:unknown"],
        "evidence:rhythm-notes right": ["evidence:rhythm-notes"],
        "cites:rhythm-notes": [],
        "cites:inhalers-of-old": ["cites:inhalers-of-old"],
    }
    (answers,) = in_pages([(rows, CASES["questions"], CASES["timings"])], [list(asked)])
    found = dict(zip(asked, answers, strict=True))
    assert {query: answer["asked"] for query, answer in found.items()} == asked
    assert [(found[query]["unknown"], found[query]["places"]) for query in asked if asked[query]] == [(None, [])] * 4
    assert found["wrong claim:aspirin"]["open"] == sum(not row["correct"] and not row["abstained"] for row in rows)
    assert found["cites:rhythm-notes"]["unknown"] == 0
