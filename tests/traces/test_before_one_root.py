"""What was recorded before evitrail had one import root is read, proven, done again and gone on with today.

See ``fixtures/before_one_root/README.md``. What is expected here was told by the evitrail that wrote it. Where a test
fails, the format has changed, or the name of a component: mend that, not the test.
"""

from __future__ import annotations

import json
import re
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from before_one_root import unpacked
from desk import evitrail
from scribe import Order, recorded, ticking

from evitrail.agent.influence.values import Influence
from evitrail.agent.llm.base import Completion, Prompt
from evitrail.agent.model import (
    Answer,
    AskedQueries,
    CheckedAnswers,
    Choice,
    Critique,
    Decoding,
    Query,
    Question,
    Synthesis,
)
from evitrail.agent.reader import READERS, ExtractiveReader
from evitrail.agent.reader.extractive.scoring import Weights
from evitrail.agent.steps.research import Section
from evitrail.eval.attribution.record.recorded_blame import Blames
from evitrail.eval.attribution.replays.mended import Mended
from evitrail.eval.log.run_config import RunConfig
from evitrail.eval.metrics.outcomes_file import read_outcomes
from evitrail.eval.rerun.fork_record import Fork
from evitrail.evidence_store.model import Passage
from evitrail.retrieval.base import Retrieved
from evitrail.traces import Activity, Edges, Journal, Journals, Record, Trace, canonical_json
from evitrail.traces.external.incoming_run import Foreign, Imported
from evitrail.traces.record import sha256, stored_name, written
from evitrail.traces.run.memory import secret_of

