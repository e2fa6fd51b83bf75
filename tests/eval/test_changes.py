"""Each thing that a fork can change has its effect and is on record; one that cannot be made leaves nothing behind."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from ward import HIGH, LOW, WardReader, advice, arm, ask, case, opened

from evitrail.agent.llm import ScriptedLLM
from evitrail.agent.llm.named import LLMS
from evitrail.agent.model import Answer, Decoding
from evitrail.agent.reader import READERS, DirectReader
from evitrail.eval.log.runs import JOURNAL
from evitrail.eval.rerun.changes import CHANGES
from evitrail.eval.rerun.fork import Forked, fork, forking
from evitrail.eval.rerun.fork_record import Fork
from evitrail.evidence_store import Curator, EvidenceStore
from evitrail.retrieval.base import Retrieved
from evitrail.traces import Activity, Journal, Trace

RUN = "gates.q-apixaban"
LETTER = advice("apixaban", "C", id="letter", grade=LOW)
NOW = advice("apixaban", "B", grade=HIGH, valid_from=date(2018, 1, 1))
NEXT = advice("apixaban", "D", version="2", grade=HIGH, valid_from=date(2019, 1, 1), supersedes="apixaban@1")
EARLIER, LATER = "2016-01-01", date(2020, 1, 1)
NOTHING = {"query": "anything", "hits": [], "gates": []}


class Ward:
    """One run that passes the gates: the letter says C, and is outweighed by what came later and says B."""

    def __init__(self, journal: Journal, store: EvidenceStore) -> None:
        self.journal = journal
        self.store = store
        self.reader = WardReader()
        self.letter_only = 1
        """The ledger when only the letter had been recorded."""

    def fork(self, at: str | None = None, **changes: Any) -> Forked:
        return fork(self.journal, forking(Trace(self.journal, RUN), at, changes), self.store, self.reader)

    def step(self, forked: Forked, kind: str) -> Activity:
        return next(a for a in Trace(self.journal, forked.run).activities if a.kind == kind)

    def served(self, forked: Forked) -> list[str]:
        found = self.journal.get(self.step(forked, "retrieve").output, Retrieved)
        return [hit.passage.ref for hit in found.hits]


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, EvidenceStore]]:
    """The experiment, run once, and its store, which no fork changes."""
    folder = tmp_path_factory.mktemp("changes")
    with opened(folder) as store:
        store.ingest([LETTER])
        store.ingest([NOW])
        gates = arm("gates", retriever="clean")
        assert ask(folder / "x", store, [case("apixaban", as_of=LATER)], [gates], WardReader()) == []
        Curator(store).draft([NEXT])
        yield folder / "x" / JOURNAL, store


@pytest.fixture
def ward(done: tuple[Path, EvidenceStore], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ward]:
    monkeypatch.setitem(READERS, "blind", lambda embed: WardReader(misread="D"))
    with Journal.open(shutil.copy(done[0], tmp_path)) as journal:
        said = Trace(journal, RUN).output(Answer)
        assert said is not None
        assert said.option == "B"
        yield Ward(journal, done[1])


Check = Callable[[Ward, Forked], bool]
EFFECTS: dict[str, tuple[str | None, Any, Check]] = {
    "output": ("retrieve[1]", NOTHING, lambda w, f: f.answer.option is None and w.step(f, "retrieve").given),
    "retriever": (None, "bm25", lambda w, f: set(w.served(f)) == {"letter@1", "apixaban@1"}),
    "gates": (None, ["as_of"], lambda w, f: w.served(f) == ["apixaban@1", "letter@1"]),
    "reader": (None, "blind", lambda w, f: f.answer.option == "D"),
    "seq": (None, 1, lambda w, f: (f.answer.option, w.served(f)) == ("C", ["letter@1"])),
    "publish": (None, ["apixaban@2"], lambda w, f: (f.answer.option, w.served(f)) == ("D", ["apixaban@2~1"])),
    "as_of": (None, EARLIER, lambda w, f: (f.answer.option, w.served(f)) == ("C", ["letter@1"])),
    "retract": (None, ["apixaban@1"], lambda w, f: (f.answer.option, w.served(f)) == ("C", ["letter@1"])),
    "grade": (None, {"apixaban@1": "very_low"}, lambda w, f: (f.answer.option, len(w.served(f))) == ("C", 2)),
    "k": (None, 1, lambda w, f: w.step(f, "retrieve").parameters["k"] == 1),
    "samples": (None, 3, lambda w, f: len(f.answer.ballots.votes) == 3),
    "temperature": (None, 1.5, lambda w, f: f.answer.ballots.temperature == 1.5),
    "seed": (None, 9, lambda w, f: f.answer.ballots.seed == 9),
}


def test_every_change_there_is_is_tried_here_or_with_a_prompted_reader() -> None:
    assert {*EFFECTS, "judge", "prompt"} == set(CHANGES)


@pytest.mark.parametrize("name", EFFECTS)
def test_a_change_has_its_effect_and_is_on_record(ward: Ward, name: str) -> None:
    at, value, has_effect = EFFECTS[name]
    forked = ward.fork(at, **{name: value})
    assert has_effect(ward, forked)
    assert forked.executed or name == "output"
    trace = Trace(ward.journal, forked.run)
    assert trace.config(Fork) == Fork(of=RUN, at=at, changes={name: value})
    assert trace.output(Answer) == forked.answer


@pytest.mark.parametrize("name", sorted(set(EFFECTS) - {"output"}))
def test_what_is_changed_from_a_later_step_on_leaves_the_earlier_ones(ward: Ward, name: str) -> None:
    forked = ward.fork("choose[1]", **{name: EFFECTS[name][1]})
    assert [c.verdict for c in forked.checked][:2] == ["reused", "reused"]


def test_another_judge_confirms_another_letter_and_nothing_else_is_done_again(
    done: tuple[Path, EvidenceStore], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stern = ScriptedLLM(((".", '{"clear_selection": "no", "reasoning": "unsure", "confirmed_answer": null}'),))
    monkeypatch.setitem(LLMS, "script", lambda name: stern)
    reader, folder = DirectReader(ScriptedLLM(((".", ("I choose D.", "B", "It is D")),))), tmp_path / "words"
    assert ask(folder, done[1], [case("apixaban")], [arm("words")], reader, decoding=Decoding(samples=3)) == []
    with Journal.open(folder / JOURNAL) as journal:
        trace = Trace(journal, "words.q-apixaban")
        said = trace.output(Answer)
        forked = fork(journal, forking(trace, "check[1]", {"judge": "script:any"}), done[1], reader)
        again = fork(journal, forking(trace, None, {"judge": "rule"}), done[1], reader)
        judge = {activity.by for activity in Trace(journal, forked.run).activities if activity.kind == "check"}
    assert said is not None
    assert (said.option, said.ballots.votes) == ("D", ("D", "B", None))
    assert (forked.answer.option, forked.answer.ballots.votes) == (None, (None, "B", None))
    steps = {checked.path: checked.verdict for checked in forked.checked}
    assert [path for path, verdict in steps.items() if verdict != "reused"] == [
        "check[1]/model[greedy]",
        "check[1]/model[3]",
        "check[1]",
    ]
    assert len(stern.asked) == 2
    assert "JudgeChecker" in judge.pop()
    assert (again.answer, again.executed) == (said, 0)


def test_changes_are_made_together(ward: Ward) -> None:
    forked = ward.fork(retract=["letter@1"], as_of=EARLIER, samples=2)
    assert (ward.served(forked), forked.answer.option, len(forked.answer.ballots.votes)) == ([], None, 2)


def test_what_a_fork_supposes_its_fork_supposes_at_another_moment_too(ward: Ward) -> None:
    once = ward.fork(retract=["letter@1"])
    again = forking(Trace(ward.journal, once.run), None, {"as_of": EARLIER})
    assert ward.served(fork(ward.journal, again, ward.store, ward.reader)) == []


def test_another_certainty_is_marked_as_one_that_nobody_judged(ward: Ward) -> None:
    forked = ward.fork(grade={"apixaban@1": "very_low"})
    found = ward.journal.get(ward.step(forked, "retrieve").output, Retrieved)
    grade = next(hit.passage.header.grade for hit in found.hits if hit.passage.ref == "apixaban@1")
    assert grade is not None
    assert (grade.certainty, grade.study_design) == ("very_low", "randomized")
    assert "supposed" in (grade.override_reason or "")


def test_the_store_is_not_changed_by_what_is_supposed_of_it(ward: Ward) -> None:
    before = (ward.store.seq, dict(ward.store.snapshot().headers))
    ward.fork(retract=["apixaban@1"], grade={"letter@1": "high"})
    assert (ward.store.seq, dict(ward.store.snapshot().headers)) == before


def test_two_forks_that_differ_in_a_long_value_have_two_names(ward: Ward) -> None:
    names = {ward.fork(retract=refs).run for refs in (["letter@1"], ["apixaban@1"], ["letter@1", "apixaban@1"])}
    assert len(names) == 3
    assert all(len(name) < 60 for name in names)


BAD: list[tuple[str | None, dict[str, Any], str]] = [
    ("retreive[1]", {"k": 3}, r"expected a step of .*retrieve\[1\].*got 'retreive\[1\]'; did you mean 'retrieve\[1\]'"),
    (
        None,
        {"retreiver": "bm25"},
        "expected something that can be changed among .*'retreiver'; did you mean 'retriever'",
    ),
    (None, {"retriever": "bm52"}, "expected a retriever among .*got 'bm52'; did you mean 'bm25'"),
    (None, {"gates": "near"}, "gates: expected a list of gates, got 'near'"),
    (None, {"gates": ["neer"]}, "expected a gate among .*got 'neer'; did you mean 'near'"),
    (None, {"retriever": "bm25", "gates": []}, "gates: expected a retriever that passes gates, BM25"),
    (None, {"reader": "extractiv"}, "expected a reader among .*did you mean 'extractive'"),
    (None, {"k": 0}, "k: expected a whole number from 1 on, got 0"),
    (None, {"k": True}, "k: expected a whole number"),
    (None, {"samples": -1}, "samples: expected a whole number from 0 on, got -1"),
    (None, {"temperature": 0}, "temperature: expected a number above 0, got 0"),
    (None, {"temperature": float("nan")}, "temperature: expected a number above 0, got nan"),
    (None, {"as_of": "soon"}, "as_of: expected a day such as .*got 'soon'"),
    (None, {"seq": 99}, "expected a ledger number from 0 to 3, got 99"),
    (None, {"retract": "apixaban@1"}, "retract: expected a list of evidence versions, got 'apixaban@1'"),
    (None, {"retract": ["apixaban@9"]}, "got 'apixaban@9'; it has apixaban@1"),
    (None, {"grade": ["apixaban@1"]}, "grade: expected a value for an evidence version"),
    (None, {"grade": {"apixaban@1": "hi"}}, "expected a certainty among very_low, low, moderate, high, got 'hi'"),
    (None, {"grade": {"apixaban@9": "low"}}, "got 'apixaban@9'; it has apixaban@1"),
    (None, {"prompt": {"chose": "x"}}, "expected an act of the reader among .*got 'chose'; did you mean 'choose'"),
    (None, {"prompt": {"choose": "x"}}, "expected a reader that is prompted, WardReader"),
    (None, {"judge": "rule"}, "judge: expected a reader that answers in words, WardReader"),
    (None, {"judge": "rulez"}, "expected a judge as `rule` or a language model, one of .*got 'rulez'"),
    (None, {"judge": None}, "expected a judge as `rule` or a language model"),
    (None, {"output": {}}, "an output is overridden at one step; name it"),
    ("retrieve[1]", {"output": {"query": "x", "hits": 5}}, r"retrieve\[1\]: expected a Retrieved; hits: "),
    ("retrieve[1]", {"output": {**NOTHING, "extra": 1}}, r"retrieve\[1\]: expected a Retrieved; extra: "),
]


@pytest.mark.parametrize(("at", "changes", "told"), BAD, ids=[str(changes) for _, changes, _ in BAD])
def test_a_change_that_cannot_be_made_is_refused_in_a_line_and_leaves_nothing_behind(
    ward: Ward, at: str | None, changes: dict[str, Any], told: str
) -> None:
    before = ward.journal.heads()
    with pytest.raises(ValueError, match=told) as caught:
        ward.fork(at, **changes)
    assert "\n" not in str(caught.value)
    assert ward.journal.heads() == before
