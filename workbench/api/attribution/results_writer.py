"""Results written again after something was recorded, in the background, so that nobody waits for tables.

Rules kept here
- One at a time for each experiment. What is recorded while results are written makes them be written once more.
- An error is kept until they are written again, and reported in one line.

    write_later(folder)
    results_state(folder)    # "being written", then "current"
"""

from __future__ import annotations

from pathlib import Path
from threading import Lock, Thread

from evitrail.eval.report.results import write_results
from evitrail.workbench.one_line import one_line

ResultsState = str
"""``current``, ``being written``, or why they could not be written."""
CURRENT, WRITING = "current", "being written"

_lock = Lock()
_states: dict[Path, ResultsState] = {}
_again: set[Path] = set()


def results_state(folder: Path) -> ResultsState:
    """Whether the results have what was recorded through this process."""
    with _lock:
        return _states.get(folder, CURRENT)


def is_writing() -> bool:
    """Whether any results are being written."""
    with _lock:
        return WRITING in _states.values()


def write_later(folder: Path) -> None:
    """Write the results of an experiment again, soon."""
    with _lock:
        if _states.get(folder) == WRITING:
            _again.add(folder)
            return
        _states[folder] = WRITING
    Thread(target=_write, args=(folder,), name=f"results of {folder.name}", daemon=True).start()


def _write(folder: Path) -> None:
    while True:
        became = CURRENT
        try:
            write_results(folder)
        except Exception as error:  # a full disk, a damaged journal: whoever looks is told
            became = f"{one_line(error)}; `evitrail report {folder}` tries again"
        with _lock:
            if folder in _again:
                _again.discard(folder)
                continue
            _states[folder] = became
            return
