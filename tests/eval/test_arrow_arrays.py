"""Arrow's arrays as numpy's are what Arrow itself would say, wherever they begin."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from evitrail.eval.query.arrow_arrays import flags, known, numbers, places_array

FLAGS = [True, None, False, True, True, None, False, False, None, True, True]


@pytest.mark.parametrize("start", [0, 1, 3, 8, 11])
def test_values_and_what_is_known_of_them_are_read_from_any_place_on(start: int) -> None:
    array, expected = pa.array(FLAGS, type=pa.bool_())[start:], FLAGS[start:]
    assert [cell if there else None for cell, there in zip(flags(array), known(array), strict=True)] == expected
    figures = [None if cell is None else place for place, cell in enumerate(FLAGS)]
    counted = pa.array(figures, type=pa.int32())[start:]
    found = zip(numbers(counted, np.int32), known(counted), strict=True)
    assert [int(value) if there else None for value, there in found] == figures[start:]


@pytest.mark.parametrize("kind", [pa.bool_(), pa.null(), pa.float64()])
@pytest.mark.parametrize("n", [0, 3])
def test_of_a_column_without_any_value_nothing_is_known(kind: pa.DataType, n: int) -> None:
    array = pa.array([None] * n, type=kind)
    assert known(array).tolist() == [False] * n
    assert len(flags(array) if pa.types.is_boolean(kind) else numbers(array, np.float64)) == n


@pytest.mark.parametrize("places", [[], [2, 0]])
def test_rows_are_taken_by_places(places: list[int]) -> None:
    assert pa.array(["a", "b", "c"]).take(places_array(places)).to_pylist() == ["abc"[place] for place in places]
