"""Faithfulness is read from claims, their spans and the texts they point at; what nobody read is unknown."""

from __future__ import annotations

from typing import Any, Literal

import pytest

from evitrail.agent.model import Citation, Claim
from evitrail.eval.log.claims import RunClaims
from evitrail.eval.metrics.outcome import Outcome, score
from evitrail.eval.statistics.citations import Faithful, citation_metrics, faithful

TEXT = "Give aspirin at once. Heparin is of no use."


def outcome(run: str, reader: str = "r", chosen: str | None = "A", case: str = "q") -> Outcome:
    said: dict[str, Any] = {"condition": "standard", "snapshot": "s", "answer": "A", "options": 3, "labels": {}}
    return score(run=run, case=case, reader=reader, chosen=chosen, ballots=(), **said)


def claim(quote: str, option: str = "A", stance: Literal["supports", "refutes"] = "supports", by: float = 1.0) -> Claim:
    start = TEXT.index(quote)
    return Claim(
        option=option, stance=stance, strength=by, quote=quote, passage="a@1#0", start=start, end=start + len(quote)
    )


def cited(quote: str, start: int, passage: str = "a@1#0") -> Citation:
    return Citation(evidence="a@1", passage=passage, start=start, end=start + len(quote), quote=quote)


def claims(*made: Claim, citations: tuple[Citation, ...] = (), used: tuple[Claim, ...] | None = None) -> RunClaims:
    return RunClaims(citations, made, made if used is None else used, {"a@1#0": TEXT})


def of(run: RunClaims, *others: RunClaims, chosen: str | None = "A") -> Faithful:
    """What is known of a run beside those of other readers, on the same case."""
    runs = {"run": run} | {f"other{n}": other for n, other in enumerate(others)}
    outcomes = [outcome(name, "r" if name == "run" else name, chosen if name == "run" else "A") for name in runs]
    return faithful(outcomes, runs)["run"]


def test_a_quote_is_verbatim_where_it_stands_at_its_offsets_in_a_passage_that_was_served() -> None:
    there, moved = cited("Give aspirin", 0), cited("Give aspirin", 1)
    elsewhere = cited("Give aspirin", 0, passage="never-served@1#0")
    assert of(claims(citations=(there,))).verbatim == 1
    assert of(claims(citations=(there, moved, elsewhere))).verbatim == pytest.approx(1 / 3)
    assert of(claims(), chosen="B").verbatim is None, "nothing is cited"


def test_a_citation_is_agreed_by_other_readers_alone_and_unknown_where_none_read_its_span() -> None:
    run = claims(claim("Give aspirin"), citations=(cited("Give aspirin", 0),))
    assert of(run).agreed is None
    assert of(run, claims(claim("Heparin"))).agreed is None, "another span"
    assert of(run, claims(claim("aspirin at once"))).agreed == 1
    assert of(run, claims(claim("aspirin", stance="refutes"))).agreed == 0
    assert of(run, claims(claim("aspirin", option="B"))).agreed is None, "another option"
    split = claims(claim("aspirin")), claims(claim("aspirin", stance="refutes"))
    assert of(run, *split).agreed is None, "the others disagree among themselves"


def test_one_reader_under_two_conditions_does_not_confirm_itself() -> None:
    run = claims(claim("Give aspirin"), citations=(cited("Give aspirin", 0),))
    found = faithful([outcome("one"), outcome("two")], {"one": run, "two": run})
    assert [one.agreed for one in found.values()] == [None, None]


def test_an_answer_is_supported_where_its_claims_speak_for_it_most() -> None:
    both = (claim("Give aspirin", by=2), claim("Heparin", "B", by=1.5))
    assert of(claims(*both)).supported == 1
    assert of(claims(*both), chosen="B").supported == 0
    against = claim("Heparin", "A", "refutes", by=1)
    assert of(claims(*both, against)).supported == 0, "1 of A is less than 1.5 of B"
    assert of(claims(*both, against, used=both)).supported == 1, "only what the choice used counts"
    assert of(claims(against)).supported == 0, "an option that no claim is about stands at 0"
    assert of(claims(claim("Give aspirin"), claim("Heparin", "B"))).supported == 1, "a tie supports both"
    assert (of(claims()).supported, of(claims(*both), chosen=None).supported) == (None, None)


def test_what_is_unknown_is_in_no_denominator() -> None:
    known = {"one": Faithful(verbatim=0.5), "two": Faithful()}
    metric = citation_metrics(known)["citation_verbatim_rate"]
    runs = [outcome("one", case="a"), outcome("two", case="b"), outcome("three", case="c")]
    assert (metric.value(runs), metric.cases(runs)) == (0.5, 1)
    assert citation_metrics({})["answer_supported_rate"].value(runs) is None
