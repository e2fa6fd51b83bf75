"""Of a case's patient data nothing lies outside the blobs that can be redacted, and after that nothing at all."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from patient import files, holding, remains, sensitive
from ward import DRUGS, WardReader, advice, arm, ask, case, opened
from world import WordVectors

from evitrail.agent.llm import ScriptedLLM
from evitrail.agent.model import Query, Synthesis
from evitrail.agent.reader import DirectReader, ExtractiveReader, PromptedReader, Reader
from evitrail.eval.attribution.blame_record import blame_failures, blames
from evitrail.eval.dataset.case import COVER, Case
from evitrail.eval.experiment.experiment import Experiment
from evitrail.eval.log.run_config import RunConfig
from evitrail.eval.log.runs import JOURNAL, outcomes, redacted, traces
from evitrail.eval.plan.condition import CONDITIONS, Condition
from evitrail.eval.redact_run import redact_run
from evitrail.eval.report.results import write_results
from evitrail.eval.report.review_list import listed_reviews
from evitrail.eval.rerun.fork import fork, forking
from evitrail.eval.rerun.whatif import whatif
from evitrail.eval.review import review_blame
from evitrail.evidence_store import EvidenceStore
from evitrail.traces import Journal, JournalError, canonical_json, content_id, verify_journal
from evitrail.traces.journal.redacted import redacted_runs
from evitrail.traces.trace import Trace

STEM, OPTION, RATIONALE, META = MARKERS = ("Zorblattine", "Quixelbyan", "Wimblethorpe", "Frobnitzke")
BY, REASON = "d.larsen", "consent withdrawn"
KINDS = ("closed_book", "clean", "padded_top_1", "standard", "agentic", "per_option", "gated")
ARMS = [*(CONDITIONS[name] for name in KINDS), arm()]
PLAIN = case("heparin")
PATIENT = case(
    "apixaban",
    stem=f"{STEM} takes apixaban. What is the advice for {STEM}?",
    options={letter: f"{OPTION} option {letter}" for letter in "ABCD"},
    gold_rationale=f"{RATIONALE} was well",
    meta={"note": {"seen": [META]}, "stale_option": "C"},
    sensitive=("stem", "options", "gold_rationale", "meta"),
)
READ = r'{"claims": [{"option": "C", "stance": "supports", "quote": "\2", "strength": 0.9}]}'
SCRIPT = (
    (rf"You search a store.*({STEM})", r'{"query": "\1 again", "reason": "\1"}'),
    ("You search a store", '{"query": "again", "reason": "as told"}'),
    (rf"You judge whether.*({STEM})", r'{"adequate": false, "reason": "\1 is not there"}'),
    ("You judge whether", '{"adequate": false, "reason": "as told"}'),
    (r"You read one passage.*takes (\w+)\..*(For \1 the advice is option \w\.)", READ),
    ("You read one passage", '{"claims": []}'),
    (rf"You answer a clinical.*({STEM})", ("C", r"C for \1")),
    (rf"You are a medical expert.*({STEM})", ("C", r"C for \1")),
    ("You answer a clinical|You are a medical expert", "C"),
)


def readers(store: EvidenceStore) -> dict[str, Reader]:
    return {
        "ward": WardReader(misread="C"),
        "extractive": ExtractiveReader(embed=store.encoder.encode),
        "prompted": PromptedReader(ScriptedLLM(SCRIPT)),
        "direct": DirectReader(ScriptedLLM(SCRIPT, window=200_000)),
    }


def arms(reader: Reader) -> list[Condition]:
    return [one for one in ARMS if one.lacking(reader) is None]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[EvidenceStore]:
    with opened(tmp_path) as store:
        store.ingest(advice(drug, "BC"[place % 2]) for place, drug in enumerate(DRUGS))
        yield store


def done(folder: Path, store: EvidenceStore, reader: Reader, *cases: Case) -> None:
    """Everything an experiment does: run, attributed, forked, asked what if, and written out."""
    assert ask(folder, store, cases, arms(reader), reader, mask=None) == []
    with Journal.open(folder / JOURNAL) as journal:
        blame_failures(journal, store, reader)
        trace = Trace(journal, "standard.q-apixaban")
        said = journal.get(next(a for a in trace.activities if a.kind == "synthesise").output, Synthesis)
        laid = said.model_copy(update={"note": f"{STEM} said so"}).model_dump(mode="json")
        for at, changes in (("synthesise[1]", {"output": laid}), (None, {"retriever": "bm25"})):
            fork(journal, forking(trace, at, changes), store, reader)
        whatif(journal, {"retract": ["apixaban@1"]}, store, reader)
    write_results(folder)


def given_away(bodies: list[bytes]) -> list[bytes]:
    """All by which somebody who guesses could tell that he guessed right."""
    texts = [PATIENT.stem, *PATIENT.options.values(), f"{RATIONALE} was well", *MARKERS, f"{STEM} again"]
    digests = [hashlib.sha256(data).digest() for data in (*bodies, *(text.encode() for text in texts))]
    digests.append(hashlib.sha256(f"Case\n{canonical_json(PATIENT)}".encode()).digest())
    digests.append(bytes.fromhex(content_id(PATIENT.question)[7:]))
    digests.append(bytes.fromhex(content_id(Query(text=PATIENT.stem, reason="the question as asked"))[7:]))
    return [*digests, *(digest.hex().encode() for digest in digests)]


@pytest.mark.parametrize("reader", ["ward", "extractive", "prompted", "direct"])
def test_patient_data_lies_in_the_table_it_is_redacted_from_and_nowhere_else(
    tmp_path: Path, store: EvidenceStore, reader: str, capfd: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "x"
    done(folder, store, readers(store)[reader], PATIENT, PLAIN)
    bodies = list(sensitive(folder).values())
    told = [body for body in bodies if any(marker.encode() in body for marker in MARKERS)]
    for marker in MARKERS:
        assert any(marker.encode() in body for body in told), marker
        assert holding(marker.encode(), tmp_path) == []
    everything = b"\n".join(files(tmp_path).values())
    assert [sought for sought in given_away(told) if sought in everything] == []
    assert remains(told, tmp_path) == told
    assert not any(marker in said for said in capfd.readouterr() for marker in MARKERS)

    with Journal.open(folder / JOURNAL, create=False) as journal:
        mine = {run: journal.records(run) for run in journal.runs() if "q-apixaban" in run}
        assert len(mine) > 2 * len(ARMS)
        names = [[name for record in records for name in named(record.body)] for records in mine.values()]
        assert all(name.startswith("hmac-sha256:") for each in names for name in each)
        failed = {f"{outcome.condition}.{outcome.case}" for outcome in outcomes(journal) if not outcome.correct}
        assert failed <= {blame.run for blame in blames(journal)}

    for name in arms(readers(store)[reader]):
        redact_run(folder, f"{name.name}.q-apixaban", by=BY, reason=REASON)
    assert sensitive(folder) == {}
    assert remains(told, tmp_path) == []
    with Journal.open(folder / JOURNAL, create=False) as journal:
        assert verify_journal(journal).sound
        assert redacted_runs(journal).keys() == mine.keys()
        assert {outcome.case for outcome in outcomes(journal)} == {"q-heparin"}


def named(body: dict[str, Any]) -> list[str]:
    """The blobs that a record's body names."""
    return [body[key] for key in ("config", "output", "edges", "blames") if body.get(key)] + [
        given["id"] for given in body.get("inputs", ())
    ]


