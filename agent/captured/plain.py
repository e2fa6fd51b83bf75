"""Foreign values as plain JSON, and foreign components by a name that says what they are set to.

Rules kept here
- Credentials are never written: a key that names one is kept, its value is not.
- No memory address is written, so that two runs of one pipeline can be compared.
- Text that is not Unicode, and numbers that are not finite, are spelled out instead of refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass
from datetime import date
from enum import Enum
from math import isfinite
from typing import Any
from unicodedata import normalize

from pydantic import BaseModel

CREDENTIAL = re.compile(
    r"api_?key|secret|passw|authorization|credential|cookie|header|(access|api|auth|bearer|id|refresh)_?token", re.I
)
LEFT_OUT = "(left out: a credential)"
DEEPEST = 12
"""Levels of nesting that are written out; what lies deeper is named by its type."""
SETTINGS = ("model", "model_name", "temperature", "similarity_top_k", "top_k", "top_n", "similarity_cutoff")
"""What is told of a component beside its class: never a credential."""


def as_json(value: Any, depth: int = 0) -> Any:
    """The value as JSON."""
    if isinstance(value, Enum):
        return as_json(value.value, depth)
    if value is None or isinstance(value, (bool, int)):
        return value
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, float):
        return number(value)
    if isinstance(value, date):
        return value.isoformat()
    if depth < DEEPEST and (parts := _parts(value)) is not None:
        if isinstance(parts, Mapping):
            return _keyed((str(key), _unless_secret(str(key), inner, depth)) for key, inner in parts.items())
        return [as_json(inner, depth + 1) for inner in parts]
    return f"<{type(value).__qualname__}>"


def clean(text: str) -> str:
    """The text, lone surrogates spelled out."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def number(value: Any) -> float | str:
    """A number, or its name where it is not finite."""
    return float(value) if isfinite(value) else str(float(value))


def described(thing: Any, parts: tuple[type, ...] = (), depth: int = 4) -> str:
    """``RetrieverQueryEngine(retriever=VectorIndexRetriever(similarity_top_k=2))``: ``parts`` are the types told."""
    told = {name: repr(found) for name in SETTINGS if (found := _setting(thing, name)) not in (None, "unknown")}
    if not {"model", "model_name"} & told.keys() and isinstance(model := _model(thing), str) and model != "unknown":
        told["model"] = repr(model)
    held: dict[str, Any] = {**getattr(thing, "__dict__", {}), **(getattr(thing, "__pydantic_private__", None) or {})}
    for name, inner in sorted(held.items()) if depth and parts else ():
        if isinstance(inner, parts):
            told[name.lstrip("_")] = described(inner, parts, depth - 1)
        elif isinstance(inner, (list, tuple)) and inner and all(isinstance(one, parts) for one in inner):
            told[name.lstrip("_")] = f"[{', '.join(described(one, parts, depth - 1) for one in inner)}]"
    return f"{type(thing).__name__}({', '.join(f'{name}={value}' for name, value in told.items())})"


def _setting(thing: Any, name: str) -> str | float | None:
    held = getattr(thing, "__dict__", {})
    found = held.get(name, held.get(f"_{name}"))
    return found if isinstance(found, (str, int, float)) and not isinstance(found, bool) else None


def _model(thing: Any) -> Any:
    return getattr(getattr(thing, "metadata", None), "model_name", None)


def _keyed(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """An object; where keys differ only in their Unicode spelling, or in their type, each later one is marked."""
    told: dict[str, Any] = {}
    for key, value in pairs:
        name = normalize("NFC", clean(key))
        while name in told:
            name += "'"
        told[name] = value
    return told


def _unless_secret(key: str, value: Any, depth: int) -> Any:
    return LEFT_OUT if CREDENTIAL.search(key) and value else as_json(value, depth + 1)


def _parts(value: Any) -> Mapping[Any, Any] | Iterable[Any] | None:
    if isinstance(value, Mapping):
        return value
    if isinstance(value, BaseModel):
        return {name: getattr(value, name) for name in type(value).model_fields}
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in fields(value)}
    if isinstance(value, (list, tuple)):
        return value
    return sorted(value, key=repr) if isinstance(value, (set, frozenset)) else None
