"""The command line: ``evitrail``. One small file per group of verbs, all in ``app.py``'s list."""

from __future__ import annotations

import gc
import os

COLLECTED = 50_000
"""New objects after which Python looks for garbage. At 700, its default, looking takes a tenth of a short command: what
imports make stays, and is gone through again and again."""
BLAS_THREADS = "OPENBLAS_NUM_THREADS"
"""How many threads multiply numpy's matrices. Ours are small: more than one thread gains nothing, and waits busily."""


def main() -> None:
    """Run the command line of this process and exit with its code."""
    gc.set_threshold(COLLECTED)
    os.environ.setdefault(BLAS_THREADS, "1")  # before numpy is loaded, which reads it once
    from evitrail.workbench.cli.app import main as run

    run()


__all__ = ["main"]
