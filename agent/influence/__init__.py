"""Which passages did the answer hang on? Each is taken away in turn, and the model is asked again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evitrail.traces.lazy_package import lazy_package

if TYPE_CHECKING:
    from evitrail.agent.influence.values import Influence as Influence
    from evitrail.agent.influence.values import PassageInfluence as PassageInfluence
    from evitrail.agent.influence.values import Way as Way

__getattr__, __dir__, __all__ = lazy_package(
    __name__,
    {
        "values": ("Influence", "PassageInfluence", "Way"),
    },
)
