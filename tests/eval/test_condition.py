"""A condition is a complete specification of an arm, under its own name or the published one."""

from pathlib import Path

import pytest
from ward import advice, case, opened

from eval.condition import ALIASES, CONDITIONS, Condition, ConditionError, condition
from retrieval import RETRIEVERS, Fixed, Full

PUBLISHED = ("zero_shot", "evidence_clean", "evidence_conflict", "top_10", "deep_research", "context_max")


@pytest.mark.parametrize("name", CONDITIONS)
def test_a_preset_is_found_by_its_name_and_survives_json(name: str) -> None:
    found = condition(name)
    assert found.name == name
    assert Condition.model_validate_json(found.model_dump_json()) == found
    assert found.steps.name == found.agent


def test_each_published_key_names_a_preset_of_its_own() -> None:
    assert tuple(ALIASES) == PUBLISHED
    assert [condition(key).name for key in PUBLISHED] == [name for name in CONDITIONS if name != "gated"]


def test_an_unknown_name_is_answered_with_the_known_ones() -> None:
    with pytest.raises(ConditionError) as refused:
        condition("standart")
    said = str(refused.value)
    assert "'standart'" in said
    assert "\n" not in said
    assert all(name in said for name in CONDITIONS)


@pytest.mark.parametrize(
    ("name", "retriever", "k"),
    [
        ("closed_book", None, 10),
        ("clean", Fixed(("apixaban@1",)), 600),
        ("conflict", Fixed(("letter@1", "apixaban@1")), 600),
        ("standard", RETRIEVERS["dense"], 10),
        ("agentic", RETRIEVERS["dense"], 5),
        ("max_context", Full(tokens=9_240), 600),
        ("gated", RETRIEVERS["clean"], 5),
    ],
)
def test_a_preset_searches_as_published(name: str, retriever: object, k: int) -> None:
    asked = case("apixaban", conflict_evidence=("letter@1", "apixaban@1"))
    assert condition(name).retriever_for(asked) == retriever
    assert condition(name).k == k


def test_curated_arms_serve_all_of_the_cases_evidence_byte_for_byte_whatever_is_asked(tmp_path: Path) -> None:
    doses = " ".join(f"At age {n} the dose – by weight – is ≥ {n % 9} mg; see table {n}." for n in range(200))
    texts = {"apixaban@1": f"For apixaban the advice is option B. {doses}", "letter@1": "A letter says otherwise: C…"}
    asked = case("apixaban", conflict_evidence=tuple(reversed(texts)))
    with opened(tmp_path) as store:
        given = [advice("apixaban", "B", id=ref.partition("@")[0], text=text) for ref, text in texts.items()]
        store.ingest([*given, advice("heparin", "A")])
        snapshot = store.snapshot(as_of=asked.as_of)
        for name, refs in (("clean", asked.clean_evidence), ("conflict", asked.conflict_evidence)):
            arm = condition(name)
            retriever = arm.retriever_for(asked)
            assert retriever is not None
            hits = retriever.search("heparin", snapshot, arm.k).hits
            assert len(hits) > 10
            assert list(dict.fromkeys(hit.passage.ref for hit in hits)) == list(refs)
            for ref in refs:
                served = [hit.passage for hit in hits if hit.passage.ref == ref]
                assert all(p.text.encode() == texts[ref][p.start : p.end].encode() for p in served)
                between = zip([0, *(p.end for p in served)], [*(p.start for p in served), len(texts[ref])], strict=True)
                assert "".join(texts[ref][end:start] for end, start in between).strip() == "", "no word is lost"
