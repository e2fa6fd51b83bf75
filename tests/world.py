"""A small world of evidence to test in: over simulated years it publishes, supersedes, retracts, rates and curates.

Everything goes through the real ``EvidenceStore``. Beside it the world keeps its own plain record of what it did,
so that a test can ask what the store should say without asking the store.

    world = World(store, seed=7)
    world.live(years=5)
    assert dict(statuses(store.snapshot(as_of=world.today))) == world.expected(world.today, world.seq)
"""

from __future__ import annotations

import hashlib
import random
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

import numpy as np

from evitrail.evidence_store.curation.profile import Profile
from evitrail.evidence_store.curation.relations import Contradiction
from evitrail.evidence_store.curator import Curator
from evitrail.evidence_store.grading.assessment import Assessment
from evitrail.evidence_store.grading.grade import Grade
from evitrail.evidence_store.index.embed import Vectors
from evitrail.evidence_store.model import Evidence
from evitrail.evidence_store.snapshot import Snapshot, Status
from evitrail.evidence_store.store import EvidenceStore

DRUGS = ("aspirin", "warfarin", "apixaban", "alteplase", "statin", "metformin", "insulin", "ramipril")
AIMS = ("stroke", "bleeding", "infarction", "mortality", "neuropathy", "nephropathy")
VERDICTS = ("lowers", "raises", "does not change", "may lower", "probably raises")


