"""A stream handed on as it is read, and what is told when its end is reached.

Rules kept here
- Every piece is handed on as it came, when it came; the stream is never read ahead.
- What the stream does while it is read is done on behalf of the call that gave it (``around``).
- ``ended`` is told once: the whole text, or the error; a reader who stops early is an error too.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

Ended = Callable[[str, BaseException | None], None]
Around = Callable[[], AbstractContextManager[None]]


def passed(stream: Any, around: Around, ended: Ended) -> Any:
    """The stream, watched; an asynchronous one stays asynchronous."""
    return _later(stream, around, ended) if hasattr(stream, "__anext__") else _now(iter(stream), around, ended)


def _now(stream: Iterator[Any], around: Around, ended: Ended) -> Iterator[Any]:
    said: list[str] = []
    try:
        while True:
            try:
                with around():
                    piece = next(stream)
            except StopIteration:
                break
            said.append(str(piece))
            yield piece
    except BaseException as error:
        ended("".join(said), error)
        raise
    ended("".join(said), None)


async def _later(stream: AsyncIterator[Any], around: Around, ended: Ended) -> AsyncIterator[Any]:
    said: list[str] = []
    try:
        while True:
            try:
                with around():
                    piece = await anext(stream)
            except StopAsyncIteration:
                break
            said.append(str(piece))
            yield piece
    except BaseException as error:
        ended("".join(said), error)
        raise
    ended("".join(said), None)
