"""What to believe first: an order of certainty, directness, recency and relevance.

Rules kept here
- Low certainty orders and never drops here: often it is all there is.
- Directness is the judgement on indirectness that the certainty rests on; a grade without one is direct.
- Recency is counted in whole spans of three years behind the newest, so a few months decide nothing.
- Directness and recency put a hit back only beside another on its own subject. A grade judges directness for the
  question of its own panel, and of two works on different things the later is not the better: counted over all hits,
  with three of them read, the two took 4 of 31 right answers from the demonstration's fit split.
- What is still equal keeps its rank, and then its name: one order, whatever order the hits came in.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from evitrail.evidence_store.grading.grade import rank
from evitrail.evidence_store.model import Header
from evitrail.retrieval.base import GateReport, Hit
from evitrail.retrieval.content import same_subject
from evitrail.retrieval.gates.base import GateContext, Reason, remarks, sift

SPAN = 3
"""Years: by then about one recommendation in five no longer holds (CMAJ 2014; 186: 1211)."""
HOW_MUCH = {1: "serious", 2: "very serious", 3: "extremely serious"}


def certainty(hits: Sequence[Hit], asked: GateContext) -> tuple[list[Hit], GateReport]:
    """Surest first, unrated last; drops nothing, and says what is indirect."""
    headers = [hit.passage.header for hit in hits]

    def place(hit: Hit) -> tuple[int, int, int, int, str]:
        header = hit.passage.header
        mates = [other for other in headers if same_subject(header, other)]
        behind = indirectness(header) - min(map(indirectness, mates))
        older = spans(header.published, max(mate.published for mate in mates))
        return (-rank(header.grade), behind, older, hit.rank, hit.passage.id)

    def remark(hit: Hit) -> Reason | None:
        levels = indirectness(hit.passage.header)
        return Reason("certainty.indirect", f"{HOW_MUCH[levels]} indirectness in its grade") if levels else None

    ordered = sorted(hits, key=place)
    return sift("certainty", ordered, asked, lambda hit: None, remarks(ordered, remark))


def indirectness(header: Header) -> int:
    """How many levels raters took off because the evidence is not quite about their question."""
    return -header.grade.downgrades.get("indirectness", 0) if header.grade else 0


def spans(day: date, newest: date) -> int:
    """How many times three whole years lie between the two."""
    years = newest.year - day.year - ((newest.month, newest.day) < (day.month, day.day))
    return years // SPAN