TYPES: dict[str, type[Record]] = {
    stored_name(kind): kind
    for kind in (
        *(
            Answer,
            AskedQueries,
            Blames,
            CheckedAnswers,
            Choice,
            Completion,
            Critique,
            Decoding,
            Edges,
            Foreign,
            Fork,
            Imported,
        ),
        *(Influence, Mended, Passage, Prompt, Query, Question, Retrieved, RunConfig, Section, Synthesis),
    )
}
SEALED = {
    "experiment": "sha256:6dbe88a7f2ca506c655a94c43926ca1293b89bf0fc3b1888495ba7608fa58383",
    "in-words": "sha256:81c589dc710acb41d9b1f77537d16cdc31ecb2c366d1a554a314761dfcae769a",
    "own-code": "sha256:c44e7037e48d020958a28866cba0d62803a83e9a46c7697aed68daa5ba7b974b",
    "elsewhere": "sha256:fef955859a85340106ed7859ea88eea859cde978748b3d6b4ec78e7593054493",
}
"""Each folder's root, as ``trace verify`` told it then."""
ENDED: dict[str, dict[str, int]] = {
    "experiment": {"Retrieved": 193, "Critique": 140, "Query": 72, "Synthesis": 121, "Choice": 121},
    "in-words": {"Completion": 122, "Synthesis": 52, "Retrieved": 20, "Query": 16, "Section": 16}
    | {"Choice": 12, "Checked": 12, "Influence": 8},
    "own-code": {"Retrieved": 1, "Synthesis": 1, "Choice": 1},
    "elsewhere": {"Foreign": 3},
}
"""How many steps of each folder came to which type of output; what was redacted is not among them."""
WEIGHTS = Path(__file__).parents[2] / "bench" / "natural_failures" / "reader.json"
"""The extractive reader's weights when the runs were recorded."""
ANSWERED = {
    "experiment": {
        **dict.fromkeys(("agentic.acute-001", "clean.acute-001", "gated.acute-001", "standard.acute-001"), "A"),
        **dict.fromkeys(("clean.ward-037", "gated.ward-037"), "A"),
        **dict.fromkeys(("clean.radiology-003", "gated.radiology-003"), "D"),
        **dict.fromkeys(("agentic.radiology-003", "standard.radiology-003"), "B"),
    },
    "in-words": {
        f"{arm}.{case}": "A"
        for arm in ("closed_book", "per_option", "top_5")
        for case in ("acute-001", "radiology-003")
    },
    "own-code": {"in-force.radiology-003": "D"},
}
SERVED = re.compile(r"(the code of .+ has changed; )?served as recorded( \(reads_external\))?")
"""What may be said of a step that asked a model: it is not asked again."""
SAME = re.compile(r"(the code of .+ has changed, but the output is the same)?")
"""What may be said of any other step. That it is done by another component may not."""
SINCE = ("aim", "keep")
"""Kinds of step that were recorded later; nothing else of a run changed with them."""


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All that was kept; nobody changes it."""
    return unpacked(tmp_path_factory.mktemp("kept"))


@pytest.fixture
def own(kept: Path, tmp_path: Path) -> Path:
    """The experiment, for a test that adds to it; its store is the one that all share."""
    return shutil.copytree(kept / "experiment", tmp_path / "experiment")


def readable(journal: Journals) -> Iterator[Trace]:
    """The runs whose patient data was not redacted."""
    gone = {each.run for each in journal.redacted().values()}
    for name in journal.runs():
        trace = Trace(journal, name)
        if trace.of_type("run.begin") and secret_of(journal, name) not in gone:
            yield trace


@pytest.mark.parametrize("folder", SEALED)
def test_every_record_is_sound_and_every_run_is_there(kept: Path, folder: str) -> None:
    said = evitrail("trace", "verify", kept / folder, "--root", SEALED[folder], "--json")
    assert said.code == 0
    told = said.json
    assert (told["integrity"], told["completeness"], told["kept_root"]) == ([], [], [])
    assert (told["root"], told["redacted"]) == (SEALED[folder], 166 if folder == "experiment" else 0)


def test_a_signature_from_before_still_holds(kept: Path) -> None:
    told = evitrail("trace", "verify", kept / "experiment", "--key", kept / "journals.pub", "--json").json
    assert (told["signature"], told["newer_than_signature"]) == ([], [])
    assert told["signed_by"].startswith("clinic.example/journals+")


@pytest.mark.parametrize("folder", ENDED)
def test_every_step_is_read_with_its_types_and_keeps_its_names(kept: Path, folder: str) -> None:
    ended: Counter[str] = Counter()
    with Journals.open(kept / folder) as journal:
        for trace in readable(journal):
            begun, secret = trace.records[0].body, secret_of(journal, trace.run)
            stored = {begun["config"]: begun["config_type"]}
            stored |= {r.body["output"]: r.body["output_type"] for r in trace.of_type("run.end")}
            stored |= {r.body["blames"]: "Blames" for r in trace.of_type("attribution")}
            for step in trace.activities:
                stored |= {given.id: given.type for given in step.inputs} | {step.output: step.output_type}
                stored |= {step.edges: "Edges"} if step.edges else {}
                ended[step.output_type] += 1
            for name, kind in stored.items():
                data = written(journal.get(name, TYPES[kind]))
                assert data == journal.raw(name)
                assert name == (journal.secret(secret).named(data) if secret else sha256(data))
    assert ended == ENDED[folder]


def key_of(step: Activity) -> str:
    """The key of a step's work, as DESIGN.md says it: kind, component, code, parameters, and content of the inputs."""
    work = [step.kind, step.by, step.code, step.parameters, [[given.role, given.id] for given in step.inputs]]
    return sha256(canonical_json(work).encode())


def test_the_key_of_a_step_is_made_as_it_was(kept: Path, tmp_path: Path) -> None:
    with Journal.open(tmp_path / "journal.db", clock=ticking()) as today:
        recorded(today, "run", Order(words=("stroke", "risk")))
        assert [step.key == key_of(step) for step in Trace(today, "run").activities] == [True, True]
    for folder in ANSWERED:
        with Journals.open(kept / folder) as journal:
            assert [step for trace in readable(journal) for step in trace.activities if step.key != key_of(step)] == []


