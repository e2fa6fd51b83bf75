"""A plan is an experiment as a person writes it: a few lines of TOML that say all that decides the result.

    benchmark = "eval/demo"
    store = "evitrail-store"
    conditions = ["closed_book", "standard", "gated"]
    readers = ["extractive", "vllm:Qwen/Qwen3-8B"]
    retrievers = ["dense", "hybrid"]
    snapshots = ["r2024-06", "2023-01-01"]
    k = [1, 5, 10]

Rules kept here
- The plan lies in the experiment's folder. A folder belongs to one plan; another is refused. Its paths begin at the
  folder it is in (``plan_paths.py``).
- ``seq`` fixes what the store had recorded when the experiment began, so that a
  resumed experiment sees the same evidence; ``ledger`` is the ledger's hash there, by which the store is known again.
- One reader is ``reader = "x"``, several are ``readers = ["x", "y"]``; one of them, not both.
- ``conditions`` lists presets, or is ``[[conditions]]`` tables (``custom_conditions.py``): a table with a name alone
  is a preset, every other one a condition of one's own. ``[[arms]]`` tables beside a list of names are read as well.
- ``retrievers``, ``snapshots`` and ``k`` vary every condition that searches (``grid.py``).

In Python: ``Plan(benchmark=Path("eval/demo"), store="evitrail-store", conditions=("standard", "gated"))``.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from pydantic import Field, field_validator, model_validator

from evitrail.agent.confidence import CertaintyWeights
from evitrail.agent.influence.values import Way
from evitrail.agent.llm.server.keys import check_key_env
from evitrail.eval.dataset.case import Case
from evitrail.eval.metrics.prices import Price
from evitrail.eval.plan.condition import Condition, ConditionError
from evitrail.eval.plan.custom_conditions import (
    MOST_ASKED,
    condition_named,
    conditions_of,
    retriever_named,
    state_named,
)
from evitrail.eval.plan.grid import Grid, spread
from evitrail.eval.plan.plan_file import read_plan_file, write_plan_file
from evitrail.eval.plan.plan_paths import PATHS, agreeing, located, relative_to
from evitrail.evidence_store.input_text import InputError
from evitrail.traces.record import Record

PLAN = "plan.toml"

AXES = ("readers", "retrievers", "snapshots", "k")
"""Keys that take several values, each of which is to be one there is, once."""
UNSAID = ("custom", "key_env", *AXES)
"""Keys that a plan leaves out where they say nothing."""


class Plan(Record):
    """Everything that decides an experiment."""

    benchmark: str
    store: str
    conditions: tuple[str, ...] = Field(min_length=1)
    """Presets, and conditions of this plan."""
    custom: tuple[Condition, ...] = ()
    """Those of them that are the plan's own, whole: what each is based on has been looked up."""
    reader: str = "extractive"
    readers: tuple[str, ...] = ()
    """Several readers, where there are several."""
    retrievers: tuple[str, ...] = ()
    """Every condition that ranks passages is run with each of these; empty leaves each its own."""
    snapshots: tuple[str, ...] = ()
    """Releases, ledger numbers or days that every condition that searches is varied over."""
    k: tuple[int, ...] = ()
    prompts: str = "default"
    """What a language model is prompted with: ``default``, ``published``, or a folder or file of one's own."""
    judge: str = "rule"
    """Who maps a free-text answer to an option: ``rule``, or a language model."""
    held: bool = False
    """Whether output is constrained to the question's option letters, where the server supports it."""
    influence: Way | None = None
    """How it is measured in every condition what each passage did for the choice; None measures nothing."""
    max_tokens: int | None = Field(default=None, ge=1, le=1_000_000)
    """Maximum tokens of an answer; None leaves it to the prompts."""
    key_env: tuple[str, ...] = ()
    """The environment variables that hold the keys of model servers, as ``NAME`` or ``HOST=NAME``; it decides no
    result."""
    samples: int = Field(default=20, ge=0, le=10_000)
    temperature: float = Field(default=0.7, gt=0, le=100)
    seed: int = Field(default=0, ge=0, lt=2**63)
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
    confidence_weights: CertaintyWeights | None = None
    """The weight of each certainty of evidence in a second confidence; None: none, see ``evidence_weighting.py``."""
    prices: dict[str, Price] | None = None
    """What tokens cost, by a reader's name or label here or by its model's own name. See ``eval/metrics/prices.py``."""
    in_flight: int | None = Field(default=None, ge=1, le=10_000)
    """Runs under way at once; None leaves it to the reader. It decides no result: it may change from day to day."""
    seq: int | None = None
    """The store's ledger sequence number; filled in when the experiment begins."""
    ledger: str | None = None
    """The hash of the store's ledger at that number; filled in with it."""

    @model_validator(mode="before")
    @classmethod
    def _as_written(cls, given: Any) -> Any:
        """One reader under one key; the conditions that are meant where no condition is named."""
        if not isinstance(given, dict):
            return given
        said = dict(given)
        if said.get("readers"):
            if "reader" in said:
                raise ValueError("expected 'reader' or 'readers', got both; leave one out")
            if isinstance(said["readers"], (list, tuple)) and len(said["readers"]) == 1:
                (said["reader"],) = said.pop("readers")
        return said | _conditions(said)

    @model_validator(mode="after")
    def _conditions_exist(self) -> Plan:
        try:
            self.asked  # noqa: B018 -- it raises
        except ConditionError as error:
            raise ValueError(f"key 'conditions': {error}") from error
        return self

    @field_validator(*PATHS, "prompts", mode="before")
    @classmethod
    def _paths(cls, given: Any) -> Any:
        return os.fspath(given) if isinstance(given, os.PathLike) else given

    @field_validator("custom", mode="before")
    @classmethod
    def _custom(cls, tables: Any) -> tuple[Condition, ...]:
        return conditions_of(tables)

    @field_validator("snapshots", mode="before")
    @classmethod
    def _states(cls, given: Any) -> Any:
        return tuple(state_named(one) for one in given) if isinstance(given, (list, tuple)) else given

    @field_validator("retrievers")
    @classmethod
    def _retrievers(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(retriever_named(name) for name in names)

    @field_validator("k")
    @classmethod
    def _numbers(cls, numbers: tuple[int, ...]) -> tuple[int, ...]:
        if any(number < 1 for number in numbers):
            raise ValueError(f"expected whole numbers from 1 on, got {min(numbers)}")
        if any(number > MOST_ASKED for number in numbers):
            raise ValueError(f"expected whole numbers from 1 to {MOST_ASKED:,}, got {max(numbers)}")
        return numbers

    @field_validator(*AXES)
    @classmethod
    def _once(cls, values: tuple[Any, ...]) -> tuple[Any, ...]:
        twice = next((value for place, value in enumerate(values) if value in values[:place]), None)
        if twice is not None:
            raise ValueError(f"expected each once, got {twice!r} twice")
        return values

    @field_validator("key_env", mode="before")
    @classmethod
    def _one_variable(cls, given: Any) -> Any:
        return (given,) if isinstance(given, str) else given

    @model_validator(mode="after")
    def _variables(self) -> Plan:
        try:
            check_key_env(self.key_env, (*self.read_by, self.judge))
        except ValueError as error:
            raise ValueError(f"key 'key_env': {error}") from error
        return self

    @property
    def read_by(self) -> tuple[str, ...]:
        """Every reader, as the plan names it."""
        return self.readers or (self.reader,)

    @property
    def asked(self) -> list[Condition]:
        """Every condition, in order: the conditions, varied over the grid."""
        named = [condition_named(name, self.custom) for name in self.conditions]
        if self.influence is not None:
            named = [one.model_copy(update={"influence": self.influence}) for one in named]
        return spread(named, Grid(self.retrievers, self.snapshots, self.k))

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
    """A plan file, its paths as they are written; raises ``InputError`` with every fault."""
    return read_plan_file(path, Plan)


def plan_at(path: Path) -> Plan:
    """A plan file as somebody gives it, its paths absolute; they begin at its folder, or at the working directory."""
    return located(read_plan(path), path.parent, here=True)


def plan_in(folder: Path) -> Plan:
    """The plan of an experiment's folder, its paths absolute; raises ``InputError`` with every fault."""
    return located(read_plan(folder / PLAN), folder)


def settle(plan: Plan, folder: Path, seq: int, ledger: str | None = None) -> Plan:
    """Write the plan into a new folder, or take up the one that lies there; refuses to mix two."""
    path = folder / PLAN
    if path.exists():
        there = plan_in(folder)
        kept = {"in_flight": there.in_flight, "key_env": there.key_env, "ledger": there.ledger}
        asked = plan.model_copy(update=kept | ({"seq": there.seq} if plan.seq is None else {}))
        wanted = located(asked, folder)
        if agreeing(wanted, there) != wanted:
            raise InputError([f"{folder}: holds an experiment with another plan; give another --out, or its own plan"])
        return asked
    settled = plan if plan.seq is not None else plan.model_copy(update={"seq": seq})
    if settled.ledger is None:
        settled = settled.model_copy(update={"ledger": ledger})
    write_plan_file(path, _as_toml(relative_to(settled, folder)))
    return settled


def _conditions(said: dict[str, Any]) -> dict[str, Any]:
    """The keys ``conditions`` and ``custom`` of a plan as it is written; ``arms`` is what its tables were called."""
    listed = said.get("conditions")
    tables = [one for one in listed if isinstance(one, dict)] if isinstance(listed, (list, tuple)) else []
    old = said.pop("arms", None)
    if old is not None and tables:
        raise ValueError("expected [[conditions]] or [[arms]], which is its old name, got both")
    if old is None and not tables:
        return {}
    try:
        own = conditions_of([one for one in tables if one.keys() != {"name"}] if old is None else old)
    except ValueError as error:
        raise ValueError(f"key {'conditions' if old is None else 'arms'!r}: {error}") from error
    names = [one.name for one in own] if listed is None else listed
    names = [one["name"] if isinstance(one, dict) else one for one in names]
    return {"conditions": tuple(names), "custom": tuple(one for one in own if one.name in names)}


def _as_toml(plan: Plan) -> dict[str, Any]:
    """What is written to the file: a plan without a grid looks as if there were none."""
    silent = {name for name in UNSAID if not getattr(plan, name)} | ({"reader"} if plan.readers else set())
    written = plan.model_dump(mode="json", exclude_none=True, exclude=silent | {"custom"})
    own = {one.name: one.model_dump(mode="json", exclude_none=True) for one in plan.custom}
    if own:
        written["conditions"] = [own.get(name, {"name": name}) for name in plan.conditions]
    return written
