"""What is recorded of a counterfactual when it is begun; ``replay.py`` does one."""

from __future__ import annotations

from evitrail.traces.record import Grown


class Mended(Grown, stored_as="Mended"):
    """What distinguishes a counterfactual from the run it is a fork of."""

    later = frozenset({"edited"})

    of: str
    mended: tuple[str, ...] = ()
    """The steps that were repaired, by path; ``store``, ``budget``."""
    without: tuple[str, ...] = ()
    """Evidence versions withheld from every list of hits."""
    replicate: int = 0
    edited: tuple[str, ...] = ()
    """Other changes, by name: a random list of hits (``sham-retrieve[1]-3``), a stock retriever's list."""