@pytest.mark.parametrize("folder", ANSWERED)
def test_no_step_comes_out_otherwise_when_it_is_done_again(
    kept: Path, folder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Code moves, so a step may say that its code is another; a step that asked a model then says no more than that.

    The reader's weights were fitted again since, so the steps are done with those that were in force.
    """
    weights = Weights.model_validate_json(WEIGHTS.read_text("utf-8"))
    monkeypatch.setitem(READERS, "extractive", lambda embed: ExtractiveReader(embed=embed, weights=weights))
    for run in ANSWERED[folder]:
        said = evitrail("replay", kept / folder, run, "--verify", "--allow-code", "--json")
        assert said.code in (0, 1), said.err
        steps: list[dict[str, Any]] = said.json["steps"]
        assert len(steps) >= 2
        for step in steps:
            if step["path"].partition("[")[0] in SINCE:
                assert (step["verdict"], step["detail"]) == ("new", "the recorded run has no such step")
                continue
            if run.startswith("gated.") and step["path"] == "retrieve[1]":
                assert (step["verdict"], step["detail"]) == ("input-changed", "query changed")  # it is of several lines
                continue
            step["detail"] = step["detail"].replace("retrieved[1] changed, but the output is the same", "")
            model = "/model[" in step["path"]
            assert step["verdict"] in (("reused", "code-changed") if model else ("recomputed-same",)), (run, step)
            assert (SERVED if model else SAME).fullmatch(step["detail"]), (run, step)


def test_a_redacted_run_stays_redacted(kept: Path) -> None:
    said = evitrail("replay", kept / "experiment", "standard.ward-037", "--verify", "--json")
    assert said.code == 1
    assert "by d.larsen: consent withdrawn" in said.json["blocked"]


def test_a_run_is_forked_where_it_searched(own: Path) -> None:
    asked = ("fork", own, "standard.radiology-003", "--at", "retrieve[1]", "--json", "--set")
    for retriever, option in (("bm25", "B"), ("clean", "D")):  # the second was forked before too
        said = evitrail(*asked, f"retriever={retriever}")
        assert (said.code, said.json["parent_option"], said.json["option"]) == (0, "B", option)
        first = said.json["steps"][0]
        assert (first["path"], first["verdict"]) == ("retrieve[1]", "code-changed")
        assert re.fullmatch(r"done by (BM25|Clean)\(.*\), recorded by Dense\(valid_only=False\)", first["detail"])


def test_failures_are_blamed_on_the_steps_they_were_blamed_on(kept: Path) -> None:
    listed = evitrail("trace", "show", kept / "experiment", "standard.radiology-003", "--json")
    (wrong,) = [blame for blame in listed.json["blames"] if blame["outcome"] == "wrong"]
    assert (wrong["culprit"], wrong["fault_code"]) == (["retrieve[1]"], "S2")
    assert wrong["records"] == ["pure-ground-glass-nodule-follow-up@2013"]
    assert {role: share["value"] for role, share in wrong["phi"].items()} == {
        **dict.fromkeys(("retrieve", "store", "synthesise"), 0.333333),
        "choose": 0.0,
    }
    rows = evitrail("trace", "list", kept / "experiment", "--failed", "--json").json
    assert {row["run"] for row in rows if "run" in row} >= {"agentic.radiology-003", "clean.ward-037"}


def test_the_results_are_rebuilt_with_the_same_outcomes(kept: Path, own: Path) -> None:
    for name in ("outcomes.parquet", "metrics.json", "attribution.json"):
        (own / name).unlink()
    assert evitrail("report", own).code == 0
    outcomes = read_outcomes(own / "outcomes.parquet")
    assert outcomes == read_outcomes(kept / "experiment" / "outcomes.parquet")
    assert {outcome.run: outcome.chosen for outcome in outcomes} == ANSWERED["experiment"]
    assert json.loads((own / "attribution.json").read_text()) == json.loads(
        (kept / "experiment" / "attribution.json").read_text()
    )
    now, then = (json.loads((folder / "metrics.json").read_text()) for folder in (own, kept / "experiment"))
    for row, old in zip(now, then, strict=True):  # metrics are added; what has no width has one now, and its number
        assert {name: value_of(row[name]) for name in old} == {name: value_of(told) for name, told in old.items()}


def value_of(told: object) -> object:
    """A metric without its interval; anything else as it is."""
    return told["value"] if isinstance(told, dict) else told


def test_the_experiment_is_gone_on_with_and_nothing_is_done_twice(kept: Path, own: Path) -> None:
    def runs() -> dict[str, str]:
        with Journals.open(own) as journal:
            return {run: head for run, head in journal.heads().items() if run != "experiment"}

    before = runs()
    assert evitrail("run", own / "plan.toml", "--out", own).code == 0
    assert runs() == before


def test_a_run_of_another_system_is_known_again(kept: Path, tmp_path: Path) -> None:
    there = shutil.copytree(kept / "elsewhere", tmp_path / "elsewhere")
    said = evitrail("trace", "import", kept / "run.otlp.jsonl", "--out", there, "--name", "ward", "--json")
    assert (said.code, said.json["new"], said.json["known"]) == (0, [], ["ward"])
