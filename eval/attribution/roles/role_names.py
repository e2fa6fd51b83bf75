"""Who acts in the steps of our own agents, in words; importing this does not load the modules that judge steps.

IN_WORDS["retrieve"]        # "the retriever"
"""

from __future__ import annotations

from collections.abc import Mapping

from evitrail.eval.attribution.scene.players import BUDGET, STORE

IN_WORDS: Mapping[str, str] = {
    STORE: "the store",
    "aim": "the first query",
    "requery": "the next query",
    "retrieve": "the retriever",
    "keep": "what the agent keeps of earlier hits",
    "critique": "the critique",
    BUDGET: "the limit on searches",
    "section": "a researcher",
    "synthesise": "the synthesis",
    "choose": "the choice",
    "check": "the check of the answer",
}
"""By the kind of step, in causal order."""
