"""A real PostgreSQL server to test on, from the system's own programs: made in a folder of its own, thrown away after.

    with PostgreSQL() as server:
        address = server.database()      # a new, empty one
        server.stop()                    # as when it is down
        server.start()

It listens on a Unix socket only and asks for a password. PostgreSQL refuses to run as root, so for root it runs as
the user ``postgres`` or ``nobody``.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Sequence
from itertools import count
from pathlib import Path
from typing import Self

import psycopg

USER, PASSWORD = "curator", "let-me-in"


def programs() -> Path | None:
    """The folder of ``postgres`` and ``initdb``; None where they are not installed."""
    found = shutil.which("postgres")
    folders = [Path(found).resolve().parent] if found else sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    return next((folder for folder in reversed(folders) if (folder / "initdb").exists()), None)


class PostgreSQL:
    """A server, started and stopped at will."""

    def __enter__(self) -> Self:
        installed = programs()
        assert installed is not None
        self._programs, self.numbers = installed, count(1)
        self._folder = Path(tempfile.mkdtemp(prefix="pg-"))  # a socket's path must be short
        self._user = _unprivileged()
        if self._user is not None:
            os.chown(self._folder, pwd.getpwnam(self._user).pw_uid, -1)
        secret = self._folder / "password"
        secret.write_text(PASSWORD)
        secret.chmod(0o644)
        making = [
            "-D",
            "data",
            "-U",
            USER,
            "--pwfile",
            "password",
            "-A",
            "scram-sha-256",
            "-E",
            "UTF8",
            "--locale",
            "C",
        ]
        done = self._run("initdb", [*making, "--no-sync"]).communicate()[0]
        assert (self._folder / "data" / "PG_VERSION").exists(), done
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        shutil.rmtree(self._folder)

    def start(self) -> None:
        """Start it, and wait until it answers."""
        serving = ["-D", "data", "-k", str(self._folder), "-c", "listen_addresses=", "-c", "fsync=off"]
        self._process = self._run("postgres", serving)
        deadline = time.monotonic() + 60
        while True:
            try:
                return psycopg.connect(self.address("postgres").replace("+psycopg", "")).close()
            except psycopg.OperationalError:
                if not self.running or time.monotonic() > deadline:
                    self._process.kill()
                    raise RuntimeError(self._process.communicate()[0]) from None
                time.sleep(0.05)

    def stop(self) -> None:
        """Stop it; whoever is connected is cut off."""
        self._process.send_signal(signal.SIGINT)
        self._process.communicate()

    @property
    def running(self) -> bool:
        return self._process.poll() is None

    def address(self, database: str, password: str | None = PASSWORD, user: str = USER) -> str:
        """Where one of its databases is, for SQLAlchemy."""
        who = user if password is None else f"{user}:{password}"
        return f"postgresql+psycopg://{who}@/{database}?host={self._folder}"

    def database(self, encoding: str = "UTF8") -> str:
        """The address of a new, empty database."""
        name = f"evidence_{next(self.numbers)}"
        self.sql("postgres", f"CREATE DATABASE {name} ENCODING '{encoding}' TEMPLATE template0")
        return self.address(name)

    def sql(self, database: str, statement: str) -> None:
        """Do something as the one who owns the server."""
        with psycopg.connect(self.address(database).replace("+psycopg", ""), autocommit=True) as db:
            db.execute(statement.encode())

    def _run(self, program: str, arguments: Sequence[str]) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [self._programs / program, *arguments],
            cwd=self._folder,
            user=self._user,
            extra_groups=None if self._user is None else [],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,  # Ctrl-C is for the tests to handle
        )


def _unprivileged() -> str | None:
    """Who the server runs as; None for whoever runs the tests."""
    if os.getuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in known else "nobody"
