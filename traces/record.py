"""A record is a value that keeps its meaning: frozen, closed, and named by its own content.

Rules kept here
- A ``Record`` cannot be changed after it is made, and refuses keys it does not know.
- Its name is its content: ``content_id`` hashes the type's stored name and the canonical JSON, so equal
  records have equal names in every process, on every machine, in every year.
- The stored name is declared with the class, ``stored_as="Dose"``, and never changes: it is part of every hash and of
  every stored byte. The class itself may be renamed or moved. It is not inherited, and no two classes share one.
- A record's repr begins with its stored name, because components that hold records are named by their repr.
- A record that declares none can stand inside another record, but cannot be stored or hashed by itself.
- A record's name is worked out once, and kept for as long as the record lives.
- Canonical JSON has sorted keys, no spaces, Unicode in NFC, one zero, and no NaN or infinity: two
  spellings of one value cannot exist.

    >>> class Dose(Record, stored_as="Dose"):
    ...     drug: str
    ...     milligrams: float
    >>> content_id(Dose(drug="alteplase", milligrams=90)) == content_id(Dose(milligrams=90.0, drug="alteplase"))
    True

This module knows nothing of time, storage or medicine.
"""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
import weakref
from typing import Any, ClassVar, TypeVar

from pydantic import BaseModel, ConfigDict, SerializerFunctionWrapHandler, ValidationError, model_serializer

R = TypeVar("R", bound="Record")

NEGATIVE_ZERO = re.compile(r"-0\.0\b")
"""Equal to zero, and would have a name of its own."""


class Record(BaseModel):
    """A frozen value that may cross a folder, be stored, and be named by its content."""

    model_config = ConfigDict(
        defer_build=True, frozen=True, extra="forbid", allow_inf_nan=False, ser_json_inf_nan="constants"
    )

    stored_as: ClassVar[str | None] = None
    """The name that records of this type are stored and hashed under; ask ``stored_name`` for it."""

    def __init_subclass__(cls, *, stored_as: str | None = None, **others: Any) -> None:
        super().__init_subclass__(**others)
        cls.stored_as = stored_as

    def __repr_name__(self) -> str:
        return self.stored_as or type(self).__name__


class Grown(Record):
    """A record that got fields after its first ones were stored: such a field is left out where it says nothing.

    So a record from before keeps its bytes and its name. Each of ``later`` has a default.
    """

    later: ClassVar[frozenset[str]] = frozenset()
    """The fields that came later."""

    @model_serializer(mode="wrap")
    def _without_defaults(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        fields = type(self).model_fields
        silent = {
            name for name in self.later if getattr(self, name) == fields[name].get_default(call_default_factory=True)
        }
        return {name: value for name, value in dump(self).items() if name not in silent}


def canonical_json(value: Record | dict[str, Any] | list[Any]) -> str:
    """The one JSON text of a value; raises ``ValueError`` for NaN or infinity."""
    text = _dumped(value.model_dump(mode="json") if isinstance(value, Record) else value)
    if _spelt_once(text):
        return text
    return _dumped(_one_spelling(json.loads(text)))  # normalised first, sorted after: NFC moves keys


def _spelt_once(text: str) -> bool:
    return unicodedata.is_normalized("NFC", text) and not NEGATIVE_ZERO.search(text)


_dumped = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode


def _one_spelling(value: Any) -> Any:
    if isinstance(value, str):
        return unicodedata.normalize("NFC", value)
    if isinstance(value, list):
        return [_one_spelling(item) for item in value]
    if isinstance(value, dict):
        keys = [unicodedata.normalize("NFC", key) for key in value]
        if len(set(keys)) < len(keys):
            raise ValueError(f"expected keys that differ in more than their Unicode spelling, got {sorted(value)!r}")
        return dict(zip(keys, map(_one_spelling, value.values()), strict=True))
    return 0.0 if value == 0 and isinstance(value, float) else value


def stored_name(of: Record | type[Record]) -> str:
    """The name that a record, or a type of records, is stored and hashed under; raises ``TypeError`` for none."""
    kind = of if isinstance(of, type) else type(of)
    if kind.stored_as is None:
        raise TypeError(
            f"{kind.__module__}.{kind.__qualname__} has no stored name, so it cannot be stored or hashed; "
            f'declare one: class {kind.__name__}(Record, stored_as="{kind.__name__}")'
        )
    return kind.stored_as


def sha256(data: bytes) -> str:
    """A digest tagged with its algorithm, so that a later one can stand beside it."""
    return "sha256:" + hashlib.sha256(data).hexdigest()


_names: dict[int, tuple[weakref.ref[Record], str]] = {}
"""The names that were worked out, by the identity of the record."""


def content_id(record: Record) -> str:
    """The name of a record: ``sha256:`` and 64 hex digits over its stored name and canonical JSON."""
    known, name = _names.get(id(record), (None, ""))
    if known is not None and known() is record:
        return name
    return named(record, written(record))


def written(record: Record) -> bytes:
    """A record as its blob spells it, which is what names are made from: stored name, newline, canonical JSON."""
    return _blob(record, canonical_json(record))


def named(record: Record, data: bytes) -> str:
    """The name of a record that is written out already, from then on known."""
    place, name = id(record), sha256(data)
    _names[place] = weakref.ref(record, lambda _: _names.pop(place, None)), name
    return name


def _blob(record: Record, text: str) -> bytes:
    return f"{stored_name(record)}\n{text}".encode()


def as_stored(record: Record, returns: type[R]) -> R:
    """The record as it would come back from storage, so that the first reading of it is like every other."""
    return spelt(record, returns)[0]


def spelt(record: Record, returns: type[R]) -> tuple[R, bytes]:
    """The record as it would come back from storage, and the bytes that it would come back from."""
    text = _dumped(record.model_dump(mode="json"))
    if _spelt_once(text):
        stored = record if isinstance(record, returns) else returns.model_validate(record)
    else:
        text = canonical_json(record)
        stored = returns.model_validate_json(text)
    data = _blob(stored, text)
    named(stored, data)
    return stored, data


def fitted(value: Any, returns: type[R], at: str) -> R:
    """JSON from a person as a record of that type; raises ``ValueError`` naming the field that does not fit."""
    try:
        return returns.model_validate(value)
    except ValidationError as error:
        fault = error.errors(include_url=False)[0]
        field = ".".join(map(str, fault["loc"])) or "the whole"
        raise ValueError(f"{at}: expected a {returns.__name__}; {field}: {fault['msg']}") from error
