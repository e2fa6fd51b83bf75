"""Somebody else's bundle is read as far as it says enough; what it does not say is refused in a line, and all of it."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from bundles import coded, foreign, written

from evitrail.evidence_store import InputError
from evitrail.evidence_store.formats.fhir import document, r5, read_fhir
from evitrail.evidence_store.grading.grade import Grade

Bundle = dict[str, Any]
MANY = "[" * 100_000 + "]" * 100_000
DEEP = '{"resourceType": "Bundle", "type": "collection", "meta": ' + "[" * 70 + "]" * 70 + "}"


def citation(bundle: Bundle) -> Bundle:
    return bundle["entry"][0]["resource"]


def evidence(bundle: Bundle) -> Bundle:
    return bundle["entry"][1]["resource"]


def certainty(bundle: Bundle) -> Bundle:
    return evidence(bundle)["certainty"][0]


def test_a_citation_and_its_evidence_are_one_version(tmp_path: Path) -> None:
    taken = read_fhir(written(tmp_path, foreign()))
    (item,) = taken.evidence
    assert (item.ref, item.kind, item.doi) == ("ist-3-review@1.0.0", "systematic_review", "10.1000/review")
    assert (item.published, item.valid_from, item.valid_to) == (date(2014, 7, 29), date(2014, 7, 29), None)
    assert item.text == (
        "Thrombolysis raises the number alive and independent.\n\nMeta-analysis of thrombolysis against control."
    )
    assert item.grade == Grade(certainty="moderate", study_design="randomized", downgrades={"imprecision": -1})
    assert "script" not in item.model_dump_json()


def test_what_is_not_evidence_is_left_aside_and_counted(tmp_path: Path) -> None:
    bundle = foreign()
    group = {"resourceType": "Group", "membership": "definitional", "type": "person"}
    lone = {**citation(foreign()), "id": "another"}
    bundle["entry"] += [{"resource": group}, {"fullUrl": "https://example.org/another", "resource": lone}, {}]
    taken = read_fhir(written(tmp_path, bundle))
    assert (len(taken.evidence), taken.left_aside) == (1, {"Citation": 1, "Group": 1, "nothing": 1})


def test_a_concept_of_another_name_for_the_same_thing_is_understood(tmp_path: Path) -> None:
    bundle = foreign()
    certainty(bundle)["subcomponent"][0]["rating"] = coded("http://hl7.org/fhir/certainty-rating", "serious-concern")
    citation(bundle)["effectivePeriod"] = {"start": "2014-08-01T12:00:00Z", "end": "2019-12-31"}
    (item,) = read_fhir(written(tmp_path, bundle)).evidence
    assert item.grade is not None
    assert item.grade.downgrades == {"imprecision": -1}
    assert (item.valid_from, item.valid_to) == (date(2014, 8, 1), date(2020, 1, 1))


def test_a_published_certainty_that_does_not_add_up_needs_its_note(tmp_path: Path) -> None:
    bundle = foreign()
    certainty(bundle)["rating"] = coded("http://hl7.org/fhir/certainty-rating", "low")
    with pytest.raises(InputError, match=r"entry 2: certainty 'low' was stated, but high - 1 \(imprecision\)"):
        read_fhir(written(tmp_path, bundle))
    certainty(bundle)["note"] = [{"text": "two panels disagreed"}]
    (item,) = read_fhir(written(tmp_path, bundle)).evidence
    assert item.grade is not None
    assert item.grade.override_reason == "two panels disagreed"


BROKEN: list[tuple[Callable[[Bundle], object], str]] = [
    (lambda b: evidence(b).update(certainy=[]), "entry 2: expected an element of FHIR R5, got 'certainy'"),
    (lambda b: evidence(b).pop("variableDefinition"), "entry 2: element 'variableDefinition' is missing"),
    (lambda b: evidence(b).update(certainty=3), "entry 2: element 'certainty': expected a valid array, got 3"),
    (lambda b: evidence(b).update(resourceType="Opinion"), "entry 2: expected a resource of FHIR R5, got 'Opinion'"),
    (lambda b: evidence(b).update(resourceType=3), "entry 2: expected a resource of FHIR R5, got 3"),
    (lambda b: [evidence(b).pop("assertion"), evidence(b).pop("description")], "entry 2: expected a text in"),
    (lambda b: citation(b)["citedArtifact"].pop("publicationForm"), "publicationForm.articleDate is missing"),
    (
        lambda b: citation(b)["citedArtifact"].update(publicationForm=[{"articleDate": "2014-13"}]),
        "entry 1: element 'citedArtifact.publicationForm.0.articleDate'",
    ),
    (
        lambda b: citation(b).update(effectivePeriod={"start": "2014-01-01", "end": "2013-01-01"}),
        "entry 2: valid_from must be before valid_to",
    ),
    (lambda b: citation(b).update(effectivePeriod={"end": "9999-12-31"}), "expected a day that somebody meant"),
    (lambda b: citation(b).update(status="draft"), "Citation.status: expected active or retired, got 'draft'"),
    (lambda b: citation(b).update(status="retired"), "Citation.effectivePeriod.end is missing"),
    (lambda b: citation(b).update(id="Ärzte"), "entry 1: element 'id'"),
    (
        lambda b: citation(b)["citedArtifact"].update(relatesTo=[{"type": "replaces", "display": "the old one"}]),
        "expected what it replaces by an identifier of https://evitrail.org/fhir/version, got none",
    ),
    (
        lambda b: certainty(b).update(modifierExtension=[{"url": "urn:not", "valueBoolean": True}]),
        "certainty.0.modifierExtension: expected none",
    ),
    (lambda b: citation(b).update(implicitRules="urn:rules"), "implicitRules: expected none"),
    (lambda b: b["entry"].append(b["entry"][1]), "entry 3: expected each version once, got 'ist-3-review@1.0.0'"),
    (lambda b: b["entry"].clear(), "expected Evidence, or a Citation with an abstract, got nothing"),
    (lambda b: b.update(resourceType="Parameters"), "or ArtifactAssessment of FHIR R5, got 'Parameters'"),
]


@pytest.mark.parametrize(("spoil", "said"), BROKEN, ids=[said[:50] for _, said in BROKEN])
def test_what_is_missing_or_not_understood_is_refused(
    spoil: Callable[[Bundle], object], said: str, tmp_path: Path
) -> None:
    bundle = foreign()
    spoil(bundle)
    file = written(tmp_path, bundle)
    with pytest.raises(InputError) as refused:
        read_fhir(file)
    assert said in str(refused.value)
    assert all(line.startswith(f"{file}:") for line in str(refused.value).splitlines())


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "bundle.json:1: expected one JSON document"),
        ("[]", "or ArtifactAssessment of FHIR R5, got 'list'"),
        (MANY, "levels of JSON at most, got more"),
        (DEEP, "expected 60 levels of JSON at most, got more"),
        ('{"resourceType": "Bundle", "resourceType": "Bundle"}', "key 'resourceType' stands twice"),
        ('{"resourceType": "Bundle", "total": NaN}', "expected a number, got NaN"),
    ],
)
def test_what_is_no_plain_json_is_refused(text: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(InputError) as refused:
        read_fhir(written(tmp_path, text))
    assert said in str(refused.value)


def test_a_file_that_is_missing_or_too_large_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        read_fhir(tmp_path / "none.json")
    file = written(tmp_path, foreign())
    monkeypatch.setattr(document, "MOST_BYTES", 100)
    with pytest.raises(InputError, match="expected 100 bytes at most"):
        read_fhir(file)


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    bundle = foreign()
    citation(bundle).update(status="draft")
    citation(bundle)["citedArtifact"]["publicationForm"][0].pop("articleDate")
    with pytest.raises(InputError) as refused:
        read_fhir(written(tmp_path, bundle))
    assert len(refused.value.faults) == 2


def test_a_contradiction_with_a_version_that_is_not_there_is_refused(tmp_path: Path) -> None:
    bundle = foreign()
    sides = [{"type": "comments-on", "resourceReference": {"identifier": {"value": ref}}} for ref in ("a@1", "b@1")]
    content = {
        "type": coded("https://evitrail.org/fhir/CodeSystem/contradiction", "magnitude"),
        "summary": "adults",
        "author": {"display": "Cyd"},
        "relatedArtifact": sides,
    }
    assessment = {"resourceType": "ArtifactAssessment", "artifactUri": "urn:x", "content": [content]}
    bundle["entry"].append({"resource": assessment})
    with pytest.raises(InputError, match="expected both versions of a contradiction in the bundle, got no 'a@1'"):
        read_fhir(written(tmp_path, bundle))
    content["relatedArtifact"] = sides[:1]
    with pytest.raises(InputError, match=r"entry 3: content\.relatedArtifact: expected the two versions, got 1"):
        read_fhir(written(tmp_path, bundle))


def test_without_its_library_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "fhir.resources", None)
    with pytest.raises(ValueError, match=r"pip install 'evitrail\[fhir\]'"):
        r5.checked(json.dumps(foreign()))
