"""What a server would be asked, and what is said when it refuses.

No Qdrant server runs here. A stand-in takes the requests down and gives the plainest answers that the client accepts,
so these tests hold what we ask for, not what a server makes of it.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from world import WordVectors, evidence

from evitrail.evidence_store import EvidenceStore, StoreError
from evitrail.evidence_store.index import open_index
from evitrail.evidence_store.index.base import RECTANGLE, Point, Sparse, Where
from evitrail.evidence_store.index.manifest import IndexManifest

MANIFEST = IndexManifest(engine="server", engine_version="any", model="m", dimension=2, chunker="c", lexical="bm25")
NEXT = MANIFEST.model_copy(update={"model": "next"})
POINT = Point("00000000-0000-0000-0000-000000000001", np.zeros(2, np.float32), Sparse([1], [1.0]), {"seq": 4})
OPTIMIZERS = {"deleted_threshold": 0.2, "vacuum_min_vector_number": 9, "default_segment_number": 0}
INFO = {
    "status": "green",
    "optimizer_status": "ok",
    "segments_count": 1,
    "payload_schema": {},
    "config": {
        "params": {},
        "hnsw_config": {"m": 0, "ef_construct": 4, "full_scan_threshold": 0},
        "optimizer_config": {**OPTIMIZERS, "flush_interval_sec": 5},
    },
}


class StandIn(ThreadingHTTPServer):
    """Knows which collections and aliases it was asked to make, and how many points; else it answers with "done"."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked: list[tuple[str, str, Any]] = []
        self.keys: set[str | None] = set()
        self.collections: set[str] = set()
        self.aliases: dict[str, str] = {}
        self.version = "1.20.0"
        self.refusal = 0
        self.emptied = False

    def answer(self, verb: str, path: str, body: Any) -> Any:
        """The result of one request."""
        self.asked.append((verb, path, body))
        name = path.split("/")[2] if path.startswith("/collections/") else ""
        if path.endswith("/exists"):
            return {"exists": name in self.collections | self.aliases.keys()}
        if path == "/aliases":
            return {"aliases": [{"alias_name": a, "collection_name": c} for a, c in self.aliases.items()]}
        if path == "/collections/aliases":
            for action in body["actions"]:
                self.aliases |= {made["alias_name"]: made["collection_name"] for made in [*_created(action)]}
        elif path == f"/collections/{name}":
            if verb == "GET":
                return INFO
            (self.collections.add if verb == "PUT" else self.collections.remove)(name)
        elif path.endswith("/query"):
            return {"points": []}
        elif path.endswith("/count"):
            return {"count": self.held(name)}
        elif path.endswith("/scroll"):
            return {"points": [{"id": 1}] * min(1, self.held(name)), "next_page_offset": None}
        elif "/points" in path or path.endswith("/index"):
            done = {"status": "completed", "operation_id": 1}
            return [done] if path.endswith("/batch") else done
        return True

    def held(self, name: str) -> int:
        """How many points a collection has."""
        return 0 if self.emptied else len(self.sent("PUT", f"/collections/{name}/points"))

    def sent(self, verb: str, path: str) -> list[Any]:
        """The bodies of the requests to a path that matches."""
        return [body for how, where, body in self.asked if how == verb and re.fullmatch(path, where)]


def _created(action: dict[str, Any]) -> Iterator[dict[str, str]]:
    if "create_alias" in action:
        yield action["create_alias"]


