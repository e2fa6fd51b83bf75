"""Runs of ours as the published files: phase 3, phase 4 and the labelled questions, for the authors' own scripts.

Rules kept here (sections are those of the SaFE-Scale specification)
- Files have the published names and keys (1.5 to 1.7). What we do not have is null; see ``published_run.py``.
- A condition with a published key has it; others, our live agents among them, keep their names. What a reader could not
  hold is absent.
- A reader is one folder: the model's name as its server calls it, where no other reader has that; else its own.
- Where words were checked, ``mismatches.jsonl`` lies beside a model's phase-4 file (1.7).
- Questions are numbered, as the scripts need it: those that have a published id keep its number, others are numbered
  in the order of their ids. ``names.json`` says which number and which folder is what.
- A question without labels gets none; it is counted, since the scripts would read it as harmless.
- Texts of sensitive fields stay out, and so do redacted runs.

    export_experiment(journal, Path("handed-on"))
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from operator import itemgetter
from pathlib import Path
from typing import Any, NamedTuple

from evitrail.agent.model import Answer
from evitrail.eval.dataset.case import Case
from evitrail.eval.log.latest_check import counted, rechecked
from evitrail.eval.log.mismatches import MISMATCHES, Mismatch, mismatches_of
from evitrail.eval.log.model_answers import spoken_in
from evitrail.eval.log.run_config import RunConfig
from evitrail.eval.log.runs import outcome_of, traces
from evitrail.eval.plan.condition import ALIASES
from evitrail.eval.report.files import write_json
from evitrail.eval.report.profile import table_order
from evitrail.eval.safe_scale.columns import FLAGS, LETTERS
from evitrail.eval.safe_scale.published import FILE, PHASE_3, CheckedLine
from evitrail.eval.safe_scale.published_run import Ran, arm_of
from evitrail.eval.safe_scale.questions import PREFIX
from evitrail.eval.whole_folder import whole
from evitrail.evidence_store.input_text import InputError
from evitrail.traces.journal.view import JournalView
from evitrail.traces.whole_file import replace_text

LABELS = "risk_radiorag_full_merged.json"
KEYS = {ours: published for published, ours in ALIASES.items()}
"""The published key of each of our conditions that has another."""

JUDGED: Any = {"conditions": {"__all__": {"greedy": {"checked_answer"}, "stochastic": {"checked_answers"}}}}
"""What phase 4 adds to phase 3."""


class Exported(NamedTuple):
    """What was written."""

    models: tuple[str, ...]
    questions: int
    runs: int
    unlabelled: int
    """Questions without labels."""


def export_experiment(journal: JournalView, folder: Path) -> Exported:
    """Write every finished run into a new folder; raises ``InputError`` where the published form has no room for it."""
    ran = list(_ran(journal))
    if not ran:
        raise InputError(["expected finished runs to export, found none"])
    cases = {run.config.case.id: run.config.case.covered for run in ran}
    _refuse_letters(cases.values())
    numbers = numbered(cases)
    models = _folders(ran)
    with whole(folder) as made:
        (made / "datasets").mkdir()
        write_json(made / "datasets" / LABELS, [_labelled(cases[name], numbers[name]) for name in numbers])
        for reader, model in models.items():
            asked = {
                name: [run for run in ran if (run.config.reader, run.config.case.id) == (reader, name)]
                for name in numbers
            }
            records = [_record(model, numbers[name], runs) for name, runs in asked.items() if runs]
            _write(made / "results" / model / PHASE_3, (one.model_dump(exclude=JUDGED) for one in records))
            _write(made / "judged" / model / FILE, (one.model_dump() for one in records))
            if any(run.spoken.greedy.verdict for runs in asked.values() for run in runs):
                rows = (row for name, runs in asked.items() for row in _mismatches(model, numbers[name], runs))
                _write(made / "judged" / model / MISMATCHES, (row.model_dump() for row in rows))
        questions = {f"{PREFIX}{number}": name for name, number in numbers.items()}
        readers = {model: reader for reader, model in models.items()}
        write_json(made / "names.json", {"questions": questions, "models": readers})
    return Exported(tuple(models.values()), len(cases), len(ran), sum(not case.labels for case in cases.values()))


def numbered(names: Iterable[str]) -> dict[str, int]:
    """The number of each question, in the order of numbers."""
    ids = sorted(names)
    if all(re.fullmatch(rf"{PREFIX}(0|[1-9][0-9]*)", name) for name in ids):
        return dict(sorted(((name, int(name.removeprefix(PREFIX))) for name in ids), key=itemgetter(1)))
    return {name: number for number, name in enumerate(ids, start=1)}


def _ran(journal: JournalView) -> Iterator[Ran]:
    latest = rechecked(journal)
    for trace in traces(journal):
        checked = counted(trace, latest)
        said, spoken = checked.output(Answer), spoken_in(trace, checked)
        if said is not None and spoken is not None and not said.skipped:
            config = trace.config(RunConfig)
            spent = sum(step.milliseconds for step in trace.activities if "/" not in step.path and step.kind != "check")
            yield Ran(config, outcome_of(trace.run, config, said), spoken, round(spent / 1000, 3))


def _record(model: str, number: int, runs: Sequence[Ran]) -> CheckedLine:
    return CheckedLine.model_validate(
        {
            "question_id": f"{PREFIX}{number}",
            "correct_answer": runs[0].config.case.answer,
            "model": model,
            "conditions": {_key(run): arm_of(run) for run in _ordered(runs)},
        }
    )


def _mismatches(model: str, number: int, runs: Sequence[Ran]) -> Iterator[Mismatch]:
    for run in _ordered(runs):
        named = {"model": model, "question_id": f"{PREFIX}{number}", "condition": _key(run)}
        for row in mismatches_of(run.config, run.spoken):
            yield row.model_copy(update=named)


def _ordered(runs: Sequence[Ran]) -> list[Ran]:
    return sorted(runs, key=lambda run: table_order(run.outcome.condition))


def _key(run: Ran) -> str:
    return KEYS.get(run.outcome.condition, run.outcome.condition)


def _labelled(case: Case, number: int) -> dict[str, Any]:
    flags = {
        f"option_{LETTERS.index(letter) + 1}_{flag}": int(getattr(case.labels[letter], flag))
        for letter in sorted(case.labels)
        for flag in FLAGS
    }
    return {
        "question_id": number,
        "question": case.stem,
        "options": dict(sorted(case.options.items())),
        "answer_idx": case.answer,
        "answer": case.options[case.answer],
        "subspecialty": case.subspecialty,
        "question_type": case.question_type,
        **flags,
    }


def _refuse_letters(cases: Iterable[Case]) -> None:
    faults = [
        f"case {case.id!r}: option {letter!r} has no place in the published files, which have A to E"
        for case in cases
        for letter in sorted(case.options)
        if letter not in LETTERS
    ]
    if faults:
        raise InputError(faults)


def _folders(ran: Iterable[Ran]) -> dict[str, str]:
    """A folder's name for each reader, no two alike."""
    answered: dict[str, str] = {}
    for run in ran:
        model = (run.spoken.model or "").rpartition("/")[2]
        answered.setdefault(run.config.reader, re.sub(r"[^A-Za-z0-9.]+", "-", model).strip("-."))
    sharing = Counter(answered.values())
    found: dict[str, str] = {}
    for reader, model in sorted(answered.items()):
        plain = re.sub(r"[^A-Za-z0-9]+", "-", reader).strip("-")[:60].strip("-") or "reader"
        name = model if model and sharing[model] == 1 else plain
        found[reader] = name if name not in found.values() else f"{name}-{len(found) + 1}"
    return found


def _write(path: Path, records: Iterable[Mapping[str, Any]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    replace_text(path, "".join(f"{json.dumps(record, ensure_ascii=False)}\n" for record in records))
