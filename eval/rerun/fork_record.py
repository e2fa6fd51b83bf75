"""What is recorded of a fork when it is begun; ``fork.py`` does one."""

from __future__ import annotations

from typing import Any

from evitrail.traces.record import Record


class Fork(Record, stored_as="Fork"):
    """What distinguishes a fork from the run it came from."""

    of: str
    at: str | None = None
    """The first step that is done otherwise; None for all of them."""
    changes: dict[str, Any]
    """See ``changes.py``."""
