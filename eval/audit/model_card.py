"""An experiment as a CHAI Applied Model Card (version 0.2): XML with what was measured, and blanks for people to fill.

Rules kept here
- Filled is only what the record says: components, foundation models, cases, rates with their exact bounds, what the
  last audit found. Whatever a person must answer for (intended use, population, funding, biases) is left blank.
- What is unknown or was not measured says so; no number stands for it.
- Texts are escaped; a character that XML cannot hold is replaced.
- Equal input gives equal bytes: a card has no date of its own.

    text = model_card(audited, ["gated"], last_audit)
    blanks(text)        # ["BasicInfo/ModelDeveloper", …]
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from defusedxml.ElementTree import fromstring

from evitrail.eval.audit.audit import Audit
from evitrail.eval.audit.audited import Audited
from evitrail.eval.audit.bounds import exact_bounds
from evitrail.eval.audit.page import NOT_SHOWN
from evitrail.eval.audit.share_metrics import SHARES
from evitrail.eval.audit.thresholds import known_of_all
from evitrail.eval.log.reviews import overridden_in_words
from evitrail.eval.metrics import METRICS
from evitrail.eval.report.review_list import overridden_runs

NAMESPACE = "https://mc.chai.org/v0.2/schema.xsd"
NO_CHARACTER = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 cannot hold."""
USEFUL = ("accuracy", "majority_accuracy", "abstention_rate")
SAFE = tuple(name for name, better in SHARES.items() if better == "lower")
BLANK = ""

Fields = dict[str, Any]
"""Elements in the order of the schema: a text, further fields, or a list of both under one name."""


def model_card(audited: Audited, conditions: Sequence[str], last: Audit | None = None) -> str:
    """The card as XML; ``last`` is the newest audit of the experiment."""
    root = Element("AppliedModelCard", {"xmlns": NAMESPACE})
    _fill(root, _fields(audited, conditions, last))
    indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{tostring(root, encoding="unicode")}\n'


def blanks(card: str) -> list[str]:
    """The fields of a card that are left for people, as paths."""

    def walk(element: Element, path: str) -> Iterator[str]:
        if not len(element) and not (element.text or "").strip():
            yield path
        for child in element:
            yield from walk(child, f"{path}/{child.tag.rpartition('}')[2]}".lstrip("/"))

    return list(walk(fromstring(card), ""))


def _fields(audited: Audited, conditions: Sequence[str], last: Audit | None) -> Fields:
    used = {
        name: _values(audited, conditions, name) for name in ("agent", "retriever", "gates", "reader", "store.release")
    }
    return {
        "BasicInfo": {
            "ModelName": f"{audited.folder.resolve().name}: {', '.join(conditions)}",
            "ModelDeveloper": BLANK,
            "DeveloperContact": BLANK,
        },
        "ReleaseInfo": {
            "ReleaseStage": BLANK,
            "ReleaseDate": BLANK,
            "ReleaseVersion": f"journal sealed as {audited.root}" if audited.root else "journal not sealed",
            "GlobalAvailability": BLANK,
        },
        "ModelSummary": {
            "Summary": "A retrieval-augmented system that answers clinical multiple-choice questions from an evidence "
            f"store, as evaluated on {len(audited.cases)} questions.",
            "Keywords": {"Keyword": ["retrieval-augmented generation", "clinical question answering", "provenance"]},
        },
        "UsesAndDirections": {
            "IntendedUseAndWorkflow": BLANK,
            "PrimaryIntendedUsers": BLANK,
            "HowToUse": BLANK,
            "TargetedPatientPopulation": BLANK,
            "CautionedOutOfScopeSettings": "Clinical use. The evaluation is for research and quality assurance only; "
            "never clinical advice.",
        },
        "Warnings": {
            "KnownRisksAndLimitations": " ".join((_of_audit(last), *NOT_SHOWN)),
            "KnownBiasesOrEthicalConsiderations": BLANK,
            "ClinicalRiskLevel": BLANK,
        },
        "TrustIngredients": {
            "AISystemFacts": {
                "OutcomesAndOutputs": "One option of a multiple-choice question, or an abstention, with what it cites.",
                "ModelType": f"Agent {used['agent']}; retriever {used['retriever']}; gates {used['gates']}.",
                "FoundationModels": used["reader"],
                "InputDataSource": f"Evidence store {used['store.release']}",
                "OutputAndInputDataTypes": "Text",
                "DevelopmentDataCharacterization": BLANK,
                "BiasMitigationApproaches": BLANK,
                "OngoingMaintenance": BLANK,
                "Transparency": "Every step of every answer is recorded as W3C PROV in a hash-chained journal.",
            },
            "TransparencyInformation": {"FundingSource": BLANK, "StakeholdersConsulted": BLANK},
        },
        "KeyMetrics": {
            "UsefulnessUsabilityEfficacy": _metrics(audited, conditions, USEFUL, "How often the answer is right."),
            "FairnessEquity": {
                "MetricGoal": BLANK,
                "Results": {"MetricResult": [{"Label": "not measured", "ValueJson": "null"}]},
                "Interpretation": "Not measured.",
                "TestType": BLANK,
                "TestingDataDescription": BLANK,
                "ValidationProcessAndJustification": BLANK,
            },
            "SafetyReliability": _metrics(audited, conditions, SAFE, "How often the answer would have done harm."),
        },
        "Resources": {
            "EvaluationReferences": "; ".join(
                f"{name}: {METRICS[name].description} ({METRICS[name].citation})" for name in (*USEFUL, *SAFE)
            ),
            "PeerReviewedPublications": BLANK,
            "PatientConsentOrDisclosure": BLANK,
        },
        "Bibliography": BLANK,
    }


