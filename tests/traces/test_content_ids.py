"""Every name under which something is stored stays what it was before classes had a stored name of their own.

The ids were written down with the code of before. They are in journals, ledgers and answers that others keep, so a
change here is a change of the format: do not replace an id, find out what moved it.
"""

from __future__ import annotations

from datetime import date

import pytest

from evitrail.agent.captured.records import Captured, CapturedValues, Node, Nodes, Texts, Vectors
from evitrail.agent.captured.records import CapturedAnswer as SaidElsewhere
from evitrail.agent.captured.records import FoundNode as FoundNode
from evitrail.agent.influence.values import Influence, PassageInfluence
from evitrail.agent.llm.base import Completion, Message, Prompt
from evitrail.agent.model import (
    Answer,
    AskedQueries,
    Ballots,
    CheckedAnswers,
    Choice,
    Claim,
    Critique,
    Decoding,
    LetterVerdict,
    Query,
    Question,
    Synthesis,
)
from evitrail.agent.reader.base import Fit
from evitrail.agent.reader.extractive.scoring import Weights
from evitrail.agent.reader.prompting.answer_prompts import Answering
from evitrail.agent.reader.prompting.templates import Prompts
from evitrail.agent.steps.research import Section
from evitrail.eval.attribution.record.recorded_blame import Blames
from evitrail.eval.attribution.replays.mended import Mended
from evitrail.eval.dataset.case import Case
from evitrail.eval.log.run_config import RunConfig
from evitrail.eval.plan.condition import condition
from evitrail.eval.rerun.fork_record import Fork
from evitrail.evidence_store.curation.relations import Contradiction, Supersession
from evitrail.evidence_store.grading.grade import Grade
from evitrail.evidence_store.index.manifest import IndexManifest
from evitrail.evidence_store.model import Evidence, Passage
from evitrail.evidence_store.snapshot import Name
from evitrail.retrieval.base import Hit, Retrieved
from evitrail.traces import Activity, Edge, Edges, Entity, Record, content_id
from evitrail.traces.audit.seal import Heads
from evitrail.traces.external.incoming_run import Foreign, Imported
from evitrail.traces.run.activity import Input
from evitrail.traces.run.virtual import Identifier, Moment, Seed

DAY = date(2019, 7, 1)
EVIDENCE = Evidence(
    id="antenatal-swab",
    version="2019",
    title="Timing of the antenatal swab",
    text="A swab counts from 36 weeks 0 days.",
    organization="A college",
    kind="guideline",
    url=None,
    published=DAY,
    valid_from=DAY,
    valid_to=None,
    supersedes="antenatal-swab@2010",
    retracted=False,
    grade=Grade(certainty="low", study_design="observational"),
)
PASSAGE = Passage(header=EVIDENCE.header(), evidence_id="sha256:e", part=0, start=0, end=6, text="A swab")
QUESTION = Question(id="q", stem="When?", options={"A": "now", "B": "later"}, as_of=DAY)
CLAIM = Claim(
    option="A", stance="supports", strength=1.5, quote="A swab", passage="antenatal-swab@2019#0", start=0, end=6
)
BALLOTS = Ballots(votes=("A", None), temperature=0.7, seed=0)
MANIFEST = IndexManifest(engine="edge", engine_version="1", model="minilm", dimension=384, chunker="c", lexical="bm25")
CASE = Case(
    id="q",
    stem="When?",
    options={"A": "now", "B": "later"},
    answer="B",
    labels={},
    subspecialty="obstetrics",
    question_type="screening",
    clean_evidence=("antenatal-swab@2019",),
    conflict_evidence=(),
    outdated_evidence=(),
    as_of=DAY,
)
ENTITY = Entity(id="sha256:q", type="Query", label="swab")
NODE = Node(id="n", text="A swab", metadata={"page": 3})
WEIGHTS = Weights(
    terms={"words": 1.0},
    relevance={},
    relevance_start=0.5,
    fading=0.5,
    scale=2.0,
    enough=1.0,
    closed_book=0.1,
    provenance={"fitted on": "nothing"},
)
ACTIVITY = Activity(
    path="retrieve[1]",
    kind="retrieve",
    by="Dense(valid_only=False)",
    effect="pure",
    parameters={"k": 10},
    code="0123456789abcdef",
    inputs=(Input(role="query", id="sha256:q", type="Query"),),
    key="sha256:k",
    output="sha256:o",
    output_type="Retrieved",
    edges=None,
)

