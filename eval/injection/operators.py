"""The faults that are injected: what each changes, and which step is truly to blame for what follows.

Singles have one true step and a code. Doubles have a true set: of an AND both faults are needed for the failure, of an
OR either is enough. Controls have nobody to blame: a change that is no fault, a key that is wrong, labels that are
missing, a reader whose failures are flukes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from evitrail.agent.reader.base import Reader
from evitrail.agent.steps.aim import LastSentence
from evitrail.eval.attribution.blame import Kind
from evitrail.eval.dataset.case import Case
from evitrail.eval.injection.bases import BaseName, Cases
from evitrail.eval.injection.donors import Donors
from evitrail.eval.injection.reading_faults import Choosing, InWords, Judging, Misparsing, Misreading, Slipping
from evitrail.eval.injection.search_faults import (
    Flooding,
    Forgetful,
    LastTwoSwapped,
    Missing,
    OffTopic,
    PastTheCut,
)
from evitrail.eval.injection.wrong_option import wrong_option
from evitrail.retrieval.base import Retriever

Sort = Literal["single", "AND", "OR", "placebo", "wrong key", "unlabelled", "fluke"]
Component = Callable[[Reader, Cases, Donors], Any]
Search = Callable[[Retriever, Cases], Retriever]


@dataclass(frozen=True)
class Operator:
    """One way to break a run."""

    name: str
    truth: tuple[str, ...]
    """The kinds of steps that are to blame; none for a control."""
    code: str | None = None
    base: BaseName = "gated"
    sort: Sort = "single"
    store: str | None = None
    """The fault of the store."""
    retriever: Search | None = None
    components: Mapping[str, Component] = field(default_factory=dict)
    reader: Callable[[Reader, Cases], Reader] | None = None
    """Another reader in place of the whole one."""
    asked: Callable[[Case], Case] | None = None
    """The case as the experiment knows it, where that is changed."""
    outcome: Kind = "wrong"
    needs: str | None = None
    """A kind of step without which the fault has no place: only questions whose clean run has it are tried."""

    @property
    def parts(self) -> tuple[Operator, ...]:
        """Each fault of a double by itself; none of a single one."""
        if self.sort not in ("AND", "OR"):
            return ()
        alone = replace(self, store=None, retriever=None, components={})
        found = [replace(alone, store=self.store)] if self.store else []
        found += [replace(alone, retriever=self.retriever)] if self.retriever else []
        found += [replace(alone, components={role: one}) for role, one in self.components.items()]
        named = [replace(part, name=f"{self.name}, part {n}") for n, part in enumerate(found, 1)]
        return tuple(named) if len(named) > 1 else ()


def _decides(cases: Cases) -> frozenset[str]:
    return frozenset(ref for case in cases.values() for ref in case.clean_evidence)


def _missing(inner: Retriever, cases: Cases) -> Retriever:
    return Missing(inner, _decides(cases))


def _missing_at_first(inner: Retriever, cases: Cases) -> Retriever:
    first = frozenset(LastSentence().aim(case.question).text for case in cases.values())
    return Missing(inner, _decides(cases), first)


def _past(cut: int) -> Search:
    return lambda inner, cases: PastTheCut(inner, cut, _decides(cases))


def _flooding(inner: Retriever, cases: Cases) -> Retriever:
    lures = {LastSentence().aim(case.question).text: _wrong_texts(case) for case in cases.values()}
    return Flooding(inner, lures, _decides(cases))


def _wrong_texts(case: Case) -> tuple[str, ...]:
    worst = wrong_option(case)
    others = [letter for letter in sorted(case.options) if letter not in (worst, case.answer)]
    return tuple(case.options[letter] for letter in (worst, *others))


def _reading(fault: str) -> Component:
    return lambda reader, cases, donors: Misreading(fault, reader, cases, donors)


def _choosing(fault: str) -> Component:
    return lambda reader, cases, donors: Choosing(fault, reader, cases)


def _judging(adequate: bool) -> Component:
    return lambda reader, cases, donors: Judging(adequate, reader, cases, donors)


def _off_topic(reader: Reader, cases: Cases, donors: Donors) -> OffTopic:
    return OffTopic(cases, donors)


def _forgetful(reader: Reader, cases: Cases, donors: Donors) -> Forgetful:
    return Forgetful()


def _in_words(reader: Reader, cases: Cases, donors: Donors) -> InWords:
    return InWords(reader)


def _misparsing(reader: Reader, cases: Cases, donors: Donors) -> Misparsing:
    return Misparsing()


def _wrong_key(case: Case) -> Case:
    """Another letter in the key, while what the evidence speaks for is on record."""
    return case.model_copy(update={"answer": wrong_option(case), "supports": case.supported_by()})


def _wrong_key_alone(case: Case) -> Case:
    """Another letter in the key, and nothing else that says what the evidence speaks for."""
    return case.model_copy(update={"answer": wrong_option(case), "supports": {}})


def _unlabelled(case: Case) -> Case:
    """Another letter in the key, and no label at all."""
    bare: dict[str, Any] = {"clean_evidence": (), "conflict_evidence": (), "outdated_evidence": ()}
    return case.model_copy(update={**bare, "answer": wrong_option(case), "labels": {}, "supports": {}})


SINGLES: tuple[Operator, ...] = (
    *(Operator(f"store {code}", ("store",), code, store=code) for code in ("S1", "S2", "S4", "S5", "S6")),
    Operator("store S3", ("store",), "S3", "contested, gated", store="S3"),
    Operator("retrieve misses", ("retrieve",), "R1", retriever=_missing),
    Operator("retrieve cuts off", ("retrieve",), "R2", retriever=_past(5)),
    Operator("retrieve floods", ("retrieve",), "R3", "wide", retriever=_flooding),
    Operator(
        "critique accepts", ("critique",), "K1", "narrow", components={"critique": _judging(True)}, needs="requery"
    ),
    Operator("critique rejects", ("critique",), "K2", "discarding", components={"critique": _judging(False)}),
    Operator("aim off topic", ("aim",), "Q1", components={"aim": _off_topic}),
    Operator("requery off topic", ("requery",), "Q1", "narrow", components={"requery": _off_topic}, needs="requery"),
    Operator("keep forgets", ("keep",), "Q2", "two searches", components={"keep": _forgetful}),
    *(
        Operator(f"synthesise {code}", ("synthesise",), code, components={"synthesise": _reading(code)})
        for code in ("Y1", "Y2", "Y3")
    ),
    Operator("synthesise Y4", ("synthesise",), "Y4", "contested", components={"synthesise": _reading("Y4")}),
    *(Operator(f"choose {code}", ("choose",), code, components={"choose": _choosing(code)}) for code in ("C1", "C2")),
    Operator("check misparses", ("check",), "C4", "in words", components={"choose": _in_words, "check": _misparsing}),
)

DOUBLES: tuple[Operator, ...] = (
    Operator(
        "retrieve and critique",
        ("critique", "retrieve"),
        base="aimed loop",
        sort="AND",
        retriever=_missing_at_first,
        components={"critique": _judging(True)},
    ),
    Operator(
        "gap and no abstention",
        ("choose", "store"),
        sort="AND",
        store="S1",
        components={"choose": _choosing("C3")},
        outcome="high_risk",
    ),
    Operator(
        "off topic and critique",
        ("aim", "critique"),
        base="aimed loop",
        sort="AND",
        components={"aim": _off_topic, "critique": _judging(True)},
    ),
    Operator(
        "synthesise or choose",
        ("choose", "synthesise"),
        sort="OR",
        components={"synthesise": _reading("Y2"), "choose": _choosing("C1")},
    ),
    Operator("stale or flood", ("retrieve", "store"), sort="OR", store="S2", retriever=_flooding),
    Operator(
        "miss or misread",
        ("retrieve", "synthesise"),
        sort="OR",
        retriever=_missing,
        components={"synthesise": _reading("Y3")},
    ),
    Operator("two poisons", ("store",), sort="OR", store="S5x2"),
)

CONTROLS: tuple[Operator, ...] = (
    Operator(
        "placebo, last two hits swapped", (), sort="placebo", retriever=lambda inner, cases: LastTwoSwapped(inner)
    ),
    Operator("placebo, irrelevant version added", (), sort="placebo", store="irrelevant"),
    Operator("key names another letter", (), "E1", sort="wrong key", asked=_wrong_key),
    Operator("key alone names another letter", (), "E1", sort="wrong key", asked=_wrong_key_alone),
    Operator("no labels", (), "U2", sort="unlabelled", asked=_unlabelled),
    Operator("flukes", (), "U1", sort="fluke", reader=Slipping),
)
"""A masked run is a control too: an injected run that did not fail."""

OPERATORS: Mapping[str, Operator] = {one.name: one for one in (*SINGLES, *DOUBLES, *CONTROLS)}