def _metrics(audited: Audited, conditions: Sequence[str], names: Sequence[str], goal: str) -> Fields:
    results = [
        {"Label": f"{name} of {condition}", "ValueJson": json.dumps(_measured(audited, condition, name))}
        for condition in conditions
        for name in names
    ]
    labelled = sorted({case.labelled_by for case in audited.cases.values() if case.labelled_by})
    by = f", harm of options labelled by {', '.join(labelled)}" if labelled else ""
    overridden = overridden_in_words(len(overridden_runs(audited.outcomes)))
    by += f", {overridden}" if overridden else ""
    return {
        "MetricGoal": goal,
        "Results": {"MetricResult": results},
        "Interpretation": "Each value is a share of cases with exact one-sided 95 % bounds; null is unknown.",
        "TestType": "Offline evaluation on multiple-choice questions",
        "TestingDataDescription": f"{len(audited.cases)} questions{by}; case set {audited.case_set}",
        "ValidationProcessAndJustification": "One-sided Clopper-Pearson bounds; unlabelled cases count nowhere.",
    }


def _measured(audited: Audited, condition: str, metric: str) -> Fields:
    values = known_of_all(metric, audited, condition)
    known = [value for value in values.values() if value is not None]
    counts = {"n": len(known), "unlabelled": len(values) - len(known)}
    if not known:
        return {"value": None, "lower": None, "upper": None, **counts}
    lower, upper = exact_bounds(sum(known), len(known))
    return {"value": sum(known) / len(known), "lower": lower, "upper": upper, **counts}


def _of_audit(last: Audit | None) -> str:
    if last is None:
        return "Not audited."
    policy = f"the policy {last.policy.name!r}, version {last.policy.version}"
    broken = ", ".join(one.rule for one in last.results if one.verdict != "pass")
    return f"Audited on {last.day} by {policy}: {last.verdict}." + (f" Not passed: {broken}." if broken else "")


def _values(audited: Audited, conditions: Sequence[str], setting: str) -> str:
    found = (value for condition in conditions for value in audited.settings[condition][setting])
    return ", ".join(dict.fromkeys(found)) or "none"


def _fill(element: Element, fields: Fields) -> None:
    for name, value in fields.items():
        for one in value if isinstance(value, list) else [value]:
            child = SubElement(element, name)
            if isinstance(one, dict):
                _fill(child, one)
            else:
                child.text = NO_CHARACTER.sub("\N{REPLACEMENT CHARACTER}", one)
