"""evitrail: why was this evidence-grounded answer wrong, and which step is to blame?

    import evitrail

    with evitrail.EvidenceStore.open("evitrail-demo/store") as store:
        found = evitrail.RETRIEVERS["clean"].search("pulmonary nodule follow-up", store.snapshot(), k=5)
    results = evitrail.run_plan("plan.toml", "my-run")

Rules kept here
- These names are the front door; each folder beside this file has a front of its own (``evitrail.traces`` …).
- A name is loaded when it is first used, so that ``import evitrail`` costs next to nothing.

Research and quality assurance only, never clinical advice.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from evitrail.agent.agents import Agent
    from evitrail.agent.reader.base import Reader
    from evitrail.eval.attribution.attribute import attribute
    from evitrail.eval.experiment.experiment import Experiment
    from evitrail.eval.plan.condition import CONDITIONS
    from evitrail.eval.plan.plan import Plan
    from evitrail.eval.rerun.fork_run import fork_run
    from evitrail.eval.run_plan import run_plan
    from evitrail.evidence_store.model import Evidence
    from evitrail.evidence_store.snapshot import Snapshot
    from evitrail.evidence_store.store import EvidenceStore
    from evitrail.retrieval import RETRIEVERS
    from evitrail.retrieval.base import Retriever
    from evitrail.traces.audit.integrity import verify_journal
    from evitrail.traces.journal.folder import Journals
    from evitrail.traces.trace import Trace

    __version__: str

HOMES = {
    "Agent": "agent.agents",
    "CONDITIONS": "eval.plan.condition",
    "Evidence": "evidence_store.model",
    "EvidenceStore": "evidence_store.store",
    "Experiment": "eval.experiment.experiment",
    "Journals": "traces.journal.folder",
    "Plan": "eval.plan.plan",
    "RETRIEVERS": "retrieval",
    "Reader": "agent.reader.base",
    "Retriever": "retrieval.base",
    "Snapshot": "evidence_store.snapshot",
    "Trace": "traces.trace",
    "attribute": "eval.attribution.attribute",
    "fork_run": "eval.rerun.fork_run",
    "run_plan": "eval.run_plan",
    "verify_journal": "traces.audit.integrity",
}
"""Where each name is defined."""

__all__ = [  # noqa: RUF022 -- as sorted() has them
    "Agent",
    "CONDITIONS",
    "Evidence",
    "EvidenceStore",
    "Experiment",
    "Journals",
    "Plan",
    "RETRIEVERS",
    "Reader",
    "Retriever",
    "Snapshot",
    "Trace",
    "attribute",
    "fork_run",
    "run_plan",
    "verify_journal",
]


def __getattr__(name: str) -> Any:
    """A name of the front door, loaded now; and the version that is installed."""
    if name == "__version__":
        from importlib.metadata import version

        return version("evitrail")
    if name in HOMES:
        return getattr(import_module(f"{__name__}.{HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
