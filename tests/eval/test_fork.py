"""A fork of an agentic run does again what its change reaches, is stored beside its parent, and can be checked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from ward import DRUGS, LOOP, Unseeing, WardReader, advice, ask, blamed, case, opened

from evitrail.agent.model import Answer
from evitrail.eval.log.runs import JOURNAL
from evitrail.eval.rerun.fork import Forked, answer_again, fork, forking, forks_of
from evitrail.eval.rerun.fork_record import Fork
from evitrail.evidence_store import EvidenceStore
from evitrail.evidence_store.snapshot import Snapshot
from evitrail.retrieval import BM25, RETRIEVERS
from evitrail.retrieval.base import Retrieved
from evitrail.traces import Journal, Trace, Verify, verify_journal
from evitrail.traces.run.diff import UNCHANGED

RUN = "loop.q-apixaban"


@dataclass
class Counting:
    """A retriever that keeps what it was asked."""

    inner: Any
    asked: list[str]

    def search(self, query: str, snapshot: Snapshot, k: int) -> Retrieved:
        self.asked.append(query)
        found: Retrieved = self.inner.search(query, snapshot, k)
        return found

    def __repr__(self) -> str:
        return f"Counting({self.inner!r})"


@dataclass
class Asked:
    """An agentic run that searched three times, and everything it was done with."""

    journal: Journal
    store: EvidenceStore
    reader: WardReader
    first: Counting
    other: Counting

    def fork(self, at: str | None = None, of: str = RUN, **changes: Any) -> Forked:
        return fork(self.journal, forking(Trace(self.journal, of), at, changes), self.store, self.reader)


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Asked]:
    first, other = Counting(BM25(), []), Counting(Unseeing(), [])
    monkeypatch.setitem(RETRIEVERS, "first", first)
    monkeypatch.setitem(RETRIEVERS, "other", other)
    reader = WardReader(accepts=False)
    with opened(tmp_path) as store:
        store.ingest(advice(drug, "B") for drug in DRUGS)
        store.ingest([advice("apixaban", "C", id="note", text="A note on apixaban.")])
        arm = LOOP.model_copy(update={"retriever": "first"})
        assert ask(tmp_path / "x", store, [case("apixaban")], [arm], reader) == []
        assert len(first.asked) == 3
        first.asked.clear()
        reader.calls.clear()
        with Journal.open(tmp_path / "x" / JOURNAL) as journal:
            yield Asked(journal, store, reader, first, other)


def verdicts(forked: Forked) -> dict[str, str]:
    return {step.path: step.verdict for step in forked.checked}


def acts(reader: WardReader) -> Counter[str]:
    return Counter(call.split()[0] for call in reader.calls)


def test_with_another_retriever_from_the_first_search_on_every_search_is_the_others(asked: Asked) -> None:
    forked = asked.fork("retrieve[1]", retriever="other")
    assert (asked.first.asked, len(asked.other.asked)) == ([], 3)
    assert forked.answer.option is None
    assert verdicts(forked) == {
        **{f"retrieve[{n}]": "code-changed" for n in (1, 2, 3)},
        **{f"critique[{n}]": "recomputed-same" for n in (1, 2, 3)},
        "requery[1]": "reused",
        "requery[2]": "reused",
        **{f"keep[{n}]": "input-changed" for n in (1, 2)},
        "synthesise[1]": "input-changed",
        "choose[1]": "input-changed",
    }


def test_steps_before_the_change_are_reused_and_nothing_is_called_for_them(asked: Asked) -> None:
    forked = asked.fork("retrieve[2]", retriever="other")
    assert (asked.first.asked, len(asked.other.asked)) == ([], 2)
    assert [v for p, v in verdicts(forked).items() if p in ("retrieve[1]", "critique[1]", "requery[1]")] == [
        "reused"
    ] * 3
    assert acts(asked.reader) == {"appraise": 2, "synthesise": 1}


def test_an_output_that_comes_out_unchanged_stops_the_recompute(asked: Asked) -> None:
    forked = asked.fork("retrieve[2]", retriever="other")
    found = verdicts(forked)
    assert (found["synthesise[1]"], found["choose[1]"]) == ("recomputed-same", "reused")
    assert "choose" not in acts(asked.reader)
    assert forked.answer == Trace(asked.journal, RUN).output(Answer)


def test_a_fork_that_changes_nothing_calls_nothing(asked: Asked) -> None:
    forked = asked.fork("retrieve[1]", retriever="first")
    assert (asked.first.asked, asked.reader.calls, forked.executed) == ([], [], 0)
    assert set(verdicts(forked).values()) == {"reused"}


def test_a_fork_is_a_stored_run_that_names_its_parent_the_step_and_the_change(asked: Asked) -> None:
    forked = asked.fork("retrieve[2]", retriever="other")
    trace = Trace(asked.journal, forked.run)
    assert (trace.parent, trace.ended) == (RUN, True)
    assert trace.config(Fork) == Fork(of=RUN, at="retrieve[2]", changes={"retriever": "other"})
    assert trace.output(Answer) == forked.answer
    assert forks_of(asked.journal, RUN) == [forked.run]
    assert verify_journal(asked.journal).sound


def test_a_fork_is_made_without_touching_its_parent(asked: Asked) -> None:
    before = asked.journal.heads()
    asked.fork("retrieve[1]", retriever="other")
    after = asked.journal.heads()
    assert {run: after[run] for run in before} == before


def test_a_fork_made_twice_is_one_fork_and_writes_nothing_new(asked: Asked) -> None:
    once = asked.fork("retrieve[2]", retriever="other")
    before = asked.journal.heads()
    asked.other.asked.clear()
    asked.reader.calls.clear()
    twice = asked.fork("retrieve[2]", retriever="other")
    assert (twice.run, twice.answer, twice.checked) == (once.run, once.answer, once.checked)
    assert (twice.executed, asked.other.asked, asked.reader.calls) == (0, [], [])
    assert asked.journal.heads() == before


@pytest.mark.parametrize(
    ("at", "changes"),
    [
        ("retrieve[2]", {"retriever": "other"}),
        ("critique[1]", {"output": {"adequate": True, "reason": "enough", "weak_options": []}}),
        (None, {"k": 1}),
        ("choose[1]", {"samples": 3}),
    ],
    ids=lambda given: str(given)[:20],
)
def test_a_fork_can_itself_be_verified(asked: Asked, at: str | None, changes: dict[str, Any]) -> None:
    forked = asked.fork(at, **changes)
    before = asked.journal.heads()
    verify = Verify(asked.journal, forked.run)
    assert answer_again(Trace(asked.journal, forked.run), verify, asked.store, asked.reader) == forked.answer
    assert {step.verdict for step in verify.finish()} <= set(UNCHANGED)
    assert asked.journal.heads() == before


def test_a_fork_of_a_fork_keeps_what_its_parent_changed(asked: Asked) -> None:
    once = asked.fork("retrieve[2]", retriever="other")
    asked.other.asked.clear()
    twice = asked.fork("choose[1]", of=once.run, samples=3)
    assert (asked.first.asked, asked.other.asked) == ([], [])
    assert twice.run.startswith(f"{once.run}~")
    assert Trace(asked.journal, twice.run).parent == once.run
    assert len(twice.answer.ballots.votes) == 3
    steps = {a.path: a.by for a in Trace(asked.journal, twice.run).activities}
    assert (steps["retrieve[1]"], steps["retrieve[3]"]) == (repr(asked.first), repr(asked.other))
    assert forks_of(asked.journal, RUN) == [once.run]


def test_an_output_that_ends_the_search_leaves_the_later_steps_undone(asked: Asked) -> None:
    enough = {"adequate": True, "reason": "enough", "weak_options": []}
    forked = asked.fork("critique[1]", output=enough)
    found = verdicts(forked)
    assert found["critique[1]"] == "given"
    assert {path for path, verdict in found.items() if verdict == "missing"} == {
        f"{kind}[{n}]"
        for kind, ns in (("retrieve", (2, 3)), ("critique", (2, 3)), ("requery", (1, 2)), ("keep", (1, 2)))
        for n in ns
    }
    assert asked.first.asked == []
    assert acts(asked.reader) == {"synthesise": 1}


def test_a_fork_of_a_fork_keeps_what_its_parent_laid_down(asked: Asked) -> None:
    once = asked.fork("critique[1]", output={"adequate": True, "reason": "enough", "weak_options": []})
    twice = asked.fork("choose[1]", of=once.run, seed=9)
    kinds = Counter(a.kind for a in Trace(asked.journal, twice.run).activities)
    assert kinds == {"retrieve": 1, "critique": 1, "synthesise": 1, "choose": 1}
    assert [a.path for a in Trace(asked.journal, twice.run).activities if a.given] == ["critique[1]"]


def test_a_fork_that_was_cut_short_goes_on_where_it_stopped(asked: Asked) -> None:
    fainting = WardReader(accepts=False, faints="q-apixaban")
    what = forking(Trace(asked.journal, RUN), "retrieve[1]", {"retriever": "other"})
    with pytest.raises(RuntimeError, match="out of memory"):
        fork(asked.journal, what, asked.store, fainting)
    asked.other.asked.clear()
    forked = fork(asked.journal, what, asked.store, asked.reader)
    assert (asked.other.asked, dict(acts(asked.reader))) == ([], {"choose": 1})
    assert Trace(asked.journal, forked.run).ended


def test_a_run_that_cannot_be_done_again_is_refused_with_what_to_do_instead(asked: Asked, tmp_path: Path) -> None:
    asked.journal.append("captured", "run.begin", {"parent": None, "config_type": "Any", "recorded": "elsewhere"})
    with pytest.raises(ValueError, match="'captured' is an external run"):
        asked.fork(of="captured", k=1)
    reader = WardReader(misread="C", faints="q-heparin")
    ask(tmp_path / "y", asked.store, [case("apixaban"), case("heparin")], [LOOP], reader)
    (failed,) = {b.run for b in blamed(tmp_path / "y", asked.store, reader)}
    with Journal.open(tmp_path / "y" / JOURNAL) as journal:
        with pytest.raises(ValueError, match=rf"counterfactual of the attribution; fork .*, '{failed}'"):
            forking(Trace(journal, next(r for r in journal.runs() if "~" in r)), None, {"k": 1})
        with pytest.raises(ValueError, match=r"'loop\.q-heparin' was not finished"):
            forking(Trace(journal, "loop.q-heparin"), None, {"k": 1})
