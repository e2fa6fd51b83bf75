"""One researcher for each option, and a report of what they found: put together by a rule, the same every time."""

from __future__ import annotations

from pathlib import Path

import pytest
from ward import WardReader, advice, ask, case, opened

from evitrail.agent.llm import ScriptedLLM
from evitrail.agent.model import Decoding, Synthesis
from evitrail.agent.reader import DirectReader, PromptedReader, Reader
from evitrail.agent.steps.research import Section
from evitrail.eval.plan.condition import Condition
from evitrail.evidence_store.store import EvidenceStore
from evitrail.traces.graph import lineage, provenance
from evitrail.traces.journal.journal import Journal
from evitrail.traces.trace import Trace

ARM = Condition(name="per_option", agent="per_option", retriever="bm25", k=2)
RUN = "per_option.q-apixaban"

CLAIM = r'{"claims": [{"option": "\1", "stance": "supports", "quote": "advice is option \1"}]}'
SCRIPT = (
    (r"against option (\w)", r'{"query": "apixaban option \1", "reason": "one option"}'),
    (r"read one passage.*advice is option (\w)", CLAIM),
    ("letter", "B"),
)


def asked(folder: Path, reader: Reader) -> Trace:
    with opened(folder) as store:
        ingest(store)
        assert ask(folder / "x", store, [case("apixaban")], [ARM], reader, decoding=Decoding(samples=2)) == []
    return Trace(Journal.open(folder / "x" / "journal.db", create=False), RUN)


def ingest(store: EvidenceStore) -> None:
    store.ingest([advice("apixaban", "B"), advice("apixaban", "C", id="letter-c")])


def kinds(trace: Trace) -> list[str]:
    return [activity.path for activity in trace.activities if "/" not in activity.path]


def test_every_option_is_searched_for_and_has_a_section_of_its_own(tmp_path: Path) -> None:
    trace = asked(tmp_path, WardReader())
    each = [path for n, x in enumerate("ABCD", 1) for path in (f"requery[{n}]", f"retrieve[{n}]", f"section[{x}]")]
    assert kinds(trace) == [*each, "synthesise[1]", "choose[1]"]
    sections = [trace.journal.get(a.output, Section) for a in trace.activities if a.kind == "section"]
    assert [section.option for section in sections] == list("ABCD")
    assert all(section.claims for section in sections)


def test_the_synthesis_has_each_claim_once_and_no_report_where_claims_are_wanted(tmp_path: Path) -> None:
    trace = asked(tmp_path, WardReader())
    said = synthesis(trace)
    assert len(said.claims) == len(set(said.claims)) == 2
    assert said.context is None


def test_a_model_that_wants_a_context_is_given_the_report_with_what_speaks_for_and_against(tmp_path: Path) -> None:
    llm = ScriptedLLM(SCRIPT)
    trace = asked(tmp_path, DirectReader(llm))
    context = synthesis(trace).context
    assert context is not None
    assert context.text.splitlines()[:4] == [
        "Option A: option A", "For: nothing was found.", "Against: nothing was found.", ""
    ]  # fmt: skip
    assert "- advice is option B [apixaban@1; certainty: moderate]" in context.text
    assert context.text in llm.asked[-1].messages[-1].content
    for one in context.passages:
        assert one.evidence in context.text[one.start : one.end]


def test_each_reader_that_is_prompted_researches_with_its_own_model(tmp_path: Path) -> None:
    trace = asked(tmp_path, PromptedReader(ScriptedLLM(SCRIPT)))
    assert {claim.option for claim in synthesis(trace).claims} == {"B", "C"}
    planned = [a for a in trace.activities if a.path.startswith("requery[") and a.path.endswith("model[1]")]
    assert len(planned) == 4


@pytest.mark.parametrize("direct", [True, False])
def test_the_answer_can_be_followed_back_to_the_evidence_of_the_report(tmp_path: Path, direct: bool) -> None:
    reader = DirectReader(ScriptedLLM(SCRIPT)) if direct else PromptedReader(ScriptedLLM(SCRIPT))
    trace = asked(tmp_path, reader)
    graph = provenance(trace)
    choice = next(a.output for a in trace.activities if a.kind == "choose")
    versions = {node for node in lineage(graph, choice) if str(graph.nodes[node].get("type")) == "Evidence"}
    assert len(versions) == 2


def synthesis(trace: Trace) -> Synthesis:
    return trace.journal.get(next(a.output for a in trace.activities if a.kind == "synthesise"), Synthesis)
