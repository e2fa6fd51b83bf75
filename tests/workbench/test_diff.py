"""Two runs compared: where they diverge and why, what moved, and what cannot be compared is said."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from desk import BENCHMARK, CASES, Desk, evitrail
from exhibit import HOSTILE, RUN, experiment
from serving_pages import asking
from ward import WardReader, advice, arm, ask, case, opened

from evitrail.eval.attribution.scene.facts import facts
from evitrail.eval.dataset.case import load
from evitrail.eval.report.results import write_results
from evitrail.eval.rerun.fork_run import fork_run
from evitrail.traces.journal.folder import Journals
from evitrail.traces.trace import Trace
from evitrail.workbench.api.diff.diff import RunDiff, run_diff
from evitrail.workbench.api.diff.fields import MOST, field_diffs
from evitrail.workbench.api.diff.other_runs import pair_of
from evitrail.workbench.api.diff.step import step_diff
from evitrail.workbench.api.diff.steps import AlignedStep
from evitrail.workbench.api.folders import UnknownName

PLAIN, GATED, CLOSED = (f"{name}.{CASES[0]}" for name in ("standard", "gated", "closed_book"))
GATED_HOSTILE = RUN.replace("words", "gated")
SWAPPED = {"only first": "only second", "only second": "only first"}


@pytest.fixture(scope="module")
def stale(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An experiment in which the outdated evidence is found by words and held back by a gate."""
    folder = experiment(tmp_path_factory.mktemp("stale"))
    write_results(folder)
    return folder


def by_path(told: RunDiff) -> dict[str, AlignedStep]:
    return {step.path: step for step in told.steps}


def test_two_conditions_of_a_case_diverge_at_the_first_step_that_is_not_the_same(desk: Desk) -> None:
    told = run_diff(desk.run, PLAIN, GATED)
    steps = by_path(told)
    assert told.diverged == next(iter(steps)) == "aim[1]"
    assert steps["aim[1]"].status == "only second"
    assert steps["retrieve[1]"].status == "differs"
    why = steps["retrieve[1]"].why
    assert why.startswith("other input: query; done by Dense(")
    assert "by Clean() in the second; k: 10 in the first run, 5 in the second" in why
    assert told.same_question is True
    assert sum(told.counts.values()) == len(told.steps)
    assert (told.first.run, told.second.run) == (PLAIN, GATED)
    assert told.first.outcome
    assert told.first.outcome.run == PLAIN
    assert told.second.logits


def test_swapped_runs_tell_the_same_with_the_sides_changed(desk: Desk) -> None:
    told, swapped = run_diff(desk.run, PLAIN, GATED), run_diff(desk.run, GATED, PLAIN)
    statuses = {path: SWAPPED.get(step.status, step.status) for path, step in by_path(told).items()}
    assert {path: step.status for path, step in by_path(swapped).items()} == statuses
    assert {(one.passage, one.was, one.now) for one in told.passages} == {
        (one.passage, one.now, one.was) for one in swapped.passages
    }
    assert told.diverged == swapped.diverged


def test_a_run_beside_itself_moves_nowhere(desk: Desk) -> None:
    told = run_diff(desk.run, PLAIN, PLAIN)
    assert told.diverged is None
    assert set(told.counts) == {"same"}
    assert all(one.was == one.now for one in told.passages)
    assert all(one.strength_was == one.strength_now for one in told.claims)


def test_a_fork_stands_beside_its_parent_with_what_was_changed_as_the_reason(own: Desk) -> None:
    fork = fork_run(own.run, PLAIN, {"k": 1}, at="retrieve[1]").run
    assert pair_of(own.run, fork) == (PLAIN, fork)
    told = run_diff(own.run, PLAIN, fork)
    assert (told.diverged, told.steps[0].why) == ("retrieve[1]", "k: 10 in the first run, 1 in the second")
    assert told.second.parent == PLAIN
    assert told.second.fork
    assert "k=1" in told.second.fork
    assert told.second.outcome, "a fork is scored with the key of its parent"
    assert sum(one.now is None for one in told.passages) == len(told.passages) - 1
    assert fork in {other.run for other in told.others if other.kind == "fork"}


def test_an_override_is_named_as_the_reason_on_whichever_side_it_stands(own: Desk) -> None:
    with Journals.open(own.run) as journal:
        choice = facts(Trace(journal, PLAIN)).choice
    assert choice
    other = next(letter for letter in choice.logits if letter != choice.option)
    stated = choice.model_copy(update={"option": other}).model_dump(mode="json")
    fork = fork_run(own.run, PLAIN, {"output": stated}, at="choose[1]").run
    told, swapped = run_diff(own.run, PLAIN, fork), run_diff(own.run, fork, PLAIN)
    assert by_path(told)["choose[1]"].why == "its output was overridden in the second run"
    assert by_path(swapped)["choose[1]"].why == "its output was overridden in the first run"
    assert (told.diverged, told.first.chosen, told.second.chosen) == ("choose[1]", choice.option, other)
    assert told.counts == {"same": 2, "differs": 1}, "nothing else moves"


