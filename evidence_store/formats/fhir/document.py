"""One JSON document from a file that is not trusted.

Rules kept here
- Its size and its depth are bounded before anything else looks at it.
- A key that stands twice, and a number that is none, are refused: two readers could understand two things.

    text = read_document(Path("bundle.json"))     # raises InputError in one line
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from evitrail.evidence_store.input_lines import InputError

MOST_BYTES = 128 * 2**20
DEEPEST = 60
"""Lists and objects within each other; a bundle of ours takes 12."""


def read_document(path: Path) -> str:
    """The text of a file that is one JSON document; raises ``InputError``."""
    try:
        if path.stat().st_size > MOST_BYTES:
            raise InputError([f"{path}: expected {MOST_BYTES} bytes at most, got {path.stat().st_size}"])
        text = path.read_text("utf-8")
        _bounded(json.loads(text, object_pairs_hook=_once, parse_constant=_no_number))
    except OSError as error:
        raise InputError([f"{path}: cannot be read ({error.strerror})"]) from error
    except UnicodeDecodeError as error:
        raise InputError([f"{path}: expected UTF-8, got another encoding at byte {error.start}"]) from error
    except json.JSONDecodeError as error:
        raise InputError([f"{path}:{error.lineno}: expected one JSON document, got {error.msg}"]) from error
    except RecursionError as error:
        raise InputError([f"{path}: expected {DEEPEST} levels of JSON at most, got more"]) from error
    except ValueError as error:
        raise error if isinstance(error, InputError) else InputError([f"{path}: {error}"]) from error
    return text


def _bounded(document: Any) -> None:
    level = [document]
    for _ in range(DEEPEST):
        level = [v for one in level for v in (one.values() if isinstance(one, dict) else one)]
        level = [one for one in level if isinstance(one, (dict, list))]
        if not level:
            return
    raise RecursionError


def _once(items: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(items)
    if len(found) < len(items):
        twice = next(key for n, (key, _) in enumerate(items) if key in {k for k, _ in items[:n]})
        raise ValueError(f"key {twice!r} stands twice")
    return found


def _no_number(name: str) -> float:
    raise ValueError(f"expected a number, got {name}")
