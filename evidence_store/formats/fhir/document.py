"""One JSON document from a file that is not trusted.

Rules kept here
- Its size is bounded before anything else looks at it; its depth and its keys where JSON is read (``input_text.py``).

    document = read_document(Path("bundle.json"))     # raises InputError in one line
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from evitrail.evidence_store.input_text import InputError, json_value, read_text

MOST_BYTES = 128 * 2**20


def read_document(path: Path) -> Any:
    """The JSON value that a file is; raises ``InputError``."""
    if path.is_file() and path.stat().st_size > MOST_BYTES:
        raise InputError([f"{path}: expected {MOST_BYTES} bytes at most, got {path.stat().st_size}"])
    text = read_text(path)
    try:
        return json_value(text)
    except json.JSONDecodeError as error:
        raise InputError([f"{path}:{error.lineno}: expected one JSON document, got {error.msg}"]) from error
    except ValueError as error:
        raise InputError([f"{path}: {error}"]) from error
