"""How numbers of a comparison are written for people: per cent, signed differences, p-values.

percent(0.457), change(metric), p_value(0.00004)     # '45.7', '+35.9 [+26 to +46]', '<0.0001'
"""

from __future__ import annotations

from typing import Protocol

SMALLEST = 0.0001


class HasInterval(Protocol):
    """A difference with its interval."""

    @property
    def difference(self) -> float | None: ...

    @property
    def lo(self) -> float | None: ...

    @property
    def hi(self) -> float | None: ...


def percent(share: float | None) -> str | None:
    """``45.7``; None where it is unknown."""
    return None if share is None else f"{100 * share:.1f}"


def change(measured: HasInterval) -> str | None:
    """``-4.3 [-9 to +1]``, in per cent points; None where there is no difference."""
    if measured.difference is None:
        return None
    said = signed(measured.difference, 1)
    if measured.lo is None or measured.hi is None:
        return said
    return f"{said} [{signed(measured.lo)} to {signed(measured.hi)}]"


def signed(share: float, digits: int = 0) -> str:
    """Per cent points with their sign; nothing is neither more nor less."""
    text = f"{100 * share:+.{digits}f}"
    return text if float(text) else text[1:]


def p_value(p: float | None, smallest: float = SMALLEST) -> str | None:
    """Four digits; one below the smallest that can be told apart is told as smaller, never as 0."""
    if p is None:
        return None
    return f"<{smallest}" if p < smallest else f"{p:.4f}"