def clock() -> datetime:
    """A clock that stands still: recorded time is the ledger's number."""
    return datetime(2020, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class WordVectors:
    """An encoder without a model: each word falls on a dimension of its own choosing."""

    model: str = "words"
    dimension: int = 48

    def encode(self, texts: Sequence[str]) -> Vectors:
        vectors = np.full((len(texts), self.dimension), 1e-3, dtype=np.float32)
        for row, text in zip(vectors, texts, strict=True):
            for word in re.findall(r"\w+", text.lower()):
                row[int.from_bytes(hashlib.sha256(word.encode()).digest()[:4], "big") % self.dimension] += 1
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


@dataclass(frozen=True)
class Spy(WordVectors):
    """The same, keeping what it was asked to encode."""

    asked: list[list[str]] = field(default_factory=list)

    def encode(self, texts: Sequence[str]) -> Vectors:
        self.asked.append(list(texts))
        return super().encode(texts)


def evidence(id: str, version: str = "1", **fields: object) -> Evidence:
    """A plausible version; whatever matters to a test is given by name."""
    plain = {
        "title": f"{id} {version}",
        "organization": "Example Society",
        "kind": "guideline",
        "url": None,
        "published": date(2015, 1, 1),
        "valid_from": date(2015, 1, 1),
        "valid_to": None,
        "supersedes": None,
        "retracted": False,
        "grade": Grade(certainty="moderate", study_design="randomized", downgrades={"imprecision": -1}),
        "text": f"Aspirin lowers the risk of stroke ({id} {version}).",
    }
    return Evidence.model_validate({"id": id, "version": version, **plain, **fields})


def statuses(snapshot: Snapshot) -> Iterator[tuple[str, Status]]:
    """Every version the snapshot knows, with its status."""
    return ((ref, snapshot.status(ref)) for ref in snapshot.headers)


@dataclass
class Deed:
    """One thing the world did that changes what a version is worth: published it, or took it back."""

    seq: int
    """The last event of the act; publishing a successor takes two."""
    item: Evidence
    retracts: bool = False
    withdraws: bool = False


@dataclass
class World:
    """Curators at work over the years, on a store."""

    store: EvidenceStore
    seed: int = 0
    today: date = date(2010, 1, 1)
    deeds: list[Deed] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.dice = random.Random(self.seed)

    @property
    def seq(self) -> int:
        return self.store.seq

    def live(self, years: int) -> None:
        """Let years pass; in each, a few things happen."""
        for _ in range(years):
            for _ in range(self.dice.randint(1, 3)):
                self.today += timedelta(days=self.dice.randint(20, 120))
                self.dice.choice(self._often)()
                self.dice.choice((self.assess, self.dispute, self.draft, self.withdraw, lambda: None, lambda: None))()

    def publish(self) -> None:
        """A new lineage."""
        self._record(f"topic-{len({deed.item.id for deed in self.deeds}) + 1}", "1", None)

    def supersede(self) -> None:
        """A new version of a lineage that is there; a first lineage where there is none."""
        newest = self._newest()
        if not newest:
            return self.publish()
        old = newest[self.dice.choice(sorted(newest))]
        latest = max(int(deed.item.version) for deed in self.deeds if deed.item.id == old.id)  # withdrawn ones too
        return self._record(old.id, str(latest + 1), old.ref)

    def retract(self) -> None:
        """The retraction of some version that still stands."""
        gone = {deed.item.ref for deed in self.deeds if deed.retracts}
        standing = [item for item in self._published() if item.ref not in gone]
        if standing:
            item = self.dice.choice(standing)
            self.deeds.append(Deed(self.store.retract(item.ref, "data could not be verified"), item, retracts=True))

    def assess(self) -> None:
        """Raters speak of some version; it is worth what it was."""
        if published := self._published():
            outcome = Assessment(outcome="stroke", importance="critical", study_design="randomized", certainty="high")
            ref = self.dice.choice(published).ref
            self.store.assess([Profile(ref=ref, assessments=(outcome,), reason=f"panel of {self.today}")])

    def dispute(self) -> None:
        """Somebody finds that two versions disagree."""
        published = self._published()
        if len(published) > 1:
            a, b = self.dice.sample(published, 2)
            edge = Contradiction(a=a.ref, b=b.ref, scope="dose", type="magnitude", detector=f"on {self.today}")
            self.store.dispute(edge)

    def draft(self) -> None:
        """A curator proposes something; nobody is to find it."""
        text = f"In adults, aspirin abolishes stroke ({self.today})."
        Curator(self.store).draft([evidence("topic-1", f"proposed-{self.dice.randint(1, 3)}", text=text)])

    def withdraw(self) -> None:
        """The store's own curators take some version back."""
        if len(published := self._published()) > 3:
            item = self.dice.choice(published)
            seq = Curator(self.store).withdraw(item.ref, "not for this ward")
            self.deeds.append(Deed(seq, item, withdraws=True))

    def expected(self, as_of: date, seq: int) -> dict[str, Status]:
        """What a snapshot must say, told from the deeds alone."""
        told = [deed for deed in self.deeds if deed.seq <= seq]
        found: dict[str, Status] = {}
        gone = {deed.item.ref for deed in told if deed.withdraws}
        published = [deed.item for deed in told if not (deed.retracts or deed.withdraws)]
        for item in published:
            if item.ref in gone:
                continue
            if any(deed.retracts and deed.item.ref == item.ref for deed in told):
                found[item.ref] = "retracted"
            elif as_of < item.valid_from:
                found[item.ref] = "not_yet"
            else:
                ended = any(other.supersedes == item.ref and other.valid_from <= as_of for other in published)
                # Something must stand in its place that was not withdrawn itself.
                later = [other for other in published if other.id == item.id and other.ref not in gone]
                taken_over = any(item.valid_from < other.valid_from <= as_of for other in later)
                found[item.ref] = "current" if not ended else "superseded" if taken_over else "expired"
        return found

    @property
    def _often(self) -> tuple[Callable[[], None], ...]:
        return (self.publish, self.publish, self.supersede, self.supersede, self.retract)

    def _published(self) -> list[Evidence]:
        gone = {deed.item.ref for deed in self.deeds if deed.withdraws}
        return [d.item for d in self.deeds if not (d.retracts or d.withdraws) and d.item.ref not in gone]

    def _newest(self) -> dict[str, Evidence]:
        return {item.id: item for item in self._published()}

    def _record(self, id: str, version: str, supersedes: str | None) -> None:
        drug, aim, verdict = (self.dice.choice(words) for words in (DRUGS, AIMS, VERDICTS))
        item = evidence(
            id,
            version,
            text=f"In adults, {drug} {verdict} the risk of {aim}.",
            published=self.today,
            valid_from=self.today,
            supersedes=supersedes,
        )
        self.deeds.append(Deed(self.store.ingest([item]).seq, item))
