"""Attribution: for every failed run, the step to blame with an interval, or an abstention with its reason.

The procedure (attribution.md, section 2.4)
1. Contracts on what was recorded: free, and kept to break ties.
2. Fresh re-runs: if it mostly does not fail again, the run was a fluke (U1).
3. Everything repaired: if it still fails, the oracles cannot explain it. Then only a single repair with a
   broken contract is blamed (tier T2), else nobody (U2).
4. The exact game over the mechanisms the run had (tier T1). Blamed is the largest share whose interval
   is clear of 0.05; equal shares go to the earliest step that broke its contract; still equal, to all.
5. For a blamed store or retrieval: the evidence versions without which it would not have failed.

A reader proven deterministic by two replays needs one replicate and its shares are computed, not
estimated; any other gets ``REPLICATES`` and plus-two intervals (section 2.5).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from evitrail.agent.model import Answer
from evitrail.agent.reader.base import Reader
from evitrail.eval.attribution.blame import ABSTENTIONS, FAILS, Blame, Kind, Share
from evitrail.eval.attribution.contracts import Break, Facts, broken, facts
from evitrail.eval.attribution.counterfactual import Replay, Replays
from evitrail.eval.attribution.game import Values, coalitions, necessity, repairs, responsibility, shapley, sufficiency
from evitrail.eval.attribution.oracles import Role
from evitrail.eval.attribution.taxonomy import fault
from evitrail.eval.experiment.answer import answer
from evitrail.eval.log.run_config import RunConfig
from evitrail.eval.log.runs import outcome_of
from evitrail.eval.metrics.outcome import Outcome
from evitrail.eval.metrics.stats import plus_two_interval
from evitrail.eval.plan.readers import Readers, readers
from evitrail.evidence_store.store import EvidenceStore
from evitrail.traces.journal.journal import Journal
from evitrail.traces.run.verify import Verify
from evitrail.traces.trace import Trace

PROOFS = 2
"""Fresh re-runs that must agree in every step before a deterministic reader is believed."""
REPLICATES = 8
CLEAR_OF_ZERO = 0.05
STILL_FAILS = 0.2


class Fresh(NamedTuple):
    """The run done again from the start, a few times."""

    outcomes: tuple[Outcome, ...]
    identical: bool


class Attributed(NamedTuple):
    """Who is to blame, or why nobody is."""

    tier: str
    roles: tuple[Role, ...]
    abstain: str | None = None


def attribute(journal: Journal, run: str, store: EvidenceStore, reader: Reader | Readers) -> list[Blame]:
    """One record per kind of failure of this run; empty when it did not fail or has not ended."""
    trace = Trace(journal, run)
    config, said = trace.config(RunConfig), trace.output(Answer)
    outcome = outcome_of(trace.run, config, said) if said else None
    kinds = [kind for kind, fails in FAILS.items() if outcome and fails(outcome)]
    if not kinds:
        return []
    snapshot = store.snapshot(as_of=config.case.as_of, seq=config.seq)
    replays = Replays(journal, run, config, snapshot, readers(reader).of(run, config.reader))
    fresh = do_again(trace, replays)
    recorded = facts(trace)
    breaks = broken(config.case, snapshot, recorded)
    return [Inquiry(kind, replays, fresh, recorded, breaks).blame() for kind in kinds]


def do_again(trace: Trace, replays: Replays) -> Fresh:
    """The whole run, nothing reused, ``PROOFS`` times."""
    outcomes, identical = [], True
    for _ in range(PROOFS):
        verify = Verify(trace.journal, trace.run)
        said = answer(replays.config, replays.snapshot, replays.reader, verify)
        outcomes.append(outcome_of(trace.run, replays.config, said))
        identical &= all(checked.verdict in ("recomputed-same", "reused") for checked in verify.finish())
    return Fresh(tuple(outcomes), identical)


@dataclass(frozen=True)
class Inquiry:
    """One kind of failure of one run."""

    kind: Kind
    replays: Replays
    fresh: Fresh
    recorded: Facts
    breaks: Sequence[Break]

    def blame(self) -> Blame:
        """Play the game, decide, and write down all that the decision rests on."""
        config, roles = self.replays.config, self.replays.roles
        exact = self.fresh.identical and self.replays.reader.deterministic
        played = [self._play(replicate) for replicate in range(1 if exact else REPLICATES)]
        values = {kept: sum(v[kept] for v in played) / len(played) for kept in played[0]}
        phi = _shares([shapley(v, roles) for v in played], exact=exact)
        p_rep = sum(self._failed(outcome) for outcome in self.fresh.outcomes) / len(self.fresh.outcomes)
        verdict = self._decide(values, phi, p_rep)
        repair_sets = repairs(values, roles, STILL_FAILS)
        records = self._records(verdict.roles)
        done = list(self.replays.done.values())
        return Blame(
            run=self.replays.run,
            case=config.case.id,
            condition=config.condition.name,
            outcome=self.kind,
            tier="T1" if verdict.tier == "T1" else "T2",
            culprit=tuple(self.recorded.last(role) for role in verdict.roles),
            roles=verdict.roles,
            fault_code=self._fault(verdict.roles[0]) if verdict.roles else None,
            records=records,
            phi=phi,
            necessity=_rounded(necessity(values, roles)),
            sufficiency=_rounded(sufficiency(values, roles)),
            responsibility=_rounded(responsibility(repair_sets, roles)),
            minimal_repair_sets=tuple(repair_sets),
            persistence="systematic" if p_rep == 1 else "flaky",
            contract_breaks=tuple(f"{b.step}: {b.what}" for b in self.breaks),
            p_rep=p_rep,
            v_none=values[frozenset()],
            n=len(played),
            replays=len(done),
            executed=sum(replay.executed for replay in done),
            cache_hits=sum(replay.reused for replay in done),
            oracle_leak="evidence" if roles else "none",
            seed=config.decoding.seed,
            replay_ids=tuple(sorted(replay.run for replay in done)),
            abstain_reason=f"{verdict.abstain}: {ABSTENTIONS[verdict.abstain]}" if verdict.abstain else None,
        )

    def _play(self, replicate: int) -> Values[Role]:
        """The value of every coalition; the whole one is the recorded failure itself."""
        whole = frozenset(self.replays.roles)
        return {
            kept: 1.0 if kept == whole else self._failed_in(self.replays.play(kept=kept, replicate=replicate))
            for kept in coalitions(self.replays.roles)
        }

    def _decide(self, values: Values[Role], phi: dict[Role, Share], p_rep: float) -> Attributed:
        broke = {b.role for b in self.breaks}
        if p_rep < 0.5:
            return Attributed("T1", (), "U1")
        if values[frozenset()] > STILL_FAILS:
            alone = necessity(values, self.replays.roles)
            named = [role for role in self.replays.roles if alone[role] > CLEAR_OF_ZERO and role in broke]
            return Attributed("T2", (named[0],)) if named else Attributed("T2", (), "U2")
        clear = {role: share for role, share in phi.items() if share.lo > CLEAR_OF_ZERO}
        if not clear:
            return Attributed("T1", (), "U3")
        best = max(clear.values(), key=lambda share: share.value)
        tied = tuple(role for role, share in clear.items() if share.hi >= best.lo)
        first = [role for role in tied if role in broke]
        return Attributed("T1", (first[0],) if first else tied)

    def _records(self, roles: tuple[Role, ...]) -> tuple[str, ...]:
        """Evidence quoted for the chosen option without which, one at a time, it would not have failed."""
        if not {"store", "retrieve"} & set(roles) or self.recorded.synthesis is None or self.recorded.choice is None:
            return ()
        chosen = self.recorded.choice.option
        spoke = sorted({c.evidence for c in self.recorded.synthesis.claims if c.option == chosen})
        whole = frozenset(self.replays.roles)
        return tuple(ref for ref in spoke if not self._failed_in(self.replays.play(kept=whole, without=(ref,))))

    def _fault(self, role: Role) -> str:
        config = self.replays.config
        retriever = config.condition.retriever_for(config.case)
        return fault(role, config.case, self.replays.snapshot, retriever, config.condition.k, self.recorded)

    def _failed(self, outcome: Outcome) -> bool:
        return bool(FAILS[self.kind](outcome))

    def _failed_in(self, replay: Replay) -> float:
        return float(self._failed(replay.outcome))


def _shares(per_replicate: Sequence[dict[Role, float]], *, exact: bool) -> dict[Role, Share]:
    shares: dict[Role, Share] = {}
    for role in per_replicate[0]:
        values = [phi[role] for phi in per_replicate]
        mean = sum(values) / len(values)
        lo, hi = (mean, mean) if exact else plus_two_interval(values)
        shares[role] = Share(value=round(mean, 6), lo=round(lo, 6), hi=round(hi, 6))
    return shares


def _rounded(numbers: dict[Role, float]) -> dict[Role, float]:
    return {role: round(number, 6) for role, number in numbers.items()}
