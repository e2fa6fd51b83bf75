"""Fields about conditions and readers: which of them answered, and whether another condition answered otherwise.

Rules kept here
- A condition is ``gated``, or ``gated@LABEL`` for one of several readers; published keys are read as well.
- ``changed:gated`` compares the same case and the same reader. Where *gated* did not ask the case, it is unknown.

    condition_in(Where("condition", ":", (Value("gated"),)), columns)
"""

from __future__ import annotations

import numpy as np

from evitrail.eval.plan.condition import ALIASES
from evitrail.eval.plan.run_name import ReadCondition
from evitrail.eval.query.columns import Columns, Names
from evitrail.eval.query.matching import any_of, expect_is, name_in
from evitrail.eval.query.parse import unknown_name
from evitrail.eval.query.tree import Value, Where
from evitrail.eval.query.truth import Truth

ABSENT = -2
"""Stands for the option of a condition that did not ask the case; -1 is an abstention."""


def condition_in(where: Where, columns: Columns) -> Truth:
    """The runs of these conditions."""
    return name_in(where, read_conditions(columns), "a condition", _conditions(columns), _is_condition)


def reader_in(where: Where, columns: Columns) -> Truth:
    """The runs of these readers, by whole name or label."""
    reader, reads = columns.names("reader"), read_conditions(columns)
    both = Names.of(
        f"{reader.distinct[name]}\n{ReadCondition.parse(reads.distinct[read]).reader}"
        for name, read in zip(reader.codes, reads.codes, strict=True)
    )
    known = sorted({name for pair in both.distinct for name in pair.split("\n") if name})
    return name_in(where, both, "a reader", known, lambda asked, pair: asked in pair.split("\n"))


def changed_by(where: Where, columns: Columns) -> Truth:
    """The runs that one of these conditions answered otherwise."""
    reads, cases, chosen = read_conditions(columns), columns.names("case").codes, columns.names("chosen").codes
    conditions = [ReadCondition.parse(name) for name in reads.distinct]
    known = _conditions(columns)

    def one(value: Value) -> Truth:
        said = value.text if value.upto is None else f"{value.text}..{value.upto}"
        asked = ALIASES.get(said, said)
        if asked not in known:
            raise unknown_name(value.at, "a condition", said, known)
        theirs = {
            (conditions[read].reader, case): option
            for read, case, option in zip(reads.codes, cases, chosen, strict=True)
            if _is_condition(asked, reads.distinct[read])
        }
        label = ReadCondition.parse(asked).reader
        ours = ((label or conditions[read].reader, case) for read, case in zip(reads.codes, cases, strict=True))
        other = np.array([theirs.get(key, ABSENT) for key in ours], dtype=np.int64)
        return Truth.where(other != ABSENT, other != chosen)

    expect_is(where, "a name")
    return any_of(where, one)


def read_conditions(columns: Columns) -> Names:
    """The condition of each run, with its reader's label where there are several: ``standard@qwen3-8b``."""
    run, condition = columns.names("run"), columns.names("condition")
    both = zip(run.codes, condition.codes, strict=True)
    return Names.of(str(ReadCondition.of(run.distinct[r], condition.distinct[c])) for r, c in both)


def _is_condition(asked: str, read: str) -> bool:
    return ALIASES.get(asked, asked) in (read, ReadCondition.parse(read).condition)


def _conditions(columns: Columns) -> list[str]:
    reads = read_conditions(columns).distinct
    return sorted({*reads, *(ReadCondition.parse(read).condition for read in reads)})
