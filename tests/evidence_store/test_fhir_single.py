"""FHIR resources of others, one in a file or a folder: read as far as they say enough, what was assumed being told."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from bundles import coded, foreign, written
from desk import evitrail
from mutated import mutated, refused_or_read

from evitrail.evidence_store import EvidenceStore, InputError
from evitrail.evidence_store.formats import FORMATS
from evitrail.evidence_store.formats.base import Defaults
from evitrail.evidence_store.formats.fhir import Taken, read_fhir

Resource = dict[str, Any]
MESH = "http://terminology.hl7.org/CodeSystem/MSH"
GUIDE = "http://hl7.org/fhir/uv/ebm/StructureDefinition/"


def saved(folder: Path, name: str, resource: object) -> Path:
    (folder / name).write_text(json.dumps(resource), "utf-8")
    return folder / name


def citation() -> Resource:
    return {
        "resourceType": "Citation",
        "id": "Tablets.2018",
        "status": "active",
        "title": "Citation of the tablets trial",
        "publisher": "The journal of tests",
        "citedArtifact": {
            "identifier": [{"system": "https://pubmed.ncbi.nlm.nih.gov/", "value": "90000001"}],
            "abstract": [{"text": "We gave tablet A or tablet B."}],
            "publicationForm": [{"articleDate": "2018-03"}],
            "classification": [{"classifier": [coded(MESH, "D016449")]}],
        },
    }


def statement() -> Resource:
    """As the guide's examples are: spelt for R6, without a version, with a server's number and its own code systems."""
    return {
        "resourceType": "Evidence",
        "id": "4711",
        "meta": {"versionId": "17", "profile": [f"{GUIDE}comparative-evidence"]},
        "url": "https://example.org/Evidence/4711",
        "status": "active",
        "date": "2022-09-19T21:15:57.338Z",
        "title": "Tablet A against tablet B: cough after a week",
        "publisher": "Example Publishing",
        "citeAs": "Tablet A against tablet B. Example Publishing.",
        "description": "Fewer of those on tablet A coughed after a week.",
        "relatesTo": [{"type": coded("https://example.org/types", "derived-from"), "targetUri": "https://example.org"}],
        "variableDefinition": [
            {"variableRole": "population", "description": "adults with a cough"},
            {"variableRole": "exposure", "comparatorCategory": "tablet B"},
        ],
        "studyDesign": [coded("https://fevir.net/sevco", "SEVCO:01003")],
        "synthesisType": [coded("http://terminology.hl7.org/CodeSystem/synthesis-type", "NotApplicable")],
        "certainty": [
            {
                "type": coded("https://example.org/certainty", "Overall"),
                "rating": coded("https://example.org/certainty", "good"),
                "rater": ["A. Example"],
            }
        ],
    }


def assessment() -> Resource:
    return {
        "resourceType": "ArtifactAssessment",
        "id": "4712",
        "title": "Comment on the tablets",
        "artifactReference": {"reference": "Evidence/4711"},
        "content": [{"informationType": "comment", "summary": "Were children in it?"}],
    }


def test_a_single_citation_is_read_by_the_abstract_of_what_it_cites(tmp_path: Path) -> None:
    taken = read_fhir(saved(tmp_path, "one.json", citation()))
    (item,) = taken.evidence
    assert (item.ref, item.kind, item.pmid) == ("tablets-2018@2018", "randomized_trial", "90000001")
    assert (item.published, item.text) == (date(2018, 3, 1), "We gave tablet A or tablet B.")
    (note,) = taken.notes
    assert "articleDate is a month alone (1)" in note
    assert "version = year of publication (1)" in note
    without = citation()
    del without["citedArtifact"]["abstract"]
    with pytest.raises(InputError, match="expected Evidence, or a Citation with an abstract, got 1 Citation"):
        read_fhir(saved(tmp_path, "none.json", without))


def test_a_single_evidence_of_hl7s_guide_speaks_for_itself(tmp_path: Path) -> None:
    file = saved(tmp_path, "one.json", statement())
    taken = read_fhir(file)
    (item,) = taken.evidence
    assert (item.ref, item.kind, item.grade) == ("evidence-4711@17", "narrative_review", None)
    assert (item.published, item.organization) == (date(2022, 9, 19), "Example Publishing")
    assert (item.population, item.url) == ("adults with a cough", "https://example.org/Evidence/4711")
    assumed, aside = taken.notes
    assert "published = the day of the resource's last change, as no Citation is there (1)" in assumed
    assert "version = the number its server gives (1)" in assumed
    assert "ungraded, as its certainty is not understood: certainty.0.type: expected Overall of" in assumed
    assert aside == (
        f"{file}: FHIR R6, read as R5; not in R5 and not read: Evidence.certainty.rater, Evidence.citeAs, "
        "Evidence.relatesTo, Evidence.synthesisType, Evidence.variableDefinition.comparatorCategory"
    )


def test_a_folder_is_read_as_one_and_other_resources_are_counted(tmp_path: Path) -> None:
    cited = {**statement(), "id": "4713", "citeAsReference": {"reference": "Citation/Tablets.2018"}}
    saved(tmp_path, "1.json", citation())
    saved(tmp_path, "2.json", statement())
    saved(tmp_path, "3.json", cited)
    saved(tmp_path, "4.json", assessment())
    saved(tmp_path, "5.json", {"resourceType": "Group", "whatever": True})
    taken = read_fhir(tmp_path)
    assert sorted(item.ref for item in taken.evidence) == ["evidence-4711@17", "tablets-2018@2018"]
    assert [item.text for item in taken.evidence if item.pmid] == ["Fewer of those on tablet A coughed after a week."]
    assert taken.left_aside == {"ArtifactAssessment": 1, "Group": 1}
    there = ("--by", "d.larsen", "--store", tmp_path / "store", "--json")
    first, again = (evitrail("store", "import-fhir", tmp_path, *there).json for _ in range(2))
    assert (len(first["published"]), first["known"]) == (2, 0)
    assert (again["published"], again["known"]) == ([], 2)


def test_the_record_of_a_publication_is_r6s_citation(tmp_path: Path) -> None:
    record = {**citation(), "resourceType": "PublicationRecord", "resourceDefinition": "http://hl7.org/fhir/X|6.0.0"}
    record["citedArtifact"]["relatesTo"] = [{"type": coded("urn:x", "cites"), "targetUri": "https://example.org"}]
    taken = read_fhir(saved(tmp_path, "one.json", record))
    assert [item.ref for item in taken.evidence] == ["tablets-2018@2018"]
    assert "Citation.citedArtifact.relatesTo" in taken.notes[1]


def test_an_assessment_of_others_alone_is_left_aside_and_records_nothing(tmp_path: Path) -> None:
    file = saved(tmp_path, "one.json", assessment())
    assert read_fhir(file) == Taken([], [], [], [], {"ArtifactAssessment": 1})
    said = evitrail("store", "import-fhir", file, "--by", "d.larsen", "--store", tmp_path / "store")
    assert said.code == 0
    assert "left aside: 1 ArtifactAssessment" in said.out
    (fault,) = evitrail("store", "ingest", file, "--store", tmp_path / "store", "--check").faults
    assert fault == f"{file}: expected at least one version of evidence, got none (left aside: 1 ArtifactAssessment)"


def test_a_contradiction_alone_is_recorded_of_versions_that_the_store_holds(tmp_path: Path) -> None:
    system = "https://evitrail.org/fhir/CodeSystem/contradiction"
    sides = ("evidence-4711@17", "tablets-2018@2018")
    content = {
        "informationType": "comment",
        "type": coded(system, "magnitude"),
        "summary": "adults",
        "author": {"display": "A. Example"},
        "relatedArtifact": [
            {"type": "comments-on", "resourceReference": {"identifier": {"value": ref}}} for ref in sides
        ],
    }
    file = saved(tmp_path, "edge.json", {**assessment(), "content": [content]})
    there = ("--by", "d.larsen", "--store", tmp_path / "store")
    (fault, _) = evitrail("store", "import-fhir", file, *there).faults
    assert fault.startswith("expected both versions of a contradiction in what is imported or in the store, got no")
    (tmp_path / "both").mkdir()
    saved(tmp_path / "both", "1.json", citation())
    saved(tmp_path / "both", "2.json", statement())
    assert evitrail("store", "import-fhir", tmp_path / "both", *there).code == 0
    assert evitrail("store", "import-fhir", file, *there).code == 0
    with EvidenceStore.open(tmp_path / "store") as store:
        assert [one.scope for one in store.snapshot().disputes(sides[0])] == ["adults"]


def without(*path: str) -> Callable[[Resource], None]:
    def change(resource: Resource) -> None:
        for key in path[:-1]:
            resource = resource[key]
        del resource[path[-1]]

    return change


def entry(bundle: Resource, number: int) -> Resource:
    found: Resource = bundle["entry"][number]["resource"]
    return found


CERTAINTY: list[tuple[Callable[[Resource], object], str]] = [
    (lambda e: e["certainty"][0].update(rating=coded("urn:x", "good")), "certainty.0.rating: expected one of high"),
    (lambda e: e["certainty"][0].pop("rating"), "certainty.0.rating is missing"),
    (lambda e: e["certainty"][0].update(type={"text": "GRADE"}), "certainty.0.type: expected Overall of"),
    (
        lambda e: e["certainty"][0]["subcomponent"][0].update(type=coded("urn:x", "Bias")),
        "certainty.0.subcomponent.0.type: expected one of RiskOfBias",
    ),
    (
        lambda e: e["certainty"][0]["subcomponent"][0]["rating"]["coding"][0].update(code="present"),
        "certainty.0.subcomponent.0.rating: expected one of no-concern",
    ),
    (lambda e: e["certainty"].append(e["certainty"][0]), "certainty.1: expected one certainty for the whole"),
    (lambda e: e.pop("studyDesign"), "certainty.0: expected a studyDesign to add it up from, got none"),
]


@pytest.mark.parametrize(("change", "told"), CERTAINTY, ids=[told[:40] for _, told in CERTAINTY])
def test_a_certainty_in_codes_of_others_leaves_the_version_ungraded_and_is_told(
    tmp_path: Path, change: Callable[[Resource], object], told: str
) -> None:
    bundle = foreign()
    change(entry(bundle, 1))
    taken = read_fhir(written(tmp_path, bundle))
    assert [item.grade for item in taken.evidence] == [None]
    assert f"ungraded, as its certainty is not understood: {told}" in taken.notes[0]


@pytest.mark.parametrize(
    ("change", "ref", "told"),
    [
        (without("version"), "ist-3-review@2014", "version = year of publication (1)"),
        (
            without("citedArtifact", "classification"),
            "ist-3-review@1.0.0",
            "kind = narrative_review, as no publication",
        ),
    ],
)
def test_what_r5_does_not_require_of_a_citation_is_assumed_and_told(
    tmp_path: Path, change: Callable[[Resource], None], ref: str, told: str
) -> None:
    bundle = foreign()
    change(entry(bundle, 0))
    taken = read_fhir(written(tmp_path, bundle))
    assert [item.ref for item in taken.evidence] == [ref]
    assert told in taken.notes[0]


@pytest.mark.parametrize(
    ("period", "valid"),
    [
        ({"start": "2014", "end": "2019"}, (date(2014, 1, 1), date(2020, 1, 1))),
        ({"start": "2014-08", "end": "2019-02"}, (date(2014, 8, 1), date(2019, 3, 1))),
        ({"end": "2019-12"}, (date(2014, 7, 29), date(2020, 1, 1))),
    ],
)
def test_a_year_or_month_begins_a_period_with_its_first_day_and_ends_one_with_its_last(
    tmp_path: Path, period: dict[str, str], valid: tuple[date, date]
) -> None:
    bundle = foreign()
    entry(bundle, 0)["effectivePeriod"] = period
    (item,) = read_fhir(written(tmp_path, bundle)).evidence
    assert (item.valid_from, item.valid_to) == valid


def test_an_evidence_without_a_day_is_refused_unless_the_person_says_one(tmp_path: Path) -> None:
    undated = statement()
    del undated["date"]
    file = saved(tmp_path, "one.json", undated)
    with pytest.raises(InputError) as refused:
        read_fhir(file)
    assert refused.value.faults == (f"{file}: Evidence.date is missing; add it, or give --published DAY",)
    said = evitrail(
        "store", "ingest", file, "--published", "2020-02-03", "--store", tmp_path / "s", "--check", "--json"
    )
    assert said.json["versions"] == 1


def test_a_bundle_of_ours_is_held_to_what_was_exported(tmp_path: Path) -> None:
    bundle = foreign()
    ours = [{"system": "https://evitrail.org/fhir/version", "value": "ist-3-review@1.0.0"}]
    for resource in (entry(bundle, 0), entry(bundle, 1)):
        resource["identifier"] = ours
    entry(bundle, 1)["certainty"][0].pop("rating")
    with pytest.raises(InputError, match=r"certainty\.0\.rating is missing"):
        read_fhir(written(tmp_path, bundle))
    entry(bundle, 1).pop("citeAsReference")
    with pytest.raises(InputError, match="expected the Citation that it is to be cited as in this bundle, got none"):
        read_fhir(written(tmp_path, bundle))


@pytest.mark.parametrize("resource", [citation(), statement(), assessment()], ids=lambda one: one["resourceType"])
def test_a_damaged_resource_is_read_or_refused_in_a_line(tmp_path: Path, resource: Resource) -> None:
    file = tmp_path / "one.json"
    for data in mutated(json.dumps(resource, indent=1).encode(), 150, seed=resource["resourceType"]):
        file.write_bytes(data)
        refused_or_read(lambda: FORMATS["fhir"].parsed(file, defaults=Defaults(values={"published": "2018"})))
