"""Two runs compared: the outcome of each, where they diverge first and why, and which evidence and claims changed.

Rules kept here
- Evidence is matched by version and span, claims by what they say of the same words (``explain/run_diff.py``).
- The status of a version is given for each run, on the day and at the ledger number of that run.
- Runs of different questions are compared step by step, and marked so; claims and options are about a question, so
  they are left to runs of one.

    told = run_diff(folder, "standard.radiology-003", "gated.radiology-003")
    told.diverged, told.passages
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from evitrail.eval.attribution.scene.facts import Facts
from evitrail.evidence_store.model import Header
from evitrail.traces.journal.folder import Journals
from evitrail.traces.journal.view import JournalView
from evitrail.traces.record import Record
from evitrail.workbench.api.diff.other_runs import OtherRun, others
from evitrail.workbench.api.diff.side import DiffSide, ReadSide, read_side
from evitrail.workbench.api.diff.steps import DIVERGED, AlignedStep, Status, aligned
from evitrail.workbench.api.diff.word_diff import Change, word_diff
from evitrail.workbench.api.evidence.standing import EvidenceStanding, standings
from evitrail.workbench.explain.run_diff import ClaimDiff, PassageDiff, claim_diffs, passage_diffs, used_claims


class RunDiff(Record):
    """See the module."""

    first: DiffSide
    second: DiffSide
    same_question: bool | None
    """None where a question cannot be read."""
    steps: tuple[AlignedStep, ...]
    diverged: str | None
    """The path of the first step at which they diverge; None where every step that was compared is the same."""
    counts: dict[Status, int]
    passages: tuple[PassageDiff, ...]
    claims: tuple[ClaimDiff, ...]
    """Those that either choice used."""
    standing: tuple[dict[str, EvidenceStanding], dict[str, EvidenceStanding]]
    """By ref, for either run."""
    text: tuple[Change, ...]
    """The answers word by word, where they are in free text."""
    others: tuple[OtherRun, ...]
    """Runs of the same case and forks, which either may be compared with."""


def run_diff(folder: Path, a: str, b: str) -> RunDiff:
    """The second run ``b`` compared with the first, ``a``; raises ``UnknownName``."""
    with Journals.open(folder) as journal:
        first, second = read_side(folder, journal, a), read_side(folder, journal, b)
        steps = aligned(first, second)
        same = _same_question(first, second)
        was, now = first.facts, second.facts
        texts = first.told.text, second.told.text
        telling = {first.told.chosen, second.told.chosen}
        has_claims = same and was is not None and now is not None
        passages = passage_diffs(was.retrieved, now.retrieved) if was and now else ()
        return RunDiff(
            first=first.told,
            second=second.told,
            same_question=same,
            steps=steps,
            diverged=next((step.path for step in steps if step.status in DIVERGED), None),
            counts=dict(Counter(step.status for step in steps)),
            passages=passages,
            claims=claim_diffs(used_claims(was), used_claims(now), telling) if has_claims and was and now else (),
            standing=_standing(folder, journal, first, second),
            text=word_diff(*texts) if all(texts) else (),
            others=others(folder, journal, first.told, second.told),
        )


def _same_question(first: ReadSide, second: ReadSide) -> bool | None:
    if first.config is None or second.config is None:
        return None
    return first.config.case.question == second.config.case.question


def _standing(
    folder: Path, journal: JournalView, first: ReadSide, second: ReadSide
) -> tuple[dict[str, EvidenceStanding], dict[str, EvidenceStanding]]:
    """For either run; computed once, where both have the same day and ledger number."""
    headers = _headers(first.facts) | _headers(second.facts)
    ours, theirs = first.config, second.config
    if ours is None or theirs is None:
        return {}, {}
    told = standings(folder, journal, ours, headers)
    if (ours.case.as_of, ours.seq) == (theirs.case.as_of, theirs.seq):
        return told, told
    return told, standings(folder, journal, theirs, headers)


def _headers(recorded: Facts | None) -> dict[str, Header]:
    return {hit.passage.ref: hit.passage.header for hit in recorded.hits} if recorded else {}
