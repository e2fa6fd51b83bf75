"""A plan is an experiment as a person writes it: a few lines of TOML that say all that decides the result.

    benchmark = "eval/demo"
    store = "evitrail-store"
    conditions = ["standard", "gated"]

Rules kept here
- The plan lies in the experiment's folder. A folder belongs to one plan; another is refused.
- ``seq`` fixes what the store had recorded when the experiment began, so that one which is taken up
  again later sees the same evidence.
"""

from __future__ import annotations

import os
import tomllib
from pathlib import Path

import tomli_w
from pydantic import Field, ValidationError

from eval.benchmark import Case
from evidence_store.formats.lines import InputError, in_words
from traces.record import Record

PLAN = "plan.toml"


class Plan(Record):
    """Everything that decides an experiment."""

    benchmark: str
    store: str
    conditions: tuple[str, ...] = Field(min_length=1)
    reader: str = "extractive"
    samples: int = Field(default=20, ge=0)
    temperature: float = Field(default=0.7, gt=0)
    seed: int = 0
    only: tuple[str, ...] = ()
    """Case ids to keep; empty keeps all."""
    split: str | None = None
    """Keep the cases whose ``meta.split`` is this."""
    limit: int | None = Field(default=None, ge=1)
    """Keep the first so many cases."""
    mask: str = "default"
    """What masks sensitive fields: ``default``, ``none``, or ``package.module:Class(…)``; see ``masking.py``."""
    mask_names: str | None = None
    """A file of names for the default mask, one a line."""
    seq: int | None = None
    """The store's ledger sequence number; filled in when the experiment begins."""

    def select(self, cases: list[Case]) -> list[Case]:
        """The cases this plan asks, in order; raises ``InputError`` when it names one there is not."""
        unknown = sorted(set(self.only) - {case.id for case in cases})
        if unknown:
            raise InputError([f"{self.benchmark}: expected cases of this benchmark, got {', '.join(unknown)}"])
        kept = [case for case in cases if not self.only or case.id in self.only]
        kept = [case for case in kept if self.split is None or case.meta.get("split") == self.split]
        if not kept:
            raise InputError([f"{self.benchmark}: expected cases with meta.split = {self.split!r}, found none"])
        return kept[: self.limit]


def read_plan(path: Path) -> Plan:
    """A plan file; raises ``InputError`` with every fault."""
    try:
        return Plan.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise InputError([f"{path}: expected a plan, cannot read it ({error.strerror})"]) from error
    except UnicodeDecodeError as error:
        raise InputError([f"{path}: expected UTF-8, got another encoding at byte {error.start}"]) from error
    except tomllib.TOMLDecodeError as error:
        raise InputError([f"{path}: expected TOML, got: {error}"]) from error
    except ValidationError as error:
        raise InputError([f"{path}: {fault}" for fault in in_words(error, Plan)]) from error


def settle(plan: Plan, folder: Path, seq: int) -> Plan:
    """Write the plan into a new folder, or take up the one that lies there; refuses to mix two."""
    path = folder / PLAN
    if path.exists():
        there = read_plan(path)
        asked = plan if plan.seq is not None else plan.model_copy(update={"seq": there.seq})
        if there != asked:
            raise InputError([f"{folder}: holds an experiment with another plan; give another --out, or its own plan"])
        return there
    settled = plan if plan.seq is not None else plan.model_copy(update={"seq": seq})
    folder.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    partial.write_text(tomli_w.dumps(settled.model_dump(mode="json", exclude_none=True)), encoding="utf-8")
    os.replace(partial, path)
    return settled