def test_what_a_fork_reuses_is_the_same_as_in_its_parent(own: Desk) -> None:
    fork = fork_run(own.run, PLAIN, {"seed": 7}, at="choose[1]").run
    told = run_diff(own.run, PLAIN, fork)
    assert [step.status for step in told.steps[:2]] == ["same", "same"]
    assert told.steps[0].second
    assert told.steps[0].second.mark == "reused"


def test_evidence_is_told_with_its_ranks_and_what_replaced_it_on_the_day(stale: Path) -> None:
    told = run_diff(stale, RUN, GATED_HOSTILE)
    out = [one.passage for one in told.passages if one.now is None]
    assert "apixaban@0#0" in out
    before = told.standing[0]["apixaban@0"]
    assert (before.status, before.superseded_by) == ("superseded", "apixaban@1")
    assert {claim.claim.passage for claim in told.claims if not claim.now} >= {"apixaban@0#0"}


def test_a_run_is_compared_with_the_baseline_and_the_baseline_with_the_next_condition(desk: Desk) -> None:
    assert pair_of(desk.run, GATED) == (CLOSED, GATED)
    assert pair_of(desk.run, CLOSED) == (CLOSED, PLAIN)
    with pytest.raises(UnknownName, match=f"did you mean '{GATED}'"):
        pair_of(desk.run, f"{GATED}1")


