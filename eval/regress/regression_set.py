"""Failed runs of an experiment as a folder of regression cases, which stands alone and can be run again elsewhere.

    plan.toml          how they are run: conditions, readers, samples, and the store state they are pinned to
    benchmark.jsonl    the questions, as they were recorded
    regress.json       which run failed, and how

Rules kept here
- Only runs that failed are taken; the others that were asked for are counted.
- The store state is the one that the experiment recorded: its ledger number, with the ledger's hash there. Another
  store is refused, and what is recorded later changes nothing.
- The folder appears whole or not at all. A question that holds patient data is refused: it would be a copy that no
  redaction reaches.

    saved = save_failures(Path("my-run"), ["gated.rad-001"], Path("regressions"))
    read_set(Path("regressions")).cases
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from pydantic import ValidationError

from evitrail.eval.attribution.blame import FAILS, Kind
from evitrail.eval.dataset.case import Case
from evitrail.eval.log.recorded_store import ledger_at, recorded_store
from evitrail.eval.log.run_config import RunConfig
from evitrail.eval.log.runs import outcomes
from evitrail.eval.metrics.outcome import Outcome
from evitrail.eval.plan.custom_conditions import DAY
from evitrail.eval.plan.plan import PLAN, Plan, plan_in, settle
from evitrail.eval.plan.plan_paths import relative_to
from evitrail.eval.plan.run_name import ReadCondition
from evitrail.eval.report.files import write_json
from evitrail.eval.whole_folder import whole
from evitrail.evidence_store.input_record import fault_lines
from evitrail.evidence_store.input_text import InputError
from evitrail.traces.journal.folder import Journals
from evitrail.traces.record import Record
from evitrail.traces.trace import Trace
from evitrail.traces.whole_file import replace_text

SET = "regress.json"
BENCHMARK = "benchmark.jsonl"


class RegressionCase(Record):
    """One run that failed, to be done again."""

    run: str
    case: str
    condition: str
    reader: str
    """The reader's label; empty where the experiment has one reader."""
    chosen: str | None
    answer: str
    failed: tuple[Kind, ...]
    """The ways in which it failed, and must not fail again."""


class RegressionSet(Record):
    """All cases of a set, and where they come from."""

    experiment: str
    """The name of the experiment's folder."""
    cases: tuple[RegressionCase, ...]


class Saved(NamedTuple):
    """What was saved."""

    cases: int
    not_failed: int
    """Runs that were asked for and did not fail."""


def save_failures(folder: Path, runs: Iterable[str], target: Path) -> Saved:
    """Write those of these runs that failed into a new folder; raises ``InputError`` where none did."""
    wanted = set(runs)
    if not (folder / PLAN).is_file():
        raise InputError([f"{folder}: expected an experiment with a {PLAN}, found none; its runs cannot be done again"])
    with Journals.open(folder) as journal:
        asked = [outcome for outcome in outcomes(journal) if outcome.run in wanted]
        failed = [regression for outcome in asked for regression in _regression(outcome)]
        if not failed:
            raise InputError([f"{folder}: expected runs that failed, none of the {len(asked)} that are meant did"])
        configs = {each.run: Trace(journal, each.run).config(RunConfig) for each in failed}
        plan = plan_in(folder)
        with recorded_store(folder, plan, journal) as store:
            seq = store.seq if plan.seq is None else plan.seq
            pinned = {"store": str(store.path.resolve()), "seq": seq, "ledger": ledger_at(store, seq)}
    cases = _questions(configs)
    with whole(target) as made:
        lines = "".join(f"{case.model_dump_json()}\n" for case in cases)
        replace_text(made / BENCHMARK, lines)
        _write_plan(plan.model_copy(update=pinned), made, target)
        found = RegressionSet(experiment=folder.resolve().name, cases=tuple(failed))
        write_json(made / SET, found.model_dump(mode="json"))
    return Saved(len(failed), len(asked) - len(failed))


def read_set(folder: Path) -> RegressionSet:
    """The cases of a set; raises ``InputError`` where there is none."""
    path = folder / SET
    if not path.is_file():
        raise InputError([f"{folder}: expected regression cases, found no {SET}; `evitrail regress save` writes it"])
    try:
        return RegressionSet.model_validate_json(path.read_bytes())
    except ValidationError as error:
        raise InputError([f"{path}: {fault}" for fault in fault_lines(error, RegressionSet)]) from error


def _regression(outcome: Outcome) -> Iterator[RegressionCase]:
    failed = tuple(kind for kind, fails in FAILS.items() if fails(outcome))
    if failed:
        yield RegressionCase(
            run=outcome.run,
            case=outcome.case,
            condition=outcome.condition,
            reader=ReadCondition.of(outcome.run, outcome.condition).reader,
            chosen=outcome.chosen,
            answer=outcome.answer,
            failed=failed,
        )


def _questions(configs: Mapping[str, RunConfig]) -> list[Case]:
    """Each question once, asked of its own day where a condition asked it of another."""
    found: dict[str, Case] = {}
    for run in sorted(configs, key=lambda run: bool(DAY.fullmatch(configs[run].condition.snapshot or ""))):
        case = configs[run].case
        if case.sensitive:
            raise InputError([f"run {run!r}: expected a question without patient data, got case {case.id!r} with some"])
        found.setdefault(case.id, case)
    return [found[name] for name in sorted(found)]


def _write_plan(plan: Plan, made: Path, target: Path) -> None:
    """Write the plan, its paths as they lead from the folder's final place."""
    questions = {"benchmark": BENCHMARK, "only": (), "split": None, "limit": None}
    settle(relative_to(plan, target).model_copy(update=questions), made, plan.seq or 0)
