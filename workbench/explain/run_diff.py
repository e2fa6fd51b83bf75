"""Where two runs part: the first step, what each of them saw there, and how the option changed.

Rules kept here
- Steps are matched by path (``traces/run/diff.py``); what they hold is matched by evidence identity: a passage is the
  same when version and span are, whatever its rank, and a claim when it says the same of the same words.
- It does not matter whether one is a fork of the other, or how their retrievers, readers and snapshots differ.

    told = parting(Trace(journal, "standard.rad-001"), Trace(journal, "gated.rad-001"))
    told.first.path, told.passages, told.option
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from evitrail.agent.model import Answer, Choice, Claim
from evitrail.eval.attribution.scene.facts import Facts, facts
from evitrail.eval.log.runs import outcome_of, why_no_option
from evitrail.eval.rerun.fork import root_config
from evitrail.evidence_store.model import Header
from evitrail.retrieval.base import Hit, Retrieved
from evitrail.traces.record import Record, content_id
from evitrail.traces.run.diff import compared, first_cause
from evitrail.traces.run.memory import unfolded
from evitrail.traces.trace import Trace


class StepDiff(Record):
    """How one step of the second run stands to its namesake in the first."""

    path: str
    verdict: str
    detail: str


class PassageDiff(Record):
    """A passage that one of the runs, or both, was served."""

    passage: str
    evidence: Header
    was: int | None
    """Its best rank in the first run; None where it was not served."""
    now: int | None


class ClaimDiff(Record):
    """A claim that one of the runs, or both, used for its choice."""

    claim: Claim
    was: bool
    now: bool
    strength_was: float | None
    """Its strength in the first run; None where that did not use it."""
    strength_now: float | None


class End(Record):
    """What one of the runs came to."""

    run: str
    option: str | None
    correct: bool
    reason: str
    logits: dict[str, float]
    confidence: float | None


class Parting(Record):
    """All that is to be said of the difference between two runs."""

    case: str
    stem: str
    options: dict[str, str]
    answer: str
    steps: tuple[StepDiff, ...]
    first: StepDiff | None
    """The first step that did not come out the same."""
    passages: tuple[PassageDiff, ...]
    claims: tuple[ClaimDiff, ...]
    ends: tuple[End, End]


def parting(then: Trace, now: Trace) -> Parting:
    """Compare two finished runs; raises ``ValueError`` where they did not answer the same question."""
    ours, theirs = root_config(then), root_config(now)
    if ours.case.question != theirs.case.question:
        raise ValueError(
            f"expected two runs of one question, got {then.run!r} of {ours.case.id!r} and {now.run!r} of "
            f"{theirs.case.id!r}; runs of different questions have nothing to be matched by"
        )
    checked = compared(now.journal, unfolded(then.journal, then.run), now.activities)
    steps = {c.path: StepDiff(path=c.path, verdict=c.verdict, detail=c.detail) for c in checked}
    first = first_cause(checked)
    was, is_ = facts(then), facts(now)
    ends = _end(then, was), _end(now, is_)
    return Parting(
        case=ours.case.id,
        stem=ours.case.stem,
        options=ours.case.options,
        answer=ours.case.answer,
        steps=tuple(steps.values()),
        first=steps[first.path] if first else None,
        passages=passage_diffs(was.retrieved, is_.retrieved),
        claims=claim_diffs(used_claims(was), used_claims(is_), telling={end.option for end in ends}),
        ends=ends,
    )


def passage_diffs(was: Iterable[Retrieved], now: Iterable[Retrieved]) -> tuple[PassageDiff, ...]:
    """The passages of either side's searches, each with its best rank on either, the best-ranked first."""
    before, after = _ranks(was), _ranks(now)
    hits = {name: hit for name, (_, hit) in {**before, **after}.items()}
    seen = [
        PassageDiff(
            passage=hit.passage.id,
            evidence=hit.passage.header,
            was=before[name][0] if name in before else None,
            now=after[name][0] if name in after else None,
        )
        for name, hit in hits.items()
    ]
    return tuple(sorted(seen, key=lambda s: (min(rank for rank in (s.was, s.now) if rank), s.was == s.now, s.passage)))


def _ranks(searches: Iterable[Retrieved]) -> dict[tuple[str, int, int], tuple[int, Hit]]:
    """By version's content and span: the best rank of any search, and the hit."""
    ranks: dict[tuple[str, int, int], tuple[int, Hit]] = {}
    for found in searches:
        for hit in found.hits:
            name = (hit.passage.ref, hit.passage.start, hit.passage.end)
            if name not in ranks or hit.rank < ranks[name][0]:
                ranks[name] = (hit.rank, hit)
    return ranks


def claim_diffs(was: Iterable[Claim], now: Iterable[Claim], telling: Collection[str | None]) -> tuple[ClaimDiff, ...]:
    """The claims of either side; those about an option in ``telling`` come first, then by strength."""
    before, after = _by_words(was), _by_words(now)
    claims = {**before, **after}
    read = [
        ClaimDiff(
            claim=claim,
            was=name in before,
            now=name in after,
            strength_was=before[name].strength if name in before else None,
            strength_now=after[name].strength if name in after else None,
        )
        for name, claim in claims.items()
    ]

    def weight(one: ClaimDiff) -> tuple[object, ...]:
        claim = one.claim
        return claim.option not in telling, -claim.strength, claim.option, claim.passage, claim.start

    return tuple(sorted(read, key=weight))


def _by_words(claims: Iterable[Claim]) -> dict[tuple[str, str, str, int], Claim]:
    return {(c.option, c.stance, c.passage, c.start): c for c in claims}


def used_claims(recorded: Facts) -> list[Claim]:
    """The claims that a run's choice used."""
    if recorded.choice is None or recorded.synthesis is None:
        return []
    used = set(recorded.choice.claims)
    return [claim for claim in recorded.synthesis.claims if content_id(claim) in used]


def _end(trace: Trace, recorded: Facts) -> End:
    said, choice = trace.output(Answer), recorded.choice
    if said is None or choice is None:
        raise ValueError(f"run {trace.run!r} {why_no_option(trace)}")
    outcome = outcome_of(trace.run, root_config(trace), said)
    return End(
        run=trace.run,
        option=said.option,
        correct=outcome.correct,
        reason=said.reason,
        logits=_finite(choice),
        confidence=outcome.confidence,
    )


def _finite(choice: Choice) -> dict[str, float]:
    return {letter: round(value, 3) for letter, value in choice.logits.items()}
