"""What an evaluator knows of a case's evidence: what decides, what it speaks for, what was out of date on the day.

Rules kept here
- ``supports`` of a case goes before what can be concluded from the key: it was read without looking at the key.
- Evidence that nobody labelled is *not judged*: neither for nor against.
- Where no evidence is named that decides, nothing can be said of what a step should have found (``missing``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from evitrail.eval.dataset.case import Case

Standing = Literal["decides", "not judged", "against"]


@dataclass(frozen=True)
class Labels:
    """The labels of one case."""

    case: Case

    @cached_property
    def speaks(self) -> Mapping[str, str]:
        """Which option each labelled evidence version speaks for."""
        return self.case.supported_by()

    @cached_property
    def outdated(self) -> frozenset[str]:
        """What was not in force on the day, as the case says."""
        return frozenset(self.case.outdated_evidence) - set(self.case.clean_evidence)

    @cached_property
    def decides(self) -> tuple[str, ...]:
        """The evidence that the right answer rests on."""
        named = self.case.clean_evidence or tuple(
            sorted(ref for ref, letter in self.case.supports.items() if letter == self.case.answer)
        )
        return tuple(ref for ref in named if ref not in self.outdated)

    @cached_property
    def against(self) -> frozenset[str]:
        """Evidence that is out of date, or speaks for another option than the answer."""
        wrong = {ref for ref, letter in self.speaks.items() if letter != self.case.answer and ref not in self.decides}
        return frozenset(wrong) | self.outdated

    @property
    def missing(self) -> str | None:
        """The labels wanting before a step can be blamed for what it found or read; None where they are there."""
        return None if self.decides else "clean_evidence (the evidence that decides it)"

    def standing(self, ref: str) -> Standing:
        """What the labels say of one version."""
        if ref in self.decides:
            return "decides"
        return "against" if ref in self.against else "not judged"


def contradictions(case: Case) -> list[str]:
    """Where the key, the flags of harm and ``supports`` contradict each other; empty where they agree (code E1).

    The flags alone decide only where the key is flagged as contradicting the evidence and another option is not.
    """
    found = [
        f"{ref} is labelled as speaking for {case.supports[ref]}, and as deciding for {case.answer}, the key"
        for ref in case.clean_evidence
        if case.supports.get(ref, case.answer) != case.answer
    ]
    flags = case.labels
    if flags and flags[case.answer].contradicts and not all(flag.contradicts for flag in flags.values()):
        others = ", ".join(sorted(letter for letter, flag in flags.items() if not flag.contradicts))
        found.append(f"the key {case.answer} is flagged as contradicting the evidence, {others} is not")
    return found
