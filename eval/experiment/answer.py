"""One answer: the configured agent, on the store as it is to see it, in a run that records, verifies or forks."""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING

from evitrail.agent.agents import skipped, skipped_openly
from evitrail.agent.llm.base import DoesNotFit
from evitrail.agent.model import Answer, OpenAnswer
from evitrail.agent.reader.base import Reader
from evitrail.agent.tools import Tools
from evitrail.eval.log.run_config import RunConfig
from evitrail.eval.plan.readers import Readers, readers
from evitrail.evidence_store.index.embed_cache import apart
from evitrail.evidence_store.store import EvidenceStore
from evitrail.traces.run.live import Run

if TYPE_CHECKING:
    from evitrail.evidence_store.snapshot import Snapshot


def answer_by(store: EvidenceStore, reader: Reader | Readers, config: RunConfig, run: Run) -> Answer | OpenAnswer:
    """What the configured agent says with the reader that is configured, on the store as it is to see it."""
    snapshot, read_by = store.snapshot(as_of=config.case.as_of, seq=config.seq), readers(reader).of("", config.reader)
    if config.case.is_open:
        return open_answer_with(config, config.condition.tools(config.case, run, snapshot, read_by, config.decoding))
    return answer(config, snapshot, read_by, run)


def answer(config: RunConfig, snapshot: Snapshot, reader: Reader, run: Run) -> Answer:
    """What the configured agent says: recorded, verified or forked, as ``run`` decides."""
    return answer_with(config, config.condition.tools(config.case, run, snapshot, reader, config.decoding))


def answer_with(config: RunConfig, tools: Tools) -> Answer:
    """What the configured agent says with these tools; nothing of patient data is kept beside the run.

    A question whose evidence does not fit the model is skipped, which is an answer of its own kind.
    """
    with apart() if config.case.sensitive else nullcontext():
        try:
            return config.condition.steps.answer(config.case.question, tools)
        except DoesNotFit as error:
            return skipped(config.case.question, config.decoding, str(error))


def open_answer_with(config: RunConfig, tools: Tools) -> OpenAnswer:
    """What the configured agent says in free text with these tools, each claim judged; kept and skipped likewise."""
    with apart() if config.case.sensitive else nullcontext():
        try:
            return config.condition.steps.answer_openly(config.case.question, tools)
        except DoesNotFit as error:
            return skipped_openly(config.case.question, str(error))
