"""Which layout of points filters fastest: rectangles nested in a passage's point, or a point for each rectangle.

    python bench/layouts.py 10000

Rules kept here
- Vectors and words are drawn; of ten passages three were superseded once, and have two rectangles.
- Both layouts are asked the same filtered queries in one run, search exactly, and must find the same passages.
- Told is processor time, which other work on the machine moves less than the clock.
"""

from __future__ import annotations

import random
import sys
import tempfile
import uuid
from collections.abc import Sequence
from time import process_time
from typing import Any

import numpy as np
import qdrant_edge as qe

DIMENSION, QUERIES, OPEN = 384, 30, 2**52
KEYS = ("vf", "vt", "tf", "tt", "retracted", "published")
Rows = list[dict[str, int]]


def results(size: int) -> list[str]:
    """A Markdown table: milliseconds of processor time a query."""
    dice, rng = random.Random(0), np.random.default_rng(0)
    vectors = rng.standard_normal((size, DIMENSION), dtype=np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    known = [rows(n, dice) for n in range(size)]
    asked = [(vectors[dice.randrange(size)], 12_000 + dice.randrange(6_000)) for _ in range(QUERIES)]
    told, found = [], []
    for nested in (True, False):
        with tempfile.TemporaryDirectory() as folder:
            shard = filled(folder, vectors, known, nested=nested)
            milliseconds, hits = searched(shard, asked, size, nested=nested)
            shard.close()
        name = "nested rectangles" if nested else "a point for each rectangle"
        told.append(f"| {name} | {milliseconds:.1f} |")
        found.append(hits)
    if found[0] != found[1]:
        raise AssertionError("expected both layouts to find the same")
    return [f"{size} passages, {QUERIES} queries.", "", "| layout | ms CPU a query |", "|---|---|", *told]


def rows(n: int, dice: random.Random) -> Rows:
    """What was known of passage ``n``, recorded by event ``n + 1``."""
    day = 12_000 + dice.randrange(3_000)
    first = {"vf": day, "vt": 2_932_896, "tf": n + 1, "tt": OPEN, "retracted": 0, "published": 1}
    if n % 10 not in (4, 6, 8):
        return [first]
    return [{**first, "tt": n + 2}, {**first, "tf": n + 2, "vt": day + 3_000}]


def filled(folder: str, vectors: Any, known: Sequence[Rows], *, nested: bool) -> qe.EdgeShard:
    """A shard with these passages."""
    config = qe.EdgeConfig(
        vectors={"dense": qe.EdgeVectorParams(size=DIMENSION, distance=qe.Distance.Dot)},
        hnsw_config=qe.HnswIndexConfig(0, 0, 0),
    )
    shard = qe.EdgeShard.create(folder, config)
    for key in KEYS:
        name, within = (f"rows[].{key}", "rows") if nested else (key, None)
        params = qe.IntegerIndexParams(range=True, enable_hnsw=False, nested=within)
        shard.update(qe.UpdateOperation.create_field_index(name, params))
    for at in range(0, len(known), 256):
        points = [
            qe.Point(str(uuid.UUID(int=n * 10 + nth)), {"dense": vectors[n].tolist()}, {"passage": n, **told})
            for n in range(at, min(at + 256, len(known)))
            for nth, told in enumerate([{"rows": known[n]}] if nested else known[n])
        ]
        shard.update(qe.UpdateOperation.upsert_points(points))
    return shard


def searched(
    shard: qe.EdgeShard, asked: Sequence[tuple[Any, int]], seq: int, *, nested: bool
) -> tuple[float, list[list[tuple[int, float]]]]:
    """Milliseconds a query, and what each found; the first round warms up."""
    for _ in range(2):
        started, found = process_time(), []
        for vector, day in asked:
            request = qe.QueryRequest(
                10,
                query=qe.Query.Nearest(vector.tolist(), "dense"),
                filter=valid(seq, day, nested=nested),
                with_payload=["passage"],
                params=qe.SearchParams(exact=True),
            )
            found.append(sorted((hit.payload["passage"], hit.score) for hit in shard.query(request)))
        spent = process_time() - started
    return spent * 1000 / len(asked), found


def valid(seq: int, day: int, *, nested: bool) -> qe.Filter:
    """In force on that day, as recorded by event ``seq``."""
    bounds = [("tf", None, seq), ("tt", seq + 1, None), ("published", 1, None), ("retracted", None, 0)]
    bounds += [("vf", None, day), ("vt", day + 1, None)]
    must: list[Any] = [qe.FieldCondition(key, range=qe.RangeFloat(gte=low, lte=high)) for key, low, high in bounds]
    return qe.Filter(must=[qe.NestedCondition("rows", qe.Filter(must=must))] if nested else must)


if __name__ == "__main__":
    print("\n".join(results(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)))
