"""What an attribution has left to do, and what it will take: re-runs and calls of models, counted beforehand.

Rules kept here
- The attribution itself is gone through, with foretold outcomes in place of re-runs: no step is done, no model asked.
- It is taken that a failure comes back each time the run is done again.
- Repairing who broke a contract is taken to help where this reader mostly finds support for the key in what decides.
  Where it mostly does not, nothing is taken to help before its reading and its choice are repaired too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from evitrail.agent.model import Answer
from evitrail.eval.attribution.attribute import at_play, blamed, evidence_named, scene_of
from evitrail.eval.attribution.blame import FAILS, Blame
from evitrail.eval.attribution.decision.decide import Verdict
from evitrail.eval.attribution.event.event import failures
from evitrail.eval.attribution.inquiry import REPLICATES, Inquiry
from evitrail.eval.attribution.replays.fresh import PROOFS, Fresh
from evitrail.eval.attribution.replays.rehearsal import Rehearsal, model_calls
from evitrail.eval.attribution.roles.contracts import broken
from evitrail.eval.attribution.scene.facts import facts
from evitrail.eval.attribution.scene.labels import Labels
from evitrail.eval.attribution.scene.scene import Scene, kind_of
from evitrail.eval.log.run_config import RunConfig
from evitrail.eval.log.runs import outcome_of, traces
from evitrail.eval.plan.readers import Readers
from evitrail.evidence_store.index.embed_cache import apart
from evitrail.evidence_store.store import EvidenceStore
from evitrail.traces.journal.view import JournalView
from evitrail.traces.trace import Trace

ATTRIBUTED = "attribution"
"""The record type that ends a run's attribution, as the journal's format has it."""
READS = ("synthesise", "section", "choose")
"""Kinds of steps that a reader answers for."""


class Expected(NamedTuple):
    """What the attribution of some runs will take."""

    replays: int
    calls: int
    """Of models."""


def unattributed(journal: JournalView) -> list[Trace]:
    """Every finished run that failed in some way, and that no attribution is recorded of, by name."""
    return [trace for trace in traces(journal) if not trace.of_type(ATTRIBUTED) and failures(trace)]


def expected(journal: JournalView, store: EvidenceStore, readers: Readers) -> Expected:
    """What it will take to attribute all that is not attributed yet; no step is done, no model asked."""
    vouched, heeds = evidence_named(journal), readers_that_heed(journal)
    with apart():  # what is searched for on the way may be patient data
        each = [_expected(scene_of(trace, store, readers, None, vouched), heeds) for trace in unattributed(journal)]
    return Expected(sum(one.replays for one in each), sum(one.calls for one in each))


def readers_that_heed(journal: JournalView) -> Mapping[str, bool]:
    """For each reader whether it mostly finds support for the key where it was given the evidence that decides.

    A reader that states no claims finds it where its answer is right.
    """
    given, found = Counter[str](), Counter[str]()
    for trace in traces(journal):
        config, said = trace.config(RunConfig), trace.output(Answer)
        recorded = facts(trace)
        if said is None or said.skipped or not recorded.refs & set(Labels(config.case).decides):
            continue
        given[config.reader] += 1
        claims = recorded.synthesis.claims if recorded.synthesis else ()
        supported = {claim.option for claim in claims if claim.stance == "supports"}
        right = config.case.answer in supported if recorded.synthesis else said.option == config.case.answer
        found[config.reader] += right
    return {reader: found[reader] * 2 >= given[reader] for reader in given}


def replays_made(blames: Iterable[Blame]) -> int:
    """How many re-runs these records rest on, each counted once."""
    stored: set[str] = set()
    unstored: dict[str, int] = {}
    for blame in blames:
        stored |= set(blame.replay_ids)
        unstored[blame.run] = max(unstored.get(blame.run, 0), blame.replays - len(blame.replay_ids))
    return len(stored) + sum(unstored.values())


class ForetoldInquiry(Inquiry):
    """An inquiry that asks nobody to read anything."""

    def _doubted(self, verdict: Verdict) -> Verdict:
        return verdict


def _expected(scene: Scene, heeds: Mapping[str, bool]) -> Expected:
    said = scene.trace.output(Answer)
    assert said is not None  # only runs that ended have failed
    recorded = outcome_of(scene.run, scene.config, said)
    common = at_play(scene)
    broke = frozenset(one.step for one in broken(common["scene"], common["roles"]))
    reads = frozenset(step.path for step in scene.steps if step.kind in READS)
    heeded = heeds.get(scene.config.reader, True)
    helping = [frozenset({player}) for player in broke] if heeded else [broke | reads]
    withholds = frozenset(path for path in reads if kind_of(path) == "choose" and not heeded)
    rehearsal = Rehearsal(**common, recorded=recorded, helping=helping, withholds=withholds)

    def again() -> Fresh:
        asks = len(model_calls(scene))
        exact = scene.says_deterministic and not asks
        rehearsal.calls += REPLICATES * asks
        return Fresh((recorded,) * (PROOFS if exact else REPLICATES), exact)

    kinds = [kind for kind, fails in FAILS.items() if fails(recorded)]
    return Expected(replays_made(blamed(rehearsal, kinds, again, ForetoldInquiry)), rehearsal.calls)
