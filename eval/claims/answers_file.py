"""Answers in free text that somebody else's system gave, as a file: read, and judged against a store.

Rules kept here
- One answer a line, unknown keys refused: ``case`` (its id in the benchmark), ``answer``, and optionally ``served``
  (the evidence versions that the system was given, ``id@version``) and ``system`` (its name, for a table of several).
- Without ``served`` it is unknown what the system was given: then no claim is grounded or not, and nobody is blamed.
  An empty list says that it was given nothing.
- All faults of a file are told at once, each with its line; nothing is judged then.

    with EvidenceStore.open("evitrail-store", read_only=True) as store:
        judged_file(Path("answers.jsonl"), load(Path("open.jsonl")), store, RuleClaimJudge())
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from pathlib import Path

from pydantic import Field

from evitrail.agent.claims.gather import Gatherer
from evitrail.agent.claims.judge import ClaimJudge
from evitrail.agent.claims.split import claims_in
from evitrail.eval.claims.claim_blame import AnswerSteps
from evitrail.eval.claims.judged_answer import BearingClaim, JudgedAnswer, judged_answer, open_question
from evitrail.eval.dataset.case import Case
from evitrail.evidence_store.did_you_mean import nearest
from evitrail.evidence_store.index.embed_cache import apart
from evitrail.evidence_store.input_lines import LinePosition, read_lines
from evitrail.evidence_store.input_text import InputError
from evitrail.evidence_store.store import EvidenceStore
from evitrail.traces.record import Record

STEPS = AnswerSteps("retrieve", "write")
"""What the steps of a system are called of which only the answer and the served evidence are known."""


class GivenAnswer(Record):
    """One line of a file of answers."""

    case: str
    answer: str = Field(min_length=1)
    served: tuple[str, ...] | None = None
    """None where nobody recorded what was served."""
    system: str = "answers"


def judged_file(
    path: Path,
    cases: Sequence[Case],
    store: EvidenceStore,
    judge: ClaimJudge,
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> list[JudgedAnswer]:
    """Every answer of a file, in order; raises ``InputError`` with every fault."""
    by_id = {case.id: case for case in cases}
    read = read_lines([path], GivenAnswer)
    known = store.snapshot().headers
    faults = [] if read else [f"{path}: expected at least one answer, found none"]
    for place, given in read:
        if given.case not in by_id:
            faults.append(f"{place}: expected a case of the benchmark, got {given.case!r}{nearest(given.case, by_id)}")
        for ref in given.served or ():
            if ref not in known:
                faults.append(f"{place}: key 'served' names {ref!r}, which the store does not hold; ingest it first")
    if faults:
        raise InputError(faults)
    answers = []
    for done, (place, given) in enumerate(read, start=1):
        answers.append(_judged(place, given, by_id[given.case], store, judge))
        progress(done, len(read))
    return answers


def _judged(
    place: LinePosition, given: GivenAnswer, case: Case, store: EvidenceStore, judge: ClaimJudge
) -> JudgedAnswer:
    snapshot, question = store.snapshot(as_of=case.as_of), open_question(case)
    served = None
    if given.served is not None:
        served = [passage for ref in dict.fromkeys(given.served) for passage in snapshot.passages(ref)]
    claims = []
    with apart() if case.sensitive else nullcontext():
        for claim in claims_in(given.answer):
            evidence = Gatherer().evidence(question, claim, served, snapshot)
            claims.append(BearingClaim(judged=judge.judge(question, claim, evidence), evidence=evidence))
    name = f"{Path(place.file).name}:{place.line}"
    return judged_answer(name, case, given.system, given.answer, claims, STEPS)
