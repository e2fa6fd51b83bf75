"""Blame on record: worked out once for each failed run, stored in that run's own chain, and read back from there.

Rules kept here
- A run is attributed once; attributing again adds nothing.
- All replays of one run and its blame are one transaction, so a kill leaves a run attributed or not. Where a model is
  asked each replay is one: what was paid for survives a kill, and is not asked again.
- A run whose attribution raises is recorded as not attributed, with the reason; the pass goes on, and the next one
  tries it again. A model server that does not answer, a full disk, or a reference that lacks what decides, ends the
  pass.
- Blame of an answer that no longer counts, because a later check came to another option, is left out of every total.
- Where a reviewer overrode a blame, or the label that makes the run fail, what the reviewer said counts
  (``record/reviewed_blame.py``).

    blame_failures(journal, store, reader)
    blames(journal)
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from datetime import date
from pathlib import Path

from evitrail.agent.llm.base import LLMError
from evitrail.agent.reader.base import Reader, Recording
from evitrail.eval.attribution.attribute import attribute, evidence_named
from evitrail.eval.attribution.blame import Blame
from evitrail.eval.attribution.record.recorded_blame import Blames
from evitrail.eval.attribution.record.reviewed_blame import counting_blames
from evitrail.eval.attribution.replays.budget import Budget
from evitrail.eval.attribution.scene.reference import WrongReference
from evitrail.eval.log.latest_check import counted, rechecked
from evitrail.eval.log.run_config import RunConfig
from evitrail.eval.log.runs import JOURNAL, traces
from evitrail.eval.plan.readers import Readers, readers
from evitrail.evidence_store.snapshot import Snapshot
from evitrail.evidence_store.store import EvidenceStore
from evitrail.traces.audit.seal import seal
from evitrail.traces.journal.after_end import ATTRIBUTION, ATTRIBUTION_ERROR
from evitrail.traces.journal.errors import JournalError, RunEnded
from evitrail.traces.journal.folder import Journals
from evitrail.traces.journal.journal import Journal
from evitrail.traces.journal.view import JournalView
from evitrail.traces.run.memory import secret_of

ReferenceOf = Callable[[date | None], Snapshot | None]
"""For a day, the state of a store that is right on it; None where nobody named one."""


def no_reference(day: date | None) -> Snapshot | None:
    """Nobody named a reference."""
    return None


def blame_failures(
    journal: Journal,
    store: EvidenceStore,
    reader: Reader | Readers,
    progress: Callable[[int, int], None] = lambda done, of: None,
    *,
    reference: ReferenceOf = no_reference,
    budget: Budget | None = None,
) -> None:
    """Attribute every failed run that has not been attributed yet, then seal the journal again.

    ``reference`` gives for a day the state of a store that is right on it; ``budget`` limits the calls of models.
    """
    _blame(journal, store, reader, progress, reference, evidence_named(journal), budget or Budget())
    seal(journal)


def blame_folder(
    folder: Path,
    store: EvidenceStore,
    reader: Reader | Readers,
    progress: Callable[[int, int], None] = lambda done, of: None,
    *,
    reference: ReferenceOf = no_reference,
    budget: Budget | None = None,
) -> None:
    """``blame_failures`` where several wrote: in each file of the folder, then one seal over all of them."""
    with Journals.open(folder) as journals:
        paths = [file.path for file in journals.files]
        named = evidence_named(journals)
    budget = budget or Budget()
    for path in paths:
        with Journal.open(path) as journal:
            _blame(journal, store, reader, progress, reference, named, budget)
    with Journal.open(folder / JOURNAL) as journal, Journals.open(folder) as whole:
        seal(journal, over=whole)


def _blame(
    journal: Journal,
    store: EvidenceStore,
    reader: Reader | Readers,
    progress: Callable[[int, int], None],
    reference: ReferenceOf,
    vouched: frozenset[str],
    budget: Budget,
) -> None:
    todo = [trace for trace in traces(journal) if trace.ended and not trace.of_type(ATTRIBUTION)]
    for done, trace in enumerate(todo):
        progress(done, len(todo))
        config = trace.config(RunConfig)
        named = reference(config.case.as_of)
        asks = isinstance(readers(reader).of(trace.run, config.reader), Recording)
        try:
            # One transaction for the whole inquiry: a hundred replays need not wait for the disk each.
            with nullcontext() if asks else journal.transaction():
                found = attribute(journal, trace.run, store, reader, reference=named, vouched=vouched, budget=budget)
                blames = Blames(blames=tuple(found))
                journal.append(trace.run, ATTRIBUTION, {"blames": _stored(journal, trace.run, blames)})
        except RunEnded as error:  # a re-run that was done by other code, before a kill
            journal.append(trace.run, ATTRIBUTION_ERROR, {"error": str(error)})
        except (LLMError, OSError, JournalError, WrongReference):
            raise
        except Exception as error:
            why = type(error).__name__ if config.case.sensitive else f"{type(error).__name__}: {error}"
            journal.append(trace.run, ATTRIBUTION_ERROR, {"error": why})
    progress(len(todo), len(todo))


def not_attributed(journal: JournalView) -> dict[str, str]:
    """The runs that could not be attributed so far, each with the reason."""
    return {
        trace.run: str(trace.of_type(ATTRIBUTION_ERROR)[-1].body["error"])
        for trace in traces(journal)
        if trace.of_type(ATTRIBUTION_ERROR) and not trace.of_type(ATTRIBUTION)
    }


def blames(journal: JournalView) -> list[Blame]:
    """Every blame record that counts, by run and kind of failure.

    One of an answer that does not count any more, because a re-check came to another, is left out.
    """
    latest = rechecked(journal)
    return [blame for trace in traces(journal) for blame in counting_blames(trace, counted(trace, latest))]


def _stored(journal: Journal, run: str, blames: Blames) -> str:
    """Among the run's own records, so that what is said of patient data is redacted with it."""
    secret = secret_of(journal, run)
    return journal.secret(secret).put(blames) if secret else journal.put(blames)
