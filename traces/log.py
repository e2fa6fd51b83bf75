"""Log lines on stderr, each with the run and the step it belongs to.

Rules kept here
- Library code only says ``log = get_logger()``. No line is shown until somebody configures structlog: the command line
  with ``configure``, or the program that imports evitrail in a way of its own.
- structlog is loaded with the first line that is written; most commands write none.
- No line that is shown so holds a secret that is known (``traces/known_secrets.py``).
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, cast

from evitrail.traces.known_secrets import SECRETS, masked

if TYPE_CHECKING:
    import structlog
    from structlog.typing import EventDict

_names: ContextVar[Mapping[str, str]] = ContextVar("names", default={})  # noqa: B039 -- never changed, only replaced


class LateLogger:
    """A logger that loads and configures structlog when it is first asked to write."""

    level: str | None = None
    """The level to configure it with; None leaves it to the program, or silent."""

    def __getattr__(self, name: str) -> Any:
        import structlog

        if self.level is not None:
            configure(self.level)
            self.level = None
        elif not structlog.is_configured():  # structlog would print every line on stdout
            structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
        return getattr(structlog.get_logger(), name)


_LOGGER = LateLogger()


@contextmanager
def configured(level: str) -> Iterator[None]:
    """Within the block, the first line to be written finds the log configured as ``configure`` does it."""
    _LOGGER.level = level
    try:
        yield
    finally:
        _LOGGER.level = None


def configure(level: str = "warning") -> None:
    """Readable lines on a terminal, JSON lines elsewhere; stdout is left to results."""
    import structlog

    on_terminal = sys.stderr.isatty()
    structlog.configure(
        processors=[
            _merged,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _cleared,
            structlog.dev.ConsoleRenderer() if on_terminal else structlog.processors.JSONRenderer(sort_keys=True),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),  # whichever it is when a line is said
    )


def get_logger() -> structlog.stdlib.BoundLogger:
    """A logger whose lines carry whatever ``bound`` put around them."""
    return cast("structlog.stdlib.BoundLogger", _LOGGER)


@contextmanager
def bound(**names: str) -> Iterator[None]:
    """Within the block, every log line of this thread carries these names."""
    before = _names.set({**_names.get(), **names})  # structlog's own does the same by name, ten times slower
    try:
        yield
    finally:
        _names.reset(before)


def _cleared(logger: Any, method: str, event: EventDict) -> EventDict:
    """Without secrets that are known, and without logins in addresses."""
    return {name: masked(SECRETS.hidden(said)) if isinstance(said, str) else said for name, said in event.items()}


def _merged(logger: Any, method: str, event: EventDict) -> EventDict:
    return {**_names.get(), **event}
