"""The pages' own modules, run by Node: one process is given a document and answers with another.

answer = in_node("filter_batch.mjs", {"queries": ["wrong"]})
"""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

NODE = shutil.which("node")
HERE = Path(__file__).parent


def in_node(script: str, document: Any) -> Any:
    """What a script of ``tests/node`` makes of a document."""
    if NODE is None:  # where EVITRAIL_TEST_ALL asks for every component, this fails (conftest.py)
        pytest.skip("Node is not installed")
    done = subprocess.run(
        [NODE, str(HERE / "node" / script)], input=json.dumps(document), capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
