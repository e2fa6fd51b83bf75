"""The text of a published file."""

from __future__ import annotations

from pathlib import Path

from evitrail.evidence_store.input_lines import InputError


def read_text(path: Path) -> str:
    """UTF-8, a byte order mark left out; raises ``InputError`` where it cannot be read."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise InputError([f"{path}: cannot be read ({error.strerror})"]) from error
    except UnicodeDecodeError as error:
        raise InputError([f"{path}: expected UTF-8, got another encoding at byte {error.start}"]) from error
