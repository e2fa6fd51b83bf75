"""What a ledger asks of a database: to be reached, locked and guarded, and to say plainly what went wrong.

Rules kept here
- One writer at a time: the lock is taken before the last event is read, and waited for ``PATIENCE`` seconds.
- Whatever would change or remove an event is refused by trigger; one that is missing is put back.
- A commit is on disk before it returns.
- What the database complains of becomes one line: where, what it said, what to do. ``where`` holds no password.

    with store_errors(dialect), dialect.engine().begin() as db:
        dialect.lock(db)

Not covered: whoever owns the file or the table can drop the triggers. ``Ledger.verify`` shows what they changed.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

import sqlalchemy as sa

from evitrail.evidence_store.errors import StoreError

PATIENCE = 5.0
"""Seconds that a writer waits for another to finish."""
AGAIN = "nothing was written, try again"


class Dialect(Protocol):
    """One kind of database that can hold a ledger, and the place in it."""

    @property
    def where(self) -> str:
        """The place, fit to be shown."""
        ...

    def engine(self) -> sa.Engine:
        """Connections to it; none is made yet."""
        ...

    def lock(self, db: sa.Connection) -> None:
        """Begin a transaction as the only writer."""
        ...

    def expect_own(self, db: sa.Connection) -> None:
        """Raise ``StoreError`` where what is there cannot be a ledger, before anything is made in it."""
        ...

    def guard(self, db: sa.Connection) -> None:
        """Have the table refuse all but additions."""
        ...

    def damaged(self, error: BaseException | None) -> bool:
        """Whether what is stored cannot be read any more."""
        ...

    def explain(self, error: BaseException | None) -> str:
        """What went wrong, and what to do."""
        ...


UNREADABLE = (sa.exc.DBAPIError, UnicodeDecodeError)
"""What a database raises; the second where its own message quotes broken bytes."""


def cause_of(error: BaseException) -> BaseException | None:
    """What the driver itself raised."""
    return error.orig if isinstance(error, sa.exc.DBAPIError) else error


@contextmanager
def store_errors(dialect: Dialect) -> Iterator[None]:
    """Within the block, what the database complains of is a ``StoreError``."""
    try:
        yield
    except UNREADABLE as error:
        raise StoreError(f"{dialect.where}: {dialect.explain(cause_of(error))}") from error
