"""What is recorded of a pipeline that is not ours: its steps, seen from outside while it runs.

Such a run can be walked, shown, exported, compared and checked for integrity. It cannot be done again by
us, and its ``run.begin`` says so: ``"recorded": "elsewhere"``.
"""

from evitrail.agent.captured.records import (
    Captured,
    CapturedAnswer,
    CapturedValues,
    FoundNode,
    Node,
    Nodes,
    Texts,
    Vectors,
)

__all__ = ["Captured", "CapturedAnswer", "CapturedValues", "FoundNode", "Node", "Nodes", "Texts", "Vectors"]
