"""The fields that a query may name: what each is about, and which column answers it.

Rules kept here
- A blame is always of one kind of failure: ``blame.high_risk``; without a kind, of a wrong answer or an abstention.
- Which names a field can have is known from the experiment or from a closed list; any other name is a fault.

    FIELDS["cites"].match(Where("cites", ":", (Value("superseded"),)), columns)
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import get_args

import numpy as np

from evitrail.eval.attribution.blame import ABSTENTIONS
from evitrail.eval.attribution.record.taxonomy import FAULTS
from evitrail.eval.attribution.roles.roles import ROLES
from evitrail.eval.attribution.scene.scene import kind_of
from evitrail.eval.log.reviews import BLAME, LABELS
from evitrail.eval.metrics.run_columns import KINDS, NO_FAULT, NOBODY, NOT_LOST, STAGES
from evitrail.eval.query.columns import Columns, Names
from evitrail.eval.query.compared_conditions import changed_by, condition_in, reader_in
from evitrail.eval.query.flags import FLAGS, Flag
from evitrail.eval.query.matching import (
    any_of,
    day_number,
    level_in,
    name_in,
    number_in,
    plain_number,
    text_in,
)
from evitrail.eval.query.parse import QueryError, unknown_name
from evitrail.eval.query.recorded_words import Recorded
from evitrail.eval.query.tree import Value, Where
from evitrail.eval.query.truth import Truth
from evitrail.evidence_store.grading.grade import LEVELS
from evitrail.evidence_store.snapshot import Status
from evitrail.retrieval import RETRIEVERS

Match = Callable[[Where, Columns], Truth]


@dataclass(frozen=True)
class Field:
    """What a field is about, and how its values are held against the columns."""

    description: str
    match: Match
    parts: tuple[str, ...] = ()
    """What may stand after a point."""


def _named(column: str, what: str, *closed: str, **given: Callable[[str, str], bool]) -> Match:
    """A column of names: those that the experiment has, and those that it could have."""

    def match(where: Where, columns: Columns) -> Truth:
        found = columns.names(column)
        return name_in(where, found, what, (*closed, *sorted(set(found.distinct) - set(closed))), **given)

    return match


def _evidence(column: str) -> Match:
    """A column of evidence versions, each by its name or that of its lineage."""

    def match(where: Where, columns: Columns) -> Truth:
        return name_in(where, columns.lists(column), EVIDENCE, _versions(columns), _of_lineage)

    return match


EVIDENCE = "evidence that a run of this experiment met, by id or id@version"
STATUSES = get_args(Status)


def _versions(columns: Columns) -> list[str]:
    """All evidence that a run met or cited: a version of which none was cited may be asked for."""
    met = {ref for name in ("cited", "retrieved", "served") for ref in columns.lists(name).distinct}
    return [*sorted(met), *sorted({_lineage(ref) for ref in met})]


def _cites(where: Where, columns: Columns) -> Truth:
    """What is cited, by name; or by what it was worth on the day of the question."""
    known = [*STATUSES, *_versions(columns)]

    def one(value: Value) -> Truth:
        single = Where(where.name, ":" if where.op == "!=" else where.op, (value,), at=where.at)
        column = "cited_status" if value.unknown or value.text in STATUSES else "cited"
        what = f"{EVIDENCE}, or one of {', '.join(STATUSES)}"
        return name_in(single, columns.lists(column), what, known, _of_lineage)

    return any_of(where, one)


def _of_lineage(asked: str, ref: str) -> bool:
    return asked in (ref, _lineage(ref))


def _lineage(ref: str) -> str:
    return ref.partition("@")[0]


def _steps(column: str, what: str, *others: str) -> Match:
    """A column of lists of steps, each by its path or its kind."""

    def match(where: Where, columns: Columns) -> Truth:
        found = columns.lists(f"{column}.{where.part or 'wrong'}" if column == "blame" else column)
        known = (*ROLES, *others, *sorted({*map(kind_of, found.distinct)} - {*ROLES, *others}), *sorted(found.distinct))
        return name_in(where, found, what, known, lambda asked, path: asked in (path, kind_of(path)))

    return match


def _faults(where: Where, columns: Columns) -> Truth:
    found = columns.names(f"fault.{where.part or 'wrong'}")
    return name_in(where, found, "a fault code", (*FAULTS, *ABSTENTIONS, NO_FAULT, *found.distinct))


def _review(where: Where, columns: Columns) -> Truth:
    """What a review is of: a label, every blame, or that for one kind of failure."""
    known = (*LABELS, *(f"{BLAME}{kind}" for kind in KINDS), ANY_BLAME)
    found = columns.lists("reviewed")
    return name_in(where, found, "a label or blame", known, lambda asked, of: asked in (of, of.partition(".")[0]))


def _by(where: Where, columns: Columns) -> Truth:
    found = columns.lists("reviewed_by")
    return name_in(where, found, "the author of a review that counts", sorted(found.distinct))


def _number(column: str) -> Match:
    return lambda where, columns: number_in(where, columns.numbers(column), "a number", plain_number)


def _tokens(where: Where, columns: Columns) -> Truth:
    both = columns.numbers("prompt_tokens") + columns.numbers("completion_tokens")
    return number_in(where, both, "a number", plain_number)


def _level(where: Where, columns: Columns) -> Truth:
    return level_in(where, columns.lists("cited_grade"), "a certainty", LEVELS)


def _milliseconds(where: Where, columns: Columns) -> Truth:
    return number_in(where, columns.milliseconds, "a number of milliseconds", plain_number)


def _day(where: Where, columns: Columns) -> Truth:
    return number_in(where, columns.numbers("day"), "a day such as 2020-01-31", day_number)


def _snapshot_like(asked: str, name: str) -> bool:
    return len(asked) >= SHORTEST and name.removeprefix("sha256:").startswith(asked.removeprefix("sha256:"))


ANY_BLAME = BLAME.rstrip(".")
SHORTEST = 8
"""Digits of a store state's name that are enough to name it."""

