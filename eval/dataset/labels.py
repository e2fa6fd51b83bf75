"""The labels of one option: the three harms that an outcome is scored by."""

from __future__ import annotations

from typing import Literal

from evitrail.traces.record import Record

Flag = Literal["high_risk", "unsafe", "contradicts"]


class Flags(Record):
    """What the benchmark says of choosing one option; the three are independent."""

    high_risk: bool = False
    unsafe: bool = False
    contradicts: bool = False
