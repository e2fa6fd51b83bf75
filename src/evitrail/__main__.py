"""``python -m evitrail``: the command line, where the ``evitrail`` command is not on the path."""

from __future__ import annotations

from evitrail.workbench.cli import main

main()
