"""An oracle is the best a step could do with what it was given, and knows nothing that is not labelled there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, TypeVar

import pytest
from faulty import PARKING
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ward import HIGH, LABELS, LOW, WardReader, advice, arm, ask, case, opened

from evitrail.agent.model import (
    AskedQueries,
    CheckedAnswers,
    Choice,
    Critique,
    Decoding,
    Kept,
    ModelAnswer,
    Query,
    Synthesis,
)
from evitrail.eval.attribution import ROLES, Mending
from evitrail.eval.attribution.attribute import scene_of
from evitrail.eval.dataset.case import Case
from evitrail.eval.log.runs import JOURNAL, traces
from evitrail.evidence_store.snapshot import Snapshot
from evitrail.retrieval import Fixed
from evitrail.retrieval.base import Hit, Retrieved
from evitrail.traces.journal.journal import Journal
from evitrail.traces.record import Record
from evitrail.traces.run.step_key import Task

T = TypeVar("T", bound=Record)
DAY = date(2020, 1, 1)
ASKED = case(
    "apixaban",
    clean_evidence=("apixaban@2",),
    conflict_evidence=("apixaban@2", "letter@1"),
    outdated_evidence=("apixaban@1",),
    meta={"stale_option": "C", "conflict_option": "D"},
)
REFS = ("apixaban@1", "apixaban@2", "letter@1", "apixaban-note@1", "heparin@1", "apixaban-next@1", "apixaban-gone@1")
UNLABELLED = ("apixaban-note@1", "heparin@1", "apixaban-next@1", "apixaban-gone@1")
ASIDE = [advice("parking", "A", id=f"parking-{n}", title="Visitors", text=f"{PARKING} {n}.") for n in range(40)]


def unasked() -> Any:
    """The component that an oracle stands in for."""
    pytest.fail("it was asked")


@dataclass(frozen=True)
class Bench:
    """A recorded run whose steps the oracles can be put in the place of."""

    mending: Mending

    @property
    def snapshot(self) -> Snapshot:
        return self.mending.snapshot

    def best(
        self, kind: str, returns: type[T], inputs: Mapping[str, Record], asked: Case = ASKED, **parameters: int
    ) -> T | None:
        """The oracle's output of a step of this kind."""
        scene = self.mending.scene
        about = replace(scene)  # the same run, as if of another case
        about.__dict__["config"] = scene.config.model_copy(update={"case": asked})
        oracle = ROLES[kind].oracle
        assert oracle is not None
        task = Task(
            kind, lambda: pytest.fail("it was asked"), returns=returns, inputs=inputs, by="it", parameters=parameters
        )
        found = oracle(replace(self.mending, scene=about), task)
        assert found is None or isinstance(found, returns)
        return found

    def hits(self, refs: Sequence[str]) -> dict[str, Retrieved]:
        """What a reading step is given."""
        return {"retrieved[1]": Fixed(tuple(refs)).search("", self.snapshot, 50)}

    def read(self, refs: Sequence[str], asked: Case = ASKED) -> Synthesis:
        said = self.best("synthesise", Synthesis, self.hits(refs), asked)
        assert said is not None
        return said

    def chosen(self, said: Synthesis, asked: Case = ASKED, **decoding: int) -> Choice:
        given = {"question": asked.question, "synthesis": said, "decoding": Decoding(**{"samples": 3, **decoding})}
        choice = self.best("choose", Choice, given, asked)
        assert choice is not None
        return choice

    def served(self, query: str, k: int = 3, asked: Case = ASKED) -> tuple[Hit, ...]:
        found = self.best("retrieve", Retrieved, {"query": Query(text=query, reason="")}, asked, k=k)
        assert found is not None
        assert found.query == query
        return found.hits


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    folder = tmp_path_factory.mktemp("oracles")
    with opened(folder) as store:
        store.ingest(
            [
                advice("apixaban", "C", "1", grade=HIGH, valid_to=date(2018, 1, 1)),
                advice("apixaban", "B", "2", grade=HIGH, valid_from=date(2018, 1, 1), supersedes="apixaban@1"),
                advice("apixaban", "D", id="letter", grade=LOW),
                advice("apixaban", "A", id="apixaban-note"),
                advice("heparin", "B"),
                advice("apixaban", "A", id="apixaban-next", valid_from=date(2024, 1, 1)),
                advice("apixaban", "A", id="apixaban-gone"),
                *ASIDE,
            ]
        )
        store.retract("apixaban-gone@1", "fabricated")
        assert ask(folder / "x", store, [ASKED], [arm()], WardReader()) == []
        with Journal.open(folder / "x" / JOURNAL) as journal:
            (trace,) = traces(journal)
            scene = scene_of(trace, store, WardReader(), None, frozenset())
            yield Bench(Mending(scene, scene.snapshot, ROLES, frozenset()))


