"""Block the network: inside the block, every use of a socket in this process is refused and noted.

Rules kept here
- The refusal is at the socket, by CPython's audit events (PEP 578), so it holds for every library that uses
  Python's sockets: HTTP clients, asyncio, database drivers written in Python.
- It holds for the whole process, every thread, until the last block is left: verifying is not done beside
  work that needs the network.
- Each attempt is kept, so a library that swallows the error is detected too.
- What is loaded once, a library or a model's files, is not what a step reaches for. A library that tries the network as
  it is imported is refused, and that is not kept as an attempt; whoever loads a model does so within ``loading()``.

    with hermetic() as attempts:
        call()
    attempts    # ["connect to ('10.0.0.7', 443)"]

Not covered: code that opens sockets below Python (a C or Rust extension), a connection that was open before the
block, and other processes.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from threading import Lock
from typing import Any

REFUSED = {
    "socket.connect": "connect to {1!r}",
    "socket.sendto": "send to {1!r}",
    "socket.sendmsg": "send to {1!r}",
    "socket.bind": "listen at {1!r}",
    "socket.getaddrinfo": "look up {0!r}, port {1}",
    "socket.gethostbyname": "look up {0!r}",
    "socket.gethostbyaddr": "look up {0!r}",
}
"""Audit events that use the network, and how each is described."""


class NetworkRefused(ConnectionError):
    """Something used the network while a recorded run was being repeated."""


_IMPORTING = "<frozen importlib._bootstrap>"
"""The file that Python's import system has in a frame."""

_watching: list[list[str]] = []
_loads: list[None] = []
"""One for each load that is under way."""
_lock = Lock()


@contextmanager
def hermetic() -> Iterator[list[str]]:
    """Refuse the network inside the block; yields the attempts, as they are made."""
    _install()
    attempts: list[str] = []
    with _lock:
        _watching.append(attempts)
    try:
        yield attempts
    finally:
        with _lock:
            _watching[:] = [other for other in _watching if other is not attempts]


@contextmanager
def loading() -> Iterator[None]:
    """Load what stays loaded, such as a model: inside the block the network may be used, as it was in recording."""
    _loads.append(None)
    try:
        yield
    finally:
        _loads.pop()


@cache
def _install() -> None:
    sys.addaudithook(_refuse)  # for good, CPython has no way to take one off; idle while nobody watches


def _refuse(event: str, arguments: tuple[Any, ...]) -> None:
    if not _watching or _loads or event not in REFUSED:
        return
    attempt = REFUSED[event].format(*arguments, *("?",) * 2)
    if not _importing():
        for attempts in _watching:
            attempts.append(attempt)
    raise NetworkRefused(f"the network is blocked while a recorded run is repeated; something tried to {attempt}")


def _importing() -> bool:
    """Whether a module is being imported on the way to here."""
    frame = sys._getframe(1)
    while frame.f_back is not None and frame.f_code.co_filename != _IMPORTING:
        frame = frame.f_back
    return frame.f_code.co_filename == _IMPORTING
