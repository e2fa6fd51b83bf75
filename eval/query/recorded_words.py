"""The words of claims and passages, read from the journal: the only part of a query that no column answers.

Rules kept here
- Only runs are read whose answer to the query hangs on these words (``select.py``).
- Of a reader that makes no claims, what it claimed is unknown; of a case with patient data, all words are.

    words_of(Trace(journal, "gated.rad-001"), "claim")
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Literal

from evitrail.agent.model import Synthesis
from evitrail.eval.log.run_config import RunConfig
from evitrail.eval.log.runs import JOURNAL
from evitrail.evidence_store.input_text import InputError
from evitrail.retrieval.base import Hit, Retrieved
from evitrail.traces.journal.folder import Journals
from evitrail.traces.record import stored_name
from evitrail.traces.trace import Trace

Recorded = Literal["claim", "passage"]
Progress = Callable[[int, int], None]


def recorded_words(
    folder: Path, what: Recorded, runs: Iterable[str], progress: Progress = lambda done, of: None
) -> Iterator[str | None]:
    """The words of each of these runs; None where they are unknown."""
    if not any(folder.glob("journal*.db")):
        raise InputError([f"{folder}: expected {JOURNAL}, which has the words of a {what}, found none"])
    names = list(runs)
    with Journals.open(folder) as journal:
        for done, run in enumerate(names):
            progress(done, len(names))
            yield words_of(Trace(journal, run), what)
        progress(len(names), len(names))


def words_of(trace: Trace, what: Recorded) -> str | None:
    """The words of one run's claims, or of the passages that its reader was given."""
    if not trace.records or trace.config(RunConfig).case.sensitive:
        return None
    last = trace.last("synthesise")
    said = trace.get(last.output, Synthesis) if last else Synthesis(claims=(), note="")
    context = said.context if not said.claims else None
    if what == "claim":
        return None if context else "\n".join(claim.quote for claim in said.claims)
    hits = _given(trace)
    read = {one.passage for one in context.passages} if context else hits.keys()
    return "\n".join(hit.passage.text for name, hit in hits.items() if name in read)


def _given(trace: Trace) -> dict[str, Hit]:
    """The passages that were handed to whoever read them."""
    steps = [step for step in trace.activities if step.kind in ("section", "synthesise") and "/" not in step.path]
    lists = {given.id for step in steps for given in step.inputs if given.type == stored_name(Retrieved)}
    return {hit.passage.id: hit for name in sorted(lists) for hit in trace.get(name, Retrieved).hits}
