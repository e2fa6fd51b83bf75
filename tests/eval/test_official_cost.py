"""What published greedy answers cost, at prices that a user gives: in place, and of an imported folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from desk import evitrail

CONFIRMED = {"clear_selection": "yes", "reasoning": "-", "confirmed_answer": "B"}
PRICES = '[prices."large"]\nprompt = 2\ncompletion = 10\n'
TOP = {"top_1": (100, 1), "top_5": (500, 2), "top_10": (1_000, 3)}
"""By published key, the tokens that the greedy answer read and wrote."""


def answered(read: int | None, wrote: int | None) -> dict[str, Any]:
    told = {"input_tokens": read, "output_tokens": wrote, "elapsed_s": 0.5}
    return {"greedy": {**told, "checked_answer": CONFIRMED}, "stochastic": {"checked_answers": [CONFIRMED]}}


@pytest.fixture
def published(tmp_path: Path) -> Path:
    """Two questions; the model ``small`` tells no tokens of the second one."""
    flags = {f"option_{i}_{flag}": 0 for i in (1, 2) for flag in ("high_risk", "unsafe", "contradicts")}
    one = {
        "options": dict.fromkeys("AB", "words"),
        "answer_idx": "B",
        "subspecialty": "s",
        "question_type": "t",
        **flags,
    }
    (tmp_path / "labels.json").write_text(json.dumps([{"question_id": n, **one} for n in (1, 2)]), encoding="utf-8")
    for model in ("large", "small"):
        lines = []
        for n in (1, 2):
            told = {key: answered(*((None, None) if (model, n) == ("small", 2) else said)) for key, said in TOP.items()}
            lines.append(
                {"question_id": f"risk_radiorag_{n}", "correct_answer": "B", "model": model, "conditions": told}
            )
        path = tmp_path / "judged" / model / "risk_radiorag_checked.jsonl"
        path.parent.mkdir(parents=True)
        path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return tmp_path


def prices(folder: Path, text: str = PRICES) -> Path:
    path = folder / "prices.toml"
    path.write_text(text, encoding="utf-8")
    return path


def in_place(folder: Path) -> list[Any]:
    return ["statistics", folder / "judged", "--labels", folder / "labels.json"]


def imported(folder: Path) -> list[Any]:
    out = folder / "imported"
    if not out.is_dir():
        said = evitrail("import-results", folder / "judged", "--labels", folder / "labels.json", "--out", out)
        assert said.code == 0, said.err
    return ["statistics", out]


@pytest.mark.parametrize("command", [in_place, imported])
def test_money_is_that_of_the_greedy_tokens_at_the_prices_given(published: Path, command: Any) -> None:
    found = evitrail(*command(published), "--prices", prices(published), "--json").json
    cost = {(row["condition"], row["reader"]): row for row in found["greedy_cost"]}
    large, small = cost["top_5", "large"], cost["top_5", "small"]
    assert large["greedy_money"]["value"] == pytest.approx((500 * 2 + 2 * 10) / 1e6)
    assert (small["greedy_money"]["value"], found["without_price"]) == (None, ["small"])
    assert (small["greedy_prompt_tokens"]["value"], small["greedy_prompt_tokens"]["n"], small["n"]) == (500, 1, 2)
    said = evitrail(*command(published), "--prices", prices(published))
    assert (said.code, said.err) == (0, "")
    assert "no price for small: the money of its runs is unknown" in said.out
    assert "what a greedy answer took" in said.out


def test_an_imported_folder_says_what_its_files_say_in_place(published: Path) -> None:
    here = evitrail(*in_place(published), "--json").json
    there = evitrail(*imported(published), "--json").json
    for table in ("latency", "missing", "greedy_cost", "resource_scaling", "definitions"):
        assert here[table] == there[table], table


def test_scaling_goes_by_the_tokens_and_the_depth_that_the_files_tell(published: Path) -> None:
    rows = evitrail(*in_place(published), "--json").json["resource_scaling"]
    accuracy = {(row["by"], row["reader"]): row for row in rows if row["metric"] == "accuracy"}
    assert {by for by, _ in accuracy} == {"retrieval_depth", "context_tokens", "tokens"}
    assert (accuracy["tokens", "large"]["smallest"], accuracy["tokens", "large"]["largest"]) == (101, 1_003)
    assert accuracy["context_tokens", "large"]["conditions"] == list(TOP)


@pytest.mark.parametrize("command", [in_place, imported])
def test_a_price_of_a_model_that_did_not_answer_is_one_line(published: Path, command: Any) -> None:
    asked = command(published)
    table = prices(published, PRICES.replace("large", "lrge"))
    said = evitrail(*asked, "--prices", table)
    assert (said.code, said.out, len(said.faults)) == (2, "", 1)
    expected = "expected a model or reader of this experiment among large, small, got 'lrge'; did you mean 'large'?"
    assert said.faults == [f"{table}: key 'prices.lrge': {expected}"]
