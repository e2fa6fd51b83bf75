"""Peers: would any stock retriever's own list, in the place of the one served, have prevented the failure?

A search may break no promise that can be written down, and still serve a list that misleads: a flood of passages
that are current and on the subject. What the stock retrievers would have served for the same query says whether
that list is out of the ordinary.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from evitrail.eval.attribution.replays.mended_run import renumbered
from evitrail.eval.attribution.replays.replay import Replay, Replays
from evitrail.eval.attribution.roles.role import Break
from evitrail.eval.attribution.scene.scene import refs
from evitrail.retrieval import BM25, Clean, Dense, Full, Hybrid
from evitrail.retrieval.base import Hit, Retrieved
from evitrail.retrieval.fixed import Fixed
from evitrail.traces.run.activity import Activity

RETRIEVERS_IN_STOCK = (BM25(), Clean(), Dense(), Dense(valid_only=True), Full(), Hybrid())


def outdone_searches(replays: Replays, breaks: Sequence[Break], failed: Callable[[Replay], bool]) -> Iterator[Break]:
    """The searches that broke no written promise, and whose list any other would have been better than (R3).

    Asked where the deciding evidence was served and the answer rests on something else. Never said of a stock
    retriever.
    """
    scene = replays.scene
    if repr(scene.retriever) in map(repr, RETRIEVERS_IN_STOCK) or isinstance(scene.retriever, Fixed):
        return
    broke = {one.step for one in breaks}
    for step in scene.steps:
        if step.kind != "retrieve" or step.path in broke:
            continue
        served = refs(scene.retrieved(step).hits)
        misled = set(scene.rests_on) & served - scene.decides
        if misled and scene.decides & served and _outdone(replays, step, failed):
            what = f"served what misled beside what decides: {', '.join(sorted(misled)[:3])}; stock retrievers do not"
            yield Break("retrieve", step.path, what, "R3")


def _outdone(replays: Replays, step: Activity, failed: Callable[[Replay], bool]) -> bool:
    """Whether the failure stays away with most of the lists that stock retrievers serve of what is in force."""
    scene = replays.scene
    found = scene.retrieved(step)
    length = len(found.hits) or scene.config.condition.k
    verdicts = []
    for name, hits in scene.panel.found(found.query, scene.snapshot).lists:
        stock = renumbered(hit for hit in hits if scene.in_force(hit.passage.ref))[:length]

        def instead(served: Retrieved, stock: tuple[Hit, ...] = stock) -> Retrieved:
            return served.model_copy(update={"hits": stock})

        verdicts.append(failed(replays.play((), edits={step.path: (f"peer-{step.path}-{name}", instead)})))
    return bool(verdicts) and sum(verdicts) * 2 < len(verdicts)
