"""What an attribution has left to do, and what it will take: re-runs and calls of models, counted beforehand.

Rules kept here
- The attribution itself is gone through, with foretold outcomes in place of re-runs: no step is done, no model asked.
- What is taken of each re-run is in ``replays/foretold.py``. A reader is taken to heed what it is given where it mostly
  found support for the key in what decides.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from evitrail.agent.model import Answer
from evitrail.eval.attribution.attribute import blamed, evidence_named, scene_of
from evitrail.eval.attribution.blame import Blame
from evitrail.eval.attribution.event.event import failures
from evitrail.eval.attribution.inquiry import REPLICATES
from evitrail.eval.attribution.replays.foretold import ForetoldReplays, model_calls
from evitrail.eval.attribution.replays.fresh import PROOFS, Fresh
from evitrail.eval.attribution.scene.facts import facts
from evitrail.eval.attribution.scene.labels import Labels
from evitrail.eval.attribution.scene.scene import Scene
from evitrail.eval.log.run_config import RunConfig
from evitrail.eval.log.runs import outcome_of, traces
from evitrail.eval.plan.readers import Readers
from evitrail.evidence_store.index.embed_cache import apart
from evitrail.evidence_store.store import EvidenceStore
from evitrail.traces.journal.after_end import ATTRIBUTION
from evitrail.traces.journal.view import JournalView
from evitrail.traces.trace import Trace


class Expected(NamedTuple):
    """What the attribution of some runs will take."""

    replays: int
    calls: int
    """Of models."""


def unattributed(journal: JournalView) -> list[Trace]:
    """Every finished run that failed in some way, and that no attribution is recorded of, by name."""
    return [trace for trace in traces(journal) if not trace.of_type(ATTRIBUTION) and failures(trace)]


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


def _expected(scene: Scene, heeds: Mapping[str, bool]) -> Expected:
    said = scene.trace.output(Answer)
    assert said is not None  # only runs that ended have failed
    recorded, asks = outcome_of(scene.run, scene.config, said), len(model_calls(scene))
    foretold = ForetoldReplays.of(scene, recorded=recorded, heeds=heeds.get(scene.config.reader, True))

    def again() -> Fresh:
        exact = scene.says_deterministic and not asks
        foretold.calls += REPLICATES * asks
        return Fresh((recorded,) * (PROOFS if exact else REPLICATES), exact)

    blames = blamed(foretold, failures(scene.trace), again, doubt=lambda scene: "")  # nobody is asked to read
    return Expected(replays_made(blames), foretold.calls)
