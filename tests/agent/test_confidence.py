"""Confidence weighed by evidence: what it does to probabilities, outcomes, metrics and report; and nothing when off."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import tomli_w
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from ward import DRUGS, HIGH, LOW, WardReader, advice, arm, ask, case, opened

from evitrail.agent.confidence import CertaintyWeights, probabilities, weighed, weights_of
from evitrail.agent.model import Ballots, Choice, Claim, Synthesis
from evitrail.eval.metrics import METRICS, WEIGHTED
from evitrail.eval.metrics.outcome import Outcome
from evitrail.eval.metrics.outcomes_file import read_outcomes
from evitrail.eval.plan.plan import PLAN, Plan, read_plan
from evitrail.eval.report.results import write_results
from evitrail.evidence_store import EvidenceStore, InputError
from evitrail.traces.record import content_id

WEIGHTS = CertaintyWeights(high=1.2, moderate=1.0, low=0.85, very_low=0.7)
LETTERS = st.sampled_from("ABCD")
SHARES = st.dictionaries(LETTERS, st.floats(0.01, 1), min_size=1)


def claim(option: str, certainty: Any, strength: float = 1.0, stance: Any = "supports") -> Claim:
    return Claim(
        option=option,
        stance=stance,
        strength=strength,
        quote="x",
        passage=f"{option}-{certainty}@1#0",
        start=0,
        end=1,
        certainty=certainty,
    )


def choice(*used: Claim, logits: dict[str, float] | None = None, shares: dict[str, float] | None = None) -> Choice:
    return Choice(
        option="A",
        logits={"A": 0.0, "B": 0.0} if logits is None else logits,
        claims=tuple(content_id(one) for one in used),
        reason="as told",
        ballots=Ballots(votes=(), temperature=0.7, seed=0),
        shares=shares,
    )


def test_a_probability_is_what_the_model_told_else_the_softmax_of_the_logits() -> None:
    assert probabilities(choice(shares={"A": 0.9, "B": 0.1})) == {"A": 0.9, "B": 0.1}
    assert probabilities(choice(logits={"A": math.log(3), "B": 0.0})) == {"A": 0.75, "B": 0.25}
    assert probabilities(choice(logits={})) == {}
    assert probabilities(choice(logits={"A": 1e6, "B": -1e6})) == {"A": 1.0, "B": 0.0}


def test_an_option_weighs_what_the_claims_it_rests_on_do() -> None:
    strong, weak, against = claim("A", "high", 3.0), claim("A", "very_low", 1.0), claim("B", "high", stance="refutes")
    unused = claim("B", "very_low", 9.0)
    synthesis = Synthesis(claims=(strong, weak, against, unused), note="read")
    found = weights_of(choice(strong, weak, against), synthesis, WEIGHTS)
    assert found["A"] == pytest.approx((3 * 1.2 + 0.7) / 4)
    assert found["B"] == 1.0  # what speaks against it, or was not used, is nothing that it rests on
    assert weights_of(choice(claim("A", None)), Synthesis(claims=(claim("A", None),), note="read"), WEIGHTS)["A"] == 1.0


def test_evidence_that_is_certain_raises_what_rests_on_it_and_lowers_the_rest() -> None:
    after = weighed({"A": 0.5, "B": 0.5}, {"A": 1.2, "B": 0.7})
    assert after["A"] > 0.5 > after["B"]
    assert after["A"] == pytest.approx(1.2 / 1.9)


@given(SHARES, st.dictionaries(LETTERS, st.floats(0.1, 10), min_size=4))
def test_what_is_weighed_stays_a_probability_and_keeps_the_order_within_equal_weights(
    shares: dict[str, float], weights: dict[str, float]
) -> None:
    after = weighed(shares, weights)
    assert sum(after.values()) == pytest.approx(1)
    assert all(0 <= share <= 1 for share in after.values())
    same = weighed(shares, dict.fromkeys("ABCD", 3.7))
    assert same == pytest.approx({letter: share / sum(shares.values()) for letter, share in shares.items()})


@pytest.mark.parametrize("wrong", [{"high": 0}, {"high": -1}, {"high": float("inf")}, {"hihg": 1}, {"low": "much"}])
def test_a_weight_that_is_none_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        CertaintyWeights.model_validate(wrong)


class Ward:
    """Advice of high certainty says B of each drug; a letter of low certainty says C of some."""

    def __init__(self, folder: Path, store: EvidenceStore) -> None:
        self.folder = folder
        cases = [case(drug) for drug in DRUGS]
        assert ask(folder, store, cases, [arm()], WardReader()) == []

    def report(self, weights: dict[str, float] | None) -> list[dict[str, Any]]:
        """What is reported with these weights in the plan."""
        plan = {"benchmark": "b", "store": "s", "conditions": ["standard"]}
        said = plan if weights is None else plan | {"confidence_weights": weights}
        (self.folder / PLAN).write_text(tomli_w.dumps(said), "utf-8")
        write_results(self.folder)
        rows: list[dict[str, Any]] = json.loads((self.folder / "metrics.json").read_text("utf-8"))
        return rows

    @property
    def outcomes(self) -> list[Outcome]:
        return read_outcomes(self.folder / "outcomes.parquet")

    def bytes(self) -> dict[str, bytes]:
        names = ("outcomes.parquet", "metrics.json", "report.html", "attribution.json")
        return {name: (self.folder / name).read_bytes() for name in names}


@pytest.fixture
def ward(tmp_path: Path) -> Iterator[Ward]:
    with opened(tmp_path) as store:
        store.ingest([advice(drug, "B", grade=HIGH) for drug in DRUGS])
        store.ingest([advice(drug, "C", id=f"letter-{drug}", grade=LOW) for drug in DRUGS[:2]])
        yield Ward(tmp_path / "run", store)


def test_without_weights_there_is_no_second_confidence_and_no_row_of_it(ward: Ward) -> None:
    (row,) = ward.report(None)
    assert list(row) == ["condition", "reader", "snapshot", "n", *METRICS]
    assert {(one.option_confidence, one.weighted_confidence) for one in ward.outcomes} == {(None, None)}
    assert "before → after" not in (ward.folder / "report.html").read_text("utf-8")


def test_weights_add_to_the_results_and_change_nothing_else(ward: Ward) -> None:
    (plain,) = ward.report(None)
    off, before = ward.outcomes, ward.bytes()
    (row,) = ward.report({"high": 1.2, "low": 0.85, "very_low": 0.7})
    assert list(row) == [*plain, *WEIGHTED]
    assert {name: row[name] for name in plain} == plain
    blank = {"option_confidence": None, "weighted_confidence": None}
    assert [one.model_copy(update=blank) for one in ward.outcomes] == off
    assert "before → after" in (ward.folder / "report.html").read_text("utf-8")
    ward.report(None)
    assert ward.bytes() == before


def test_what_rests_on_certain_evidence_is_surer_and_calibration_is_told_before_and_after(ward: Ward) -> None:
    (row,) = ward.report({"high": 1.2, "low": 0.85})
    disputed = [one for one in ward.outcomes if one.case in ("q-apixaban", "q-heparin")]
    assert all((one.weighted_confidence or 0) > (one.option_confidence or 1) for one in disputed if one.chosen == "B")
    mean = sum(one.weighted_confidence or 0 for one in ward.outcomes) / len(ward.outcomes)
    assert row["mean_weighted_confidence"]["value"] == pytest.approx(mean)
    brier = sum(((one.weighted_confidence or 0) - one.correct) ** 2 for one in ward.outcomes) / len(ward.outcomes)
    assert row["weighted_brier"]["value"] == pytest.approx(brier)
    assert row["weighted_ece"]["value"] != row["option_ece"]["value"]


def test_equal_weights_change_no_probability(ward: Ward) -> None:
    (row,) = ward.report({"high": 2.0, "moderate": 2.0, "low": 2.0, "very_low": 2.0, "unrated": 2.0})
    for name in ("ece", "mce", "brier"):
        assert row[f"weighted_{name}"] == pytest.approx(row[f"option_{name}"], abs=1e-9)
    for one in ward.outcomes:
        assert one.weighted_confidence == pytest.approx(one.option_confidence)


def test_an_abstention_predicts_nothing(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        store.ingest([advice("apixaban", "B"), advice("apixaban", "C", id="letter")])
        quiet = Ward.__new__(Ward)
        quiet.folder = tmp_path / "run"
        assert ask(quiet.folder, store, [case("apixaban")], [arm()], WardReader(blind=True)) == []
    quiet.report({"high": 1.2})
    (one,) = quiet.outcomes
    assert (one.chosen, one.option_confidence, one.weighted_confidence) == (None, None, None)


def test_a_plan_keeps_its_weights_and_refuses_what_is_none(tmp_path: Path) -> None:
    path = tmp_path / PLAN
    told = {"benchmark": "b", "store": "s", "conditions": ["standard"]}
    path.write_text(tomli_w.dumps(told | {"confidence_weights": {"high": 1.2}}), "utf-8")
    assert read_plan(path).confidence_weights == CertaintyWeights(high=1.2)
    assert Plan.model_validate(told).confidence_weights is None
    path.write_text(tomli_w.dumps(told | {"confidence_weights": {"hihg": 1.2}}), "utf-8")
    with pytest.raises(InputError, match="confidence_weights"):
        read_plan(path)
