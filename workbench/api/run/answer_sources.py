"""What an answer cites: its evidence versions with claims, certainty and curator; and the same as a FHIR R5 bundle.

Rules kept here
- Sources are those of ``evitrail trace why``: what the run recorded, with the curator where the store is available.
- The bundle has of each cited version what the store knew at the run's ledger number, on the question's day. It is
  made of the store, so without the store there is none.
- A run that is damaged, redacted, unfinished or of another system has no sources, and neither has one that holds
  patient data: the error says which it is.

    answer_sources(folder, "standard.radiology-003").sources[0].evidence.ref
"""

from __future__ import annotations

from pathlib import Path

from evitrail.eval.log.recorded_store import recorded_store
from evitrail.eval.log.run_config import RunConfig
from evitrail.eval.plan.plan import PLAN, plan_in
from evitrail.evidence_store.errors import StoreError
from evitrail.traces.journal.errors import JournalError
from evitrail.traces.journal.folder import Journals
from evitrail.traces.trace import Trace
from evitrail.workbench.api.run.run import run_view
from evitrail.workbench.explain.chain import config_of
from evitrail.workbench.explain.sources import Reasons, reasons


def answer_sources(folder: Path, run: str) -> Reasons:
    """The evidence that an answer rests on; raises ``UnknownName``, or ``JournalError`` for a run that has none."""
    view = run_view(folder, run)
    if view.chain is None:
        raise JournalError(f"{run}: expected a run whose answer can be explained: {view.why or 'its agent is another'}")
    with Journals.open(folder) as journal:
        return reasons(Trace(journal, run), folder)


def sources_bundle(folder: Path, run: str) -> str:
    """The same as the JSON text of a FHIR R5 Bundle; raises ``StoreError`` too, where the store is not available."""
    cited = [source.evidence.ref for source in answer_sources(folder, run).sources]
    with Journals.open(folder) as journal:
        config: RunConfig = config_of(Trace(journal, run))
        if not (folder / PLAN).is_file():
            raise StoreError(f"{folder}: expected {PLAN}, which says where the evidence store is, found none")
        with recorded_store(folder, plan_in(folder), journal) as store:
            from evitrail.evidence_store.formats.fhir import bundle  # loads fhir.resources

            snapshot = store.snapshot(as_of=config.case.as_of, seq=config.seq)
            return bundle(snapshot, store.dossiers, cited)
