"""Threads: many runs in flight in one process.

The only concurrency there is: a run is sequential, runs are independent. A run that fails is data for
the caller, not the end of the others; Ctrl-C stops handing out work and lets what is running finish.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import TypeVar

T = TypeVar("T")


def run_all(
    work: Iterable[T], do: Callable[[T], None], *, workers: int, finished: Callable[[T, Exception | None], None]
) -> None:
    """Do each piece of work once, in no particular order; ``finished`` hears of each on this thread."""
    with ThreadPoolExecutor(max_workers=workers, thread_name_prefix="run") as pool:
        pieces = {pool.submit(do, piece): piece for piece in work}
        try:
            for future in as_completed(pieces):
                error = future.exception()
                if error is not None and not isinstance(error, Exception):
                    raise error
                finished(pieces[future], error)
        except BaseException:
            pool.shutdown(wait=True, cancel_futures=True)
            raise