def test_a_review_of_patient_data_tells_no_reason_and_is_redacted_with_its_run(
    tmp_path: Path, store: EvidenceStore
) -> None:
    folder, run, note = tmp_path / "x", "standard.q-apixaban", f"{STEM} took it at night"
    done(folder, store, readers(store)["ward"], PATIENT, PLAIN)
    review_blame(folder, run, "wrong", ["retrieve[1]"], by=BY, reason=note)
    told = [body for body in sensitive(folder).values() if note.encode() in body]
    assert len(told) == 1
    assert holding(STEM.encode(), tmp_path) == []
    with Journal.open(folder / JOURNAL, create=False) as journal:
        (listed,) = listed_reviews(journal)
        assert (listed.by, listed.reason, listed.standing) == (BY, COVER, "counts")
        (blame,) = (one for one in blames(journal) if (one.run, one.outcome) == (run, "wrong"))
        assert blame.overridden is not None
        assert (blame.culprit, blame.overridden.reason) == (("retrieve[1]",), COVER)
    redact_run(folder, run, by=BY, reason=REASON)
    assert remains(told, tmp_path) == []
    with pytest.raises(JournalError, match=f"run '{run}' was redacted on .* by {BY}: {REASON}"):
        review_blame(folder, run, "wrong", ["choose[1]"], by=BY, reason="again")
    with Journal.open(folder / JOURNAL, create=False) as journal:
        assert verify_journal(journal).sound
        assert listed_reviews(journal) == []


