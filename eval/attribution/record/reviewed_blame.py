"""The blame of a run that counts: what its attribution found, or what a reviewer says in its place.

Rules kept here
- A review that says what the attribution found already overrides nothing.
- What replays showed (shares, repairs, re-runs) stays, for no review changes it. Who is blamed, the code, and what is
  said of that change; what was found to prevent the failure is not told of another step.
- A failure that a reviewer denied, by overriding a label, is blamed on nobody. One that a reviewer found has no blame
  until somebody says one.

    counting_blames(trace, counted(trace, rechecked(journal)))
"""

from __future__ import annotations

from collections.abc import Sequence

from evitrail.agent.model import Answer
from evitrail.eval.attribution.blame import ABSTENTIONS, FAILS, Blame, Kind, Overridden
from evitrail.eval.attribution.record.recorded_blame import blames_of
from evitrail.eval.attribution.scene.players import kind_of
from evitrail.eval.log.reviews import BLAME, Review, in_force, is_reviewed
from evitrail.eval.log.run_config import RunConfig
from evitrail.eval.log.runs import reviewed_outcome
from evitrail.traces.trace import Trace

REVIEWED = "a review"
"""What decided, where a reviewer overrode a blame."""


def counting_blames(trace: Trace, checked: Trace) -> tuple[Blame, ...]:
    """What one run is blamed for, with its reviews; ``checked`` is the run whose answer counts, as ``counted`` says."""
    if checked is trace and not is_reviewed(trace):
        return blames_of(trace)
    said = checked.output(Answer)
    if said is None:
        return ()
    found, reviews = blames_of(trace) if _own_answer(trace, said) else (), in_force(trace, said.option)
    if not reviews:
        return found
    outcome = reviewed_outcome(trace, said)
    by_kind = {blame.outcome: blame for blame in found}
    kinds = [kind for kind, fails in FAILS.items() if fails(outcome)]
    told = (overriding(trace, kind, by_kind.get(kind), reviews.get(f"{BLAME}{kind}")) for kind in kinds)
    return tuple(blame for blame in told if blame is not None)


def overriding(trace: Trace, kind: Kind, found: Blame | None, review: Review | None) -> Blame | None:
    """The blame that counts: what a reviewer says, with what it overrides, or what was found."""
    if review is None:
        return found
    if found is not None and agrees(found, review):
        return found
    steps, code = review.steps or (), review.code
    changes = {
        "tier": "reviewer",
        "culprit": steps,
        "roles": tuple(dict.fromkeys(map(kind_of, steps))),
        "fault_code": code if steps else None,
        "abstain_reason": None if steps else f"{code}: {ABSTENTIONS.get(code or '', 'no reason that is known')}",
        "records": (),
        "rule": REVIEWED,
        "fixed": None,
        "sham": None,
        "shamed": None,
        "behind": None,
        "overdetermined": False,
        "discharged": (),
        "basis": "",
        "sentence": _sentence(kind, steps, review),
        "overridden": Overridden(
            by=review.by,
            authenticated=review.authenticated,
            reason=review.reason,
            culprit=None if found is None else found.culprit,
            code=None if found is None else code_of(found),
            tier="T1" if found is None else found.tier,
            records=() if found is None else found.records,
            sentence="" if found is None else found.sentence,
        ),
    }
    return (found or _not_attributed(trace, kind)).model_copy(update=changes)


def agrees(found: Blame, review: Review) -> bool:
    """Whether a review of a blame says what was found."""
    return set(review.steps or ()) == set(found.culprit) and review.code in (None, code_of(found))


def was_attributed(blame: Blame) -> bool:
    """Whether an attribution was made, and it is not a reviewer's override alone."""
    return blame.overridden is None or blame.overridden.culprit is not None


def without_review(blame: Blame) -> Blame | None:
    """What the attribution found, without the reviewer's override; None where it found nothing."""
    said = blame.overridden
    if said is None:
        return blame
    if said.culprit is None:
        return None
    reason = f"{said.code}: {ABSTENTIONS[said.code]}" if said.code in ABSTENTIONS else said.code
    return blame.model_copy(
        update={
            "tier": said.tier,
            "culprit": said.culprit,
            "roles": tuple(dict.fromkeys(map(kind_of, said.culprit))),
            "fault_code": said.code if said.culprit else None,
            "abstain_reason": None if said.culprit else reason,
            "records": said.records,
            "sentence": said.sentence,
            "overridden": None,
        }
    )


def culprit_in_words(steps: Sequence[str] | None, code: str | None) -> str:
    """``retrieve[1] (R1)``; ``steps`` are None where the failure was not attributed."""
    who = "not attributed" if steps is None else " and ".join(steps) or "nobody"
    return f"{who} ({code})" if code else who


def code_of(blame: Blame) -> str | None:
    """The code of the fault, or of the reason to blame nobody; None where the record names neither."""
    return blame.fault_code or (blame.abstain_reason or "").partition(":")[0] or None


def _sentence(kind: Kind, steps: tuple[str, ...], review: Review) -> str:
    from evitrail.eval.attribution.record.sentence import FAILURE

    who = " and ".join(steps) or "nobody"
    return f"{review.by} blames {who} for {FAILURE[kind]}: {review.reason}"


def _own_answer(trace: Trace, said: Answer) -> bool:
    """Whether the run's own option is the one that counts."""
    own = trace.output(Answer)
    return own is not None and own.option == said.option


def _not_attributed(trace: Trace, kind: Kind) -> Blame:
    config = trace.config(RunConfig)
    return Blame(
        run=trace.run,
        case=config.case.id,
        condition=config.condition.name,
        outcome=kind,
        tier="reviewer",
        culprit=(),
        roles=(),
        fault_code=None,
        records=(),
        phi={},
        necessity={},
        sufficiency={},
        responsibility={},
        minimal_repair_sets=(),
        persistence="unknown",
        contract_breaks=(),
        p_rep=None,
        v_none=None,
        n=0,
        replays=0,
        executed=0,
        cache_hits=0,
        oracle_leak="none",
        seed=config.decoding.seed,
        replay_ids=(),
        abstain_reason=None,
    )
