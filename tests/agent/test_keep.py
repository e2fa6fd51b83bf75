"""What an agent keeps of earlier hits is a step: what is forgotten there is not read again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from world import WordVectors, clock, evidence

from evitrail.agent import AGENTS, Decoding, Question, Tools
from evitrail.agent.model import Kept
from evitrail.agent.reader.scripted import ScriptedReader
from evitrail.evidence_store import EvidenceStore, Snapshot
from evitrail.retrieval import Fixed, Retrieved
from evitrail.traces import Journal, Live, Record, Trace

QUESTION = Question(id="q-1", stem="What lowers the risk of stroke?", options={"A": "insulin", "B": "aspirin"})


class Began(Record, stored_as="Began"):
    agent: str


@dataclass(frozen=True)
class Forgets:
    def keep(self, question: Question, retrieved: Sequence[Retrieved]) -> Kept:
        return Kept(passages=tuple(hit.passage.id for hit in retrieved[-1].hits))


@dataclass(frozen=True)
class OneEach:
    """The first search finds one version, every other one another."""

    def search(self, query: str, snapshot: Snapshot, k: int) -> Retrieved:
        return Fixed(("statin@1",) if query.endswith(")") else ("aspirin@1",)).search(query, snapshot, k)


def read(tmp_path: Path, **keeper: Forgets) -> tuple[tuple[str, ...], list[list[str]]]:
    """What the last `keep` came to, and the versions of each list that was read in the end."""
    with (
        EvidenceStore.open(tmp_path / "store", create=True, embedder=WordVectors(), clock=clock) as store,
        Journal.open(tmp_path / "journal.db") as journal,
    ):
        store.ingest([evidence("aspirin"), evidence("statin", text="Statins lower stroke.", grade=None)])
        tools = Tools(
            run=Live.begin(journal, "run", Began(agent="agentic")),
            snapshot=store.snapshot(),
            reader=ScriptedReader(answers={"q-1": "B"}, adequate_after=100),
            retriever=OneEach(),
            decoding=Decoding(samples=0),
            stand_ins=keeper,
        )
        AGENTS["agentic"].answer(QUESTION, tools)
        trace = Trace(journal, "run")
        kept, synthesis = trace.last("keep"), trace.last("synthesise")
        assert kept is not None
        assert synthesis is not None
        lists = [journal.get(one.id, Retrieved) for one in synthesis.inputs if one.role.startswith("retrieved")]
        return journal.get(kept.output, Kept).passages, [[hit.passage.ref for hit in found.hits] for found in lists]


def test_what_an_agent_forgets_is_not_read_again_and_the_step_says_so(tmp_path: Path) -> None:
    assert read(tmp_path, keep=Forgets()) == (("statin@1#0",), [[], ["statin@1"], ["statin@1"]])


def test_agents_of_ours_keep_everything(tmp_path: Path) -> None:
    kept, lists = read(tmp_path)
    assert kept == ("aspirin@1#0", "statin@1#0")
    assert lists == [["aspirin@1"], ["statin@1"], ["statin@1"]]