def test_embeddings_of_patient_data_are_not_kept_in_the_store(tmp_path: Path, store: EvidenceStore) -> None:
    for each, kept in ((PATIENT, False), (PATIENT.model_copy(update={"sensitive": ()}), True)):
        folder = tmp_path / str(kept)
        ask(folder, store, [each], [CONDITIONS["standard"]], readers(store)["extractive"], mask=None)
        assert bool(holding(hashlib.sha256(PATIENT.stem.encode()).digest(), tmp_path / "store")) is kept
        assert bool(holding(WordVectors().encode([PATIENT.stem])[0].tobytes(), tmp_path / "store")) is kept


def test_a_failure_is_told_without_the_words_that_went_with_it(
    tmp_path: Path, store: EvidenceStore, capfd: pytest.CaptureFixture[str]
) -> None:
    class Talkative(WardReader):
        def choose(self, *given: Any) -> Any:
            raise RuntimeError(f"cannot choose for {STEM}")

    failures = ask(tmp_path / "x", store, [PATIENT], ARMS, Talkative(), mask=None)
    assert len(failures) == len(arms(Talkative()))
    assert {failure.error for failure in failures} == {
        "RuntimeError: its words are withheld, they may hold patient data"
    }
    assert not any(STEM in said for said in capfd.readouterr())
    assert holding(STEM.encode(), tmp_path) == []
    plain = ask(tmp_path / "y", store, [PLAIN], [arm()], replace(Talkative()), mask=None)
    assert plain[0].error == f"RuntimeError: cannot choose for {STEM}"


def test_pages_and_files_show_patient_data_in_place_of_its_text_and_count_it_like_any_other(
    tmp_path: Path, store: EvidenceStore
) -> None:
    told: dict[str, Any] = {}
    for name, each in (("open", PATIENT.model_copy(update={"sensitive": ()})), ("covered", PATIENT)):
        folder = tmp_path / name / "nightly"
        reader = readers(store)["ward"]
        ask(folder, store, [each, PLAIN], [arm()], reader, mask=None)
        with Journal.open(folder / JOURNAL) as journal:
            blame_failures(journal, store, reader)
        rows = write_results(folder)
        told[name] = rows, json.loads((folder / "attribution.json").read_text())
        page = (folder / "report.html").read_text(encoding="utf-8")
        assert (STEM in page) is (name == "open")
        assert ('<p class="stem">patient data</p>' in page) is (name == "covered")
        assert PLAIN.stem in page
    assert told["open"] == told["covered"]


def test_only_the_fields_that_are_called_sensitive_are_covered() -> None:
    whole = PATIENT.model_copy(update={"sensitive": ("stem",)}).covered
    assert (whole.stem, whole.options) == ("patient data", PATIENT.options)


