"""Runs of ours as the published files: phase 3, phase 4 and the labelled questions, for the authors' own scripts.

Rules kept here (sections are those of the SaFE-Scale specification)
- Files have the published names and keys (1.5 to 1.7). What we do not have is null: the raw texts, the tokens, the
  time of the samples. The time of a run is told as its greedy answer's; the samples are drawn within it.
- Our readers name an option or abstain, so no judge is needed: the letter is the confirmed one.
- A condition with a published key has it; *agentic* becomes ``deep_research``, though it is a live agent. Others keep
  their names.
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
from collections.abc import Iterable, Mapping, Sequence
from operator import itemgetter
from pathlib import Path
from typing import Any, NamedTuple

from agent.model import Answer
from eval.benchmark import Case
from eval.condition import ALIASES
from eval.experiment import RunConfig, outcome_of, traces
from eval.official.columns import FLAGS, LETTERS
from eval.official.published import FILE, PHASE_3, Checked, CheckedArm, CheckedGreedy, CheckedSampled, Verdict
from eval.official.questions import PREFIX
from eval.official.whole import whole
from eval.outcome import Outcome
from eval.report.profile import place
from eval.results import replace_text, write_json
from evidence_store.formats.lines import InputError
from traces.view import JournalView

LABELS = "risk_radiorag_full_merged.json"
KEYS = {ours: published for published, ours in ALIASES.items()}
"""The published key of each of our conditions that has one."""

UNJUDGED = "no judge was asked: the reader names an option, or abstains"
JUDGED: Any = {"conditions": {"__all__": {"greedy": {"checked_answer"}, "stochastic": {"checked_answers"}}}}
"""What phase 4 adds to phase 3."""


class Exported(NamedTuple):
    """What was written."""

    models: tuple[str, ...]
    questions: int
    runs: int
    unlabelled: int
    """Questions without labels."""


class Ran(NamedTuple):
    """A finished run."""

    case: Case
    outcome: Outcome
    seconds: float


def export_experiment(journal: JournalView, folder: Path) -> Exported:
    """Write every finished run into a new folder; raises ``InputError`` where the published form has no room for it."""
    ran = list(_ran(journal))
    if not ran:
        raise InputError(["expected finished runs to export, found none"])
    cases = {run.case.id: run.case.covered for run in ran}
    _refuse_letters(cases.values())
    numbers = numbered(cases)
    models = _folders({run.outcome.reader for run in ran})
    with whole(folder) as made:
        (made / "datasets").mkdir()
        write_json(made / "datasets" / LABELS, [_labelled(cases[name], numbers[name]) for name in numbers])
        for reader, model in models.items():
            asked = {
                name: [run for run in ran if (run.outcome.reader, run.case.id) == (reader, name)] for name in numbers
            }
            records = [_record(model, numbers[name], runs) for name, runs in asked.items() if runs]
            _write(made / "results" / model / PHASE_3, (one.model_dump(exclude=JUDGED) for one in records))
            _write(made / "judged" / model / FILE, (one.model_dump() for one in records))
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


def _ran(journal: JournalView) -> Iterable[Ran]:
    for trace in traces(journal):
        said = trace.output(Answer)
        if said is not None:
            config = trace.config(RunConfig)
            spent = sum(step.milliseconds for step in trace.activities if "/" not in step.path)
            yield Ran(config.case, outcome_of(trace.run, config, said), round(spent / 1000, 3))


def _record(model: str, number: int, runs: Sequence[Ran]) -> Checked:
    ordered = sorted(runs, key=lambda run: place(run.outcome.condition))
    return Checked.model_validate(
        {
            "question_id": f"{PREFIX}{number}",
            "correct_answer": runs[0].case.answer,
            "model": model,
            "conditions": {KEYS.get(run.outcome.condition, run.outcome.condition): _arm(run) for run in ordered},
        }
    )


def _arm(run: Ran) -> CheckedArm:
    said, votes = run.outcome, run.outcome.ballots
    counts = Counter(vote for vote in votes if vote is not None)
    most = min((letter for letter in counts if counts[letter] == max(counts.values())), default=None)
    greedy = {
        "parsed_answer": said.chosen,
        "elapsed_s": run.seconds,
        "correct": said.correct,
        "checked_answer": _verdict(said.chosen),
    }
    sampled = {
        "raw_outputs": [None] * len(votes),
        "parsed_answers": votes,
        "majority_vote": most,
        "vote_counts": {letter: counts[letter] for letter in LETTERS},
        "majority_correct": most == said.answer,
        "checked_answers": [_verdict(vote) for vote in votes],
    }
    return CheckedArm(
        greedy=CheckedGreedy.model_validate(greedy),
        stochastic=CheckedSampled.model_validate(sampled),
        total_elapsed_s=run.seconds,
    )


def _verdict(letter: str | None) -> Verdict:
    return Verdict.model_validate({"reasoning": UNJUDGED, "confirmed_answer": letter})


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


def _folders(readers: Iterable[str]) -> dict[str, str]:
    """A folder's name for each reader, no two alike."""
    found: dict[str, str] = {}
    for reader in sorted(readers):
        name = re.sub(r"[^A-Za-z0-9]+", "-", reader).strip("-")[:60].strip("-") or "reader"
        found[reader] = name if name not in found.values() else f"{name}-{len(found) + 1}"
    return found


def _write(path: Path, records: Iterable[Mapping[str, Any]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    replace_text(path, "".join(f"{json.dumps(record, ensure_ascii=False)}\n" for record in records))