def test_a_run_that_no_other_can_be_compared_with_says_so(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        store.ingest([advice("heparin", "B")])
        assert ask(tmp_path / "x", store, [case("heparin")], [arm()], WardReader()) == []
    write_results(tmp_path / "x")
    with pytest.raises(UnknownName, match="no other condition answered its case, and it has no forks"):
        pair_of(tmp_path / "x", "words.q-heparin")


def test_runs_of_different_cases_are_aligned_by_step_and_neither_claims_nor_options_are_matched(desk: Desk) -> None:
    told = run_diff(desk.run, PLAIN, f"standard.{CASES[1]}")
    assert told.same_question is False
    assert [step.path for step in told.steps] == ["retrieve[1]", "synthesise[1]", "choose[1]"]
    assert told.claims == ()
    assert told.passages


def test_a_damaged_run_is_aligned_and_not_compared(own: Desk) -> None:
    whole = (own.run / "journal.db").read_bytes()
    record = f'"run":"{GATED}","seq":1'.encode()
    at = whole.index(record)
    (own.run / "journal.db").write_bytes(whole[:at] + record.replace(b'seq":1', b'seq":7') + whole[at + len(record) :])
    told = run_diff(own.run, PLAIN, GATED)
    assert (told.first.state, told.second.state) == ("ended", "damaged")
    assert told.second.row
    assert told.same_question is None
    assert by_path(told)["choose[1]"].status == "not compared"
    assert f"{GATED} is damaged" in step_diff(own.run, PLAIN, GATED, "choose[1]").lacking


def test_patient_data_does_not_leave_in_a_comparison(tmp_path: Path) -> None:
    secret = case("heparin", stem="Ms Mira Okonkwo takes heparin. What is the advice?", sensitive=("stem",))
    with opened(tmp_path) as store:
        store.ingest([advice("heparin", "C")])
        arms = [arm(), arm("wide", k=9)]
        assert ask(tmp_path / "x", store, [secret], arms, WardReader()) == []
        write_results(tmp_path / "x")
    runs = ("words.q-heparin", "wide.q-heparin")
    told = run_diff(tmp_path / "x", *runs)
    assert {told.first.state, told.second.state} == {"withheld"}
    assert {step.status for step in told.steps} == {"not compared"}
    detail = step_diff(tmp_path / "x", *runs, "retrieve[1]")
    assert detail.lacking
    pages = asking(tmp_path / "x").get("/e/x/diff", params={"a": runs[0], "b": runs[1], "step": "retrieve[1]"})
    assert pages.status_code == 200
    assert "Okonkwo" not in told.model_dump_json() + detail.model_dump_json() + pages.text


def test_of_a_run_without_an_end_it_is_said_how_far_it_came(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        store.ingest([advice("heparin", "B"), advice("insulin", "B")])
        asked = [case("heparin"), case("insulin")]
        assert len(ask(tmp_path / "x", store, asked, [arm()], WardReader(faints="q-insulin"))) == 1
    told = run_diff(tmp_path / "x", "words.q-heparin", "words.q-insulin")
    assert told.second.state == "not ended"
    choose = by_path(told)["choose[1]"]
    assert (choose.status, choose.why) == ("differs", "it failed in the second run")
    detail = step_diff(tmp_path / "x", "words.q-heparin", "words.q-insulin", "choose[1]")
    assert detail.failed[0] is None
    assert "out of memory" in str(detail.failed[1])


def test_answers_in_free_text_are_compared_word_by_word(desk: Desk, tmp_path: Path) -> None:
    (asked,) = [one for one in load(BENCHMARK) if one.id == CASES[0]]
    file, out = tmp_path / "open.jsonl", tmp_path / "open"
    line = json.loads(asked.model_dump_json()) | {"options": {}, "answer": "", "labels": {}, "meta": {}}
    file.write_text(json.dumps(line), "utf-8")
    plan = ("--benchmark", file, "--store", desk.store, "--conditions", "standard,gated", "--samples", 0)
    assert evitrail("run", *plan, "--out", out).code == 0
    told = run_diff(out, PLAIN, GATED)
    assert "".join(text for op, text in told.text if op != "-") == told.second.text


def test_a_step_says_what_went_in_and_what_its_gates_held_back(stale: Path) -> None:
    found = step_diff(stale, RUN, GATED_HOSTILE, "retrieve[1]")
    assert found.step.status == "differs"
    assert [(given.role, given.first_from, given.second_from) for given in found.inputs] == [("query", None, "aim[1]")]
    (gone,) = [drop for drop in found.drops if drop.passage == "apixaban@0#0"]
    assert (gone.gate, gone.first) == ("as_of", None)
    assert gone.second
    assert "superseded" in gone.second
    assert "".join(text for op, text in found.query if op != "-").endswith("option D")
    assert found.passages
    assert found.lacking == ""


def test_a_choice_says_how_strongly_each_option_was_held(stale: Path) -> None:
    found = step_diff(stale, RUN, GATED_HOSTILE, "choose[1]")
    assert found.logits
    assert found.chosen == ("C", "C"), "this reader insists"
    assert found.logits[0] != found.logits[1]
    read = step_diff(stale, RUN, GATED_HOSTILE, "synthesise[1]")
    assert any(one.was and not one.now for one in read.claims)
    assert read.inputs[0].first_from == "retrieve[1]"


def test_a_step_that_only_one_run_has_is_told_with_what_it_left(stale: Path) -> None:
    found = step_diff(stale, RUN, GATED_HOSTILE, "aim[1]")
    assert found.first is None
    assert found.second
    (text,) = [field for field in found.fields if field.field == "text"]
    assert text.first is None
    assert text.second
    with pytest.raises(UnknownName, match=r"did you mean 'aim\[1\]'"):
        step_diff(stale, RUN, GATED_HOSTILE, "aim[2]")


def test_fields_are_compared_by_word_and_a_long_list_of_them_says_how_many_more() -> None:
    told = field_diffs(
        {"messages": [{"content": "repeat CT at 3 months"}], "votes": ["A", None], "same": 1},
        {"messages": [{"content": "repeat CT at 6 months"}], "votes": ["A", "B"], "same": 1, "new": True},
    )
    fields = {field.field: field for field in told}
    assert list(fields) == ["messages[1].content", "votes", "new"]
    assert fields["messages[1].content"].words == (
        ("=", "repeat CT at "),
        ("-", "3 "),
        ("+", "6 "),
        ("=", "months"),
    )
    assert (fields["votes"].first, fields["votes"].second) == ("A null", "A B")
    assert (fields["new"].first, fields["new"].second) == (None, "true")
    many = field_diffs({}, {str(n): n for n in range(MOST + 5)})
    assert (len(many), many[-1].field) == (MOST + 1, "and 5 more")
    assert field_diffs(None, None) == ()


def test_a_page_of_one_run_leads_to_the_address_of_two(desk: Desk) -> None:
    client = asking(desk.folder)
    answer = client.get("/e/evitrail-run/diff", params={"b": GATED, "step": "choose[1]"})
    assert answer.status_code == 307
    assert f"a={CLOSED}" in answer.headers["location"]
    assert "step=choose%5B1%5D" in answer.headers["location"]
    assert client.get(answer.headers["location"]).status_code == 200


@pytest.mark.parametrize(
    ("path", "status", "said"),
    [
        ("/api/experiments/evitrail-run/diff?a=x", 422, "b: "),
        (f"/api/experiments/evitrail-run/diff?a={PLAIN}&b=nothing", 404, "expected a run of this experiment"),
        (f"/api/experiments/evitrail-run/diff/step?a={PLAIN}&b={GATED}&step=aim", 404, "expected a step"),
        (f"/api/experiments/none/diff?a={PLAIN}&b={GATED}", 404, "expected an experiment"),
        ("/e/evitrail-run/diff", 404, "expected two runs to compare"),
        ("/e/evitrail-run/diff?b=nothing", 404, "expected a run of this experiment"),
    ],
)
def test_a_question_that_cannot_be_answered_is_one_line(desk: Desk, path: str, status: int, said: str) -> None:
    answer = asking(desk.folder).get(path)
    assert answer.status_code == status
    assert said in answer.text
    assert "Traceback" not in answer.text


def test_hostile_words_stay_words(stale: Path) -> None:
    client = asking(stale)
    page = client.get("/e/x/diff", params={"a": RUN, "b": GATED_HOSTILE, "step": "retrieve[1]"}).text
    assert HOSTILE not in page
    assert "<img src=x" not in page
    told = client.get("/api/experiments/x/diff", params={"a": RUN, "b": GATED_HOSTILE}).json()
    assert {one["evidence"]["title"] for one in told["passages"]} >= {"</title><script>1</script>"}