def test_an_agent_sees_the_masked_text_and_nothing_else_is_written(tmp_path: Path, store: EvidenceStore) -> None:
    named_ = PATIENT.model_copy(update={"stem": "Mr Zorblattine takes apixaban, aged 93. What is the advice?"})
    assert ask(tmp_path / "x", store, [named_], [arm()], WardReader()) == []
    with Journal.open(tmp_path / "x" / JOURNAL, create=False) as journal:
        (trace,) = traces(journal)
        asked = trace.config(RunConfig).case
    assert asked.stem == "[NAME] takes apixaban, [AGE OVER 89]. What is the advice?"
    assert not any(STEM.encode() in body for body in sensitive(tmp_path / "x").values())


def test_a_case_that_cannot_be_masked_is_not_begun_and_the_others_are(tmp_path: Path, store: EvidenceStore) -> None:
    class Choosy:
        def mask(self, text: str) -> str:
            raise KeyError(text)

    reader = WardReader()
    failures = ask(tmp_path / "x", store, [PATIENT, PLAIN], [arm(), CONDITIONS["clean"]], reader, mask=Choosy())
    assert [failure.run for failure in failures] == ["clean.q-apixaban", "words.q-apixaban"]
    said = "Unmasked: case 'q-apixaban': 'stem' could not be masked: the mask raised KeyError; it is not asked"
    assert {failure.error for failure in failures} == {said}
    assert not any("apixaban" in call for call in reader.calls)
    with Journal.open(tmp_path / "x" / JOURNAL, create=False) as journal:
        assert [trace.run for trace in traces(journal)] == ["clean.q-heparin", "words.q-heparin"]
        assert sensitive(tmp_path / "x") == {}
        assert verify_journal(journal).sound


def test_a_redacted_run_counts_nowhere_and_is_not_done_again(tmp_path: Path, store: EvidenceStore) -> None:
    folder, reader = tmp_path / "x", readers(store)["ward"]
    ask(folder, store, [PATIENT, PLAIN], [arm()], reader, mask=None)
    with Journal.open(folder / JOURNAL) as journal:
        blame_failures(journal, store, reader)
    before = write_results(folder)
    dropped = redact_run(folder, "words.q-apixaban", by=BY, reason=REASON)
    assert (dropped.said.run, dropped.said.by, dropped.said.reason) == ("words.q-apixaban", BY, REASON)
    assert dropped.runs[0] == "words.q-apixaban"
    assert len(dropped.runs) > 1
    after = write_results(folder)
    assert [row["n"] for row in before] == [2]
    assert [row["n"] for row in after] == [1]
    assert {blame["case"] for blame in json.loads((folder / "attribution.json").read_text())} == {"q-heparin"}
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert "1 more run: their patient data was dropped on record" in page
    assert "q-apixaban" not in page

    again = WardReader(misread="C")
    assert Experiment([PATIENT, PLAIN], [arm()], store, again, mask=None).run(folder) == []
    assert again.calls == []
    with Journal.open(folder / JOURNAL) as journal:
        assert redacted(journal).keys() == {"words.q-apixaban"}
        assert whatif(journal, {"retract": ["apixaban@1"]}, store, reader).asked == 1
        assert verify_journal(journal).sound
        assert len(verify_journal(journal).redacted) == dropped.blobs


def test_an_experiment_of_which_every_run_was_redacted_still_has_a_report(tmp_path: Path, store: EvidenceStore) -> None:
    ask(tmp_path / "x", store, [PATIENT], [arm()], WardReader(), mask=None)
    redact_run(tmp_path / "x", "words.q-apixaban", by=BY, reason=REASON)
    assert write_results(tmp_path / "x") == []
    assert "No run has finished" in (tmp_path / "x" / "report.html").read_text(encoding="utf-8")


def test_a_run_without_patient_data_is_not_redacted(tmp_path: Path, store: EvidenceStore) -> None:
    ask(tmp_path / "x", store, [PATIENT, PLAIN], [arm()], WardReader(), mask=None)
    with pytest.raises(JournalError, match="holds no patient data"):
        redact_run(tmp_path / "x", "words.q-heparin", by=BY, reason=REASON)


def test_a_field_that_cannot_be_sensitive_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="'stem', 'options', 'gold_rationale' or 'meta'"):
        case("apixaban", sensitive=("name",))
