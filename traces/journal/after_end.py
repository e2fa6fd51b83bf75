"""What may be recorded of a run after its end.

Rules kept here
- A run that ended has its answer: no step of it, no other end and no other beginning may follow.
- One attribution may follow; as often as it could not be made, an ``attribution.error`` before it.
- Re-checks say by number which of them is the latest, so each number is higher than the one before.
- A redaction may follow. Whether it is one, its proof says (``redacted.py``).
- Reviews may follow, any number of them, each naming the blob that says it. None stands before the end: what has not
  ended cannot be reviewed.
- Nothing else may follow. A version that has another type of record adds its rule here.

The journal refuses to write what these rules do not allow. What was written all the same is ignored by every reader
(``allowed``, which ``Trace`` reads a run through) and named by ``trace verify``.

    after = AfterEnd()
    [fault for record in records if (fault := after.follows(record.type, record.body))]
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic_core import from_json

from evitrail.traces.journal.schema import Stored

END = "run.end"
ATTRIBUTION = "attribution"
ATTRIBUTION_ERROR = "attribution.error"
RECHECK = "recheck"
REDACTION = "redaction"
REVIEW = "review"
MAY_FOLLOW = (ATTRIBUTION, ATTRIBUTION_ERROR, RECHECK, REDACTION, REVIEW)


@dataclass
class AfterEnd:
    """One run's records, gone through in order."""

    ended: bool = False
    attributed: bool = False
    number: int = 0
    """The number of the last re-check."""

    def follows(self, type: str, body: Mapping[str, Any]) -> str | None:
        """Take the next record; why it may not stand there, None where it may."""
        fault = self._fault(type, body) if self.ended else self._too_early(type)
        self.ended |= type == END
        self.attributed |= type == ATTRIBUTION
        if type == RECHECK and isinstance(body.get("number"), int):
            self.number = max(self.number, body["number"])
        return fault

    def follows_stored(self, data: bytes) -> str | None:
        """The same for a record as it lies in the file; an altered one is a fault of its chain, and none here."""
        try:
            line = from_json(data)
            return self.follows(line["type"], line["body"])
        except (ValueError, KeyError, TypeError, AttributeError):
            return None

    def _fault(self, type: str, body: Mapping[str, Any]) -> str | None:
        if type == END:
            return "a second end of the run; the first one counts"
        if type not in MAY_FOLLOW:
            return f"a record of the type {type!r} after the end of the run"
        if type in (ATTRIBUTION, ATTRIBUTION_ERROR) and self.attributed:
            return "a second attribution of the run; the first one counts"
        if type == RECHECK and not (isinstance(body.get("number"), int) and body["number"] > self.number):
            return f"a re-check with the number {body.get('number')!r}, after one with {self.number}"
        if type == REVIEW and not isinstance(body.get("review"), str):
            return "a review that does not name what was said"
        return None

    def _too_early(self, type: str) -> str | None:
        return "a review before the end of the run" if type == REVIEW else None


def allowed(records: Iterable[Stored]) -> list[Stored]:
    """A run's records without those that may not stand where they stand."""
    after = AfterEnd()
    return [record for record in records if after.follows_stored(record.bytes) is None]
