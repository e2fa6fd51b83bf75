"""What is recorded of a pipeline that is not ours: its steps, seen from outside while it runs.

Such a run can be walked, shown, exported, compared and checked for integrity. It cannot be done again by
us, and its ``run.begin`` says so: ``"recorded": "elsewhere"``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from evitrail.traces.lazy_package import lazy_package

if TYPE_CHECKING:
    from evitrail.agent.captured.records import Captured as Captured
    from evitrail.agent.captured.records import CapturedAnswer as CapturedAnswer
    from evitrail.agent.captured.records import CapturedValues as CapturedValues
    from evitrail.agent.captured.records import FoundNode as FoundNode
    from evitrail.agent.captured.records import Node as Node
    from evitrail.agent.captured.records import Nodes as Nodes
    from evitrail.agent.captured.records import Texts as Texts
    from evitrail.agent.captured.records import Vectors as Vectors

__getattr__, __dir__, __all__ = lazy_package(
    __name__,
    {
        "records": ("Captured", "CapturedAnswer", "CapturedValues", "FoundNode", "Node", "Nodes", "Texts", "Vectors"),
    },
)