STORED: list[tuple[Record, str]] = [
    (ACTIVITY, "sha256:745e696826e54aaaa1a0761ba693a481e1dbb591ea6a63507e84f413c70b5654"),
    (
        Edges(edges=(Edge(relation="wasDerivedFrom", source=ENTITY, target=ENTITY, start=0, end=4),)),
        "sha256:69413b5cf82e5e68d2824b8c0dad7d9d4775aef17e62419f7ef88fd00e8ee163",
    ),
    (Heads(heads={"clean.q": "sha256:h"}), "sha256:6aca0d4a7cf8f8abd4a54e4556452342c63389a6b4d89c70abc0a7edcbe22c74"),
    (
        Foreign(kind="llm", value={"text": "B"}),
        "sha256:75e48c2207d3a1475a2fd84e4589e21e375089651fe1a07f17b5502444087904",
    ),
    (
        Imported(source="run.jsonl", digest="sha256:d", trace="t", service="ward", attributes={"a": 1}),
        "sha256:1f21a088c0a54af0615401914d665d1b3834a27d80d66a0c1f7e742f8c7885e1",
    ),
    (Moment(at="2020-01-01T00:00:00+00:00"), "sha256:510d7806e7d6252da893f108dd857532cccc3e27167336f0b6684289661fc862"),
    (
        Identifier(id="00000000-0000-4000-8000-000000000000"),
        "sha256:77c602db7b921bf8d6e1ae41fc06f3468f7b5e2fc07ae599fae7313acd60047d",
    ),
    (Seed(seed=7), "sha256:56e16e23d3b888e976fa9def7f66e88afc301e9720b0bf79743e54db103fe310"),
    (EVIDENCE, "sha256:6856b2f27e63a45b2d4813ec31ef6106bee88e885859ca421a9c51438448612a"),
    (EVIDENCE.header(), "sha256:942053b295ad0539e817d7e6902340c8bcf622a64db3efffea393427907884a6"),
    (PASSAGE, "sha256:5a7f7eeaf40e96a20a8d8d04ef973e754c45851285b2a5e2bb2f7b3edbd69732"),
    (MANIFEST, "sha256:0dd6adfd518597df0b0cb190adbfb08d831c8cbfa65491a19b83cf3ec6a3a410"),
    (
        Name(ledger="sha256:l", as_of=DAY, index=MANIFEST),
        "sha256:ee6a63a37cb088b38d5d0e3d36083025b83f5e090dc5b16c875dfa86c35bc790",
    ),
    (
        Retrieved(query="swab", hits=(Hit(passage=PASSAGE, score=0.5, rank=1, why="near"),)),
        "sha256:8a6a695a5e3423df2868713f50c72e181e172f8d51c8b658dfafe61639130659",
    ),
    (
        Influence(
            method="leave_one_out",
            option="A",
            answered="A",
            passages=(
                PassageInfluence(
                    passage="p", chosen_logprob=-0.5, without=None, delta=None, option_without="B", flips=True
                ),
            ),
        ),
        "sha256:1015b2032a2ff097a78289f22fe9bb8c4fa6c661f0272f88c38f8d4b21bbbac0",
    ),
    (
        Prompt(messages=(Message(role="user", content="When?"),)),
        "sha256:92116fa442cb50c2d7885d08d0285d21a4e28ccc217edf871ba6cc8158d01829",
    ),
    (
        Completion(texts=("B",), finish_reasons=("stop",), model="ward"),
        "sha256:73d795e001914048ce57812ac47bf5fd50835b1f9b5e26ece0ffec5ffc9f68ab",
    ),
    (QUESTION, "sha256:9b61657f6fb1cd6ab5a723ae19d0831681ceaa22ba792e6f2c1e2bdc75430b90"),
    (
        Query(text="swab", reason="the question"),
        "sha256:9eae62ef4559ec7308cfb1a31d9fbdebd4e0486c75625b5fc7e43519b04ab41b",
    ),
    (AskedQueries(queries=("swab",)), "sha256:82d13b9587923bc9533e6a3d9d88c3c79890921b27a8072a7f4604381c95c687"),
    (
        Critique(adequate=False, reason="nothing on B", weak_options=("B",)),
        "sha256:1f785c83387fd5ee96727abc993e7268010cf4f2a3642cd1302b9d4328e9d256",
    ),
    (CLAIM, "sha256:52177b44a3ebc6f0921636f48becef2f3aa6362b96dc5d924678b3e1725d792f"),
    (
        Synthesis(claims=(CLAIM,), note="one claim"),
        "sha256:68bc6d5bdbd72b7e64cce0f5ebcac51d86d686cf8e2a863e2da2e082283bd685",
    ),
    (
        Choice(option="A", logits={"A": 1.5}, claims=("sha256:c",), reason="A at 1.5", ballots=BALLOTS),
        "sha256:727f274a160ce999e72b83d141b5ba8bdd5723a3e6a357bc1065af26e7e4e777",
    ),
    (
        CheckedAnswers(
            greedy=LetterVerdict(parsed="A", confirmed="A", clear="yes", reason="said"), ballots=(), by="rule"
        ),
        "sha256:dc3005975450b800cbc446ac1984eed41bf8e5d13ffc1c0fe2aa1883fa5c3edd",
    ),
    (Decoding(), "sha256:5b2b4c8efeed6691080a776ef10afed2f878e4a6611792a5344ebd94b30471bc"),
    (
        Answer(question="q", option=None, reason="nothing", ballots=BALLOTS, citations=()),
        "sha256:775e6129b6fbf52f2fd8aa80d78688862b1156674da56624a79ec06b145a60d8",
    ),
    (
        Section(option="A", claims=(CLAIM,), note="one"),
        "sha256:c8f991276a44476f96a179de8f6c474907b488dc4021cf6cfd5176f6039a26a5",
    ),
    (Fit(keep="cut", tokens="window"), "sha256:5a5355d793ee675ef1a96be13ebbef7ee71739e0714facead48cc7d05abf795e"),
    (
        Prompts(
            name="own",
            plan="$question",
            appraise="$question $evidence",
            synthesise="$question $evidence",
            choose="$question $claims",
        ),
        "sha256:200d842fbfe4fb9c282e963c93e249bfea3d4947c28d3e1bfa9ea7cc3e9b6d16",
    ),
    (
        Answering(name="own", system="", user="$context $question $options"),
        "sha256:2d841124e3487e3a426331adb2c9dc60e8bcdca38f0aa7c25f64a8a45c41851c",
    ),
    (WEIGHTS, "sha256:af5f0d050ca841ebbb9be41ad8d33a20e4f372afe4f4c7bcf94d8ef1483d00be"),
    (
        Captured(library="llama-index", versions={"core": "1"}, call="Engine.query", asked="When?", pipeline="p"),
        "sha256:0ce389f90c166aa9b7bac26e88767cfcee008e4839a611553096052879a6b9c3",
    ),
    (NODE, "sha256:e6a491dfece089b5a23d00bc5cc2ce687329d90be0abe0f838b355bfa4db2e21"),
    (
        Nodes(nodes=(FoundNode(node=NODE, score=0.5),)),
        "sha256:c6f14be2786aae332da19c81712b11a6322979f17105c683ebc08908402970d9",
    ),
    (Texts(texts=("swab",)), "sha256:e72f10bdf18d57611453a60af5ff2025b4c1ad124763fdc171f98d1bd48a147c"),
    (Vectors(vectors=((0.5, "nan"),)), "sha256:73ff1102a8a7551c12b97bd323cafc41ee4a450ececb7f6bbb45341ce35b4cfb"),
    (SaidElsewhere(text="B", metadata={}), "sha256:e141634d12bb0ebc41cfbc030fb4a1ff615b1cb84c4fc77c5f0a110c2ea602e5"),
    (CapturedValues(value=[1, "two"]), "sha256:649fe4adb6690bc2e9c3cff17d1238efe7648dc05b171c1334605c395a9bf649"),
    (
        RunConfig(
            case=CASE,
            condition=condition("gated"),
            reader="ExtractiveReader(weights='1')",
            snapshot="sha256:s",
            seq=3,
            decoding=Decoding(),
        ),
        "sha256:ccad6310c4e532e6226e7d5817a97f798cee2bc1117baf1603463741a7e227e6",
    ),
    (
        Fork(of="gated.q", at="retrieve[1]", changes={"retriever": "bm25"}),
        "sha256:c348ef0cd2d76c9cdf5df21753dc832aa20fe7938996bc07e6b1ead1e2ae6a00",
    ),
    (
        Mended(of="gated.q", mended=("retrieve",)),
        "sha256:2f8009f1c499e71aeb9c425b86d471c5379c631256208137942ea31762aca410",
    ),
    (Blames(blames=()), "sha256:51b55fbaeff8cfbaf26d4fc2ac49f94b9b2d61604ba6fed589d5b2bc343f83fd"),
]


@pytest.mark.parametrize(("record", "name"), STORED, ids=[type(record).__name__ for record, _ in STORED])
def test_a_record_is_called_what_it_was_called_before(record: Record, name: str) -> None:
    assert content_id(record) == name


def test_the_edges_of_the_ledger_are_called_what_they_were_called_before() -> None:
    took_over = Supersession(kind="replaces", old=("a@1",), new=("a@2",), effective=DAY)
    differ = Contradiction(a="b@1", b="a@1", scope="dose", type="magnitude", detector="d.larsen")
    assert took_over.id == "edge:sha256:9cc3bb45638d21e219b29935913768e77749a494c07836cabe18af5ddcdb05bc"
    assert differ.id == "edge:sha256:794829c1d7f37577ebbc92a8262bd947499d4b0ae83df9adc1509fbd0880841a"


def test_components_are_called_what_they_were_called_before() -> None:
    assert repr(Fit(keep="cut", tokens="window")) == "Fit(keep='cut', tokens='window')"
    assert WEIGHTS.name == "af5f0d05"
    assert Answering(name="own", system="", user="$context $question $options").id == "own@2d841124"
    assert MANIFEST.short == "0dd6adfd"
