"""JSON files with something wrong in them: bytes changed (``mutated.py``), or values replaced by what nobody expects.

Rules kept here
- The same seed gives the same files.
- Half of the files are damaged as bytes, half as values, so that most of the latter are still JSON.

    for data in mutated_json(file.read_bytes(), 100): ...
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from copy import deepcopy
from random import Random
from typing import Any

from mutated import mutated

ODD: tuple[Any, ...] = (
    None, True, False, 0, -1, 2**63, 2**64, 10**400, 1e308, -0.0, "", " ", "\x00", "\ud800", "é" * 3, "e\u0301", "nan",
    "1e400", "2024-13-45T99:00:00", "[" * 50, '{"a":', "attachment://none", [], {}, [[]], [None], {"": None},
    {"a": {"b": {"c": [1, "2", None]}}}, [{"role": 5, "content": [1]}], "x" * 5000, "../../etc", "<script>", "=1+1",
)  # fmt: skip
"""Values of every type, at the ends of their ranges, and texts that mean something elsewhere."""


def mutated_json(data: bytes, many: int, seed: int = 13) -> Iterator[bytes]:
    """That many damaged copies of a file with one or more JSON documents, one per line."""
    random = Random(seed)
    documents = [json.loads(line) for line in data.splitlines()]
    for damaged in mutated(data, many // 2, seed=str(seed)):
        yield _values_changed(documents, random)
        yield damaged


def _values_changed(documents: list[Any], random: Random) -> bytes:
    changed = deepcopy(documents)
    for _ in range(random.choice((1, 1, 2, 4))):
        _change(changed, random)
    return "".join(json.dumps(one) + "\n" for one in changed).encode()


def _change(value: Any, random: Random) -> None:
    """Change one place in a list or object: replace a value, take it out, double it, or rename its key."""
    while value:
        key = random.choice(list(value) if isinstance(value, dict) else range(len(value)))
        inner = value[key]
        if isinstance(inner, dict | list) and inner and random.random() < 0.85:
            value = inner
            continue
        kind = random.randrange(6)
        if kind == 0:
            del value[key]
        elif kind == 1 and isinstance(value, list):
            value.append(deepcopy(inner))
        elif kind == 2 and isinstance(value, dict):
            value[random.choice(list(value))] = deepcopy(inner)
        else:
            value[key] = deepcopy(random.choice(ODD))
        return
