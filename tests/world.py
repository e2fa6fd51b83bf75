"""A small world of evidence to test in: over simulated years it publishes, supersedes and retracts.

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
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

import numpy as np

from evidence_store.embed import Vectors
from evidence_store.grade import Grade
from evidence_store.model import Evidence
from evidence_store.snapshot import Snapshot, Status
from evidence_store.store import EvidenceStore

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
    """One thing the world did: published a version, or retracted one."""

    seq: int
    """The last event of the act; publishing a successor takes two."""
    item: Evidence
    retracts: bool = False


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
                self.dice.choice((self.publish, self.publish, self.supersede, self.supersede, self.retract))()

    def publish(self) -> None:
        """A new lineage."""
        self._record(f"topic-{len(self._newest()) + 1}", "1", None)

    def supersede(self) -> None:
        """A new version of a lineage that is there; a first lineage where there is none."""
        newest = self._newest()
        if not newest:
            return self.publish()
        old = newest[self.dice.choice(sorted(newest))]
        return self._record(old.id, str(int(old.version) + 1), old.ref)

    def retract(self) -> None:
        """The retraction of some version that still stands."""
        gone = {deed.item.ref for deed in self.deeds if deed.retracts}
        standing = [deed.item for deed in self.deeds if deed.item.ref not in gone]
        if standing:
            item = self.dice.choice(standing)
            self.deeds.append(Deed(self.store.retract(item.ref, "data could not be verified"), item, retracts=True))

    def expected(self, as_of: date, seq: int) -> dict[str, Status]:
        """What a snapshot must say, told from the deeds alone."""
        told = [deed for deed in self.deeds if deed.seq <= seq]
        found: dict[str, Status] = {}
        for item in (deed.item for deed in told if not deed.retracts):
            later = [deed.item.valid_from for deed in told if not deed.retracts and deed.item.supersedes == item.ref]
            if any(deed.retracts and deed.item.ref == item.ref for deed in told):
                found[item.ref] = "retracted"
            elif as_of < item.valid_from:
                found[item.ref] = "not_yet"
            else:
                found[item.ref] = "superseded" if any(day <= as_of for day in later) else "current"
        return found

    def _newest(self) -> dict[str, Evidence]:
        return {deed.item.id: deed.item for deed in self.deeds if not deed.retracts}

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
