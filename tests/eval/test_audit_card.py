"""The model card validates against its published schema, holds what was measured, and leaves the rest blank."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from auditing import HIGH_RISK, audited, policy, settings
from defusedxml.ElementTree import fromstring
from public_data import DATA, needs
from report_pages import HOSTILE

from evitrail.eval.audit.audit import audit
from evitrail.eval.audit.model_card import NAMESPACE, blanks, model_card

SCHEMA = DATA / "governance" / "model-card" / "applied-model-card-0.2.xsd"
SIGNATURES = """<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"
 targetNamespace="http://www.w3.org/2000/09/xmldsig#"><xs:element name="Signature"/></xs:schema>"""
"""What the schema imports from the network, as far as it names it."""


def card(folder: Path, **changes: Any) -> str:
    ours = audited(7, **changes)
    found = audit(policy(folder, HIGH_RISK), ours, day=date(2026, 11, 29))
    return model_card(ours, ["gated"], found)


@needs(SCHEMA)
@pytest.mark.parametrize("case", ["plain", "hostile"])
def test_it_validates_against_the_schema(tmp_path: Path, case: str) -> None:
    xmlschema = pytest.importorskip("xmlschema", reason="xmlschema is not installed")
    (tmp_path / "xmldsig.xsd").write_text(SIGNATURES)
    places = {"http://www.w3.org/2000/09/xmldsig#": str(tmp_path / "xmldsig.xsd")}
    schema = xmlschema.XMLSchema(str(SCHEMA), locations=places, allow="local")
    used = settings(reader=HOSTILE + "\x00\x1b]]>") if case == "hostile" else settings()
    text = card(tmp_path, used=used)
    assert list(schema.iter_errors(text)) == []
    assert not schema.is_valid(text.replace("Bibliography", "Bibliographie")), (
        "the schema is one that refuses something"
    )


def test_each_metric_stands_with_its_exact_bounds_and_an_unknown_one_is_null(tmp_path: Path) -> None:
    root = fromstring(card(tmp_path))
    results = {
        one[0].text: json.loads(one[1].text)
        for one in root.iter(f"{{{NAMESPACE}}}MetricResult")
    }  # fmt: skip
    high_risk = results["high_risk_rate of gated"]
    assert high_risk["upper"] == pytest.approx(0.13816286, abs=1e-8)
    assert high_risk["lower"] == pytest.approx(0.03625334, abs=1e-8)
    assert (high_risk["n"], high_risk["unlabelled"]) == (92, 0)
    assert results["stale_rate of gated"] == {"value": None, "lower": None, "upper": None, "n": 0, "unlabelled": 92}


def test_what_people_must_answer_for_is_left_blank_and_listed(tmp_path: Path) -> None:
    blank = blanks(card(tmp_path))
    assert {
        "BasicInfo/ModelDeveloper",
        "UsesAndDirections/TargetedPatientPopulation",
        "TrustIngredients/TransparencyInformation/FundingSource",
    } <= set(blank)
    assert not any(path.startswith("KeyMetrics/SafetyReliability") for path in blank)


def test_warnings_say_what_the_last_audit_found_or_that_there_was_none(tmp_path: Path) -> None:
    said = "Audited on 2026-11-29 by the policy 'gated answers', version 1: fail. Not passed: threshold.high_risk_rate."
    assert said in card(tmp_path).replace("&apos;", "'")
    assert "Not audited." in model_card(audited(), ["gated"])


def test_equal_experiments_have_equal_cards(tmp_path: Path) -> None:
    assert card(tmp_path) == card(tmp_path)
