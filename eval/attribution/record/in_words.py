"""A blame record as labelled lines, for pages and terminals: the same words everywhere.

Rules kept here
- What a record does not know, because it is older or nothing was played, is left out, never told as 0.
- The order is that of a reader's questions: what prevents it, is that chance, does it come back, who else.

    for title, text in details(blame): print(title, text)
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from evitrail.eval.attribution.blame import Blame, Share
from evitrail.eval.attribution.record.reviewed_blame import culprit_in_words
from evitrail.eval.attribution.record.sentence import FAILURE, counts
from evitrail.eval.attribution.record.taxonomy import FAULTS
from evitrail.eval.attribution.roles.role_names import IN_WORDS
from evitrail.eval.attribution.scene.players import kind_of
from evitrail.eval.log.reviews import author_in_words

BASIS = {
    "named": "a reference state that was named",
    "labels": "the labels of the case",
}


def headline(blame: Blame) -> str:
    """Who is blamed for what: ``retrieve[1] is blamed for the wrong answer``."""
    failure = FAILURE[blame.outcome]
    if not blame.culprit:
        return f"nobody is blamed for {failure}"
    return f"{' and '.join(blame.culprit)} {'is' if len(blame.culprit) == 1 else 'are'} blamed for {failure}"


def code_in_words(blame: Blame) -> str:
    """``S2 stale: evidence that …``; empty where the record names no code."""
    if blame.fault_code is None:
        return ""
    return f"{blame.fault_code} {FAULTS.get(blame.fault_code, 'a code this version does not know')}"


def share_in_words(share: Share) -> str:
    """``0.50, exact``, or with its interval."""
    ends = "exact" if share.lo == share.hi else f"{share.lo:.2f} to {share.hi:.2f}"
    return f"{share.value + 0.0:.2f} ({ends})"


def fixes(sets: Sequence[Sequence[str]]) -> str:
    """Smallest repairs: ``store; or synthesise[1] + choose[1]``."""
    return "; or ".join(" + ".join(one) for one in sets) or "none found"


def details(blame: Blame) -> list[tuple[str, str]]:
    """All that the record knows besides who is blamed, each line with its title."""
    return [(title, text) for title, text in _details(blame) if text]


def _details(blame: Blame) -> Iterator[tuple[str, str]]:
    yield "Overridden", overridden_in_words(blame)
    yield "Decided by", blame.rule
    yield "Smallest repairs", fixes(blame.minimal_repair_sets)
    yield "With the repair", counts(blame)
    yield "Next best", f"prevents {100 * blame.behind:.1f} % less" if blame.behind is not None else ""
    yield "Fresh re-runs", _fresh(blame)
    yield "All repaired", _share_of("fails in {} of the re-runs", blame.v_none)
    yield "Discharged", _discharged(blame)
    yield "Evidence", ", ".join(blame.records)
    yield "Store compared with", BASIS.get(blame.basis, "")
    yield "Broken promises", "; ".join(blame.contract_breaks)
    yield "Grounds", _grounds(blame)


def overridden_in_words(blame: Blame) -> str:
    """Who overrode what the attribution found, and what that was; empty where nobody did."""
    said = blame.overridden
    if said is None:
        return ""
    author = author_in_words(said.by, authenticated=said.authenticated)
    return f"by {author}; by attribution: {culprit_in_words(said.culprit, said.code)}"


def _fresh(blame: Blame) -> str:
    """How often it failed again when all of it was done again."""
    if blame.p_rep is None:
        return ""
    ends = blame.p_rep_interval
    interval = f", 95 % interval {100 * ends[0]:.1f} to {100 * ends[1]:.1f} %" if ends else ""
    done = f"{round(blame.p_rep * blame.fresh)} of {blame.fresh} fail" if blame.fresh else "fails"
    return f"{done} ({100 * blame.p_rep:.1f} %{interval})"


def _share_of(text: str, share: float | None) -> str:
    return text.format(f"{100 * share:.1f} %") if share is not None else ""


def _discharged(blame: Blame) -> str:
    if not blame.discharged:
        return ""
    return f"{', '.join(blame.discharged)}: a later step noticed the defect, or it came of the store"


def _grounds(blame: Blame) -> str:
    if blame.tier == "reviewer":
        shown = "said by a reviewer, not shown by re-runs"
        if not blame.n:
            return shown
        shown += "; "
    elif blame.culprit:
        shown = "shown by re-runs" if blame.tier == "T1" else "a broken promise alone, since not all can be repaired"
        shown += f" ({blame.tier}); "
    else:
        shown = ""
    replays = f"{blame.replays} replay{'' if blame.replays == 1 else 's'}"
    return f"{shown}{blame.persistence}; {replays}, {blame.n} replicate{'' if blame.n == 1 else 's'}"


def players(blame: Blame) -> list[tuple[str, Share]]:
    """Who was played with the share of each, in causal order of their kinds."""
    order = {kind: place for place, kind in enumerate(IN_WORDS)}
    return sorted(blame.phi.items(), key=lambda item: order.get(kind_of(item[0]), len(order)))