class Handler(BaseHTTPRequestHandler):
    server: StandIn

    def _do(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path = self.path.partition("?")[0]
        self.server.keys.add(self.headers.get("api-key"))
        if self.server.refusal:
            answer: Any = {"status": {"error": "no"}}
        elif path == "/":
            answer = {"title": "qdrant", "version": self.server.version}
        else:
            answer = {"result": self.server.answer(self.command, path, json.loads(body or "null")), "status": "ok"}
        self.send_response(self.server.refusal or 200)
        data = json.dumps(answer).encode()
        self.send_header("Content-Length", str(len(data)))
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_PUT = do_POST = do_DELETE = _do  # noqa: N815  # the names http.server calls

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture
def server() -> Iterator[StandIn]:
    with StandIn() as running:
        threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        yield running
        running.shutdown()


def at(server: StandIn, rest: str = "evidence") -> str:
    return f"http://127.0.0.1:{server.server_port}/{rest}"


def test_a_collection_is_laid_out_as_the_address_says(server: StandIn, tmp_path: Path) -> None:
    address = at(server, "evidence?shards=3&replicas=2&writes=2&on_disk=true&limit=500")
    open_index(address, tmp_path, MANIFEST).close()
    [made] = server.sent("PUT", f"/collections/evidence-{MANIFEST.short}")
    assert (made["shard_number"], made["replication_factor"], made["write_consistency_factor"]) == (3, 2, 2)
    assert made["vectors"]["dense"]["memory"] == made["payload"]["memory"] == "cold"
    assert made["sparse_vectors"]["bm25"]["index"]["memory"] == "cold"
    assert made["strict_mode_config"] == {
        "enabled": True,
        "max_query_limit": 500,
        "unindexed_filtering_retrieve": False,
        "unindexed_filtering_update": False,
        "search_allow_exact": True,
    }
    assert made["metadata"] == MANIFEST.model_dump(mode="json")


def test_an_address_alone_leaves_the_layout_to_the_server(server: StandIn, tmp_path: Path) -> None:
    open_index(at(server, ""), tmp_path, MANIFEST).close()
    [made] = server.sent("PUT", f"/collections/evitrail-{MANIFEST.short}")
    assert not {"shard_number", "replication_factor", "write_consistency_factor"} & made.keys()
    assert "memory" not in made["vectors"]["dense"]


def test_all_that_is_filtered_by_is_indexed_before_the_first_point(server: StandIn, tmp_path: Path) -> None:
    index = open_index(at(server), tmp_path, MANIFEST)
    index.upsert([POINT])
    index.search_dense(POINT.dense, 3, Where(1, valid=True, day=9, without=("a@1",), also=("b@1",)))
    index.count()
    verbs = [path.rpartition("/")[2] for verb, path, _ in server.asked if verb == "PUT"]
    assert verbs[-1] == "points"
    assert verbs.index("points") > max(n for n, word in enumerate(verbs) if word == "index")
    indexed = {body["field_name"] for body in server.sent("PUT", ".*/index")}
    assert indexed == {"ref", "lineage", "kind", "seq", *RECTANGLE}
    [asked] = server.sent("POST", ".*/query")
    assert asked["params"]["exact"] is True
    [counted] = server.sent("POST", ".*/count")
    filtered = keys(asked["filter"]) | keys(counted["filter"])
    assert filtered == {"tf", "tt", "published", "retracted", "vf", "vt", "ref", "nth"}
    assert filtered <= indexed


def keys(condition: Any) -> set[str]:
    """All that a filter looks at, whatever it is nested in."""
    if isinstance(condition, list):
        return {key for each in condition for key in keys(each)}
    if not isinstance(condition, dict):
        return set()
    return {condition["key"]} if "key" in condition else keys(list(condition.values()))


def test_a_server_is_asked_to_keep_later_states(server: StandIn, tmp_path: Path) -> None:
    index = open_index(at(server), tmp_path, MANIFEST)
    index.upsert([POINT])
    [body] = server.sent("PUT", ".*/points")
    own = {"must": [{"has_id": [POINT.id]}, {"key": "seq", "range": {"lte": 4.0}}]}
    assert body["update_filter"] == {"should": [own]}


def test_another_model_takes_the_name_in_one_call_and_then_the_old_collection_goes(
    server: StandIn, tmp_path: Path
) -> None:
    old, new = f"evidence-{MANIFEST.short}", f"evidence-{NEXT.short}"
    index = open_index(at(server), tmp_path, MANIFEST)
    other = index.beside(NEXT)
    assert server.aliases == {"evidence": old}
    server.asked.clear()
    index.give_way(other)
    assert [(verb, path) for verb, path, _ in server.asked] == [
        ("POST", "/collections/aliases"),
        ("DELETE", f"/collections/{old}"),
    ]
    assert server.asked[0][2]["actions"] == [
        {"delete_alias": {"alias_name": "evidence"}},
        {"create_alias": {"alias_name": "evidence", "collection_name": new}},
    ]
    assert (server.collections, server.aliases) == ({new}, {"evidence": new})


def test_a_name_that_serves_another_collection_is_refused_and_nothing_is_made(server: StandIn, tmp_path: Path) -> None:
    open_index(at(server), tmp_path, MANIFEST).close()
    with pytest.raises(StoreError, match=f"'evidence' is already the name of evidence-{MANIFEST.short}; name another"):
        open_index(at(server), tmp_path, NEXT)
    server.aliases.clear()
    server.collections = {"evidence"}
    with pytest.raises(StoreError, match="'evidence' is already the name of a collection made otherwise"):
        open_index(at(server), tmp_path, MANIFEST)
    assert server.collections == {"evidence"}


def test_the_key_is_sent_and_never_shown(
    server: StandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, recwarn: pytest.WarningsRecorder
) -> None:
    monkeypatch.setenv("QDRANT_API_KEY", "s3cret")
    open_index(at(server), tmp_path, MANIFEST).close()
    assert server.keys == {"s3cret"}
    server.refusal = 403
    with pytest.raises(StoreError, match=r"got 403 \(Forbidden\); give the server's key in QDRANT_API_KEY") as told:
        open_index(at(server), tmp_path, MANIFEST)
    assert "s3cret" not in str(told.value) + str([one.message for one in recwarn])


def test_a_server_that_stops_answering_is_told_in_one_line(server: StandIn, tmp_path: Path) -> None:
    index = open_index(at(server), tmp_path, MANIFEST)
    for refusal, said in {404: "open the store again if it was indexed anew", 500: "see the server's log"}.items():
        server.refusal = refusal
        for act in (lambda: index.upsert([POINT]), index.count, index.clear, lambda: list(index.scroll())):
            with pytest.raises(StoreError, match=f"127.0.0.1:{server.server_port}: .*got {refusal} .*{said}") as told:
                act()
            assert len(str(told.value).splitlines()) == 1


def test_an_old_server_is_refused(server: StandIn, tmp_path: Path) -> None:
    server.version = "1.15.3"
    with pytest.raises(StoreError, match=r"expected a Qdrant server of 1\.20 or later, got 1\.15\.3; upgrade it"):
        open_index(at(server), tmp_path, MANIFEST)


def test_a_server_that_is_not_there_is_told_and_no_store_is_made(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"http://127\.0\.0\.1:1: expected a Qdrant server, .*refused; start it"):
        EvidenceStore.open(tmp_path / "s", create=True, embedder=WordVectors(), index="http://127.0.0.1:1/evidence")
    assert not (tmp_path / "s" / "manifest.json").exists()


def test_a_store_on_a_server_follows_its_ledger_and_is_found_by_the_environment(
    server: StandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with EvidenceStore.open(tmp_path / "s", create=True, embedder=WordVectors(), index=at(server)) as store:
        store.ingest([evidence("aspirin")])
    [body] = server.sent("PUT", ".*/points")
    [sent] = body["points"]
    assert (sent["payload"]["ref"], sent["payload"]["seq"], len(sent["vector"]["dense"])) == ("aspirin@1", 1, 48)
    with pytest.raises(StoreError, match=r"its index is on a server; give its address, .* as index or EVITRAIL_INDEX"):
        EvidenceStore.open(tmp_path / "s", embedder=WordVectors())
    monkeypatch.setenv("EVITRAIL_INDEX", at(server))
    with EvidenceStore.open(tmp_path / "s", embedder=WordVectors()) as store:
        assert store.snapshot().dense("aspirin", 3) == []
    assert len(server.sent("POST", ".*/query")) == 1


def test_a_collection_that_somebody_emptied_is_told_before_it_is_searched(server: StandIn, tmp_path: Path) -> None:
    with EvidenceStore.open(tmp_path / "s", create=True, embedder=WordVectors(), index=at(server)) as store:
        store.ingest([evidence("aspirin")])
    server.emptied = True
    with (
        EvidenceStore.open(tmp_path / "s", embedder=WordVectors(), index=at(server)) as store,
        pytest.raises(StoreError, match="the index has seen event 0 of 1; run `evitrail store reindex"),
    ):
        store.snapshot()
