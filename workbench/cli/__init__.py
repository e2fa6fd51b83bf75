"""The command line: ``evitrail``. One small file per group of verbs, all in ``app.py``'s list."""

from evitrail.workbench.cli.app import main

__all__ = ["main"]
