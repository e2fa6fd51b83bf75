"""A condition is a complete specification of a condition, under its own name or the published one."""

from pathlib import Path

import pytest
from ward import advice, case, opened

from evitrail.agent.llm import ScriptedLLM
from evitrail.agent.reader import DirectReader
from evitrail.eval.experiment.experiment import Experiment
from evitrail.eval.plan.condition import ALIASES, CONDITIONS, PUBLISHED, Condition, ConditionError, condition
from evitrail.eval.report.profile import describe
from evitrail.retrieval import RETRIEVERS, Fixed, Full


@pytest.mark.parametrize("name", CONDITIONS)
def test_a_preset_is_found_by_its_name_and_survives_json(name: str) -> None:
    found = condition(name)
    assert found.name == name
    assert Condition.model_validate_json(found.model_dump_json()) == found
    assert found.steps.name == found.agent


def test_each_of_the_ten_published_keys_names_a_preset_of_its_own() -> None:
    assert len(PUBLISHED) == 10
    assert ALIASES.keys() <= set(PUBLISHED)
    presets = [condition(key).name for key in PUBLISHED]
    assert len(set(presets)) == 10
    assert presets == [name for name in CONDITIONS if name in presets]


def test_an_unknown_name_is_answered_with_the_known_ones() -> None:
    with pytest.raises(ConditionError) as refused:
        condition("standart")
    said = str(refused.value)
    assert "'standart'" in said
    assert "\n" not in said
    assert all(name in said for name in CONDITIONS)
    assert said.endswith("did you mean 'standard'?")


@pytest.mark.parametrize(
    ("name", "retriever", "k"),
    [
        ("closed_book", None, 10),
        ("clean", Fixed(("apixaban@1",)), 600),
        ("conflict", Fixed(("letter@1", "apixaban@1")), 600),
        ("standard", RETRIEVERS["dense"], 10),
        ("top_1", RETRIEVERS["dense"], 1),
        ("top_5", RETRIEVERS["dense"], 5),
        ("padded_top_1", RETRIEVERS["dense"], 10),
        ("deep_research", Fixed(("report@1",)), 600),
        ("agentic", RETRIEVERS["dense"], 5),
        ("per_option", RETRIEVERS["dense"], 5),
        ("context_32k", Full(tokens=30_000), 600),
        ("context_100k", Full(tokens=96_000), 600),
        ("max_context", Full(tokens=9_240), 600),
        ("gated", RETRIEVERS["clean"], 5),
    ],
)
def test_a_preset_searches_as_published(name: str, retriever: object, k: int) -> None:
    asked = case("apixaban", conflict_evidence=("letter@1", "apixaban@1"), reports=("report@1",))
    assert condition(name).retriever_for(asked) == retriever
    assert condition(name).k == k


@pytest.mark.parametrize("name", ["context_32k", "context_100k", "max_context"])
def test_a_long_context_is_searched_for_whole_where_the_models_own_tokens_cut_it(name: str) -> None:
    assert condition(name).retriever_for(case("apixaban"), DirectReader(ScriptedLLM())) == RETRIEVERS["dense"]


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


@pytest.mark.parametrize("name", CONDITIONS)
def test_a_report_says_of_every_preset_what_it_is(name: str) -> None:
    said = {describe(each) for each in CONDITIONS}
    assert describe(name)
    assert len(said) == len(CONDITIONS)


def test_a_condition_that_serves_what_cases_name_is_excluded_where_no_case_names_any(tmp_path: Path) -> None:
    unlabelled, labelled = case("apixaban", clean_evidence=()), case("warfarin", conflict_evidence=("warfarin@1",))
    arms = [condition("clean"), condition("conflict"), condition("standard")]
    with opened(tmp_path) as store:
        asked = Experiment([unlabelled], arms, store, DirectReader(ScriptedLLM()))
        assert set(asked.excluded(asked.cases)) == {"clean", "conflict"}
        assert [job.name for job in asked.jobs(asked.cases)] == ["standard.q-apixaban"]
        both = asked.jobs([unlabelled, labelled])
    assert [job.name for job in both if not job.name.startswith("standard")] == [
        "clean.q-warfarin",
        "conflict.q-warfarin",
    ]
