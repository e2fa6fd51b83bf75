"""The published phase-4 files as outcomes: one for each model, condition and question that was answered.

Rules kept here
- The model is the name of its folder, as in the published scripts. Conditions keep their published keys: they
  name what the authors ran, which is not always what a condition of ours of like name does.
- A question of a file that the dataset does not have, or whose answer is another there, is refused; of an answer
  with an erratum, the published one must agree.
- A condition that a model has for no question was not run. One that it has for some is ``missing`` for the others,
  by name; nothing is put in their place, and ``n`` of the metrics says so.
- What the files do not carry stays unknown: no store, no citations, no outdated options.

    judged = read_judged(Path("judged"), dataset)
    judged.outcomes, judged.missing
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from evitrail.eval.metrics.outcome import Outcome, score
from evitrail.eval.safe_scale.answers import AnsweredLine, Answers, read_answers
from evitrail.eval.safe_scale.dataset import Dataset
from evitrail.eval.safe_scale.published import FILE, Spent
from evitrail.evidence_store.input_lines import LinePosition
from evitrail.evidence_store.input_text import InputError

NO_STORE = "none"
"""The snapshot of an outcome that no store stood behind."""


class Missing(NamedTuple):
    """A question that a model did not answer under a condition it answered others under."""

    model: str
    condition: str
    case: str

    def __str__(self) -> str:
        return f"{self.model} has no answer to {self.case} under {self.condition}"


class JudgedResults(NamedTuple):
    """What the files of all models hold."""

    outcomes: list[Outcome]
    spent: list[Spent]
    missing: list[Missing]


def judged_files(folder: Path) -> list[Path]:
    """The phase-4 file of every model; raises ``InputError`` where there is none."""
    found = sorted(folder.glob(f"*/{FILE}"))
    if not found:
        raise InputError([f"{folder}: expected folders of models with {FILE} in them, found none"])
    return found


def read_judged(folder: Path, dataset: Dataset, *, whole: bool = True) -> JudgedResults:
    """Every model's answers, scored; raises ``InputError`` with every fault of the first file that has any.

    ``whole`` is that of ``read_answers``: whether fields that are not scored must be right as well.
    """
    outcomes: list[Outcome] = []
    spent: list[Spent] = []
    missing: list[Missing] = []
    for path in judged_files(folder):
        model = path.parent.name
        answered = _joined(read_answers(path, whole=whole), dataset)
        if not answered:
            raise InputError([f"{path}: expected at least one answered question, found none"])
        for case, record in answered.items():
            for condition, answers in record.conditions.items():
                outcomes.append(_outcome(model, condition, case, answers, dataset))
                spent += _spent(outcomes[-1].run, model, answers)
        missing += _missing(model, answered, dataset)
    return JudgedResults(outcomes, spent, missing)


def _joined(read: Sequence[tuple[LinePosition, AnsweredLine]], dataset: Dataset) -> dict[str, AnsweredLine]:
    places: dict[str, LinePosition] = {}
    faults = []
    for place, record in read:
        case, right = record.question_id, dataset.printed.get(record.question_id)
        if case in places:
            faults.append(f"{place}: question {case!r} stands already at {places[case]}")
        elif right is None:
            faults.append(f"{place}: question {case!r} has no labels in the dataset")
        elif right != record.correct_answer:
            faults.append(f"{place}: question {case!r}: answer {record.correct_answer!r}, the dataset has {right!r}")
        places.setdefault(case, place)
    if faults:
        raise InputError(faults)
    return {record.question_id: record for _, record in read}


def _outcome(model: str, condition: str, name: str, answers: Answers, dataset: Dataset) -> Outcome:
    case = dataset.cases[name]
    return score(
        run=f"{model}.{condition}.{name}",
        case=name,
        condition=condition,
        reader=model,
        snapshot=NO_STORE,
        answer=case.answer,
        options=len(case.options),
        labels=case.labels,
        chosen=answers.chosen,
        ballots=answers.ballots,
    )


def _spent(run: str, model: str, answers: Answers) -> list[Spent]:
    return [
        Spent(run, "greedy", model, answers.greedy_seconds, answers.greedy_tokens),
        Spent(run, "stochastic", model, answers.sampled_seconds),
    ]


def _missing(model: str, answered: Mapping[str, AnsweredLine], dataset: Dataset) -> Iterator[Missing]:
    run = sorted({condition for record in answered.values() for condition in record.conditions})
    for case in dataset.cases:
        for condition in run:
            if case not in answered or condition not in answered[case].conditions:
                yield Missing(model, condition, case)
