"""What a fork may change, by the name a person calls it, and how each is applied to an agent's tools.

Rules kept here
- A change is plain JSON, so that a fork can be stored, read back and done again.
- A name or number that does not fit is refused before anything runs, and near names are offered.
- They are made in the order of the table: what is supposed of a version is supposed of the store as it then stands.

    applied(tools, {"retriever": "bm25", "k": 5}, store)

=============  ==================================================================
``output``     what the step said, overridden as JSON
``retriever``  one of ``retrieval.RETRIEVERS``
``gates``      which gates the clean retriever has; the others are left out
``reader``     one of ``evitrail.agent.reader.READERS``
``prompt``     which act of a prompted reader reads another text, and the text
``judge``      who confirms the letters of an answer in words: ``rule``, or a language model by its name
``seq``        what had been recorded: a ledger sequence number
``as_of``      the day asked about
``publish``    drafts supposed to be published, in the store as it stands now
``retract``    evidence versions supposed to be retracted
``grade``      evidence versions supposed to be of another certainty
``k``          how many passages a search returns
``samples``    ballots drawn
``temperature``  of the ballots
``seed``       of the ballots
=============  ==================================================================
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from datetime import date
from typing import Any, get_args

from evitrail.agent.model import Decoding
from evitrail.agent.reader import READERS
from evitrail.agent.reader.checking.judge import checker_named
from evitrail.agent.reader.direct import DirectReader
from evitrail.agent.reader.prompted import PromptedReader
from evitrail.agent.reader.prompting.templates import Act
from evitrail.agent.tools import Tools
from evitrail.evidence_store.did_you_mean import nearest
from evitrail.evidence_store.grading.grade import LEVELS, Certainty, Grade
from evitrail.evidence_store.model import Header
from evitrail.evidence_store.snapshot import Snapshot
from evitrail.evidence_store.store import EvidenceStore
from evitrail.retrieval import RETRIEVERS, Clean
from evitrail.retrieval.gates import GATES

SUPPOSED = "supposed, in a what-if question"
"""The reason on a certainty that nobody has judged."""
ACTS = get_args(Act)
LEAST = {"k": 1, "samples": 0, "seed": 0, "seq": 0}
"""Whole numbers, and the least that each may be."""


def applied(tools: Tools, changes: Mapping[str, Any], store: EvidenceStore) -> Tools:
    """The tools with the changes in them."""
    for key in filter(changes.__contains__, CHANGES):
        tools = CHANGES[key](tools, changes[key], store)
    return tools


def checked_changes(changes: Mapping[str, Any]) -> dict[str, Any]:
    """The changes, each proven to be one there is; raises ``ValueError`` naming the first that is not."""
    for key, value in changes.items():
        _among(key, CHANGES, "something that can be changed")
        if key in ("retriever", "reader"):
            _among(value, RETRIEVERS if key == "retriever" else READERS, f"a {key}")
        if key == "gates":
            for gate in _text_list(key, value, "gates"):
                _among(gate, GATES, "a gate")
        least = LEAST.get(key)
        if least is not None and (type(value) is not int or value < least):
            raise ValueError(f"{key}: expected a whole number from {least} on, got {value!r}")
        if key == "judge":
            checker_named(value)
        if key == "temperature" and (type(value) not in (int, float) or not 0 < value < math.inf):
            raise ValueError(f"temperature: expected a number above 0, got {value!r}")
        if key == "as_of":
            _day(value)
        if key in ("retract", "publish"):
            _text_list(key, value, "evidence versions")
        if key == "grade":
            for certainty in _by_name(key, value, "an evidence version").values():
                certainty_named(certainty)
        if key == "prompt":
            for act in _by_name(key, value, "an act"):
                _among(act, ACTS, "an act of the reader")
    return dict(changes)


def _output(tools: Tools, value: Any, store: EvidenceStore) -> Tools:
    return tools  # overridden by the run itself


def _retriever(tools: Tools, value: str, store: EvidenceStore) -> Tools:
    return replace(tools, retriever=RETRIEVERS[value])


def _gates(tools: Tools, value: list[str], store: EvidenceStore) -> Tools:
    if not isinstance(tools.retriever, Clean):
        raise ValueError(f"gates: expected a retriever that passes gates, {tools.retriever!r} does not")
    return replace(tools, retriever=replace(tools.retriever, gates=tuple(gate for gate in GATES if gate in value)))


def _reader(tools: Tools, value: str, store: EvidenceStore) -> Tools:
    return replace(tools, reader=READERS[value](store.encoder.encode))


def _prompt(tools: Tools, value: Mapping[str, str], store: EvidenceStore) -> Tools:
    if not isinstance(tools.reader, PromptedReader):
        raise ValueError(f"prompt: expected a reader that is prompted, {tools.reader!r} is not")
    return replace(tools, reader=replace(tools.reader, prompts=tools.reader.prompts.but(**value)))


def _judge(tools: Tools, value: str, store: EvidenceStore) -> Tools:
    if not isinstance(tools.reader, DirectReader):
        raise ValueError(f"judge: expected a reader that answers in words, {tools.reader!r} names its option itself")
    return replace(tools, reader=replace(tools.reader, checker=checker_named(value, tools.reader.key_env)))


def _seq(tools: Tools, value: int, store: EvidenceStore) -> Tools:
    return _of(tools, store.snapshot(as_of=tools.snapshot.as_of, seq=value))


def _as_of(tools: Tools, value: str, store: EvidenceStore) -> Tools:
    return _of(tools, store.snapshot(as_of=_day(value), seq=tools.snapshot.seq))


def _of(tools: Tools, snapshot: Snapshot) -> Tools:
    """The tools with another snapshot, of which the same is supposed."""
    supposed = [header for ref, header in tools.snapshot.supposed.items() if ref in snapshot.headers]
    return replace(tools, snapshot=snapshot.supposing(supposed) if supposed else snapshot)


def _publish(tools: Tools, value: list[str], store: EvidenceStore) -> Tools:
    now = _of(tools, store.snapshot(as_of=tools.snapshot.as_of))
    return replace(now, snapshot=now.snapshot.publishing(value))


def _retract(tools: Tools, value: list[str], store: EvidenceStore) -> Tools:
    headers = [_header_of(tools.snapshot, ref).model_copy(update={"retracted": True}) for ref in value]
    return replace(tools, snapshot=tools.snapshot.supposing(headers))


def _grade(tools: Tools, value: Mapping[str, Certainty], store: EvidenceStore) -> Tools:
    headers = [regraded(_header_of(tools.snapshot, ref), certainty) for ref, certainty in value.items()]
    return replace(tools, snapshot=tools.snapshot.supposing(headers))


def _k(tools: Tools, value: int, store: EvidenceStore) -> Tools:
    return replace(tools, k=value)


def _decoding(key: str) -> Callable[[Tools, Any, EvidenceStore], Tools]:
    def drawn_otherwise(tools: Tools, value: Any, store: EvidenceStore) -> Tools:
        return replace(tools, decoding=Decoding.model_validate({**tools.decoding.model_dump(), key: value}))

    return drawn_otherwise


CHANGES: dict[str, Callable[[Tools, Any, EvidenceStore], Tools]] = {
    "output": _output,
    "retriever": _retriever,
    "gates": _gates,
    "reader": _reader,
    "prompt": _prompt,
    "judge": _judge,
    "seq": _seq,
    "as_of": _as_of,
    "publish": _publish,
    "retract": _retract,
    "grade": _grade,
    "k": _k,
    "samples": _decoding("samples"),
    "temperature": _decoding("temperature"),
    "seed": _decoding("seed"),
}


def regraded(header: Header, certainty: Certainty) -> Header:
    """The version as if its raters had come to another certainty; the judgements stay as they are."""
    before = header.grade or Grade(certainty="very_low", study_design="expert")
    grade = Grade.model_validate({**before.model_dump(), "certainty": certainty, "override_reason": SUPPOSED})
    return header.model_copy(update={"grade": grade})


def certainty_named(text: str) -> Certainty:
    """A GRADE certainty by its name; raises ``ValueError`` listing those there are."""
    level = next((level for level in LEVELS if level == text.replace(" ", "_").replace("-", "_")), None)
    if level is None:
        raise ValueError(f"expected a certainty among {', '.join(LEVELS)}, got {text!r}")
    return level


def _header_of(snapshot: Snapshot, ref: str) -> Header:
    snapshot.status(ref)  # names the versions there are, where it is not one
    return snapshot.headers[ref]


def _day(value: object) -> date:
    try:
        return date.fromisoformat(str(value))
    except ValueError as error:
        raise ValueError(f"as_of: expected a day such as 2019-05-31, got {value!r}") from error


def _text_list(key: str, value: Any, what: str) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise ValueError(f"{key}: expected a list of {what}, got {value!r}")
    return value


def _by_name(key: str, value: Any, what: str) -> Mapping[str, str]:
    if not isinstance(value, dict) or not all(isinstance(each, str) for pair in value.items() for each in pair):
        raise ValueError(f"{key}: expected a value for {what}, got {value!r}")
    return value


def _among(name: Any, known: Collection[str], what: str) -> None:
    if name not in known:
        raise ValueError(f"expected {what} among {', '.join(known)}, got {name!r}{nearest(str(name), known)}")


def snapshot_change(value: str, newest: int) -> dict[str, Any]:
    """``now``, a ledger number, or a day: what of the store is to be asked."""
    if value == "now":
        return {"seq": newest}
    if value.isdecimal():
        if int(value) > newest:
            raise ValueError(f"snapshot: the store's ledger ends at {newest}, got {value}")
        return {"seq": int(value)}
    return {"as_of": value}
