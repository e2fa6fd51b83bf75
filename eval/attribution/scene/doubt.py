"""Is the key wrong, or who graded the answer? Then no step is to blame.

The key: every reader at hand reads the deciding evidence, and nothing else.

If two readers or more that differ all come to one other option, the one that the run chose, then the key is in doubt
rather than whoever read. With a single reader nothing is concluded: it may simply misread.

The grader: the parser finds one letter in the answer's words, whoever confirmed it another, one of them is the key, and
the words do not select any letter in so many words.
"""

from __future__ import annotations

from evitrail.agent.model import CheckedAnswers, Decoding
from evitrail.agent.reader.base import Reader
from evitrail.agent.reader.checking.explicit_letter import explicit_letter
from evitrail.agent.reader.extractive.extractive import ExtractiveReader
from evitrail.eval.attribution.scene.scene import Scene
from evitrail.retrieval.fixed import Fixed


def key_in_doubt(scene: Scene) -> str:
    """Why the key is in doubt; empty where it is not."""
    chosen = scene.facts.choice.option if scene.facts.choice else None
    if not scene.decides or chosen is None or chosen == scene.config.case.answer:
        return ""
    if scene.config.case.supports or not scene.reader.deterministic:
        return ""
    at_hand: dict[str, Reader] = {repr(one): one for one in (scene.reader, ExtractiveReader())}
    if len(at_hand) < 2 or all(type(one) is ExtractiveReader for one in at_hand.values()):
        return ""
    hits = Fixed(tuple(sorted(scene.decides))).search("", scene.snapshot, len(scene.decides) * 10).hits
    question, decoding = scene.config.case.question, Decoding(samples=0)
    read = {one.choose(question, one.synthesise(question, hits), decoding).option for one in at_hand.values()}
    if read != {chosen}:
        return ""
    return f"{' and '.join(sorted(at_hand))} all read the evidence that decides as saying {chosen}"


def graders_disagree(scene: Scene) -> str:
    """Why it is in doubt which letter the answer names; empty where it is not."""
    chosen, check = scene.facts.choice, scene.trace.last("check")
    if chosen is None or chosen.said is None or check is None:
        return ""
    case = scene.config.case
    parsed, confirmed = chosen.option, scene.trace.get(check.output, CheckedAnswers).greedy.confirmed
    selected = explicit_letter(chosen.said.greedy or "", case.question.options).letter
    if selected is not None or parsed == confirmed or case.answer not in (parsed, confirmed):
        return ""
    return f"a parser finds {parsed or 'no letter'} in its words, {confirmed or 'no letter'} was confirmed"
