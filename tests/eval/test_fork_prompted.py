"""Forks of a run whose reader asks a model: only new prompts are sent, and verifying sends none at all."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ward import LOOP, advice, arm, ask, case, opened

from evitrail.agent.llm import ScriptedLLM
from evitrail.agent.model import Answer
from evitrail.agent.reader import PromptedReader
from evitrail.agent.reader.prompting.templates import load
from evitrail.eval.log.runs import JOURNAL
from evitrail.eval.rerun.fork import Forked, answer_again, fork, forking
from evitrail.evidence_store import EvidenceStore
from evitrail.traces import Journal, Trace, Verify, verify_journal
from evitrail.traces.run.diff import UNCHANGED, first_cause

RUN, LOOPED = "words.q-apixaban", "loop.q-apixaban"
CLAIM = r'{"option": "\3", "stance": "supports", "quote": "\2", "strength": 0.9}'
READ = "You read one passage"
SCRIPT: tuple[tuple[str, Any], ...] = (
    ("You search a store", '{"query": "apixaban again", "reason": "once more"}'),
    ("You judge whether", '{"adequate": false, "reason": "never enough"}'),
    (rf"{READ}.*takes (\w+)\..*(For \1 the advice is option (\w)\.)", f'{{"claims": [{CLAIM}]}}'),
    (READ, '{"claims": []}'),
    ("Answer as a contrarian", "D"),
    (r'You answer a clinical.*"option": "(\w)"', r"\1"),
    ("You answer a clinical", "A"),
)


class Ward:
    """Runs of a prompted reader, and everything they were done with."""

    def __init__(self, journal: Journal, store: EvidenceStore, llm: ScriptedLLM) -> None:
        self.journal = journal
        self.store = store
        self.llm = llm
        self.reader = PromptedReader(llm)

    def fork(self, of: str, at: str | None = None, **changes: Any) -> Forked:
        self.llm.asked.clear()
        return fork(self.journal, forking(Trace(self.journal, of), at, changes), self.store, self.reader)

    @property
    def sent(self) -> list[str]:
        """What each call was for, in the words its prompt begins with."""
        return [" ".join(prompt.messages[0].content.split()[:3]) for prompt in self.llm.asked]

    def verified(self, run: str) -> set[str]:
        """The verdicts on a run that is done again; nothing must be asked for that."""
        self.llm.asked.clear()
        verify = Verify(self.journal, run)
        said = answer_again(Trace(self.journal, run), verify, self.store, self.reader)
        assert said == Trace(self.journal, run).output(Answer)
        assert self.llm.asked == []
        return {step.verdict for step in verify.finish()}


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, EvidenceStore]]:
    """The experiment, run once, and its store, which no fork changes."""
    folder, llm = tmp_path_factory.mktemp("prompted"), ScriptedLLM(SCRIPT, name="ward")
    with opened(folder) as store:
        store.ingest([advice("apixaban", "B")])
        store.ingest([advice("heparin", "C"), advice("insulin", "A")])
        arms = [arm(k=2), LOOP.model_copy(update={"k": 2})]
        assert ask(folder / "x", store, [case("apixaban")], arms, PromptedReader(llm)) == []
        yield folder / "x" / JOURNAL, store


@pytest.fixture
def ward(done: tuple[Path, EvidenceStore], tmp_path: Path) -> Iterator[Ward]:
    with Journal.open(shutil.copy(done[0], tmp_path)) as journal:
        yield Ward(journal, done[1], ScriptedLLM(SCRIPT, name="ward"))


def test_a_search_that_finds_more_has_only_the_new_passages_read(ward: Ward) -> None:
    assert ward.fork(RUN, k=3).answer.option == "B"
    assert [sent for sent in ward.sent if "read" in sent] == ["You read one"]
    assert "heparin" in ward.llm.asked[0].messages[-1].content or "insulin" in ward.llm.asked[0].messages[-1].content


def test_another_prompt_for_one_act_is_sent_for_that_act_only(ward: Ward) -> None:
    prompt = load().choose.replace("You answer a clinical", "Answer as a contrarian. You answer a clinical")
    forked = ward.fork(RUN, prompt={"choose": prompt})
    assert forked.answer.option == "D"
    assert set(ward.sent) == {"Answer as a"}
    assert Trace(ward.journal, forked.run).activities[-1].by != Trace(ward.journal, RUN).activities[-1].by


@pytest.mark.parametrize(
    ("prompt", "told"),
    [
        ({"choose": "No placeholder at all."}, r"choose: expected the placeholder \$\w+, got none"),
        ({"plan": "$question and $answer"}, r"plan: expected only .*, got \$answer"),
        ({"choose": "$question $claims costs $ 5"}, "choose: expected .* after every dollar sign"),
    ],
)
def test_a_prompt_that_cannot_be_used_is_refused_before_anything_is_written(
    ward: Ward, prompt: dict[str, str], told: str
) -> None:
    before = ward.journal.heads()
    with pytest.raises(ValueError, match=told):
        ward.fork(RUN, prompt=prompt)
    assert (ward.llm.asked, ward.journal.heads()) == ([], before)


def test_more_ballots_are_drawn_in_one_call_and_nothing_else_is_asked(ward: Ward) -> None:
    forked = ward.fork(RUN, "choose[1]", samples=3)
    assert [prompt.n for prompt in ward.llm.asked] == [3]
    assert len(forked.answer.ballots.votes) == 3


def test_what_a_model_said_within_a_step_can_be_laid_down(ward: Ward) -> None:
    inner = [a.path for a in Trace(ward.journal, RUN).activities if a.path.startswith("choose[1]/")]
    assert inner == ["choose[1]/model[1]", "choose[1]/model[ballots]"]
    said = {"texts": ["C"], "finish_reasons": ["stop"], "model": "as if"}
    forked = ward.fork(RUN, inner[0], output=said)
    assert forked.answer.option == "C"
    assert ward.sent == []
    assert first_cause(forked.checked) == (inner[0], "given", "its output was overridden")


def test_a_step_within_another_takes_an_output_and_no_other_change(ward: Ward) -> None:
    with pytest.raises(ValueError, match="a step within another: only its output can be overridden"):
        ward.fork(RUN, "choose[1]/model[1]", k=3)


@pytest.mark.parametrize(
    ("run", "at", "changes"),
    [
        (RUN, None, {"k": 3}),
        (RUN, "choose[1]", {"samples": 3}),
        (LOOPED, "retrieve[2]", {"k": 3}),
        (LOOPED, "critique[1]", {"output": {"adequate": True, "reason": "enough"}}),
        (RUN, "choose[1]/model[1]", {"output": {"texts": ["C"], "finish_reasons": ["stop"], "model": "as if"}}),
    ],
    ids=lambda given: str(given)[:20],
)
def test_a_run_and_its_forks_are_verified_without_asking_the_model(
    ward: Ward, run: str, at: str | None, changes: dict[str, Any]
) -> None:
    assert ward.verified(run) <= set(UNCHANGED)
    once = ward.fork(run, at, **changes)
    assert ward.verified(once.run) <= set(UNCHANGED)
    twice = ward.fork(once.run, "choose[1]", seed=5)
    assert ward.verified(twice.run) <= set(UNCHANGED)
    assert verify_journal(ward.journal).sound


def test_the_calls_before_the_change_are_reused_in_a_run_that_searched_three_times(ward: Ward) -> None:
    forked = ward.fork(LOOPED, "retrieve[3]", k=1)
    verdicts = {c.path: c.verdict for c in forked.checked}
    early = ("retrieve[1]", "critique[1]", "requery[1]", "retrieve[2]", "critique[2]", "requery[2]")
    assert [verdicts[path] for path in early] == ["reused"] * len(early)
    assert ward.sent == ["You judge whether"]
    assert verdicts["choose[1]"] == "recomputed-same"


def test_a_fork_made_twice_asks_nothing_the_second_time(ward: Ward) -> None:
    ward.fork(RUN, k=3)
    before = ward.journal.heads()
    ward.fork(RUN, k=3)
    assert (ward.llm.asked, ward.journal.heads()) == ([], before)


def test_a_fork_with_an_inner_answer_laid_down_is_made_once_too(ward: Ward) -> None:
    said = {"texts": ["C"], "finish_reasons": ["stop"], "model": "as if"}
    ward.fork(RUN, "choose[1]/model[1]", output=said)
    before = ward.journal.heads()
    assert ward.fork(RUN, "choose[1]/model[1]", output=said).answer.option == "C"
    assert (ward.llm.asked, ward.journal.heads()) == ([], before)
