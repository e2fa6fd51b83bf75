"""The write-up: a blame record out of what an inquiry played and decided."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from evitrail.eval.attribution.blame import ABSTENTIONS, FAILS, Blame, Kind, Share
from evitrail.eval.attribution.decision.decide import Verdict
from evitrail.eval.attribution.decision.repair import Repair
from evitrail.eval.attribution.record.sentence import sentence
from evitrail.eval.attribution.record.taxonomy import fault
from evitrail.eval.attribution.replays.fresh import Fresh
from evitrail.eval.attribution.replays.replay import Replay
from evitrail.eval.attribution.roles.role import Break
from evitrail.eval.attribution.scene.players import STORE, kind_of
from evitrail.eval.attribution.scene.scene import Scene
from evitrail.eval.metrics.stats import plus_two_interval


@dataclass(frozen=True)
class Played:
    """What the game came to."""

    n: int
    """Replicates of it."""
    phi: Mapping[str, Share] = field(default_factory=dict)
    necessity: Mapping[str, float] = field(default_factory=dict)
    sufficiency: Mapping[str, float] = field(default_factory=dict)
    responsibility: Mapping[str, float] = field(default_factory=dict)
    smallest: tuple[tuple[str, ...], ...] = ()
    """The smallest sets whose repairing prevents the failure."""
    v_none: float | None = None
    found: Sequence[Repair] = ()
    """Those of them that do more than their shams."""
    records: tuple[str, ...] = ()
    """Evidence without which it would not have failed."""


def written_up(
    kind: Kind,
    scene: Scene,
    verdict: Verdict,
    played: Played,
    fresh: Fresh,
    breaks: Sequence[Break],
    replays: Sequence[Replay],
) -> Blame:
    """The record of one kind of failure."""
    config = scene.config
    best = _repair_of(verdict, played.found)
    others = [one for one in played.found if best and not set(one.players) <= set(verdict.players)]
    p_rep, interval = fresh.rate(FAILS[kind])
    blame = Blame(
        run=scene.run,
        case=config.case.id,
        condition=config.condition.name,
        outcome=kind,
        tier="T1" if verdict.tier == "T1" else "T2",
        culprit=verdict.players,
        roles=tuple(dict.fromkeys(map(kind_of, verdict.players))),
        fault_code=fault(verdict.players[0], kind, scene, breaks) if verdict.players else None,
        records=played.records,
        phi=dict(played.phi),
        necessity=_rounded(played.necessity),
        sufficiency=_rounded(played.sufficiency),
        responsibility=_rounded(played.responsibility),
        minimal_repair_sets=played.smallest,
        persistence="systematic" if (fresh.exact and p_rep == 1) or interval.lo > 0.5 else "flaky",
        contract_breaks=tuple(f"{one.step}: {one.what}" for one in breaks),
        p_rep=p_rep if fresh.outcomes else None,
        v_none=played.v_none,
        n=played.n,
        replays=len(replays) + len(fresh.outcomes),
        executed=sum(replay.executed for replay in replays) + fresh.executed,
        cache_hits=sum(replay.reused for replay in replays),
        oracle_leak="evidence" if played.phi else "none",
        seed=config.decoding.seed,
        replay_ids=tuple(sorted({replay.run for replay in replays} | set(fresh.runs))),
        abstain_reason=_reason(verdict),
        p_rep_interval=(round(interval.lo, 6), round(interval.hi, 6)) if fresh.outcomes else None,
        fresh=len(fresh.outcomes),
        fixed=(best.n - best.failed, best.n) if best else None,
        sham=best.sham.rate if best and best.sham.n else None,
        shamed=(best.sham.n - best.sham.failed, best.sham.n) if best and best.sham.n else None,
        rule=verdict.rule,
        overdetermined=verdict.overdetermined,
        behind=round(best.effect - max(one.effect for one in others), 6) if best and others else None,
        discharged=verdict.discharged,
        basis=("named" if scene.named is not None else "labels") if STORE in verdict.players else "",
    )
    repaired = best.players if best else ()
    return blame.model_copy(update={"sentence": sentence(blame, breaks, _served(scene, verdict.players), repaired)})


def _served(scene: Scene, blamed: Sequence[str]) -> Collection[str]:
    """The deciding evidence that the search most to blame serves once it is repaired; empty where it is no search."""
    if not blamed or kind_of(blamed[0]) != "retrieve":
        return ()
    step = next((one for one in scene.steps if one.path == blamed[0]), None)
    found = scene.panel.found(scene.retrieved(step).query, scene.snapshot) if step else None
    return sorted(ref for ref in scene.decides if found and found.finds([ref]))


def _repair_of(verdict: Verdict, found: Sequence[Repair]) -> Repair | None:
    """The smallest repair among those that the verdict names."""
    named = [one for one in found if verdict.players and set(one.players) <= set(verdict.players)]
    return min(named, key=lambda one: (len(one.players), -one.effect, one.players), default=None)


def _reason(verdict: Verdict) -> str | None:
    if verdict.abstain is None:
        return None
    return f"{verdict.abstain}: {ABSTENTIONS[verdict.abstain]}" + (f" ({verdict.detail})" if verdict.detail else "")


def shares(per_replicate: Sequence[Mapping[str, float]], *, exact: bool) -> dict[str, Share]:
    shares: dict[str, Share] = {}
    for player in per_replicate[0]:
        values = [phi[player] for phi in per_replicate]
        mean = sum(values) / len(values)
        lo, hi = (mean, mean) if exact else plus_two_interval(values)
        lo, hi = (round(min(max(end, 0.0), 1.0), 6) + 0.0 for end in (lo, hi))
        shares[player] = Share(value=round(mean, 6) + 0.0, lo=lo, hi=hi)
    return shares


def _rounded(numbers: Mapping[str, float]) -> dict[str, float]:
    return {player: round(number, 6) + 0.0 for player, number in numbers.items()}