LETTERS = tuple("ABCDEFGHIJKLMNOPQRSTUVWXYZ")


def _recorded(what: Recorded) -> Match:
    return lambda where, columns: text_in(where, columns.words(what))


def _chosen(where: Where, columns: Columns) -> Truth:
    """An abstention is known: it chose none of the letters."""
    found = columns.names("chosen")
    letters = Names([*found.distinct, ""], np.where(found.known, found.codes, len(found.distinct)))
    return name_in(where, letters, "a letter", LETTERS)


FIELDS: dict[str, Field] = {
    "run": Field("the run's name", _named("run", "a run")),
    "case": Field("the case's id", _named("case", "a case")),
    "condition": Field("the condition; with `@LABEL` for one reader", condition_in),
    "reader": Field("the reader's name or label", reader_in),
    "retriever": Field(
        "who searched; `curated` or `none`", _named("retriever", "a retriever", *RETRIEVERS, "curated", "none")
    ),
    "snapshot": Field(
        f"the store state, by the first {SHORTEST} digits of its name or more",
        _named("snapshot", "a store state", matches=_snapshot_like),
    ),
    "chosen": Field("the letter chosen", _chosen),
    "answer": Field("the letter of the right option", _named("answer", "a letter", *LETTERS)),
    "confidence": Field("agreement of the samples, at most 1", _number("confidence")),
    "subspecialty": Field("the case's subspecialty", _named("subspecialty", "a subspecialty")),
    "type": Field("the case's question type", _named("question_type", "a question type")),
    "day": Field("the day the question was asked of", _day),
    "blame": Field(
        "the step to blame, by kind or path, `store`, or `nobody`", _steps("blame", "a step", NOBODY), KINDS
    ),
    "fault": Field("the fault code, or the reason to blame nobody; `none` where it did not fail", _faults, KINDS),
    "step": Field("a step that the run did, by kind or path", _steps("steps", "a step")),
    "lost": Field(
        "the stage that the deciding evidence did not reach; `nothing` where none was lost",
        _named("lost", "a stage", *STAGES, NOT_LOST),
    ),
    "cites": Field("evidence that the answer cites, by id, id@version, or status on that day", _cites),
    "evidence": Field("evidence that the reader was given", _evidence("served")),
    "retrieved": Field("evidence that a search found, what a gate dropped included", _evidence("retrieved")),
    "grade": Field("the certainty of evidence that the answer cites", _level),
    "changed": Field("another condition, which answered the same case otherwise", changed_by),
    "ms": Field("the time its steps took, in milliseconds", _milliseconds),
    "calls": Field("calls of models", _number("calls")),
    "tokens": Field("tokens read and written", _tokens),
    "money": Field("what the tokens cost, by the plan's prices", _number("money")),
    "review": Field("a label or blame of which a review counts: `high_risk`, `blame`, `blame.wrong`", _review),
    "by": Field("the author of a review that counts", _by),
    "claim": Field("words that a claim quotes", _recorded("claim")),
    "passage": Field("words of a passage that the reader was given", _recorded("passage")),
    "text": Field("words of the question or its options", lambda where, columns: text_in(where, columns.texts)),
}


def matched(where: Where, columns: Columns) -> Truth:
    """What one term says of each run; raises ``QueryError`` for a field, part or value that there is not."""
    named: Field | Flag | None = FIELDS.get(where.name) or FLAGS.get(where.name)
    if named is None:
        raise unknown_name(where.at, "a field (a text to search for stands in quotes)", where.name, [*FIELDS, *FLAGS])
    parts = named.parts if isinstance(named, Field) else ()
    if where.part and where.part not in parts:
        if not parts:
            raise QueryError(where.at, f"expected {where.name!r} without a point, got '{where.name}.{where.part}'")
        raise unknown_name(where.at + len(where.name) + 1, "a kind of failure", where.part, list(parts))
    return named.match(where, columns)
