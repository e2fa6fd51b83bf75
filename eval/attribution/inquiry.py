"""One kind of failure of one run: play what repairing each player does, decide, and write down what that rests on."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from evitrail.eval.attribution.blame import FAILS, Blame, Kind
from evitrail.eval.attribution.decision.decide import Verdict, decided, discharged, served_once_mended
from evitrail.eval.attribution.decision.game import coalitions, necessity, repairs, responsibility, shapley, sufficiency
from evitrail.eval.attribution.decision.repair import Repair
from evitrail.eval.attribution.record.write_up import Played, shares, written_up
from evitrail.eval.attribution.replays.budget import OutOfBudget
from evitrail.eval.attribution.replays.fresh import Fresh
from evitrail.eval.attribution.replays.peers import outdone_searches
from evitrail.eval.attribution.replays.replay import Diverged, Replay, Replays, playable
from evitrail.eval.attribution.replays.sham import sham
from evitrail.eval.attribution.roles.role import Break
from evitrail.eval.attribution.scene.doubt import key_in_doubt
from evitrail.eval.attribution.scene.players import BUDGET, STORE, kind_of
from evitrail.eval.attribution.scene.scene import Scene, refs
from evitrail.retrieval.base import Retrieved
from evitrail.traces.trace import Trace

REPLICATES = 8
MOST = 5
"""Players in an exact game. Seven would be 128 re-runs where agents search three times; five are 32."""
STRONGEST = 3
"""Versions that are withheld one at a time, those that spoke most for the chosen option."""
CLEAR_OF_ZERO = 0.05
STILL_FAILS = 0.2
"""A repair that leaves more than this of the failure prevents nothing."""
STILL_FAILS_AT_RANDOM = 0.4
"""The same where it is estimated from eight replicates: a rare slip of a reader shows up in two of eight at times."""
NOT_PLAYED = Fresh()


@dataclass
class Inquiry:
    """One kind of failure of one run."""

    kind: Kind
    replays: Replays
    fresh: Fresh = NOT_PLAYED
    breaks: tuple[Break, ...] = ()
    doubt: Callable[[Scene], str] = key_in_doubt
    """Why the key is in doubt, by whoever reads at hand; empty where it is not."""
    used: dict[str, Replay] = field(default_factory=dict)
    """The re-runs that the record rests on, by name."""

    @property
    def scene(self) -> Scene:
        """The run that failed."""
        return self.replays.scene

    @property
    def exact(self) -> bool:
        """Whether one replicate says it all."""
        return self.fresh.exact

    @property
    def n(self) -> int:
        """Replicates of the game."""
        return 1 if self.exact else REPLICATES

    @property
    def limit(self) -> float:
        """How often it may fail with a repair."""
        return STILL_FAILS if self.exact else STILL_FAILS_AT_RANDOM

    @cached_property
    def players(self) -> tuple[str, ...]:
        """Who is played."""
        return playable(self.scene, self.replays.players, self.breaks)

    @property
    def _unlabelled(self) -> bool:
        return self.scene.labels.missing is not None and self.scene.named is None

    def blame(self) -> Blame:
        """Play, decide, and write down all that the decision rests on."""
        if self.fresh.is_fluke(FAILS[self.kind]):
            return self.abstained("U1")
        if not self.players:
            return self.abstained("U2", self._wanting())
        try:
            return self._played()
        except Diverged as error:
            return self.abstained("U5", str(error))
        except OutOfBudget as error:
            return self.abstained("U6", str(error))

    def _played(self) -> Blame:
        self.breaks += tuple(outdone_searches(self.replays, self.breaks, self.failed))
        alone = self._alone()
        active = self._active(alone)
        tables = self._tables(active)
        values = _means(tables)
        smallest = repairs(values, active, self.limit)
        smallest += [(one,) for one in alone if one not in active and 1 - alone[one] <= self.limit]
        found = self._credited(smallest)
        whole = None if found else self.rate(self.players)
        if not smallest and whole is not None and whole <= self.limit:
            smallest = [self._hidden()]
            found, active = self._credited(smallest), smallest[0][:MOST]
            tables = self._tables(active)
            values = _means(tables)
        verdict = self._verdict(found, smallest, alone, whole)
        named = verdict.players if verdict.tier == "T1" else ()
        played = Played(
            n=self.n,
            phi=shares([shapley(table, active) for table in tables], exact=self.exact),
            necessity=necessity(values, active),
            sufficiency=sufficiency(values, active),
            responsibility=responsibility(smallest, active),
            smallest=tuple(smallest),
            v_none=whole,
            found=found,
            records=self._records(named),
        )
        return self._written_up(verdict, played)

    def abstained(self, code: str, detail: str = "") -> Blame:
        """Nobody is blamed, and why; nothing was played but the fresh re-runs."""
        return self._written_up(Verdict("T1", abstain=code, detail=detail), Played(n=self.n))

    def _written_up(self, verdict: Verdict, played: Played) -> Blame:
        replays = list(self.used.values())
        return written_up(self.kind, self.scene, verdict, played, self.fresh, self.breaks, replays)

    def flags(self, mended: Collection[str]) -> list[bool]:
        """For each replicate whether it fails with these repaired; with none, it is the recorded failure."""
        if not mended:
            return [True] * self.n
        return [self.failed(self.replays.play(mended, replicate=number)) for number in range(self.n)]

    def rate(self, mended: Collection[str]) -> float:
        """How often it fails with these mended."""
        flags = self.flags(mended)
        return sum(flags) / len(flags)

    def failed(self, replay: Replay) -> bool:
        """Whether a re-run failed in this way; the record then rests on it."""
        self.used[replay.run] = replay
        return bool(FAILS[self.kind](replay.outcome))

    def _alone(self) -> dict[str, float]:
        """How much of the failure repairing each by itself prevents: of who broke a contract, and else of everybody."""
        broke = {one.step for one in self.breaks}
        alone = {player: 1 - self.rate([player]) for player in self.players if player in broke}
        if not any(prevents > 0 for prevents in alone.values()):
            alone |= {player: 1 - self.rate([player]) for player in self.players if player not in broke}
        return alone

    def _hidden(self) -> tuple[str, ...]:
        """A smallest repair of several, found by leaving out one after the other: who kept every promise first."""
        broke = {one.step for one in self.breaks}
        left = list(self.players)
        for player in sorted(self.players, key=lambda one: (one in broke, -self.scene.order(one))):
            rest = [other for other in left if other != player]
            if rest and self.rate(rest) <= self.limit:
                left = rest
        return tuple(left)

    def _credited(self, smallest: Sequence[tuple[str, ...]]) -> list[Repair]:
        """The repairs that do more than their shams: those of players that broke a promise, else any there are.

        Shams are what costs most, so that those of the others are not drawn where they could not decide.
        """
        broke = {one.step for one in self.breaks}
        for rank in (set(smallest) & {one for one in smallest if set(one) <= broke}, set(smallest)):
            found = [repair for players in smallest if players in rank and (repair := self._beyond_sham(players))]
            if found:
                return found
        return []

    def _active(self, alone: Mapping[str, float]) -> tuple[str, ...]:
        """Those who broke a contract; where repairing none of them does anything, also those whose repair does."""
        broke = {one.step for one in self.breaks}
        named = [player for player in alone if player in broke or alone[player] > 0]
        first = sorted(named, key=lambda player: (player not in broke, -alone[player], self.scene.order(player)))
        return tuple(player for player in self.players if player in set(first[:MOST]))

    def _tables(self, active: tuple[str, ...]) -> list[dict[frozenset[str], float]]:
        """For each replicate, whether it fails while some keep their component and the other active ones are mended."""
        tables: list[dict[frozenset[str], float]] = [{} for _ in range(self.n)]
        for kept in coalitions(active):
            flags = self.flags([player for player in active if player not in kept])
            for table, flag in zip(tables, flags, strict=True):
                table[kept] = float(flag)
        return tables

    def _beyond_sham(self, players: tuple[str, ...]) -> Repair | None:
        """The repair, if each member does more than its sham, beyond chance."""
        flags = self.flags(players)
        failed, n = sum(flags), len(flags)
        shams = []
        for player in players:
            beside = [other for other in players if other != player]
            one = sham(self.replays, player, beside, self.failed, exact=self.exact, replicates=REPLICATES)
            times = one.n if self.exact and one.n else 1  # a deterministic repair would come out alike each time
            if one.effect(failed * times, n * times)[1].lo <= 0:
                return None
            shams.append(one)
        return Repair(players, failed, n, min(shams, key=lambda one: one.rate))

    def _verdict(
        self,
        found: Sequence[Repair],
        smallest: Sequence[tuple[str, ...]],
        alone: Mapping[str, float],
        whole: float | None,
    ) -> Verdict:
        breaks = [one for one in self.breaks if one.step in self.players or one.step == STORE]
        more_would_do = any(repair.players == (BUDGET,) for repair in found)
        excused = discharged(self.scene, breaks, self._can_recover(found), more_would_do)
        if any(repair.players == (STORE,) for repair in found):
            excused |= served_once_mended(self.scene, breaks, self._lists_once_mended())
            excused |= {STORE} if self._misses_all_the_same(breaks, excused) else set()
        order = {player: self.scene.order(player) for player in self.players} | {BUDGET: len(self.scene.steps) + 1}
        shared = self._accepted_a_miss(breaks)
        verdict = decided([repair.players for repair in found], breaks, excused, order, shared)
        if verdict is not None:
            verdict = replace(verdict, discharged=tuple(sorted(excused)))
        gaps = [one for one in breaks if one.code == "S1"]
        if verdict is not None and verdict.players and self._guilty(verdict, breaks):
            careless = any(one.code == "C3" and one.step in verdict.players for one in breaks)
            if careless and gaps and STORE not in verdict.players:
                rule = "a choice without support, and what decides is nowhere to be had"
                verdict = replace(verdict, players=(*verdict.players, STORE), rule=rule)
            return self._doubted(verdict)
        if gaps and not self.replays.reference.complete:
            return Verdict("T2", (STORE,), "what decides is nowhere to be had, so that its contract alone tells")
        if verdict is not None:
            return self._doubted(verdict)
        if self._unlabelled:
            return Verdict("T1", abstain="U2", detail=self._wanting())
        if whole is not None and whole > self.limit:
            broke = {one.step for one in breaks} - excused
            named = [player for player, prevents in alone.items() if prevents > CLEAR_OF_ZERO and player in broke]
            if named:
                return Verdict(
                    "T2", (named[0],), "the first single repair with a broken promise that prevents some of it"
                )
            return Verdict("T1", abstain="U2", detail="it fails with every step repaired")
        detail = "what prevents it does no more than a random change" if smallest else ""
        return Verdict("T1", abstain="U3", detail=detail)

    def _guilty(self, verdict: Verdict, breaks: Iterable[Break]) -> bool:
        return bool(set(verdict.players) & {one.step for one in breaks})

    def _doubted(self, verdict: Verdict) -> Verdict:
        """The verdict, unless who reads is blamed and every reader at hand reads what decides as saying the same."""
        readers = {"section", "synthesise", "choose"}
        who_reads = bool(verdict.players) and {kind_of(player) for player in verdict.players} <= readers
        doubt = self.doubt(self.scene) if who_reads else ""
        return Verdict("T1", abstain="E1", detail=doubt) if doubt else verdict

    def _misses_all_the_same(self, breaks: Iterable[Break], excused: Collection[str]) -> bool:
        """Whether a search misses what decides whatever is done about passages of no known standing."""
        doubtful = {one.code for one in breaks if one.step == STORE} <= {"S4", "S5"}
        return doubtful and any(one.code in ("R1", "R2") and one.step not in excused for one in breaks)

    def _accepted_a_miss(self, breaks: Iterable[Break]) -> list[str]:
        """The critiques that let a miss pass: had they rejected it and the search gone on well, all had been well."""
        accepted = [one.step for one in breaks if one.code == "K1"]
        return [path for path in accepted if not self.failed(self.replays.play([path], and_new=True))]

    def _lists_once_mended(self) -> dict[str, set[str]]:
        """What each search serves with the store put right."""
        trace = Trace(self.scene.trace.journal, self.replays.play([STORE]).run)
        searches = [step for step in trace.activities if step.kind == "retrieve" and "/" not in step.path]
        return {step.path: refs(trace.get(step.output, Retrieved).hits) for step in searches}

    def _can_recover(self, found: Sequence[Repair]) -> bool:
        """Whether a later query or search, or more of them, would have prevented it."""
        players = {player for repair in found for player in repair.players}
        later = {player for player in players if kind_of(player) == "retrieve" and player != "retrieve[1]"}
        return bool(later) or BUDGET in players or "requery" in set(map(kind_of, players))

    def _wanting(self) -> str:
        missing = self.scene.labels.missing
        return f"labels are missing: {missing}" if missing else "no step of it can be repaired"

    def _records(self, players: Sequence[str]) -> tuple[str, ...]:
        """Evidence that spoke for the chosen option without which, one at a time, it would not have failed."""
        if not {STORE, "retrieve"} & set(map(kind_of, players)):
            return ()
        wrong = [one.ref for one in self.scene.corrections if STORE in players]
        rested = sorted(self.scene.rests_on.items(), key=lambda item: (-item[1], item[0]))
        asked = sorted(ref for ref, _ in rested[:STRONGEST])
        without = [ref for ref in asked if not self.failed(self.replays.play((), without=(ref,)))]
        return tuple(dict.fromkeys([*without, *(ref for ref in wrong if not without)]))


def _means(tables: Sequence[Mapping[frozenset[str], float]]) -> dict[frozenset[str], float]:
    """The value of each coalition over all replicates."""
    return {kept: sum(table[kept] for table in tables) / len(tables) for kept in tables[0]}
