"""A query finds the runs that the file of cases names, and those that a plain reading of each run would find."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evitrail.eval.attribution.blame import FAILS
from evitrail.eval.metrics.outcomes_file import write_outcomes
from evitrail.eval.metrics.run_columns import KINDS, RunColumns
from evitrail.eval.query.columns import Columns
from evitrail.eval.query.fields import FIELDS
from evitrail.eval.query.flags import FLAGS
from evitrail.eval.query.parse import DEEPEST, QueryError, parse
from evitrail.eval.query.select import select, truth
from evitrail.eval.query.tree import Both, Either, Not, Tree, Value, Where, Word

CASES = json.loads((Path(__file__).parent / "filter_cases.json").read_text("utf-8"))
"""Held to by every evaluator of the language, in whatever programming language it is written."""
RUNS = [row["run"] for row in CASES["outcomes"]]


def columns() -> Columns:
    rows = [row | {"day": row["day"] and date.fromisoformat(row["day"])} for row in CASES["outcomes"]]
    return Columns(*(pa.Table.from_pylist(table) for table in (rows, CASES["questions"], CASES["timings"])))


COLUMNS = columns()


@pytest.mark.parametrize("case", CASES["found"], ids=lambda case: case["query"])
def test_a_query_finds_these_runs_and_tells_of_how_many_it_is_unknown(case: Any) -> None:
    found = select(parse(case["query"]), COLUMNS)
    assert [RUNS[place] for place in found.runs] == case["runs"]
    assert (found.total, found.unknown) == (len(RUNS), case["unknown"])


@pytest.mark.parametrize("case", CASES["refused"], ids=lambda case: case["query"])
def test_a_fault_names_its_place_and_the_nearest_name(case: Any) -> None:
    with pytest.raises(QueryError) as refused:
        select(parse(case["query"]), COLUMNS)
    said = str(refused.value)
    assert said.startswith(f"query, character {case['at']}: expected ")
    assert refused.value.at == case["at"]
    assert "\n" not in said
    if case["nearest"]:
        assert said.endswith(f"; did you mean {case['nearest']!r}?")
    else:
        assert "did you mean" not in said


def test_every_flag_and_field_stands_in_the_file_of_cases() -> None:
    asked = " ".join(case["query"] for case in CASES["found"])
    alike = {"unsafe", "contradicts", "overconfident"}
    in_the_journal = {"claim", "passage"}
    assert {name for name in (*FLAGS, *FIELDS) if name not in asked} == alike | in_the_journal


@pytest.mark.parametrize("case", CASES["found"], ids=lambda case: case["query"])
def test_a_query_becomes_a_tree_and_the_same_tree_again(case: Any) -> None:
    tree = parse(case["query"])
    assert parse(str(tree)) == tree
    assert str(parse(str(tree))) == str(tree)


ANY = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1, max_size=8)
NAMES = st.sampled_from([*FIELDS, *FLAGS, "nothing_like_it"])
VALUES = st.one_of(
    st.builds(Value, ANY, quoted=st.just(value=True)),
    st.sampled_from([Value("unknown"), Value("low"), Value("0.5"), Value("low", "high"), Value("0.1", "0.9")]),
)
WHERES = st.builds(
    Where,
    NAMES,
    st.sampled_from([":", "!=", "<", "<=", ">", ">="]),
    st.lists(VALUES, min_size=1, max_size=3).map(tuple),
    st.sampled_from(["", "wrong", "high_risk"]),
)
WORDS = st.one_of(st.builds(Word, ANY, st.just(value=True)), st.sampled_from([Word(flag) for flag in FLAGS]))


def several(terms: st.SearchStrategy[Tree]) -> st.SearchStrategy[Tree]:
    lists = st.lists(terms, min_size=2, max_size=3).map(tuple)
    return st.one_of(st.builds(Not, terms), st.builds(Both, lists), st.builds(Either, lists))


TREES = st.recursive(st.one_of(WHERES, WORDS), several, max_leaves=8)


@given(TREES)
def test_any_tree_is_written_as_a_text_that_is_read_as_the_same_tree(tree: Tree) -> None:
    assert parse(str(tree)) == tree


@given(st.text(max_size=40))
def test_any_text_is_read_or_refused_in_one_line_with_a_place_within_it(text: str) -> None:
    refused, tree = None, None
    try:
        tree = parse(text)
    except QueryError as error:
        refused = error
    assert tree is None or parse(str(tree)) == tree
    assert refused is None or (1 <= refused.at <= len(text) + 1 and len(str(refused).splitlines()) == 1)


LOGIC = st.recursive(
    st.sampled_from([Word(flag) for flag in FLAGS] + [parse("cites:superseded"), parse("confidence>0.5")]),
    several,
    max_leaves=8,
)


@given(LOGIC)
def test_whole_columns_say_what_kleenes_logic_says_run_by_run(tree: Tree) -> None:
    found = truth(tree, COLUMNS)
    told = [True if true else False if false else None for true, false in zip(found.true, found.false, strict=True)]
    assert told == [of_run(tree, row) for row in CASES["outcomes"]]


def of_run(tree: Tree, row: dict[str, Any]) -> bool | None:
    """The same of one run, in the plainest way."""
    if isinstance(tree, Word):
        own = {"right": row["correct"], "wrong": not row["correct"] and not row["abstained"]}
        own |= {"fork": False, "redacted": False}
        own["reviewed"] = None if row["reviewed"] is None else row["reviewed"] != []
        return own[tree.text] if tree.text in own else row[tree.text]
    if isinstance(tree, Where):
        if tree.name == "confidence":
            return None if row["confidence"] is None else row["confidence"] > 0.5
        known = [status == "superseded" for status in row["cited_status"] if status is not None]
        return True if any(known) else None if None in row["cited_status"] else False
    if isinstance(tree, Not):
        inner = of_run(tree.term, row)
        return None if inner is None else not inner
    terms = [of_run(term, row) for term in tree.terms]
    if isinstance(tree, Both):
        return False if False in terms else None if None in terms else True
    return True if True in terms else None if None in terms else False


def test_brackets_beyond_reason_are_refused_in_one_line() -> None:
    parse("(" * DEEPEST + "wrong" + ")" * DEEPEST)
    for text in ("(" * 5000 + "wrong", "-" * 5000 + "wrong", "NOT " * 5000 + "wrong"):
        with pytest.raises(QueryError, match=f"expected at most {DEEPEST} brackets and negations"):
            parse(text)


@pytest.mark.parametrize("asked", ["fork", "redacted", "-fork", "redacted:yes"])
def test_runs_that_results_do_not_list_are_asked_for_with_a_note_that_says_where_they_are(asked: str) -> None:
    (note,) = select(parse(asked), COLUMNS).notes
    assert "results list no" in note


def test_a_word_that_looks_like_a_flag_is_searched_and_told() -> None:
    (note,) = select(parse("wrong higrisk"), COLUMNS).notes
    assert note == "query, character 7: 'higrisk' is searched in questions and names; did you mean 'high_risk'?"
    assert select(parse('wrong "higrisk"'), COLUMNS).notes == ()
    assert select(parse("apixaban"), COLUMNS).notes == ()


def test_a_file_of_an_earlier_version_is_read_and_what_it_lacks_is_said(tmp_path: Path) -> None:
    import pyarrow.parquet as pq

    write_outcomes(tmp_path / "outcomes.parquet", [])
    whole = pq.read_table(tmp_path / "outcomes.parquet")
    old = whole.drop_columns(list(RunColumns().row()))
    pq.write_table(old, tmp_path / "outcomes.parquet")
    assert select(parse("wrong"), Columns.of(tmp_path)).total == 0
    for query, lacking in (("blame:retrieve", "the column 'blame.wrong'"), ("apixaban", "questions.parquet")):
        with pytest.raises(ValueError, match=f"expected {lacking}.*`evitrail report .*` writes them again"):
            select(parse(query), Columns.of(tmp_path))


def test_kinds_of_failure_are_those_that_are_attributed() -> None:
    assert tuple(FAILS) == KINDS


def test_no_runs_are_filtered_to_no_runs(tmp_path: Path) -> None:
    write_outcomes(tmp_path / "outcomes.parquet", [])
    for query in ("", "wrong", "confidence>0.5", "grade:<=low", "blame.wrong:retrieve", "-cites:superseded"):
        found = select(parse(query), Columns.of(tmp_path))
        assert (list(found.runs), found.total, found.unknown) == ([], 0, 0)
