"""Parts and steps from outside are judged like ours; a model is really asked again, and its luck is told as luck."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from faulty import ASKED, GOLD, NOTE, NOTED, Faulty, happened
from ward import WardReader, advice, arm, ask, blamed, case, opened

from evitrail.agent.agents import AGENTS, Agent
from evitrail.agent.llm import ScriptedLLM
from evitrail.agent.model import Decoding, State
from evitrail.agent.reader import PromptedReader
from evitrail.agent.steps import choose, retrieve, synthesise
from evitrail.agent.tools import Tools
from evitrail.eval.attribution import Break, Mending, Role
from evitrail.eval.attribution.scene.scene import Scene
from evitrail.eval.log.runs import JOURNAL
from evitrail.eval.plan.components import COMPONENTS
from evitrail.eval.plan.custom_conditions import admit
from evitrail.eval.plan.plan import read_plan
from evitrail.traces.journal.journal import Journal
from evitrail.traces.record import Record
from evitrail.traces.run.activity import Activity
from evitrail.traces.run.step_key import Task
from evitrail.traces.trace import Trace

READS = ScriptedLLM((("You read one passage.*(For apixaban the advice is option B)", '{"claims": [{"option": "C", '
                      '"stance": "supports", "quote": "\\1", "strength": 1}]}'), ("", "C")))  # fmt: skip


class Urgency(Record, stored_as="TestUrgency"):
    """How urgent a question is; what is urgent is read in its first passage only."""

    urgent: bool


def triage(state: State, tools: Tools) -> State:
    """Judge the question urgent, and leave all but the first passage unread."""
    task = Task(
        "triage", lambda: Urgency(urgent=True), returns=Urgency, inputs={"question": state.question}, by="triage nurse"
    )
    if not tools.run.step(task).urgent:
        return state
    first = tuple(found.model_copy(update={"hits": found.hits[:1]}) for found in state.retrieved)
    return state.model_copy(update={"retrieved": first})


def calm(mending: Mending, task: Task[Any]) -> Urgency:
    """Nothing is urgent in this ward."""
    return Urgency(urgent=False)


def judged_calm(scene: Scene, step: Activity) -> Iterator[Break]:
    """Nothing is to be judged urgent."""
    if scene.trace.journal.get(step.output, Urgency).urgent:
        yield Break("triage", step.path, "judged urgent what can wait", "T9")


@dataclass(frozen=True)
class Ward(Agent):
    """An agent that knows what its own steps should do."""

    roles: tuple[Role, ...] = ()


STEPS = (retrieve, triage, synthesise, choose)
NEARER = NOTE.model_copy(update={"text": f"{ASKED.stem} {NOTE.text}"})


def triaged(*roles: Role) -> Faulty:
    return Faulty([GOLD, NEARER], asked=NOTED, agent=Ward("ward", STEPS, roles))


def test_a_step_of_a_kind_of_its_own_is_blamed_where_its_agent_says_what_it_should_do(tmp_path: Path) -> None:
    one = happened(tmp_path, triaged(Role("triage", "the triage", calm, judged_calm))).wrong
    assert (one.culprit, one.roles, one.fault_code, one.tier) == (("triage[1]",), ("triage",), "T9", "T1")
    assert "judged urgent what can wait" in one.sentence


def test_without_an_oracle_it_is_never_blamed(tmp_path: Path) -> None:
    one = happened(tmp_path, triaged(Role("triage", "the triage", contract=judged_calm))).wrong
    assert "triage[1]" not in one.culprit
    assert "triage[1]: judged urgent what can wait" in one.contract_breaks, "the defect is told"


def test_without_a_role_it_is_neither_blamed_nor_judged(tmp_path: Path) -> None:
    one = happened(tmp_path, triaged()).wrong
    assert "triage[1]" not in one.culprit
    assert not any("triage" in said for said in one.contract_breaks)


OUTSIDE = """
from dataclasses import dataclass
from evitrail.agent.agents import AGENTS, Agent
from evitrail.agent.model import Critique
from evitrail.agent.steps import choose, retrieve, synthesise

@dataclass(frozen=True)
class Hasty:
    name: str = "hasty"
    def appraise(self, question, hits):
        return Critique(adequate=True, reason="no time")

triage = Agent("triage", (retrieve, synthesise, choose))
"""
PLANNED = """
benchmark = "b.jsonl"
store = "s"
[[conditions]]
name = "strict"
base = "agentic"
k = 1
{line}
"""


@pytest.fixture
def clinic(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A package of somebody else's."""
    name = f"clinic_{tmp_path.name.replace('-', '_')}"
    (tmp_path / f"{name}.py").write_text(OUTSIDE)
    monkeypatch.syspath_prepend(str(tmp_path))
    yield name
    sys.modules.pop(name, None)
    for registry in (AGENTS, COMPONENTS):
        for spec in [spec for spec in registry if spec.startswith(f"{name}:")]:
            del registry[spec]


