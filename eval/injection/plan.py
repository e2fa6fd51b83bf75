"""An injection plan: which data sets, faults and readers, as a few lines of TOML.

    readers = ["extractive", "table"]
    candidates = 30
    admitted = 12
    operators = ["store", "choose C1"]

    [[data]]
    name = "guidelines"
    benchmark = "guidelines/benchmark.jsonl"
    evidence = "guidelines/evidence.jsonl"
    every = 4

Rules kept here
- Without ``[[data]]`` the demonstration's cases and evidence are used.
- ``operators`` keeps those whose name holds one of the words; left out, all are used.
- The plan is copied into the folder of its results. A folder belongs to one plan; another is refused. Which variable
  holds a key may change.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from pydantic import Field, field_validator, model_validator

from evitrail.agent.llm.named import is_llm
from evitrail.agent.llm.server.keys import check_key_env
from evitrail.eval.demo import DEMO_CASES
from evitrail.eval.injection.operators import OPERATORS, Operator
from evitrail.eval.plan.plan_file import read_plan_file, write_plan_file
from evitrail.evidence_store.demo import DEMO_EVIDENCE
from evitrail.evidence_store.input_text import InputError
from evitrail.traces.record import Record

DEMO_PLAN = Path(__file__).parent / "demo.toml"
"""The plan that is shipped: every fault, on the demonstration's cases."""
PLAN = "injection.toml"
READERS = ("extractive", "table")
NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


class Data(Record):
    """One data set."""

    name: str
    benchmark: str
    evidence: str
    every: int = Field(default=1, ge=1)
    """Take every n-th case, beginning with the first."""

    @field_validator("name")
    @classmethod
    def _kebab(cls, name: str) -> str:
        if not NAME.fullmatch(name):
            raise ValueError(f"expected small letters, digits and hyphens, got {name!r}")
        return name


DEMO = Data(name="demo", benchmark=str(DEMO_CASES), evidence=str(DEMO_EVIDENCE))


class InjectionPlan(Record):
    """All that decides an injection."""

    readers: tuple[str, ...] = READERS
    """Who reads: the built-in reader, and one that knows by a table what each labelled version says."""
    candidates: int = Field(default=30, ge=1)
    """Questions tried for each fault and reader."""
    admitted: int = Field(default=12, ge=1)
    """Failed runs attributed for each fault and reader, at most."""
    seed: int = 0
    operators: tuple[str, ...] = ()
    """Words, one of which a fault's name must hold; empty keeps all."""
    judge: str | None = None
    """A language model that is asked as a judge, as ``openai:MODEL@URL``."""
    key_env: tuple[str, ...] = ()
    """The environment variables that hold the key of its server, as ``NAME`` or ``HOST=NAME``; it decides no result."""
    data: tuple[Data, ...] = (DEMO,)

    @field_validator("readers")
    @classmethod
    def _known_readers(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        if unknown := [name for name in names if name not in READERS]:
            raise ValueError(f"expected readers among {', '.join(READERS)}, got {unknown[0]!r}")
        if not names or len(set(names)) < len(names):
            raise ValueError(f"expected each reader once and at least one, got {list(names)}")
        return names

    @field_validator("operators")
    @classmethod
    def _some_operators(cls, words: tuple[str, ...]) -> tuple[str, ...]:
        for word in words:
            if not any(word in name for name in OPERATORS):
                raise ValueError(f"expected a part of one of {', '.join(OPERATORS)}, got {word!r}")
        return words

    @field_validator("judge")
    @classmethod
    def _model(cls, spec: str | None) -> str | None:
        if spec is not None and not is_llm(spec):
            raise ValueError(f"expected a language model, as openai:MODEL@URL, got {spec!r}")
        return spec

    @field_validator("key_env", mode="before")
    @classmethod
    def _one_variable(cls, given: Any) -> Any:
        return (given,) if isinstance(given, str) else given

    @model_validator(mode="after")
    def _variables(self) -> InjectionPlan:
        try:
            check_key_env(self.key_env, (self.judge or "",))
        except ValueError as error:
            raise ValueError(f"key 'key_env': {error}") from error
        return self

    @field_validator("data")
    @classmethod
    def _named_once(cls, data: tuple[Data, ...]) -> tuple[Data, ...]:
        names = [one.name for one in data]
        if not names or len(set(names)) < len(names):
            raise ValueError(f"expected data sets of different names and at least one, got {names}")
        return data

    @property
    def chosen(self) -> list[Operator]:
        """The faults and controls of this plan, in order."""
        words = self.operators
        return [one for name, one in OPERATORS.items() if not words or any(word in name for word in words)]


def read_injection_plan(path: Path) -> InjectionPlan:
    """A plan file; raises ``InputError`` with every fault."""
    plan = read_plan_file(path, InjectionPlan)
    for one in plan.data:
        for key, file in (("benchmark", one.benchmark), ("evidence", one.evidence)):
            if not Path(file).exists():
                raise InputError([f"{path}: data {one.name!r}: {key}: expected a file or folder, found none at {file}"])
    return plan


def settle(plan: InjectionPlan, folder: Path) -> None:
    """Write the plan into a new folder; raises ``InputError`` where another plan's results lie there."""
    path = folder / PLAN
    if path.exists():
        if read_injection_plan(path).model_copy(update={"key_env": plan.key_env}) != plan:
            raise InputError([f"{folder}: holds the results of another plan; give another --out, or its own plan"])
        return
    write_plan_file(path, plan.model_dump(mode="json", exclude_none=True))
