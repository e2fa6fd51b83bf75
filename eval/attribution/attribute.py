"""Attribution: for every failed run the steps to blame, with intervals, or an abstention with its reason.

The procedure (``docs/attribution.md`` tells it for readers)
1. The key, the labels and what the evidence was read to say must agree; else nobody is blamed (E1).
2. Fresh re-runs, every model asked again: if it mostly does not fail again, the run was a fluke (U1).
3. Contracts on what was recorded, about what the failure rests on: free.
4. Each player that broke a contract repaired by itself; where that does nothing, everybody else too. Players are
   recorded steps, the store, the limit on searches. If it fails with all of them repaired, only a single repair with a
   broken contract is blamed (tier T2); a store that lacks the deciding evidence, on its contract alone (S1).
5. The exact game over at most five of them; the rest keep their recorded component. The smallest repairs, each held
   against shams (``replays/sham.py``), are decided between (``decision/decide.py``).
6. For a blamed store or search: the evidence versions without which it would not have failed.

A run shown to be deterministic needs one replicate, and its shares are computed; any other gets eight replicates and
plus-two intervals, since plain ones are too narrow on nearly constant outcomes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import nullcontext

from evitrail.agent.model import Answer
from evitrail.agent.reader.base import Reader
from evitrail.eval.attribution.blame import FAILS, Blame, Kind
from evitrail.eval.attribution.inquiry import Inquiry
from evitrail.eval.attribution.replays.budget import Budget, OutOfBudget
from evitrail.eval.attribution.replays.counterfactual import Counterfactuals
from evitrail.eval.attribution.replays.fresh import Fresh, do_again
from evitrail.eval.attribution.replays.replay import Replays
from evitrail.eval.attribution.scene.doubt import graders_disagree, key_in_doubt
from evitrail.eval.attribution.scene.labels import contradictions
from evitrail.eval.attribution.scene.scene import Scene
from evitrail.eval.log.run_config import RunConfig
from evitrail.eval.log.runs import cases, outcome_of
from evitrail.eval.plan.readers import Readers, readers
from evitrail.evidence_store.index.embed_cache import apart
from evitrail.evidence_store.snapshot import Snapshot
from evitrail.evidence_store.store import EvidenceStore
from evitrail.traces.journal.journal import Journal
from evitrail.traces.journal.view import JournalView
from evitrail.traces.trace import Trace


def attribute(
    journal: Journal,
    run: str,
    store: EvidenceStore,
    reader: Reader | Readers,
    *,
    reference: Snapshot | None = None,
    vouched: frozenset[str] | None = None,
    budget: Budget | None = None,
) -> list[Blame]:
    """One record per kind of failure of this run; empty when it did not fail or has not ended.

    ``reference`` is a state of a store that is right, ``vouched`` the evidence that some case names (left out: the
    cases of this journal), ``budget`` limits the calls of models. Raises ``WrongReference`` for a reference that lacks
    the lineage that decides.
    """
    trace = Trace(journal, run)
    config, said = trace.config(RunConfig), trace.output(Answer)
    if said is None or said.skipped:
        return []
    outcome = outcome_of(trace.run, config, said)
    kinds = [kind for kind, fails in FAILS.items() if fails(outcome)]
    if not kinds:
        return []
    scene = scene_of(trace, store, reader, reference, evidence_named(journal) if vouched is None else vouched)
    limit = budget or Budget()
    with apart() if config.case.sensitive else nullcontext():  # what the panel searches for is embedded too
        replays = Counterfactuals.of(scene, journal=journal, budget=limit)
        return blamed(replays, kinds, lambda: do_again(journal, replays.scene, [FAILS[kind] for kind in kinds], limit))


def evidence_named(journal: JournalView) -> frozenset[str]:
    """Every evidence version that a case of the journal names."""
    named = (
        (*case.clean_evidence, *case.conflict_evidence, *case.outdated_evidence, *case.supports, *case.reports)
        for case in cases(journal).values()
    )
    return frozenset(ref for refs in named for ref in refs)


def scene_of(
    trace: Trace, store: EvidenceStore, reader: Reader | Readers, named: Snapshot | None, vouched: frozenset[str]
) -> Scene:
    """The run with the store and the reader that it was done with."""
    config = trace.config(RunConfig)
    snapshot = store.snapshot(as_of=config.case.as_of, seq=config.seq)
    return Scene(trace, snapshot, readers(reader).of(trace.run, config.reader), vouched, named)


def blamed(
    replays: Replays, kinds: Sequence[Kind], again: Callable[[], Fresh], doubt: Callable[[Scene], str] = key_in_doubt
) -> list[Blame]:
    """One record for each of these kinds of failure.

    ``again`` does the run anew from its start, ``doubt`` says why the key is in doubt.
    """
    scene = replays.scene
    if doubts := contradictions(scene.config.case):
        return [Inquiry(kind, replays).abstained("E1", "; ".join(doubts)) for kind in kinds]
    if why := graders_disagree(scene):
        return [Inquiry(kind, replays).abstained("E2", why) for kind in kinds]
    try:
        fresh = again()
    except OutOfBudget as error:
        return [Inquiry(kind, replays).abstained("U6", str(error)) for kind in kinds]
    return [Inquiry(kind, replays, fresh, replays.breaks, doubt).blame() for kind in kinds]
