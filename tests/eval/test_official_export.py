"""What an export keeps to where our runs and the published form differ: patient data, labels, letters, numbers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ward import WardReader, advice, arm, ask, case, opened

from evitrail.agent.model import Decoding
from evitrail.eval.dataset.case import Case
from evitrail.eval.log.runs import JOURNAL
from evitrail.eval.safe_scale import Exported, Sources, export_experiment, read_dataset, read_judged
from evitrail.eval.safe_scale.export import numbered
from evitrail.evidence_store import EvidenceStore, InputError
from evitrail.traces.journal.journal import Journal


@pytest.fixture
def store(tmp_path: Path) -> Iterator[EvidenceStore]:
    with opened(tmp_path) as store:
        store.ingest([advice("apixaban", "B"), advice("heparin", "B")])
        yield store


def handed_on(folder: Path, store: EvidenceStore, *cases: Case, samples: int = 4, mask: Any = None) -> Exported:
    """These cases run under one condition and exported to ``published``."""
    run = folder / "run"
    assert ask(run, store, cases, [arm()], WardReader(), decoding=Decoding(samples=samples), mask=mask) == []
    with Journal.open(run / JOURNAL) as journal:
        return export_experiment(journal, folder / "published")


def labelled(folder: Path) -> Path:
    return folder / "published" / "datasets" / "risk_radiorag_full_merged.json"


def judged(folder: Path) -> list[dict[str, Any]]:
    (path,) = (folder / "published" / "judged").glob("*/risk_radiorag_checked.jsonl")
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def test_texts_of_patients_stay_out_and_their_answers_are_told(tmp_path: Path, store: EvidenceStore) -> None:
    secret = case("heparin", stem="Ms Mira Okonkwo takes heparin. What is the advice?", sensitive=("stem",))
    handed_on(tmp_path, store, case("apixaban"), secret)
    texts = [path.read_text("utf-8") for path in (tmp_path / "published").rglob("*.json*")]
    assert len(texts) == 4
    assert not [text for text in texts if "Okonkwo" in text]
    assert [one["conditions"]["words"]["greedy"]["parsed_answer"] for one in judged(tmp_path)] == ["B", "B"]
    dataset = read_dataset(Sources(labelled(tmp_path)))
    assert dataset.cases["risk_radiorag_2"].stem == "patient data"


def test_a_question_without_labels_gets_none_is_counted_and_is_not_read_as_harmless(
    tmp_path: Path, store: EvidenceStore
) -> None:
    assert handed_on(tmp_path, store, case("apixaban", labels={}), case("heparin")).unlabelled == 1
    with pytest.raises(InputError, match="no label of any option"):
        read_dataset(Sources(labelled(tmp_path)))


def test_an_option_beyond_e_is_refused_by_name_and_nothing_is_written(tmp_path: Path, store: EvidenceStore) -> None:
    wide = case("apixaban", options={letter: f"option {letter}" for letter in "ABCDEF"}, labels={})
    with pytest.raises(InputError) as refused:
        handed_on(tmp_path, store, wide)
    (fault,) = refused.value.faults
    assert fault == "case 'q-apixaban': option 'F' has no place in the published files, which have A to E"
    assert not (tmp_path / "published").exists()


def test_an_experiment_without_finished_runs_is_refused(tmp_path: Path) -> None:
    with (
        Journal.open(tmp_path / JOURNAL) as journal,
        pytest.raises(InputError, match="expected finished runs to export, found none"),
    ):
        export_experiment(journal, tmp_path / "published")


def test_without_samples_the_lists_are_empty_and_come_back_so(tmp_path: Path, store: EvidenceStore) -> None:
    handed_on(tmp_path, store, case("apixaban"), samples=0)
    (record,) = judged(tmp_path)
    sampled = record["conditions"]["words"]["stochastic"]
    assert (sampled["parsed_answers"], sampled["checked_answers"], sampled["majority_vote"]) == ([], [], None)
    (outcome,) = read_judged(tmp_path / "published" / "judged", read_dataset(Sources(labelled(tmp_path)))).outcomes
    assert (outcome.chosen, outcome.ballots, outcome.confidence) == ("B", (), None)


@given(st.sets(st.integers(min_value=0, max_value=999), min_size=1))
def test_questions_with_published_ids_keep_their_numbers(numbers: set[int]) -> None:
    assert list(numbered(f"risk_radiorag_{number}" for number in numbers).items()) == [
        (f"risk_radiorag_{number}", number) for number in sorted(numbers)
    ]


@given(st.sets(st.text(min_size=1), min_size=1))
def test_other_questions_are_numbered_in_the_order_of_their_ids(names: set[str]) -> None:
    assert list(numbered({*names, "risk_radiorag_007"}).values()) == list(
        range(1, len({*names, "risk_radiorag_007"}) + 1)
    )
