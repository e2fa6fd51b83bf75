"""The hazard log of an experiment: each way in which it failed, by cause, with what people enter beside it.

Rules kept here
- A hazard is a kind of failure under one condition with one cause: the steps to blame and the code of the fault, as the
  attribution or a reviewer says. A failure that was not attributed, and one for which nobody could be blamed, are
  causes of their own.
- Counted is what the record says: failures, cases of which it is known, and the exact one-sided 95 % upper bound.
- Severity, likelihood, risk, controls, their owner and the residual risk are entered by people, and nothing is proposed
  for them. Who writes the log again keeps what they entered, by the hazard's id. A hazard that no longer occurs stays
  with 0 failures as long as anybody entered something. Lines of conditions that are not asked about stay as they are.
- The file is replaced whole or not at all. Equal input gives equal bytes.

    write_hazards(Path("hazards.csv"), audited, ["gated"])
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from evitrail.eval.attribution.blame import FAILS, Blame, Kind
from evitrail.eval.attribution.record.reviewed_blame import code_of
from evitrail.eval.attribution.record.taxonomy import FAULTS
from evitrail.eval.audit.audited import Audited
from evitrail.eval.audit.bounds import exact_bounds
from evitrail.eval.audit.result import EXAMPLES
from evitrail.eval.metrics.outcome import Outcome
from evitrail.eval.report.files import write_csv
from evitrail.evidence_store.input_text import InputError, read_text

RECORDED = ("id", "hazard", "condition", "cause", "meaning", "failures", "cases", "rate", "upper", "examples")
ENTERED = (
    *("severity", "likelihood", "risk", "controls", "owner"),
    *("residual_severity", "residual_likelihood", "residual_risk", "note"),
)
"""What people enter."""
NOT_ATTRIBUTED = "not attributed"
NOBODY = "nobody"


class Hazard(NamedTuple):
    """One line of the log, as far as the record tells it."""

    id: str
    """``high_risk.gated.synthesise.Y2``."""
    hazard: Kind
    condition: str
    cause: str
    """The steps to blame."""
    meaning: str
    """What the code of the fault stands for."""
    failures: int
    cases: int
    """Cases of which it is known whether they failed so."""
    rate: float | None
    upper: float | None
    examples: tuple[str, ...]


class Log(NamedTuple):
    """What was written."""

    hazards: int
    kept: int
    """Of these, hazards with something that people entered."""
    gone: int
    """Hazards that no longer occur, and stay because of what people entered."""


def hazard_log(audited: Audited, conditions: Sequence[str]) -> list[Hazard]:
    """Every hazard: by condition and kind of failure, the most frequent cause first."""
    blames = {(blame.run, blame.outcome): blame for blame in audited.blames}
    found = []
    for condition in conditions:
        answers = [outcome for _, outcome in sorted(audited.answers(condition).items())]
        for kind, fails in FAILS.items():
            known = [one for one in answers if fails(one) is not None]
            causes: dict[tuple[str, str], list[Outcome]] = {}
            for one in known:
                if fails(one):
                    causes.setdefault(_cause(blames.get((one.run, kind))), []).append(one)
            ranked = sorted(causes.items(), key=lambda item: (-len(item[1]), item[0]))
            found += [_hazard(condition, kind, cause, failed, len(known)) for cause, failed in ranked]
    return found


def write_hazards(path: Path, audited: Audited, conditions: Sequence[str]) -> Log:
    """Write the log, keeping what people entered in the file that is there; raises ``InputError`` where it is none."""
    entered = _entered(path) if path.exists() else {}
    rows: list[dict[str, object]] = []
    for one in hazard_log(audited, conditions):
        told = {**one._asdict(), "examples": " ".join(one.examples)}
        rows.append(told | {key: entered.get(one.id, {}).get(key) for key in ENTERED})
    there = {str(row["id"]) for row in rows}
    left = [row for name, row in entered.items() if name not in there]
    gone = [row for row in left if row["condition"] in conditions and any(row[key] for key in ENTERED)]
    others = [row for row in left if row["condition"] not in conditions]
    kept = sum(any(row[key] for key in ENTERED) for row in rows)
    none = {"failures": 0, "rate": None, "upper": None, "cases": None, "examples": None}
    write_csv(path, [*rows, *({**row, **none} for row in gone), *others], (*RECORDED, *ENTERED))
    return Log(len(rows), kept, len(gone))


def _cause(blame: Blame | None) -> tuple[str, str]:
    """The steps to blame, and the code."""
    if blame is None:
        return NOT_ATTRIBUTED, ""
    return " and ".join(blame.roles) or NOBODY, code_of(blame) or ""


def _hazard(condition: str, kind: Kind, cause: tuple[str, str], failed: Sequence[Outcome], cases: int) -> Hazard:
    steps, code = cause
    return Hazard(
        id=".".join(part for part in (kind, condition, steps.replace(" and ", "+"), code) if part),
        hazard=kind,
        condition=condition,
        cause=steps,
        meaning=f"{code}: {FAULTS[code].partition(': ')[2]}" if code in FAULTS else code,
        failures=len(failed),
        cases=cases,
        rate=round(len(failed) / cases, 6),
        upper=round(exact_bounds(len(failed), cases).upper, 6),
        examples=tuple(one.run for one in failed[:EXAMPLES]),
    )


def _entered(path: Path) -> Mapping[str, dict[str, str]]:
    """The lines of a log that is there, by id."""
    reader = csv.DictReader(io.StringIO(read_text(path), newline=""))
    try:
        rows = list(reader)
    except csv.Error as error:
        raise InputError([f"{path}:{reader.line_num}: expected CSV, got: {error}"]) from error
    missing = [name for name in (*RECORDED, *ENTERED) if name not in (reader.fieldnames or ())]
    if missing:
        expected = f"expected a hazard log, with a column {missing[0]!r}, got another file"
        raise InputError([f"{path}: {expected}; give another --out"])
    return {row["id"]: {key: row[key] or "" for key in (*RECORDED, *ENTERED)} for row in rows}
