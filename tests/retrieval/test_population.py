"""Who is asked about and who was studied is read from a few words, and only a plain clash drops."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from gating import passed, report, rules
from hypothesis import given
from hypothesis import strategies as st
from world import WordVectors, clock, evidence

from evitrail.eval.dataset.case import load
from evitrail.eval.demo import DEMO_CASES
from evitrail.evidence_store import EvidenceStore, Snapshot, read_evidence
from evitrail.evidence_store.demo import DEMO_EVIDENCE
from evitrail.retrieval.facets import WORDS, clash, facets
from evitrail.retrieval.gates.population import studied


@pytest.mark.parametrize(
    ("text", "axis", "values"),
    [
        ("A 61-year-old man has chest pain", "age", {"adult", "older"}),
        ("A 61-year-old man has chest pain", "sex", {"male"}),
        ("A 34 year old woman asks", "age", {"adult"}),
        ("A patient aged 34 asks", "age", {"adult"}),
        ("A 14-day-old has a fever", "age", {"newborn"}),
        ("A 5-month-old has eczema", "age", {"child"}),
        ("A 16-year-old asks", "age", {"adult", "child"}),
        ("Older adults with bacteriuria", "age", {"older"}),
        ("adults 50 or older", "age", {"adult", "older"}),
        ("Infants with bronchiolitis", "age", {"child", "newborn"}),
        ("Adults and children in status epilepticus", "age", {"adult", "child", "newborn", "older"}),
        ("A woman who is 29 weeks pregnant", "pregnancy", {"pregnant"}),
        ("A stable 29-year-old at 24 weeks of pregnancy", "pregnancy", {"pregnant"}),
        ("Non-pregnant adults", "pregnancy", {"not pregnant"}),
        ("A 23-year-old woman who is not pregnant", "pregnancy", {"not pregnant"}),
        ("Women who may be pregnant", "pregnancy", {"pregnant", "not pregnant"}),
        ("A 71-year-old woman", "pregnancy", {"not pregnant"}),
        ("healthy postmenopausal women", "sex", {"female"}),
    ],
)
def test_a_facet_is_read_from_its_words(text: str, axis: str, values: set[str]) -> None:
    assert facets(text)[axis] == values


@pytest.mark.parametrize(
    ("text", "axis"),
    [
        ("smokers with a lung nodule", "age"),
        ("At 26 weeks she has a one-hour screen of 151 mg/dL", "age"),
        ("adults aged 40 to 75 years", "pregnancy"),
        ("women after gestational diabetes", "pregnancy"),
        ("She is not planning a pregnancy", "pregnancy"),
        ("A mother who breastfeeds a 2-month-old asks about her boy", "sex"),
        ("management of mania in emergency", "sex"),
    ],
)
def test_what_is_not_plainly_said_is_left_open(text: str, axis: str) -> None:
    assert axis not in facets(text)


@given(
    st.lists(st.sampled_from([word.pattern for word in WORDS if word.pattern.isalpha()] + ["adults", "61-year-old"]))
)
def test_a_text_never_clashes_with_itself_or_with_silence(words: list[str]) -> None:
    said = facets(" and ".join(words))
    assert clash(said, said) is None
    assert clash(said, facets("")) is None
    assert clash(facets(""), said) is None


@pytest.fixture(scope="module")
def clinic(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Snapshot]:
    folder = tmp_path_factory.mktemp("clinic") / "store"
    groups = ("Children with croup", "Adults", "Pregnant women", "Men", "Older adults", "People with asthma")
    with EvidenceStore.open(folder, create=True, embedder=WordVectors(), clock=clock) as store:
        store.ingest(evidence(group.lower().replace(" ", "-"), title="Advice", population=group) for group in groups)
        store.ingest([evidence("titled", title="Croup in children")])
        yield store.snapshot()


EVERYBODY = tuple(f"{name}@1" for name in ("children-with-croup", "adults", "pregnant-women", "men", "older-adults"))


def test_what_was_studied_in_others_is_dropped_with_both_sides_named(clinic: Snapshot) -> None:
    asked = "A 34-year-old woman who is not pregnant wheezes. What helps?"
    kept, why = passed("population", clinic, *EVERYBODY, query=asked)
    assert kept == ["adults@1"]
    assert why == {
        "children-with-croup@1": "about child or newborn, asked about adult",
        "pregnant-women@1": "about pregnant, asked about not pregnant",
        "men@1": "about male, asked about female",
        "older-adults@1": "about older, asked about adult",
    }


def test_silence_on_either_side_lets_everything_pass(clinic: Snapshot) -> None:
    refs = (*EVERYBODY, "people-with-asthma@1")
    assert passed("population", clinic, *refs, query="Which drug helps?") == (list(refs), {})
    assert passed("population", clinic, "people-with-asthma@1", query="A boy wheezes.").kept == ["people-with-asthma@1"]


def test_a_title_counts_where_no_population_is_stated(clinic: Snapshot) -> None:
    assert rules(report("population", clinic, "titled@1", query="A 50-year-old coughs.")) == {
        "titled@1": "population.age"
    }


def test_offered_answers_do_not_speak_of_the_patient(clinic: Snapshot) -> None:
    asked = "What should be done? Give it to children only"
    assert passed("population", clinic, *EVERYBODY, query=asked).kept == list(EVERYBODY)
    assert "adults@1" in passed("population", clinic, *EVERYBODY, query="Give it to children only").why


def test_no_question_of_the_demonstration_loses_the_evidence_that_decides_it() -> None:
    known = {item.ref: item for item in read_evidence(DEMO_EVIDENCE)}
    cases = load(DEMO_CASES)
    lost = [(c.id, ref) for c in cases for ref in c.clean_evidence if clash(facets(c.stem), studied(known[ref]))]
    others = sum(clash(facets(c.stem), studied(item)) is not None for c in cases for item in known.values())
    assert lost == []
    assert others > len(cases)
