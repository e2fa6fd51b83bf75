"""Passages are put before a model as they are, made to fit by a stated rule, and its words are kept and confirmed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from ward import advice, case, opened

from evitrail.agent.agents import AGENTS
from evitrail.agent.influence.values import Influence
from evitrail.agent.llm import DoesNotFit, LLMError, ScriptedLLM
from evitrail.agent.model import Answer, Decoding
from evitrail.agent.reader import DirectReader, ExtractiveReader, Fit
from evitrail.agent.reader.prompting.answer_prompts import load_answering
from evitrail.agent.reader.prompting.context import GENERATION, MARGIN, QUESTION, RULE
from evitrail.agent.tools import Tools
from evitrail.eval.plan.condition import condition
from evitrail.evidence_store.snapshot import Snapshot
from evitrail.retrieval import BM25
from evitrail.retrieval.base import Hit, Retrieved
from evitrail.traces.journal.journal import Journal
from evitrail.traces.run.live import Live
from evitrail.traces.trace import Trace

APIXABAN = case("apixaban").question
BRIEF = Decoding(samples=3)


class Asked:
    """One question, answered in a run of its own."""

    def __init__(self, folder: Path, reader: DirectReader, hits: tuple[Hit, ...], snapshot: Snapshot, fit: Fit) -> None:
        self.journal = Journal.open(folder / "journal.db")
        run = Live.begin(self.journal, "asked", APIXABAN)
        tools = Tools(run, snapshot, reader, Given(hits), k=len(hits), decoding=BRIEF, fit=fit)
        self.answer = AGENTS["single_pass"].answer(APIXABAN, tools)
        run.end(self.answer)
        self.trace = Trace(self.journal, "asked")


class Given:
    """Finds what it was given."""

    def __init__(self, hits: tuple[Hit, ...]) -> None:
        self.hits = hits

    def __repr__(self) -> str:
        return "Given()"

    def search(self, query: str, snapshot: Snapshot, k: int) -> Retrieved:
        return Retrieved(query=query, hits=self.hits[:k])


@pytest.fixture
def found(tmp_path: Path) -> tuple[Snapshot, tuple[Hit, ...]]:
    with opened(tmp_path) as store:
        store.ingest([advice("apixaban", letter, id=f"note-{letter.lower()}") for letter in "ABCD"])
        snapshot = store.snapshot()
        return snapshot, BM25().search("apixaban advice", snapshot, 4).hits


def prompts(llm: ScriptedLLM) -> list[str]:
    return [prompt.messages[-1].content for prompt in llm.asked]


def test_the_context_is_the_passages_in_rank_order_so_that_more_of_them_begin_as_fewer_do(
    found: tuple[Snapshot, tuple[Hit, ...]],
) -> None:
    _, hits = found
    reader = DirectReader(ScriptedLLM())
    texts = [reader.synthesise(APIXABAN, hits[:k]).context for k in (1, 2, 4)]
    assert [text.text for text in texts if text] == [RULE.join(hit.passage.text for hit in hits[:k]) for k in (1, 2, 4)]
    for text in texts:
        assert text is not None
        assert [text.text[one.start : one.end] for one in text.passages] == [
            hit.passage.text for hit in hits[: len(text.passages)]
        ]


def test_a_model_is_asked_once_greedily_and_once_for_all_ballots_and_its_words_are_kept(
    tmp_path: Path, found: tuple[Snapshot, tuple[Hit, ...]]
) -> None:
    snapshot, hits = found
    llm = ScriptedLLM((("apixaban", ("Answer: B", "A stroke is likely", "B")),))
    asked = Asked(tmp_path, DirectReader(llm), hits, snapshot, Fit())
    greedy, drawn = llm.asked
    assert (greedy.n, greedy.temperature, greedy.max_tokens) == (1, 0.0, 10)
    assert (drawn.n, drawn.temperature, drawn.seed) == (3, 0.7, 0)
    assert greedy.messages == drawn.messages
    assert [a.path for a in asked.trace.activities] == [
        "retrieve[1]", "synthesise[1]", "choose[1]/model[1]", "choose[1]/model[ballots]", "choose[1]", "check[1]"
    ]  # fmt: skip


def test_the_article_a_is_a_letter_to_the_parser_and_none_once_it_is_checked(
    tmp_path: Path, found: tuple[Snapshot, tuple[Hit, ...]]
) -> None:
    snapshot, hits = found
    llm = ScriptedLLM((("apixaban", ("Answer: B", "A stroke is likely", "B")),))
    reader = DirectReader(llm)
    choice = reader.choose(APIXABAN, reader.synthesise(APIXABAN, hits), BRIEF)
    assert (choice.option, choice.ballots.votes) == ("A", ("A", "A", "B"))  # the A of "Answer", as published
    answer = Asked(tmp_path, reader, hits, snapshot, Fit()).answer
    assert (answer.option, answer.ballots.votes) == ("B", ("B", None, "B"))
    assert answer.rests_on == tuple(sorted({hit.passage.ref for hit in hits}))


def test_a_cut_keeps_the_first_tokens_by_the_models_own_count_and_names_what_is_left(
    found: tuple[Snapshot, tuple[Hit, ...]],
) -> None:
    _, hits = found
    each = len(hits[0].passage.text.split())
    reader = DirectReader(ScriptedLLM()).fitting(Fit(keep="cut", tokens=each + 3))
    context = reader.synthesise(APIXABAN, hits).context
    assert context is not None
    assert (context.tokens, context.cut, len(context.passages)) == (each + 3, True, 2)
    whole = RULE.join(hit.passage.text for hit in hits)
    assert whole.startswith(context.text)
    assert context.passages[-1].end == len(context.text)


def test_the_window_leaves_room_for_question_answer_and_margin(found: tuple[Snapshot, tuple[Hit, ...]]) -> None:
    _, hits = found
    room = QUESTION + GENERATION + MARGIN
    llm = ScriptedLLM(window=room + 7)
    context = DirectReader(llm).fitting(Fit(keep="cut", tokens="window")).synthesise(APIXABAN, hits).context
    assert context is not None
    assert context.tokens == 7
    small = DirectReader(replace(llm, window=room))
    assert str(room + 1)[-3:] in str(small.holds(Fit(keep="cut", tokens="window")))
    with pytest.raises(DoesNotFit):
        small.fitting(Fit(keep="cut", tokens="window")).synthesise(APIXABAN, hits)


@pytest.mark.parametrize(
    ("name", "window", "held"),
    [
        ("context_32k", 32_768, True),
        ("context_32k", 32_000, False),
        ("context_100k", 100_000, True),
        ("context_100k", 40_000, False),
        ("max_context", 8_192, True),
        ("max_context", 7_144, False),
        ("standard", 100, True),
        ("context_100k", None, True),
    ],
)
def test_an_arm_is_left_out_where_the_model_lacks_the_window(name: str, window: int | None, held: bool) -> None:
    said = condition(name).lacking(DirectReader(ScriptedLLM(window=window)))
    assert (said is None) == held


def test_the_control_for_length_says_the_best_passage_until_it_is_as_long_as_all(
    found: tuple[Snapshot, tuple[Hit, ...]],
) -> None:
    _, hits = found
    llm = ScriptedLLM()
    whole = len(RULE.join(hit.passage.text for hit in hits).split())
    context = DirectReader(llm).fitting(Fit(keep="padded")).synthesise(APIXABAN, hits).context
    assert context is not None
    assert (context.tokens, {one.passage for one in context.passages}) == (whole, {hits[0].passage.id})
    assert condition("padded_top_1").lacking(ExtractiveReader(embed=lambda texts: [])) is not None  # type: ignore[arg-type, return-value]


def test_a_model_that_counts_no_tokens_is_told_so_for_a_cut(found: tuple[Snapshot, tuple[Hit, ...]]) -> None:
    class Uncounted:
        deterministic = True

        def __repr__(self) -> str:
            return "uncounted"

    reader = DirectReader(Uncounted())  # type: ignore[arg-type]
    with pytest.raises(LLMError, match="counts its tokens"):
        reader.fitting(Fit(keep="cut", tokens=5)).synthesise(APIXABAN, found[1])


def test_the_published_prompt_ends_with_the_question_and_its_options_and_puts_nothing_before_the_context() -> None:
    said = load_answering().messages(APIXABAN, "CONTEXT")
    assert [message.role for message in said] == ["system", "user"]
    assert said[1].content.startswith("CONTEXT\n\nA patient takes apixaban")
    assert "\nA. option A\nB. option B\nC. option C\nD. option D\n" in said[1].content
    assert load_answering().messages(APIXABAN, "")[1].content.startswith("A patient takes")


def test_a_prompt_that_cannot_be_filled_is_refused_in_a_line(tmp_path: Path) -> None:
    file = tmp_path / "mine.md"
    file.write_text("$question $options", encoding="utf-8")
    with pytest.raises(ValueError, match=r"placeholders \$context, \$question, \$options"):
        load_answering(str(file))


def test_a_model_held_to_the_letters_is_asked_with_choices_and_logprobs() -> None:
    reader = DirectReader(ScriptedLLM((("apixaban", "B"),)), held=True)
    prompt = reader.asked(APIXABAN, "")
    assert (prompt.choices, prompt.logprobs) == (("A", "B", "C", "D"), 20)
    assert DirectReader(reader.llm).asked(APIXABAN, "").choices is None


def test_models_that_think_aloud_have_room_for_it() -> None:
    assert DirectReader(ScriptedLLM(name="Qwen3-4B")).asked(APIXABAN, "").max_tokens == 4_096
    assert DirectReader(ScriptedLLM(name="Qwen2.5-3B")).asked(APIXABAN, "").max_tokens == 10
    assert DirectReader(ScriptedLLM(), max_tokens=64).asked(APIXABAN, "").max_tokens == 64


def test_a_question_whose_evidence_does_not_fit_is_skipped_and_not_wrong(
    tmp_path: Path, found: tuple[Snapshot, tuple[Hit, ...]]
) -> None:
    from evitrail.eval.experiment.experiment import Experiment
    from evitrail.eval.log.runs import outcomes

    with opened(tmp_path) as store:
        reader = DirectReader(ScriptedLLM((("apixaban", "B"),), window=60))
        arms = [condition("closed_book"), condition("standard")]
        failures = Experiment([case("apixaban")], arms, store, reader, BRIEF).run(tmp_path / "x")
        assert failures == []
    with Journal.open(tmp_path / "x" / "journal.db") as journal:
        assert [outcome.condition for outcome in outcomes(journal)] == ["closed_book"]
        said = Trace(journal, "standard.q-apixaban").output(Answer)
        assert said is not None
        assert said.skipped is not None


def test_conditions_that_nothing_can_be_served_in_are_excluded_and_if_all_are_one_line_says_why(tmp_path: Path) -> None:
    from evitrail.eval.experiment.experiment import Experiment

    with opened(tmp_path) as store:
        reader = DirectReader(ScriptedLLM(window=7_144))
        arms = [condition("closed_book"), condition("max_context"), condition("deep_research")]
        cases = [case("apixaban")]
        asked = Experiment(cases, arms, store, reader, BRIEF)
        assert [job.name for job in asked.jobs(cases)] == ["closed_book.q-apixaban"]
        assert set(asked.excluded(cases)) == {"max_context", "deep_research"}
        with pytest.raises(ValueError, match=r"^every condition is excluded: max_context: it holds 7,144 tokens"):
            Experiment(cases, arms[1:], store, reader, BRIEF).jobs(cases)


def test_an_arm_that_measures_influence_ends_with_what_each_passage_did_for_the_choice(tmp_path: Path) -> None:
    from evitrail.eval.experiment.experiment import Experiment

    arm = condition("standard").model_copy(update={"influence": "leave_one_out", "retriever": "bm25", "k": 2})
    with opened(tmp_path) as store:
        store.ingest([advice("apixaban", "B"), advice("apixaban", "C", id="letter-c")])
        llm = ScriptedLLM(((r"^(?!.*option B\.).*$", "C"), ("apixaban", "B")))
        assert Experiment([case("apixaban")], [arm], store, DirectReader(llm), BRIEF).run(tmp_path / "x") == []
    with Journal.open(tmp_path / "x" / "journal.db") as journal:
        trace = Trace(journal, "standard.q-apixaban")
        assert trace.activities[-1].path == "influence[1]"
        found = journal.get(trace.activities[-1].output, Influence)
    assert {one.passage.partition("@")[0]: one.flips for one in found.passages} == {"apixaban": True, "letter-c": False}
