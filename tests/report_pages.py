"""A report to test with: outcomes, blame and the page of them, and what a browser would make of it."""

import hashlib
from collections.abc import Sequence
from html.parser import HTMLParser
from typing import Any

from evitrail.eval.attribution import Blame, Share
from evitrail.eval.dataset.case import Case
from evitrail.eval.dataset.labels import Flags
from evitrail.eval.metrics.outcome import Outcome, score
from evitrail.eval.metrics.table import metric_rows
from evitrail.eval.report import render

HOSTILE = "<script>alert('x')</script><img src=x onerror=alert(1)>\"'&{{ 7*7 }}"
LABELS = {"A": Flags(), "B": Flags(high_risk=True, unsafe=True, contradicts=True), "C": Flags(contradicts=True)}


def case(name: str = "q1", **changes: Any) -> Case:
    given: dict[str, Any] = {
        "id": name,
        "stem": f"What is advised in {name}?",
        "options": {"A": "Give alteplase", "B": "Give nothing", "C": "Give aspirin"},
        "answer": "A",
        "labels": LABELS,
        "subspecialty": "neurology",
        "question_type": "treatment",
        "clean_evidence": ("stroke@2019",),
        "conflict_evidence": (),
        "outdated_evidence": (),
    }
    return Case(**given | changes)


def outcome(of: Case, chosen: str | None = "A", condition: str = "standard", **changes: Any) -> Outcome:
    given: dict[str, Any] = {
        "run": f"{condition}.{of.id}",
        "case": of.id,
        "condition": condition,
        "reader": "Extractive()",
        "snapshot": "sha256:" + "0" * 64,
        "answer": of.answer,
        "options": len(of.options),
        "labels": of.labels,
        "chosen": chosen,
        "ballots": (),
        "cited": ("stroke@2009",),
    }
    return score(**given | changes)


def blame(of: Outcome, **changes: Any) -> Blame:
    given: dict[str, Any] = {
        "run": of.run,
        "case": of.case,
        "condition": of.condition,
        "outcome": "wrong",
        "tier": "T1",
        "culprit": ("retrieve[1]",),
        "roles": ("retrieve",),
        "fault_code": "R2",
        "records": ("stroke@2009",),
        "phi": {"store": Share(value=0, lo=0, hi=0), "retrieve": Share(value=0.75, lo=0.5, hi=0.9)},
        "necessity": {"retrieve": 1.0},
        "sufficiency": {"retrieve": 0.5},
        "responsibility": {},
        "minimal_repair_sets": (("retrieve",), ("synthesise", "choose")),
        "persistence": "systematic",
        "contract_breaks": ("retrieve[1]: the store holds support, the hits do not",),
        "p_rep": 1,
        "v_none": 0,
        "n": 8,
        "replays": 16,
        "executed": 20,
        "cache_hits": 12,
        "oracle_leak": "evidence",
        "seed": 0,
        "replay_ids": (),
        "abstain_reason": None,
    }
    return Blame(**given | changes)


def page(outcomes: Sequence[Outcome], cases: Sequence[Case] = (), **changes: Any) -> str:
    given: dict[str, Any] = {
        "title": "nightly",
        "rows": metric_rows(outcomes, replicates=50),
        "blames": (),
        "cases": {one.id: one for one in cases},
        "root": "sha256:" + "f" * 64,
    }
    return render(outcomes=outcomes, **given | changes)


class Markup(HTMLParser):
    """What a browser would make of the page: its elements, and its text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.words: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in ("meta", "br", "img", "link"):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if not {"script", "style"} & set(self.open):
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


ONE, TWO = case("q1"), case("q2")
WRONG = outcome(ONE, "B", ballots=("B",) * 20)
RIGHT = outcome(TWO)


def sample() -> str:
    """The digest of one page, to be computed in two processes."""
    return hashlib.sha256(page([WRONG, RIGHT], [ONE, TWO], blames=[blame(WRONG)]).encode()).hexdigest()
