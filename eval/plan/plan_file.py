"""A plan's file: TOML read into a record, every fault told in a line, and written whole or not at all."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

import tomli_w
from pydantic import ValidationError

from evitrail.evidence_store.input_lines import InputError, fault_lines
from evitrail.traces.record import Record

R = TypeVar("R", bound=Record)


def read_plan_file(path: Path, returns: type[R]) -> R:
    """The plan in a file; raises ``InputError`` with every fault."""
    try:
        return returns.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise InputError([f"{path}: expected a plan, cannot read it ({error.strerror})"]) from error
    except UnicodeDecodeError as error:
        raise InputError([f"{path}: expected UTF-8, got another encoding at byte {error.start}"]) from error
    except tomllib.TOMLDecodeError as error:
        raise InputError([f"{path}: expected TOML, got: {error}"]) from error
    except ValidationError as error:
        raise InputError([f"{path}: {fault}" for fault in fault_lines(error, returns)]) from error


def write_plan_file(path: Path, written: Mapping[str, Any]) -> None:
    """Write a plan's keys; what lies there is replaced at once, or stays."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    partial.write_text(tomli_w.dumps(written), encoding="utf-8")
    os.replace(partial, path)
