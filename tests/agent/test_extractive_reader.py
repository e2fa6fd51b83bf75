"""The extractive reader: claims point into the text, choices follow from claims, equal arguments give equal results."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evitrail.agent.model import Claim, Critique, Decoding, Question, Synthesis
from evitrail.agent.reader.extractive.extractive import ExtractiveReader
from evitrail.agent.reader.extractive.features import Embed, features
from evitrail.agent.reader.extractive.option_terms import OPTION_TERMS
from evitrail.agent.reader.extractive.relevance_terms import RELEVANCE_TERMS
from evitrail.agent.reader.extractive.scoring import fitted
from evitrail.evidence_store.model import Evidence, Passage
from evitrail.retrieval.base import Hit
from evitrail.traces.record import content_id

NODULE = Question(
    id="nodule",
    stem="A 60-year-old smoker has a solid lung nodule of 0.7 cm found by chance on CT. What follow-up is advised?",
    options={
        "A": "No follow-up imaging of the nodule",
        "B": "Repeat CT at 6 to 12 months",
        "C": "PET-CT or biopsy now",
        "D": "Repeat CT at 24 to 36 months",
    },
)
GUIDELINE = (
    "For a solid lung nodule of 6 to 8 mm, repeat CT is advised at 6 to 12 months. "
    "Nodules above 8 mm may need PET-CT or biopsy."
)
OTHER = (
    "Colorectal cancer screening starts at 45 years. Stool tests are repeated every year.",
    "Metformin is the first drug for type 2 diabetes. Stop it when the eGFR falls below 30 mL/min.",
    "An abdominal aortic aneurysm of 5.5 cm or more in men is repaired. Smaller ones are followed by ultrasound.",
    "Hip fractures are operated within 48 hours. Early mobilisation lowers the risk of pneumonia.",
)


def hit(text: str, lineage: str = "nodule", rank: int = 1) -> Hit:
    evidence = Evidence(
        id=lineage,
        version="1",
        title=lineage,
        text=text,
        organization="",
        kind="guideline",
        url=None,
        published=date(2020, 1, 1),
        valid_from=date(2020, 1, 1),
        valid_to=None,
        supersedes=None,
        retracted=False,
        grade=None,
    )
    passage = Passage(
        header=evidence.header(), evidence_id=content_id(evidence), part=0, start=0, end=len(text), text=text
    )
    return Hit(passage=passage, score=1.0, rank=rank, why="test")


def served(*texts: str) -> list[Hit]:
    return [hit(text, f"source-{i}", i) for i, text in enumerate(texts, start=1)]


def bag(texts: Sequence[str]) -> np.ndarray:
    """An embedder without a model: each word points in a direction of its own."""
    rows = np.zeros((len(texts), 64), dtype=np.float32)
    for row, text in zip(rows, texts, strict=True):
        for word in text.lower().split():
            row[hashlib.sha256(word.encode()).digest()[0] % 64] += 1
        row /= max(float(np.linalg.norm(row)), 1.0)
    return rows


READERS = [ExtractiveReader(), ExtractiveReader(embed=bag)]


def chosen(reader: ExtractiveReader, question: Question, hits: Sequence[Hit]) -> str | None:
    return reader.choose(question, reader.synthesise(question, hits), Decoding()).option


@pytest.mark.parametrize("reader", READERS)
def test_the_option_that_the_evidence_states_is_chosen(reader: ExtractiveReader) -> None:
    assert chosen(reader, NODULE, served(GUIDELINE)) == "B"


@pytest.mark.parametrize("reader", READERS)
def test_it_is_chosen_among_passages_about_something_else_in_any_order(reader: ExtractiveReader) -> None:
    assert chosen(reader, NODULE, served(*OTHER, GUIDELINE)) == "B"
    assert chosen(reader, NODULE, served(GUIDELINE, *reversed(OTHER))) == "B"


@pytest.mark.parametrize(("months", "letter"), [("6 to 12 months", "B"), ("24 to 36 months", "D")])
def test_a_number_decides_between_options_that_share_their_words(months: str, letter: str) -> None:
    text = f"After a solid lung nodule is found by chance, repeat CT is advised at {months}."
    assert chosen(ExtractiveReader(), NODULE, served(text)) == letter


@pytest.mark.parametrize("embed", [None, bag])
def test_of_the_terms_only_those_that_count_are_worked_out_as_they_are_with_all_others(embed: Embed | None) -> None:
    passages = [hit.passage for hit in served(GUIDELINE, *OTHER)]
    whole = features(NODULE, passages, embed)
    named = fitted().named
    some = features(NODULE, passages, embed, named)
    assert named < {*OPTION_TERMS, *RELEVANCE_TERMS}
    for names, ours, all_of_it in (
        (OPTION_TERMS, some.options, whole.options),
        (RELEVANCE_TERMS, some.relevance, whole.relevance),
    ):
        for place, name in enumerate(names):
            assert np.array_equal(ours[..., place], all_of_it[..., place] if name in named else 0 * ours[..., place])
    assert whole.options.any(axis=(0, 1))[list(OPTION_TERMS).index("numbers")]


@pytest.mark.parametrize("reader", READERS)
def test_every_quote_is_the_text_between_its_offsets(reader: ExtractiveReader) -> None:
    hits = served(GUIDELINE, *OTHER)
    texts = {h.passage.id: h.passage.text for h in hits}
    claims = reader.synthesise(NODULE, hits).claims
    assert claims
    for claim in claims:
        assert claim.quote == texts[claim.passage][claim.start : claim.end]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(alphabet="ab CT6-.;,\n≥8mé%()", min_size=1, max_size=60).filter(str.strip), max_size=4))
def test_whatever_the_text_claims_are_bounded_and_exact(texts: list[str]) -> None:
    reader = ExtractiveReader()
    hits = served(*texts)
    by_id = {h.passage.id: h.passage.text for h in hits}
    synthesis = reader.synthesise(NODULE, hits)
    for claim in synthesis.claims:
        assert claim.quote == by_id[claim.passage][claim.start : claim.end]
        assert len(claim.terms) <= 6
        assert claim.strength == round(claim.strength, 6) > 0
    for letter in NODULE.options:
        assert sum(c.option == letter and c.stance == "supports" for c in synthesis.claims) <= 3
        assert sum(c.option == letter and c.stance == "refutes" for c in synthesis.claims) <= 2
    assert reader.choose(NODULE, synthesis, Decoding()).logits.keys() == NODULE.options.keys()


def test_a_claim_names_the_number_that_spoke_for_it() -> None:
    claims = ExtractiveReader().synthesise(NODULE, served(GUIDELINE)).claims
    [first, *_] = [c for c in claims if c.option == "B" and c.stance == "supports"]
    assert any("6 to 12 months" in term.text and term.weight > 0 for term in first.terms)


def test_a_hyphenated_word_can_speak() -> None:
    question = Question(id="hyphen", stem="Which is first?", options={"A": "Chest X-ray", "B": "5-HT4 agonist"})
    for letter, text in (("A", "An X-ray of the chest is first."), ("B", "The 5HT4 agonist is first.")):
        assert chosen(ExtractiveReader(), question, served(text)) == letter


def test_two_versions_that_disagree_leave_the_reader_torn() -> None:
    reader = ExtractiveReader()
    old, new = (f"Repeat CT of the nodule at {m} months." for m in ("6 to 12", "24 to 36"))
    one = reader.choose(NODULE, reader.synthesise(NODULE, served(new)), Decoding())
    both = reader.choose(NODULE, reader.synthesise(NODULE, served(old, new)), Decoding())
    assert abs(both.logits["B"] - both.logits["D"]) < abs(one.logits["B"] - one.logits["D"])


def test_equal_arguments_give_equal_records() -> None:
    first, second = ExtractiveReader(embed=bag), ExtractiveReader(embed=bag)
    hits = served(GUIDELINE, *OTHER)
    one, two = first.synthesise(NODULE, hits), second.synthesise(NODULE, hits)
    assert content_id(one) == content_id(two)
    assert first.choose(NODULE, one, Decoding()) == second.choose(NODULE, two, Decoding())


def test_the_embedder_is_asked_once_a_question() -> None:
    calls: list[int] = []

    def counting(texts: Sequence[str]) -> np.ndarray:
        calls.append(len(texts))
        return bag(texts)

    ExtractiveReader(embed=counting).synthesise(NODULE, served(GUIDELINE, *OTHER))
    assert len(calls) == 1


def test_the_name_of_a_reader_is_its_weights_not_its_embedder() -> None:
    assert repr(ExtractiveReader()) == repr(ExtractiveReader(embed=bag))
    weights = ExtractiveReader().weights
    other = ExtractiveReader(weights=weights.model_copy(update={"scale": weights.scale * 2}))
    assert repr(other) != repr(ExtractiveReader())


def test_no_passage_gives_no_claim_and_says_so() -> None:
    synthesis = ExtractiveReader().synthesise(NODULE, [])
    assert synthesis.claims == ()
    assert "no passages" in synthesis.note


def test_a_tie_abstains_with_its_reason() -> None:
    question = NODULE.model_copy(update={"stem": "Next?"})
    choice = ExtractiveReader().choose(question, Synthesis(claims=(), note=""), Decoding())
    assert choice.option is None
    assert "equal" in choice.reason


def claim(option: str, strength: float, stance: str = "supports") -> Claim:
    return Claim(option=option, stance=stance, strength=strength, quote="q", passage="p@1#0", start=0, end=1)


@given(st.floats(0.01, 5), st.floats(0.01, 5))
def test_more_support_never_lowers_an_option_and_refutation_never_raises_it(strength: float, other: float) -> None:
    reader = ExtractiveReader()

    def logit(*claims: Claim) -> float:
        return reader.choose(NODULE, Synthesis(claims=claims, note=""), Decoding()).logits["A"]

    base = logit(claim("A", strength), claim("B", other))
    assert logit(claim("A", strength), claim("B", other), claim("A", other)) >= base
    assert logit(claim("A", strength), claim("B", other), claim("A", other, "refutes")) <= base


def test_ballots_follow_the_seed_and_the_question() -> None:
    reader = ExtractiveReader()
    synthesis = Synthesis(claims=(claim("A", 0.5), claim("B", 0.4)), note="")
    votes = [reader.choose(NODULE, synthesis, Decoding(samples=40, seed=seed)).ballots.votes for seed in (1, 1, 2)]
    assert votes[0] == votes[1] != votes[2]
    renamed = NODULE.model_copy(update={"id": "another"})
    assert reader.choose(renamed, synthesis, Decoding(samples=40, seed=1)).ballots.votes != votes[0]


def test_ballots_gather_on_the_choice_as_the_temperature_falls() -> None:
    reader = ExtractiveReader()
    synthesis = reader.synthesise(NODULE, served(GUIDELINE))
    cold = reader.choose(NODULE, synthesis, Decoding(samples=50, temperature=0.01))
    assert set(cold.ballots.votes) == {cold.option}


def test_a_choice_names_exactly_the_claims_it_used() -> None:
    reader = ExtractiveReader()
    synthesis = reader.synthesise(NODULE, served(GUIDELINE))
    choice = reader.choose(NODULE, synthesis, Decoding())
    assert choice.claims == tuple(content_id(c) for c in synthesis.claims)


def test_evidence_that_decides_is_adequate_and_evidence_about_something_else_is_not() -> None:
    reader = ExtractiveReader(embed=bag)
    assert reader.appraise(NODULE, served(GUIDELINE)).adequate
    assert not reader.appraise(NODULE, served(OTHER[3])).adequate
    nothing = reader.appraise(NODULE, [])
    assert not nothing.adequate
    assert nothing.weak_options == ("A", "B", "C", "D")


def test_the_first_query_is_the_stem_and_no_query_is_asked_twice() -> None:
    reader = ExtractiveReader()
    first = reader.plan(NODULE, None, [])
    assert first.text == NODULE.stem
    asked = [first.text]
    critique = Critique(adequate=False, reason="thin", weak_options=("C",))
    for _ in range(60):
        query = reader.plan(NODULE, critique, asked)
        assert query.text not in asked
        assert query.reason
        asked.append(query.text)
    assert "biopsy" in asked[1]


def test_a_term_that_the_weights_do_not_name_counts_for_nothing() -> None:
    shipped = ExtractiveReader().weights
    named = shipped.model_copy(update={"terms": {**shipped.terms, "denied": -5.0}})
    denying = served("Repeat CT at 6 to 12 months is advised. Do not follow up a nodule without repeat imaging.")
    claims = ExtractiveReader(weights=shipped).synthesise(NODULE, denying).claims
    assert not [c for c in claims if c.stance == "refutes"]
    assert [c for c in ExtractiveReader(weights=named).synthesise(NODULE, denying).claims if c.stance == "refutes"]
