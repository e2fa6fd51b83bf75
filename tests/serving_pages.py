"""The workbench as a test asks it: an application over some folders, and a client whose Host is the right one.

    client = asking(desk.folder)
    client.get("/api/experiments").json()

``running`` is the same behind a real port, for a browser.
"""

from __future__ import annotations

import gzip
import json
import socket
import struct
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from time import sleep
from typing import Any

import uvicorn
from starlette.testclient import TestClient

from evitrail.workbench.api.folders import ExperimentFolders
from evitrail.workbench.web.app import create_app
from evitrail.workbench.web.guard import Admission, loopback_hosts

PORT = 8765
BASE = f"http://127.0.0.1:{PORT}"


WRITES = {"Origin": BASE, "X-Evitrail": "write"}
"""What a POST carries besides its JSON."""


def asking(
    *folders: Path,
    token: str | None = None,
    people: Mapping[str, str] | None = None,
    others: tuple[str, ...] = (),
    base: str = BASE,
    read_only: bool = False,
) -> TestClient:
    """A client of the workbench over these folders."""
    admission = Admission(loopback_hosts(PORT, others=others), token, people=people, read_only=read_only)
    app = create_app(ExperimentFolders(folders), admission)
    return TestClient(app, base_url=base, follow_redirects=False, raise_server_exceptions=False)


@contextmanager
def running(
    *folders: Path, token: str | None = None, people: Mapping[str, str] | None = None, read_only: bool = False
) -> Iterator[str]:
    """The address of a workbench that serves these folders."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port = listening.getsockname()[1]
        admission = Admission(loopback_hosts(port), token, people=people, read_only=read_only)
        app = create_app(ExperimentFolders(folders), admission)
        server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="off"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        while not server.started:
            sleep(0.01)
        yield f"http://127.0.0.1:{port}"
        server.should_exit = True
        thread.join(timeout=20)


def unpacked(data: bytes) -> tuple[dict[str, Any], bytes]:
    """A pack's header and its arrays."""
    whole = gzip.decompress(data)
    (length,) = struct.unpack("<I", whole[:4])
    return json.loads(whole[4 : 4 + length]), whole[4 + length :]


def until(view: Any, holds: Callable[[], bool]) -> None:
    """Wait until something holds; the content policy allows no test to be run as a string in the page."""
    for _ in range(500):
        if holds():
            return
        view.wait_for_timeout(20)
    raise AssertionError(view.content())
