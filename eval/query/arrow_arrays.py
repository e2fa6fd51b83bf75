"""Arrow's arrays as numpy's, read from their buffers.

Rules kept here
- Arrow's own ``to_numpy`` and ``pa.array`` load pandas, which takes longer than what is read here.
- Where a value is unknown, what stands in the array of values means nothing: ``known`` says where.

    known(column), numbers(column, np.int32)
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

Number = TypeVar("Number", np.int32, np.int64, np.float64)


def known(array: Any) -> NDArray[np.bool_]:
    """Where an array has a value."""
    if array.null_count == 0:
        return np.ones(len(array), dtype=np.bool_)
    return _bits(array, 0)


def numbers(array: Any, kind: type[Number]) -> NDArray[Number]:
    """The values of an array of numbers, whose type must be this one."""
    data = _buffer(array, 1)
    if data is None:
        return np.zeros(len(array), dtype=kind)
    return np.frombuffer(data, dtype=kind)[array.offset : array.offset + len(array)]


def flags(array: Any) -> NDArray[np.bool_]:
    """The values of an array of flags."""
    return _bits(array, 1)


def places_array(places: Sequence[int] | NDArray[Any]) -> Any:
    """Places, as Arrow takes rows by."""
    import pyarrow as pa

    data = np.ascontiguousarray(places, dtype=np.int64)
    return pa.Array.from_buffers(pa.int64(), len(data), [None, pa.py_buffer(data.tobytes())])


def _bits(array: Any, which: int) -> NDArray[np.bool_]:
    data = _buffer(array, which)
    if data is None:
        return np.zeros(len(array), dtype=np.bool_)
    bits = np.unpackbits(np.frombuffer(data, dtype=np.uint8), bitorder="little")
    return bits[array.offset : array.offset + len(array)].astype(np.bool_)


def _buffer(array: Any, which: int) -> Any:
    """A buffer of an array; None where it has none, as one without any value."""
    found = array.buffers()
    return found[which] if which < len(found) and found[which] is not None and found[which].size else None
