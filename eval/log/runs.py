"""The runs of an experiment, read back from its journal: which there are, which are finished, and what each came to.

Rules kept here
- Outcomes are read from the journal, never from memory, so a report is the same whenever it is made.
- A run that answered in free text has no option and no outcome; ``eval/claims/recorded_claims.py`` reads those.
- Forks, seals, redacted runs and runs of other systems are not runs of the experiment.
- Runs that no seal covers count, as those of a resumed experiment do, and are told beside every total.
- A question that was skipped, because its evidence does not fit the model, is on record with the reason and counts
  nowhere: a model is not wrong about what it could not read.
- A label that a reviewer overrode counts in place of the case's (``reviews.py``), in ``outcomes`` and all that rests on
  them.

    with Journals.open(folder) as journal:
        outcomes(journal)
"""

from __future__ import annotations

from collections.abc import Iterator

from evitrail.agent.model import Answer
from evitrail.eval.dataset.case import Case
from evitrail.eval.log.latest_check import counted, rechecked
from evitrail.eval.log.reviews import ReviewedLabels, reviewed_labels
from evitrail.eval.log.run_config import RunConfig
from evitrail.eval.metrics.outcome import NOT_REVIEWED, Outcome, score
from evitrail.eval.plan.run_name import ReadCondition
from evitrail.evidence_store.did_you_mean import nearest
from evitrail.traces.audit.integrity import newer_than_seal
from evitrail.traces.audit.seal import SEAL_RUN
from evitrail.traces.external.external_run import recorded_elsewhere
from evitrail.traces.journal.errors import Redacted
from evitrail.traces.journal.redacted import redacted_runs
from evitrail.traces.journal.view import JournalView, Redaction
from evitrail.traces.trace import Trace, forks

JOURNAL = "journal.db"


def traces(journal: JournalView) -> Iterator[Trace]:
    """The runs of an experiment that can be read, by name.

    Forks, seals, redacted runs and those that were recorded elsewhere are not among them.
    """
    left_out = {SEAL_RUN, *redacted_runs(journal), *forks(journal)}
    for name in journal.runs():
        if name not in left_out and not recorded_elsewhere(trace := Trace(journal, name)):
            yield trace


def find_run(journal: JournalView, name: str, *, redacted: bool = False) -> Trace:
    """A run or counterfactual by its name; raises ``ValueError`` naming near ones.

    One that was redacted cannot be read any more: raises ``Redacted``, unless ``redacted`` asks for it as it is.
    """
    trace = Trace(journal, name)
    if not trace.records or name == SEAL_RUN:
        meant = nearest(name, [trace.run for trace in traces(journal)])
        raise ValueError(f"expected a run of this experiment (`evitrail trace list`), got {name!r}{meant}")
    if not redacted and (said := redacted_runs(journal).get(name)):
        raise Redacted(str(said))
    return trace


def why_no_option(trace: Trace) -> str:
    """Why a run has no option to speak of, to be put after its name."""
    if trace.ended:
        return "answered in free text; `evitrail claims` and `evitrail trace show` show its claims"
    return "was not finished; run the experiment again to finish it"


def redacted(journal: JournalView) -> dict[str, Redaction]:
    """The runs of an experiment that were redacted, each with what is on record of it."""
    found = redacted_runs(journal)
    among = forks(journal) if found else set[str]()
    return {name: said for name, said in found.items() if name not in among}


def newer_runs(journal: JournalView) -> set[str]:
    """The runs of an experiment that count, though no seal covers them yet."""
    newer = newer_than_seal(journal)
    return {trace.run for trace in traces(journal)}.intersection(newer) if newer else set()


def finished_runs(journal: JournalView) -> set[str]:
    """The runs that are not done again."""
    return {trace.run for trace in traces(journal) if trace.ended} | redacted_runs(journal).keys()


def as_recorded(cases: list[Case], journal: JournalView) -> list[Case]:
    """The cases, where one holds patient data and a run of it is on record, with the texts as they were recorded.

    So all its runs are asked the same, also where the mask finds more by now than when the experiment was begun.
    """
    if not any(case.sensitive for case in cases):
        return cases
    known: dict[str, Case] = {}
    for trace in traces(journal):
        case = trace.config(RunConfig).case
        known.setdefault(case.id, case)
    return [_with_texts(case, known.get(case.id)) for case in cases]


def _with_texts(case: Case, known: Case | None) -> Case:
    """The case with the sensitive texts of the known one, if it is the same case apart from them."""
    if known is None or known.covered.model_copy(update={"as_of": case.as_of}) != case.covered:
        return case
    return case.model_copy(update={field: getattr(known, field) for field in case.sensitive})


def outcomes(journal: JournalView) -> list[Outcome]:
    """Every finished run that answered, scored; one that was skipped counts nowhere.

    Where the words of a run were checked again, what the latest re-check confirmed is scored (``latest_check.py``).
    """
    latest = rechecked(journal)
    ended = ((trace, counted(trace, latest).output(Answer)) for trace in traces(journal))
    return [reviewed_outcome(trace, said) for trace, said in ended if said and not said.skipped]


def reviewed_outcome(trace: Trace, said: Answer) -> Outcome:
    """The answer of a run of the experiment, scored with the labels that reviewers overrode."""
    return outcome_of(trace.run, trace.config(RunConfig), said, reviewed_labels(trace, said.option))


def outcome_of(run: str, config: RunConfig, said: Answer, reviewed: ReviewedLabels = NOT_REVIEWED) -> Outcome:
    """One answer, scored against its case."""
    case = config.case
    return score(
        run=run,
        case=case.id,
        condition=config.condition.name,
        reader=config.reader,
        snapshot=config.snapshot,
        answer=case.answer,
        options=len(case.options),
        labels=case.labels,
        chosen=said.option,
        ballots=said.ballots.votes,
        stale_option=case.stale_option,
        cited=sorted({citation.evidence for citation in said.citations}),
        reviewed=reviewed,
    )


def cases(journal: JournalView) -> dict[str, Case]:
    """The cases that were asked, by id; one that was asked of several days has none."""
    found: dict[str, Case] = {}
    for trace in traces(journal):
        case = trace.config(RunConfig).case
        other = found.setdefault(case.id, case)
        if other.as_of != case.as_of:
            found[case.id] = other.model_copy(update={"as_of": None})
    return found


def skips(journal: JournalView) -> dict[str, tuple[str, ...]]:
    """The reasons that were given, one for each question, by condition."""
    found: dict[str, list[str]] = {}
    for trace in traces(journal):
        said, config = trace.output(Answer), trace.config(RunConfig)
        if said and said.skipped:
            condition = str(ReadCondition.of(trace.run, config.condition.name))
            found.setdefault(condition, []).append(said.skipped)
    return {condition: tuple(why) for condition, why in found.items()}
