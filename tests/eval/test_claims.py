"""Open cases: asked and answered in free text, each claim judged and blamed by what the record shows, and counted."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from ward import arm, ask, case, opened
from world import evidence

from evitrail.agent.claims.judge import RuleClaimJudge
from evitrail.agent.claims.model_judge import ModelClaimJudge
from evitrail.agent.llm import ScriptedLLM
from evitrail.agent.model import Answer, OpenAnswer
from evitrail.agent.reader import ExtractiveReader
from evitrail.agent.reader.prompted import PromptedReader
from evitrail.eval.claims.answers_file import judged_file
from evitrail.eval.claims.claim_metrics import CLAIM_METRICS, ClaimRow, claim_rows
from evitrail.eval.claims.judged_answer import JudgedAnswer
from evitrail.eval.claims.recorded_claims import recorded_claims, resting_on
from evitrail.eval.dataset.case import COVER, Case, load
from evitrail.eval.log.runs import outcomes
from evitrail.eval.rerun.fork import do_again, forking
from evitrail.eval.rerun.whatif import whatif
from evitrail.evidence_store import EvidenceStore, InputError
from evitrail.traces import Journals, Trace, Verify
from evitrail.traces.journal.journal import Journal

OLD, NEW = "screening@2010", "screening@2015"
SAYS_OLD = "Adults start screening at 50 years and continue to 75 years."
SAYS_NEW = "Adults start screening at 45 years and continue to 75 years."
OPEN: dict[str, Any] = {"options": {}, "answer": "", "labels": {}}


def open_case(**changes: Any) -> Case:
    """When does screening start? Asked of 2020."""
    given = {"id": "q-screening", "stem": "At what age do adults start screening?", "clean_evidence": (NEW,), **OPEN}
    return case("apixaban", **given | changes)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[EvidenceStore]:
    """Screening from 50 years until 2015, from 45 years since; a leaflet that was never replaced; another subject."""
    with opened(tmp_path) as store:
        fields = {"title": "Screening", "published": date(2010, 1, 1), "valid_from": date(2010, 1, 1)}
        since = {"published": date(2015, 1, 1), "valid_from": date(2015, 1, 1), "supersedes": OLD}
        store.ingest([evidence("screening", "2010", text=SAYS_OLD, **fields)])
        store.ingest([evidence("screening", "2015", text=SAYS_NEW, **fields | since)])
        over = {"published": date(2010, 1, 1), "valid_from": date(2010, 1, 1), "valid_to": date(2012, 1, 1)}
        leaflet = "Polyps are removed by a barium enema."
        store.ingest([evidence("leaflet", "1", title="Leaflet", text=leaflet, **over)])
        store.ingest([evidence("stroke", "1", title="Stroke", text="Alteplase is given within 4.5 hours.")])
        yield store


def answers(folder: Path, store: EvidenceStore, *lines: dict[str, Any]) -> list[JudgedAnswer]:
    """What a file of answers comes to."""
    file = folder / "answers.jsonl"
    file.write_text("\n".join(json.dumps({"case": "q-screening", **line}) for line in lines), "utf-8")
    return judged_file(file, [open_case()], store, RuleClaimJudge())


def run(folder: Path, store: EvidenceStore, *cases: Case, reader: Any = None, **of: Any) -> list[JudgedAnswer]:
    """The answers in free text of an experiment with one condition."""
    assert ask(folder, store, cases or [open_case()], [arm(**of)], reader or ExtractiveReader()) == []
    with Journals.open(folder) as journal:
        return recorded_claims(journal)


@pytest.mark.parametrize(
    ("says", "served", "verdict", "steps", "why"),
    [
        (SAYS_NEW, [NEW], "supported", None, ""),
        (SAYS_NEW, ["stroke@1"], "supported", None, ""),
        (SAYS_OLD, [OLD], "outdated", ("retrieve",), f"and not {NEW}"),
        (SAYS_OLD, [OLD, NEW], "outdated", ("retrieve", "write"), f"write read past {NEW}"),
        (
            SAYS_OLD,
            [NEW],
            "outdated",
            ("write",),
            "nothing that was served says what write claims; the store holds it",
        ),
        (SAYS_OLD, ["stroke@1"], "outdated", ("write", "retrieve"), f"retrieve did not serve {NEW}"),
        (
            "Polyps are removed by a barium enema.",
            ["leaflet@1", NEW],
            "outdated",
            ("retrieve", "store"),
            "in its place",
        ),
        ("Adults start screening at 30 years.", [NEW], "contradicted", ("write",), f"write was served {NEW}"),
        (
            "Adults start screening at 30 years.",
            ["stroke@1"],
            "contradicted",
            ("write", "retrieve"),
            f"not serve {NEW}",
        ),
        ("Garlic prevents gout.", [NEW], "unsupported", ("write",), "nothing that was served"),
        ("Garlic prevents gout.", [], "unsupported", ("write", "retrieve"), f"retrieve did not serve {NEW}"),
        (SAYS_OLD, None, "outdated", (), "what was served is not on record"),
        ("Garlic prevents gout.", None, "unsupported", (), "what was served is not on record"),
    ],
)
def test_blame_goes_to_the_step_that_let_the_claim_in_as_far_as_the_record_tells(
    tmp_path: Path,
    store: EvidenceStore,
    says: str,
    served: list[str] | None,
    verdict: str,
    steps: tuple[str, ...] | None,
    why: str,
) -> None:
    ((claim,),) = [one.claims for one in answers(tmp_path, store, {"answer": says, "served": served})]
    assert claim.verdict == verdict
    assert (claim.blame.steps if claim.blame else None) == steps
    assert why in (claim.blame.reason if claim.blame else "")


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ({"case": "q-screenin", "answer": "x"}, "expected a case of the benchmark, got 'q-screenin'; did you mean"),
        (
            {"answer": "x", "served": ["screening@2011"]},
            "key 'served' names 'screening@2011', which the store does not",
        ),
        ({"answer": ""}, "key 'answer'"),
        ({"answer": "x", "sevred": []}, "unknown key 'sevred'"),
    ],
)
def test_a_wrong_line_of_answers_is_refused_with_its_place(
    tmp_path: Path, store: EvidenceStore, line: dict[str, Any], fault: str
) -> None:
    with pytest.raises(InputError) as refused:
        answers(tmp_path, store, {"answer": "Sound."}, line)
    (said,) = refused.value.faults
    assert said.startswith(f"{tmp_path / 'answers.jsonl'}:2: {fault}")


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"answer": "A"}, "key 'answer': expected none in a case without options"),
        ({"labels": {"A": {}}}, "key 'labels': expected none in a case without options"),
        ({"supports": {NEW: "A"}}, "key 'supports': expected none"),
        ({"meta": {"stale_option": "A"}}, "key 'meta.stale_option': expected none"),
    ],
)
def test_an_open_case_names_no_option(tmp_path: Path, changes: dict[str, Any], fault: str) -> None:
    line = json.loads(open_case().model_dump_json()) | changes
    (tmp_path / "open.jsonl").write_text(json.dumps(line), "utf-8")
    with pytest.raises(InputError, match=fault):
        load(tmp_path / "open.jsonl")


@pytest.mark.parametrize("missing", ["answer", "labels"])
def test_a_case_with_options_must_still_have_its_key(tmp_path: Path, missing: str) -> None:
    line = json.loads(case("apixaban").model_dump_json())
    del line[missing]
    (tmp_path / "cases.jsonl").write_text(json.dumps(line), "utf-8")
    with pytest.raises(InputError, match=f"key '{missing}': expected it beside the key 'options', got none"):
        load(tmp_path / "cases.jsonl")


def test_an_open_case_needs_neither_options_nor_key_nor_labels(tmp_path: Path) -> None:
    line = json.loads(open_case().model_dump_json())
    for key in ("options", "answer", "labels"):
        del line[key]
    (tmp_path / "open.jsonl").write_text(json.dumps(line), "utf-8")
    assert load(tmp_path / "open.jsonl") == [open_case()]


def test_a_run_of_an_open_case_records_what_its_judge_saw_and_names_its_own_steps(
    tmp_path: Path, store: EvidenceStore
) -> None:
    (answer,) = run(tmp_path / "run", store)
    with Journals.open(tmp_path / "run") as journal:
        paths = [step.path for step in Trace(journal, answer.run).activities]
    assert paths[:2] == ["retrieve[1]", "write[1]"]
    assert paths[2:] == [f"{kind}[{n}]" for n in range(1, len(answer.claims) + 1) for kind in ("gather", "judge")]
    outdated = next(claim for claim in answer.claims if claim.verdict == "outdated")
    assert outdated.text == SAYS_OLD
    assert outdated.blame is not None
    assert outdated.blame.steps == ("retrieve[1]", "write[1]")


def test_what_a_search_of_the_past_lets_in_a_search_of_what_is_in_force_keeps_out(
    tmp_path: Path, store: EvidenceStore
) -> None:
    plain = run(tmp_path / "plain", store)
    gated = run(tmp_path / "gated", store, retriever="clean")
    assert "outdated" in {claim.verdict for one in plain for claim in one.claims}
    assert {claim.verdict for one in gated for claim in one.claims} == {"supported"}


def test_an_open_run_is_done_again_to_the_same_claims(tmp_path: Path, store: EvidenceStore) -> None:
    (answer,) = run(tmp_path / "run", store)
    with Journals.open(tmp_path / "run") as journal:
        trace = Trace(journal, answer.run)
        verify = Verify(journal, trace.run)
        assert do_again(trace, verify, store, ExtractiveReader()) == trace.output(OpenAnswer)
        assert {step.verdict for step in verify.finish()} == {"recomputed-same"}


def test_an_open_run_is_in_no_number_about_options_and_none_of_their_runs_is_among_the_answers(
    tmp_path: Path, store: EvidenceStore
) -> None:
    closed = case("apixaban", clean_evidence=("stroke@1",))
    found = run(tmp_path / "run", store, open_case(), closed)
    with Journals.open(tmp_path / "run") as journal:
        assert [one.case for one in outcomes(journal)] == [closed.id]
        assert Trace(journal, found[0].run).output(Answer) is None
    assert [one.case for one in found] == ["q-screening"]


def test_an_open_run_is_neither_forked_nor_asked_what_if(tmp_path: Path, store: EvidenceStore) -> None:
    (answer,) = run(tmp_path / "run", store)
    with Journal.open(tmp_path / "run" / "journal.db") as journal:
        with pytest.raises(ValueError, match="answered in free text, which cannot be forked"):
            forking(Trace(journal, answer.run), None, {"retriever": "clean"})
        assert whatif(journal, {"retract": (NEW,)}, store, ExtractiveReader()).asked == 0


def test_an_answer_rests_on_what_was_served_and_says_its_claims(tmp_path: Path, store: EvidenceStore) -> None:
    (answer,) = run(tmp_path / "run", store)
    with Journals.open(tmp_path / "run") as journal:
        assert [(one.run, claims) for one, claims in resting_on(journal, OLD)] == [(answer.run, 1)]
        assert list(resting_on(journal, "stroke@2")) == []


def test_an_answer_from_nothing_makes_no_claim_and_no_share_of_it_is_known(
    tmp_path: Path, store: EvidenceStore
) -> None:
    found = run(tmp_path / "run", store, agent="closed_book", retriever=None)
    (row,) = claim_rows(found)
    assert (row.answers, row.claims) == (1, 0)
    assert {share.value for share in row.metrics.values()} == {None}


def test_a_language_model_answers_in_free_text_too(tmp_path: Path, store: EvidenceStore) -> None:
    reader = PromptedReader(ScriptedLLM(((".", f"{SAYS_NEW} Garlic prevents gout."),)))
    (answer,) = run(tmp_path / "run", store, reader=reader)
    assert [claim.verdict for claim in answer.claims] == ["supported", "unsupported"]
    assert [claim.grounded for claim in answer.claims] == [True, False]


def test_another_judge_is_put_to_the_recorded_evidence_and_changes_no_record(
    tmp_path: Path, store: EvidenceStore
) -> None:
    before = run(tmp_path / "run", store)
    with Journals.open(tmp_path / "run") as journal:
        again = recorded_claims(journal, ModelClaimJudge(ScriptedLLM(((".", "contradicted"),))))
        assert {claim.verdict for one in again for claim in one.claims} == {"contradicted"}
        assert recorded_claims(journal) == before


def test_the_texts_of_a_case_with_patient_data_are_covered(tmp_path: Path, store: EvidenceStore) -> None:
    (answer,) = run(tmp_path / "run", store, open_case(sensitive=("stem",)))
    assert {answer.text, *(claim.text for claim in answer.claims)} == {COVER}
    assert all(claim.verdict for claim in answer.claims)


def row_of(tmp_path: Path, store: EvidenceStore, *lines: dict[str, Any]) -> ClaimRow:
    (row,) = claim_rows(answers(tmp_path, store, *lines))
    return row


def test_shares_are_of_claims_and_unknown_is_no_share(tmp_path: Path, store: EvidenceStore) -> None:
    row = row_of(
        tmp_path,
        store,
        {"answer": f"{SAYS_NEW} {SAYS_OLD} Garlic prevents gout.", "served": [OLD]},
        {"answer": SAYS_NEW},
    )
    assert row.metrics.keys() == CLAIM_METRICS.keys()
    values = {name: (share.value, share.n) for name, share in row.metrics.items()}
    assert values == {
        "supported_claims": (0.5, 4),
        "outdated_claims": (0.25, 4),
        "contradicted_claims": (0.0, 4),
        "unsupported_claims": (0.25, 4),
        "grounded_claims": (1 / 3, 3),
        "fully_supported_answers": (0.5, 2),
    }
    for share in row.metrics.values():
        assert (share.lo or 0.0) <= (share.value or 0.0) <= (share.hi or 0.0)


def test_systems_have_a_row_each(tmp_path: Path, store: EvidenceStore) -> None:
    found = answers(tmp_path, store, {"answer": SAYS_NEW, "system": "ours"}, {"answer": SAYS_OLD, "system": "theirs"})
    shares = {row.condition: row.metrics["supported_claims"].value for row in claim_rows(found)}
    assert shares == {"ours": 1.0, "theirs": 0.0}
