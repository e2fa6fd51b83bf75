"""Which family a model is of, and how large it is: the published 34 models, or a table that the user gives.

    [Qwen]                     # models.toml: a table for each family, the size in billions of parameters
    "Qwen3-4B" = 4.0

Rules kept here
- A model is known by the name or label of its reader. One that no table names has no family and no size: it is left out
  of what needs them, and named; nothing is read out of its name.

    read_models(Path("models.toml"))["Qwen3-4B"]      # Model(family="Qwen", billions=4.0)
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import NamedTuple

from evitrail.evidence_store.input_text import InputError, read_toml

PUBLISHED_TABLE = Path(__file__).parent / "models.toml"


class Model(NamedTuple):
    """What scaling and variance are told by."""

    family: str
    billions: float
    """Billions of parameters."""


@cache
def published_models() -> dict[str, Model]:
    """The models of SaFE-Scale (specification, section 10)."""
    return read_models(PUBLISHED_TABLE)


def read_models(path: Path) -> dict[str, Model]:
    """The models of a table by name; raises ``InputError`` with every fault."""
    models: dict[str, Model] = {}
    faults = []
    for family, members in read_toml(path).items():
        if not isinstance(members, dict):
            faults.append(f"{path}: key {family!r}: expected a table of models, got {members!r}")
            continue
        for name, size in members.items():
            if isinstance(size, bool) or not isinstance(size, (int, float)) or not 0 < size < float("inf"):
                faults.append(
                    f"{path}: key '{family}.{name}': expected the size in billions of parameters, above 0, got {size!r}"
                )
            elif name in models:
                faults.append(f"{path}: key '{family}.{name}': this model is of family {models[name].family!r} already")
            else:
                models[name] = Model(family, float(size))
    if not faults and not models:
        faults.append(f"{path}: expected at least one model, found none")
    if faults:
        raise InputError(faults)
    return models