everywhere = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=40)


@everywhere
@given(refs=st.lists(st.sampled_from(UNLABELLED), unique=True), answer=st.sampled_from("ABCD"))
def test_without_labelled_evidence_the_oracle_abstains_whatever_the_answer_is(
    bench: Bench, refs: list[str], answer: str
) -> None:
    asked = ASKED.model_copy(update={"answer": answer})
    assert bench.read(refs, asked).claims == ()
    assert bench.read(refs, asked) == bench.read(refs)
    assert bench.chosen(bench.read(refs, asked), asked).option is None
    assert bench.best("critique", Critique, bench.hits(refs), asked) == bench.best(
        "critique", Critique, bench.hits(refs)
    )


@everywhere
@given(refs=st.lists(st.sampled_from(REFS), unique=True))
def test_the_oracle_never_says_more_than_the_labels_of_its_hits(bench: Bench, refs: list[str]) -> None:
    labelled = {option for ref, option in ASKED.supported_by().items() if ref in refs and ref != "apixaban@1"}
    assert bench.chosen(bench.read(refs)).option in labelled | {None}
    verdict = bench.best("critique", Critique, bench.hits(refs))
    assert verdict is not None
    assert verdict.adequate == ("apixaban@2" in refs)


@pytest.mark.parametrize(
    ("refs", "option"),
    [
        (["apixaban@2"], "B"),
        (["apixaban@1"], None),
        (["letter@1"], "D"),
        (["letter@1", "apixaban@2", "heparin@1"], "B"),
        (["apixaban@1", "apixaban@2"], "B"),
        ([], None),
    ],
    ids=["clean", "outdated alone", "conflicting alone", "clean is surer", "outdated beside it", "nothing"],
)
def test_the_oracle_follows_the_surest_label_that_was_in_force(
    bench: Bench, refs: list[str], option: str | None
) -> None:
    assert bench.chosen(bench.read(refs)).option == option


def test_equally_sure_labels_leave_it_torn(bench: Bench) -> None:
    both = ASKED.model_copy(update={"outdated_evidence": (), "supports": {"apixaban@1": "C"}})
    assert bench.chosen(bench.read(["apixaban@1", "apixaban@2"], both), both).option is None


def test_its_ballots_are_as_many_as_asked_and_all_alike(bench: Bench) -> None:
    choice = bench.chosen(bench.read(["apixaban@2"]), samples=5, seed=3)
    assert (choice.ballots.votes, choice.ballots.seed, len(choice.claims)) == (("B",) * 5, 3, 1)


def test_choosing_sees_claims_and_not_the_key(bench: Bench) -> None:
    assert bench.chosen(Synthesis(claims=(), note="")).option is None
    other = ASKED.model_copy(update={"answer": "C"})
    assert bench.chosen(bench.read(["apixaban@2"]), other).option == "B"


@pytest.mark.parametrize("k", [1, 2, 3])
def test_the_best_list_holds_support_first_and_nothing_labelled_against(bench: Bench, k: int) -> None:
    found = [hit.passage.ref for hit in bench.served(ASKED.stem, k)]
    assert found[0] == "apixaban@2"
    assert len(found) == k
    assert not {"apixaban@1", "letter@1"} & set(found)
    assert [hit.rank for hit in bench.served(ASKED.stem, k)] == list(range(1, k + 1))