def planned(folder: Path, line: str) -> Any:
    path = folder / "mine.toml"
    path.write_text(PLANNED.format(line=line))
    return read_plan(path)


@pytest.mark.parametrize("line", ['reader.critique = "{}:Hasty()"', 'agent = "{}:triage"'])
def test_code_that_a_plan_names_is_refused_in_one_line_where_nobody_allows_it(
    tmp_path: Path, clinic: str, line: str
) -> None:
    plan = planned(tmp_path, line.format(clinic))
    with pytest.raises(ValueError, match="is code that would be run; give --allow-code if you trust it") as refused:
        admit(plan.asked, allow_code=False)
    assert "\n" not in str(refused.value)
    assert clinic not in sys.modules, "it was not even read"


def test_a_critique_of_ones_own_is_named_by_a_plan_and_blamed_like_ours(tmp_path: Path, clinic: str) -> None:
    (condition,) = planned(tmp_path, f'reader.critique = "{clinic}:Hasty()"').asked
    admit([condition], allow_code=True)
    condition = condition.model_copy(update={"retriever": "bm25"})
    with opened(tmp_path) as store:
        store.ingest([GOLD, NEARER])
        reader = WardReader(query="Advice on apixaban, option B")
        assert ask(tmp_path / "x", store, [NOTED], [condition], reader) == []
        (one,) = (each for each in blamed(tmp_path / "x", store, reader) if each.outcome == "wrong")
    assert (one.culprit[0], one.fault_code) == ("critique[1]", "K1")
    with Journal.open(tmp_path / "x" / JOURNAL) as journal:
        judged = Trace(journal, one.run).last("critique")
        assert judged is not None
        assert judged.by == "Hasty(name='hasty')"


def test_an_agent_of_ones_own_is_named_by_a_plan_and_its_steps_are_blamed(tmp_path: Path, clinic: str) -> None:
    (condition,) = planned(tmp_path, f'agent = "{clinic}:triage"').asked
    admit([condition], allow_code=True)
    with opened(tmp_path) as store:
        store.ingest([GOLD])
        assert ask(tmp_path / "x", store, [ASKED], [condition], WardReader(misread="C")) == []
        (one,) = (each for each in blamed(tmp_path / "x", store, WardReader(misread="C")) if each.outcome == "wrong")
    assert one.culprit == ("synthesise[1]",)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ('reader.critic = "a.b:C()"', "expected a role among aim, critique"),
        ('reader.critique = "nobody"', "critique: expected a component among"),
        ('agent = "nobody"', "expected an agent among"),
    ],
)
def test_a_part_that_there_is_not_is_refused_in_one_line(tmp_path: Path, line: str, says: str) -> None:
    with pytest.raises(ValueError, match=says) as refused:
        planned(tmp_path, line)
    assert "\n" not in str(refused.value)


def test_a_fresh_re_run_asks_the_model_again_with_the_same_prompts(tmp_path: Path) -> None:
    llm = replace(READS, asked=[])
    with opened(tmp_path) as store:
        store.ingest([GOLD])
        assert ask(tmp_path / "x", store, [ASKED], [arm()], PromptedReader(llm), decoding=Decoding(samples=0)) == []
        first = [prompt.messages for prompt in llm.asked]
        llm.asked.clear()
        (one, *_) = blamed(tmp_path / "x", store, PromptedReader(llm))
    assert one.fresh >= 4
    assert [prompt.messages for prompt in llm.asked[: one.fresh * len(first)]] == first * one.fresh


def test_a_fresh_re_run_of_a_model_has_another_seed(tmp_path: Path) -> None:
    llm = replace(READS, asked=[])
    with opened(tmp_path) as store:
        store.ingest([GOLD])
        assert ask(tmp_path / "x", store, [ASKED], [arm()], PromptedReader(llm), decoding=Decoding(samples=3)) == []
        llm.asked.clear()
        (one, *_) = blamed(tmp_path / "x", store, PromptedReader(llm))
    seeds = [prompt.seed for prompt in llm.asked if prompt.seed is not None]
    assert seeds[: one.fresh] == list(range(1, one.fresh + 1))


@pytest.mark.parametrize("deterministic", [True, False])
def test_of_a_reader_that_is_right_nine_times_in_ten_failures_are_told_as_luck(
    tmp_path: Path, deterministic: bool
) -> None:
    reader = WardReader(slip_rate=0.1, deterministic=deterministic)
    cases = [case("apixaban", id=f"q-{n}") for n in range(330)]
    with opened(tmp_path) as store:
        store.ingest([advice("apixaban", "B")])
        assert ask(tmp_path / "x", store, cases, [arm()], reader, decoding=Decoding(samples=0)) == []
        found = [one for one in blamed(tmp_path / "x", store, reader) if one.outcome == "wrong"][:30]
    assert len(found) == 30
    flukes = [one for one in found if (one.abstain_reason or "").startswith("U1")]
    assert len(flukes) >= 0.8 * len(found)
    assert {one.persistence for one in found} == {"flaky"}
