"""A server for one machine, or behind a token for others: which address it binds, and whom it admits.

Rules kept here
- Loopback unless told otherwise. Any other address needs tokens and the names by which the server is called.
- There is one token for everybody, or one for each person; not both, since whoever has the first has no name.
- The port is taken before anything else is done, so that one that is taken is a fault in one line.

    serve(ExperimentFolders([Path("evitrail-demo")]), address=Address("127.0.0.1", 8765), on_ready=print)
"""

from __future__ import annotations

import errno
import ipaddress
import socket
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, NamedTuple

from evitrail.workbench.api.folders import ExperimentFolders
from evitrail.workbench.web.tokens import read_people, read_token

if TYPE_CHECKING:
    import uvicorn

    from evitrail.workbench.api.live.watchers import Watchers

GRACE = 5
"""Seconds that answers under way get once the server is stopped."""


class Address(NamedTuple):
    """Where a server listens, and as what it is called."""

    host: str
    port: int
    trusted_hosts: tuple[str, ...] = ()
    token: str | None = None
    people: Mapping[str, str] | None = None
    """By token, whose it is; None where nobody is known by name."""

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can reach it."""
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False


def address_of(
    host: str, port: int, trusted_hosts: Sequence[str], token_file: Path | None, people_file: Path | None = None
) -> Address:
    """An address that may be bound; raises ``ValueError`` for one that would be open to others without a token."""
    if token_file is not None and people_file is not None:
        raise ValueError(
            "expected --token-file or --people, got both; leave --token-file out, so that everybody is known by a "
            "token of their own"
        )
    token = read_token(token_file) if token_file is not None else None
    people = read_people(people_file) if people_file is not None else None
    found = Address(host, port, tuple(trusted_hosts), token, people)
    has_tokens = token is not None or people is not None
    if not found.is_loopback and not (has_tokens and trusted_hosts):
        tokens = "--people" if people is not None else "--token-file"
        given = [name for name, there in ((tokens, has_tokens), ("--trusted-host", trusted_hosts)) if there]
        raise ValueError(
            f"--host {host}: other machines could reach this address: expected --token-file or --people, and "
            f"--trusted-host, with it, got {given[0] if given else 'neither'}; leave --host out to serve this machine "
            "alone"
        )
    return found


def serve(
    folders: ExperimentFolders, address: Address, on_ready: Callable[[str], None], *, read_only: bool = False
) -> None:
    """Serve until interrupted; ``on_ready`` is called with the address to open. With ``read_only`` no route writes."""
    import uvicorn

    from evitrail.workbench.api.live.watchers import Watchers
    from evitrail.workbench.web.app import create_app
    from evitrail.workbench.web.guard import Admission, loopback_hosts

    with _bound(address) as listening:
        port = int(listening.getsockname()[1])
        hosts = loopback_hosts(port, others=address.trusted_hosts)
        admission = Admission(hosts, address.token, people=address.people, read_only=read_only)
        watchers = Watchers(folders)
        app = create_app(folders, admission, watchers)
        config = uvicorn.Config(
            app,
            lifespan="off",
            log_level="warning",
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=GRACE,
        )
        named = f"[{address.host}]" if ":" in address.host else address.host
        Thread(target=warmed, args=(folders,), daemon=True).start()
        on_ready(f"http://{named if address.is_loopback else address.trusted_hosts[0]}:{port}/")
        stoppable(uvicorn.Server(config), watchers).run(sockets=[listening])


def stoppable(server: uvicorn.Server, watchers: Watchers) -> uvicorn.Server:
    """The server, ending its streams before it waits for answers under way: a stream is one that does not end."""
    stop = server.shutdown

    async def shutdown(sockets: list[socket.socket] | None = None) -> None:
        watchers.close()
        await stop(sockets)

    server.shutdown = shutdown  # type: ignore[method-assign]
    return server


def warmed(folders: ExperimentFolders) -> None:
    """Make what the first pages need, while nobody asks yet: it is kept until a file changes."""
    from evitrail.workbench.api.experiments import experiment_line
    from evitrail.workbench.api.profile import profile
    from evitrail.workbench.api.runs.pack import pack

    found = folders.all()
    with suppress(Exception):  # the page that needs it says what is wrong
        for name, folder in found.items():
            experiment_line(name, folder)
    for folder in found.values():
        with suppress(Exception):
            profile(folder)
            pack(folder)


def _bound(address: Address) -> socket.socket:
    try:
        found = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)
    except socket.gaierror:
        raise ValueError(f"--host: expected an address of this machine, got {address.host!r}") from None
    family, kind, protocol, _, where = found[0]
    bound = socket.socket(family, kind, protocol)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind(where)
        bound.listen()  # who asks from now on waits until the server is there
    except OSError as error:
        bound.close()
        if error.errno == errno.EADDRINUSE:
            raise ValueError(
                f"--port: expected a port that is free, got {address.port}, which another process listens on; "
                "choose another, or 0 for any"
            ) from None
        raise ValueError(f"--host {address.host}: cannot listen there: {error.strerror}") from None
    return bound
