"""Keeps a library from logging what it stumbles over: the fault that is raised, or the note that is told, says it once.

with quiet("pypdf"):
    reader = PdfReader(data)
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def quiet(name: str) -> Iterator[None]:
    """No log lines of that library in between; what was set before is set again."""
    logger = logging.getLogger(name)
    before = logger.level
    logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        logger.setLevel(before)
