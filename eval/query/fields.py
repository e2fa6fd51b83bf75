"""The fields that a query may name: what each is about, and which column answers it.

Rules kept here
- A blame is always of one kind of failure: ``blame.high_risk``; without a kind, of a wrong answer or an abstention.
- Which names a field can have is known from the experiment or from a closed list; any other name is a fault.

    FIELDS["cites"].match(Where("cites", ":", (Value("superseded"),)), columns)
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import get_args

from evitrail.eval.attribution.blame import ABSTENTIONS
from evitrail.eval.attribution.record.taxonomy import FAULTS
from evitrail.eval.attribution.roles.roles import ROLES
from evitrail.eval.log.reviews import BLAME, LABELS
from evitrail.eval.metrics.run_columns import KINDS, NO_FAULT, NO_REPAIR, NOBODY, NOT_LOST, STAGES
from evitrail.eval.query.columns import Columns
from evitrail.eval.query.compared_conditions import changed_by, condition_in, reader_in
from evitrail.eval.query.flags import FLAGS, Flag
from evitrail.eval.query.matching import any_of
from evitrail.eval.query.parse import QueryError, unknown_name
from evitrail.eval.query.tree import Value, Where
from evitrail.eval.query.truth import Truth
from evitrail.eval.query.ways import (
    DIGITS,
    ByLevel,
    ByMilliseconds,
    ByName,
    ByNumber,
    ByQuestion,
    ByRecordedWords,
)
from evitrail.evidence_store.grading.grade import LEVELS
from evitrail.evidence_store.snapshot import Status
from evitrail.retrieval import RETRIEVERS

Match = Callable[[Where, Columns], Truth]


@dataclass(frozen=True)
class Field:
    """What a field is about, and how its values are compared with the columns."""

    description: str
    match: Match
    parts: tuple[str, ...] = ()
    """What may stand after a point."""


EVIDENCE = "evidence that a run of this experiment met, by id or id@version"
MET = ("cited", "retrieved", "served")
"""The columns of the evidence that a run met or cited: a version of which none was cited may be asked for."""
STATUSES = get_args(Status)
LETTERS = tuple("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
REVIEWED = (*LABELS, *(f"{BLAME}{kind}" for kind in KINDS), BLAME.rstrip("."))
CITED = ByName("cited", f"{EVIDENCE}, or one of {', '.join(STATUSES)}", STATUSES, alike="lineage", many=True, met=MET)
STATUS = replace(CITED, column="cited_status")


def cited_in(where: Where, columns: Columns) -> Truth:
    """What is cited, by name; or by what it was worth on the day of the question."""

    def one(value: Value) -> Truth:
        single = Where(where.name, ":" if where.op == "!=" else where.op, (value,), at=where.at)
        return (STATUS if value.unknown or value.text in STATUSES else CITED)(single, columns)

    return any_of(where, one)


FIELDS: dict[str, Field] = {
    "run": Field("the run's name", ByName("run", "a run")),
    "case": Field("the case's id", ByName("case", "a case")),
    "condition": Field("the condition; with `@LABEL` for one reader", condition_in),
    "reader": Field("the reader's name or label", reader_in),
    "retriever": Field(
        "who searched; `curated` or `none`", ByName("retriever", "a retriever", (*RETRIEVERS, "curated", "none"))
    ),
    "snapshot": Field(
        f"the store state, by the first {DIGITS} digits of its name or more",
        ByName("snapshot", "a store state", alike="digits"),
    ),
    "chosen": Field("the letter chosen", ByName("chosen", "a letter", LETTERS, none_is_known=True)),
    "answer": Field("the letter of the right option", ByName("answer", "a letter", LETTERS)),
    "confidence": Field("agreement of the samples, at most 1", ByNumber(("confidence",))),
    "subspecialty": Field("the case's subspecialty", ByName("subspecialty", "a subspecialty")),
    "type": Field("the case's question type", ByName("question_type", "a question type")),
    "day": Field("the day the question was asked of", ByNumber(("day",), "a day such as 2020-01-31", day=True)),
    "blame": Field(
        "the step to blame, by kind or path, `store`, or `nobody`",
        ByName("blame.{part}", "a step", (*ROLES, NOBODY), alike="kind", many=True),
        KINDS,
    ),
    "fault": Field(
        "the fault code, or the reason to blame nobody; `none` where it did not fail",
        ByName("fault.{part}", "a fault code", (*FAULTS, *ABSTENTIONS, NO_FAULT)),
        KINDS,
    ),
    "fix": Field(
        "a step whose repair alone prevents the failure, by kind or path, `store`, or `nothing`",
        ByName("fix.{part}", "a step", (*ROLES, NO_REPAIR), alike="kind", many=True),
        KINDS,
    ),
    "step": Field(
        "a step that the run did, by kind or path", ByName("steps", "a step", tuple(ROLES), alike="kind", many=True)
    ),
    "lost": Field(
        "the stage that the deciding evidence did not reach; `nothing` where none was lost",
        ByName("lost", "a stage", (*STAGES, NOT_LOST)),
    ),
    "cites": Field("evidence that the answer cites, by id, id@version, or status on that day", cited_in),
    "evidence": Field("evidence that the reader was given", replace(CITED, column="served", what=EVIDENCE, closed=())),
    "retrieved": Field(
        "evidence that a search found, what a gate dropped included",
        replace(CITED, column="retrieved", what=EVIDENCE, closed=()),
    ),
    "grade": Field("the certainty of evidence that the answer cites", ByLevel("cited_grade", "a certainty", LEVELS)),
    "changed": Field("another condition, which answered the same case otherwise", changed_by),
    "ms": Field("the time its steps took, in milliseconds", ByMilliseconds()),
    "calls": Field("calls of models", ByNumber(("calls",))),
    "tokens": Field("tokens read and written", ByNumber(("prompt_tokens", "completion_tokens"))),
    "money": Field("what the tokens cost, by the plan's prices", ByNumber(("money",))),
    "review": Field(
        "a label or blame of which a review counts: `high_risk`, `blame`, `blame.wrong`",
        ByName("reviewed", "a label or blame", REVIEWED, alike="part", many=True),
    ),
    "by": Field(
        "the author of a review that counts", ByName("reviewed_by", "the author of a review that counts", many=True)
    ),
    "claim": Field("words that a claim quotes", ByRecordedWords("claim")),
    "passage": Field("words of a passage that the reader was given", ByRecordedWords("passage")),
    "text": Field("words of the question or its options", ByQuestion()),
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