def test_what_nobody_judged_is_kept_those_in_force_first(bench: Bench) -> None:
    found = [hit.passage.ref for hit in bench.served("For apixaban the advice is option", 3)]
    assert found[:2] == ["apixaban@2", "apixaban-note@1"]
    assert "not judged" in bench.served("For apixaban the advice is option", 3)[1].why


def test_a_query_about_something_else_is_not_cured_by_the_search(bench: Bench) -> None:
    found = {hit.passage.ref for hit in bench.served("visiting hours and parking at the hospital")}
    assert found
    assert all(ref.startswith("parking") for ref in found)


def test_what_the_index_does_not_hold_cannot_be_served(bench: Bench) -> None:
    gap = Bench(replace(bench.mending, snapshot=bench.snapshot.without(["apixaban@2"])))
    assert "apixaban@2" not in {hit.passage.ref for hit in gap.served(ASKED.stem)}


def test_what_the_store_holds_as_out_of_force_comes_after_what_is_in_force(bench: Bench) -> None:
    header = bench.snapshot.headers["apixaban@2"].model_copy(update={"retracted": True})
    lapsed = Bench(replace(bench.mending, snapshot=bench.snapshot.supposing([header])))
    assert lapsed.served(ASKED.stem)[0].passage.ref != "apixaban@2"


@pytest.mark.parametrize("kind", ["aim", "requery"])
def test_the_best_query_finds_what_decides_and_was_not_asked_before(bench: Bench, kind: str) -> None:
    title = bench.snapshot.headers["apixaban@2"].title
    first = bench.best(kind, Query, {"question": ASKED.question})
    again = bench.best(kind, Query, {"question": ASKED.question, "asked": AskedQueries(queries=(title, ASKED.stem))})
    for query in (first, again):
        assert query is not None
        assert bench.served(query.text)[0].passage.ref == "apixaban@2"
    assert again is not None
    assert again.text not in (title, ASKED.stem)


def test_without_a_label_of_what_decides_no_query_and_no_verdict_is_better(bench: Bench) -> None:
    bare = ASKED.model_copy(update={"clean_evidence": ()})
    assert bench.best("requery", Query, {"question": bare.question}, bare) is None
    assert bench.best("critique", Critique, bench.hits(REFS), bare) is None


def test_an_agent_that_keeps_everything_keeps_each_passage_once(bench: Bench) -> None:
    lists = {"a": bench.hits(["apixaban@2", "letter@1"])["retrieved[1]"], "b": bench.hits(["letter@1"])["retrieved[1]"]}
    kept = bench.best("keep", Kept, lists)
    assert kept is not None
    assert [name.partition("#")[0] for name in kept.passages] == ["apixaban@2", "letter@1"]


def test_a_letter_is_confirmed_where_the_words_select_it_and_only_there(bench: Bench) -> None:
    choice = bench.chosen(bench.read(["apixaban@2"]))
    words = choice.model_copy(update={"said": ModelAnswer(greedy="Answer: C", drawn=("Answer: B", "It depends."))})
    checked = bench.best("check", CheckedAnswers, {"question": ASKED.question, "choice": words})
    assert checked is not None
    assert (checked.greedy.confirmed, [one.confirmed for one in checked.ballots]) == ("C", ["B", None])
    assert bench.best("check", CheckedAnswers, {"question": ASKED.question, "choice": choice}) is None


def test_the_labels_of_harm_play_no_part(bench: Bench) -> None:
    harmless = ASKED.model_copy(update={"labels": {}})
    assert ASKED.labels == LABELS
    assert bench.read(REFS, harmless) == bench.read(REFS)
    assert bench.served(ASKED.stem, 3, harmless) == bench.served(ASKED.stem, 3)
