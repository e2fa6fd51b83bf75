"""What a number is: its printed name, its meaning in a sentence, its formula, and who defined it.

>>> Definition("gini", "How unequally errors are spread.", "1 - 2 * area under the Lorenz curve", "Gini (1912)")
gini
"""

from __future__ import annotations

from dataclasses import dataclass

OURS = "evitrail's own"
PAPER = "SaFE-Scale, arXiv 2605.04039"


@dataclass(frozen=True, repr=False)
class Definition:
    """A number that is computed on several conditions or models at once; one condition's are ``Metric``."""

    name: str
    description: str
    formula: str
    citation: str

    def __repr__(self) -> str:
        return self.name


def by_name(*definitions: Definition) -> dict[str, Definition]:
    """The definitions by name."""
    return {definition.name: definition for definition in definitions}
