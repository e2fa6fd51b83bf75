"""A record is frozen, closed, and has one name in every process."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
import unicodedata
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from scribe import Note, Order

import evitrail.traces
from evitrail.traces import Record, canonical_json, content_id
from evitrail.traces.record import as_stored

SOURCE = Path(evitrail.__file__).parents[1]
E_ACUTE, E_THEN_ACUTE = "\u00e9", "e\u0301"
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=6) | st.sampled_from([E_ACUTE, E_THEN_ACUTE, "f"])
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT
KEYS = TEXT.map(lambda key: unicodedata.normalize("NFC", key))
VALUES = st.recursive(SCALARS, lambda v: st.lists(v, max_size=3) | st.dictionaries(KEYS, v, max_size=3), max_leaves=12)
OBJECTS = st.dictionaries(KEYS, VALUES, max_size=4)


class Trial(Record, stored_as="Trial"):
    name: str
    arms: dict[str, float]
    sites: tuple[str, ...] = ()


class Twin(Record, stored_as="Twin"):
    """The same fields under another name."""

    name: str
    arms: dict[str, float]
    sites: tuple[str, ...] = ()


class Loose(Record, stored_as="Loose"):
    anything: dict[str, Any]


def test_a_records_name_is_the_same_in_a_process_that_hashes_otherwise() -> None:
    code = (
        "from scribe import Order; from evitrail.traces import content_id, Activity\n"
        "print(content_id(Order(words=('stroke', '\u2265 2'))))\n"
        "parts = {k: n for n, k in enumerate(set('abcdefgh'))}\n"
        "print(content_id(Activity(path='p', kind='k', by='b', effect='pure', parameters=dict.fromkeys(parts, 1),\n"
        "    code='c', inputs=(), key='k', output='o', output_type='t', edges=None)))"
    )

    def printed(seed: str) -> str:
        env = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": f"{SOURCE}{os.pathsep}{SOURCE.parent / 'tests'}"}
        return subprocess.run([sys.executable, "-c", code], env=env, check=True, capture_output=True, text=True).stdout

    first = printed("1")
    assert printed("2") == first
    assert first.split()[0] == content_id(Order(words=("stroke", "\u2265 2")))


def test_the_name_of_a_record_stays_what_it_was_in_earlier_versions() -> None:
    said = "sha256:f5265b79e8edabb37a0c6e2f19fceff85d64a2192a50ce7f24e03ec6c07969be"
    assert content_id(Note(text="aspirin")) == said


def test_records_with_equal_fields_and_another_type_have_other_names() -> None:
    assert content_id(Trial(name="a", arms={})) != content_id(Twin(name="a", arms={}))


def test_a_field_given_as_integer_or_float_in_any_order_is_one_value() -> None:
    one = Trial.model_validate({"name": "a", "arms": {"x": 1, "y": 2}})
    other = Trial.model_validate({"arms": {"y": 2.0, "x": 1.0}, "name": "a"})
    assert content_id(one) == content_id(other)


def test_two_unicode_spellings_are_one_text() -> None:
    assert E_ACUTE != E_THEN_ACUTE
    assert content_id(Note(text=E_ACUTE)) == content_id(Note(text=E_THEN_ACUTE))


def test_two_unicode_spellings_of_a_key_are_one_key_and_sort_alike() -> None:
    assert canonical_json({E_THEN_ACUTE: 1, "f": 2}) == canonical_json({"f": 2, E_ACUTE: 1})


def test_keys_that_differ_only_in_spelling_are_refused() -> None:
    with pytest.raises(ValueError, match="Unicode spelling"):
        canonical_json({E_ACUTE: 1, E_THEN_ACUTE: 2})


def test_zero_has_one_name_and_small_negatives_keep_theirs() -> None:
    plus, minus = (Trial(name="-0.0", arms={"x": zero}) for zero in (0.0, -0.0))
    assert plus == minus
    assert content_id(plus) == content_id(minus)
    assert json.loads(canonical_json(plus))["name"] == "-0.0"
    assert json.loads(canonical_json({"x": -0.05})) == {"x": -0.05}


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_nan_and_infinity_are_refused_wherever_they_are(number: float) -> None:
    with pytest.raises(ValidationError):
        Trial(name="a", arms={"x": number})
    with pytest.raises(ValueError, match="JSON"):
        canonical_json({"deep": [{"x": number}]})
    with pytest.raises(ValueError, match=r"JSON|finite"):
        content_id(Loose(anything={"x": number}))


def test_a_record_cannot_be_changed() -> None:
    note = Note(text="a")
    with pytest.raises(ValidationError, match="frozen"):
        note.text = "b"  # type: ignore[misc]
    with pytest.raises(ValidationError, match="frozen"):
        del note.text


def test_a_changed_copy_and_a_record_in_the_place_of_one_that_is_gone_have_names_of_their_own() -> None:
    note = Note(text="one")
    names = [content_id(note), content_id(note.model_copy(update={"text": "two"})), content_id(note)]
    assert names == [content_id(Note(text=text)) for text in ("one", "two", "one")]
    assert len({content_id(Note(text=str(number))) for number in range(1000)}) == 1000


def test_a_record_refuses_keys_it_does_not_know() -> None:
    with pytest.raises(ValidationError, match="milligrams"):
        Note.model_validate({"text": "a", "milligrams": 90})


@given(OBJECTS)
def test_canonical_json_is_a_fixed_point(value: dict[str, Any]) -> None:
    text = canonical_json(value)
    assert canonical_json(json.loads(text)) == text
    assert unicodedata.is_normalized("NFC", text)


@given(OBJECTS, st.randoms(use_true_random=False))
def test_canonical_json_does_not_depend_on_the_order_of_keys(value: dict[str, Any], dice: Any) -> None:
    def shuffled(v: Any) -> Any:
        if isinstance(v, dict):
            return {k: shuffled(v[k]) for k in dice.sample(sorted(v), len(v))}
        return [shuffled(item) for item in v] if isinstance(v, list) else v

    assert canonical_json(shuffled(value)) == canonical_json(value)


@given(OBJECTS)
def test_canonical_json_loses_nothing_but_spelling(value: dict[str, Any]) -> None:
    def spelt(v: Any) -> Any:
        if isinstance(v, str):
            return unicodedata.normalize("NFC", v)
        if isinstance(v, dict):
            return {spelt(k): spelt(item) for k, item in v.items()}
        return [spelt(item) for item in v] if isinstance(v, list) else v

    assert json.loads(canonical_json(value)) == spelt(value)


@given(TEXT, st.dictionaries(KEYS, st.floats(allow_nan=False, allow_infinity=False)), st.lists(TEXT))
def test_a_record_as_stored_has_the_same_name_and_stays_so(name: str, arms: dict[str, float], sites: list[str]) -> None:
    trial = Trial(name=name, arms=arms, sites=tuple(sites))
    once = as_stored(trial, Trial)
    assert content_id(once) == content_id(trial)
    assert as_stored(once, Trial) == once
