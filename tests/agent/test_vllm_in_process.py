"""vLLM's engine within a process of ours: many threads share one batch, and its letters are those of other ways to ask.

vLLM lives in an environment of its own, so the process is one of that environment, and tells in JSON what it was told.
The model is tiny and talks nonsense: what is held here is the protocol and the counting, never the sense.
"""

from __future__ import annotations

import json
import math
import os
import subprocess
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from serving import MODEL, PYTHON, ROOT, absent
from tiny import WINDOW

from evitrail.agent.llm import LLM, Completion, LLMError, Message, Prompt
from evitrail.agent.llm.in_process.transformers import TransformersLLM
from evitrail.agent.llm.in_process.vllm import OPTIONS, VllmLLM
from evitrail.agent.llm.server.openai import OpenAILLM
from evitrail.evidence_store.errors import MissingPackageError

LETTERS = ("A", "B", "C", "D")
THREADS = 48
FORM = {"type": "object", "properties": {"option": {"enum": ["A", "B"]}}, "required": ["option"]}
WORKER = """
import json, sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier, Event, Thread

import psutil

from evitrail.agent.llm.base import Prompt
from evitrail.agent.llm.in_process.vllm import VllmLLM


def asked(llm, prompt, together):
    together.wait()
    try:
        return llm.complete(prompt).model_dump()
    except ValueError as error:
        return f"{type(error).__name__}: {error}"


def watch(llm, over, seen):
    while not over.wait(0.001):
        seen.append(llm._engine._llm.get_num_unfinished_requests())


def main(model, folder):
    llm = VllmLLM(model)
    told = {"window": llm.window, "name": repr(llm), "cut": llm.cut("Aspirin lowers the risk of stroke.", 3)}
    for name, prompts in json.loads((folder / "prompts.json").read_text()).items():
        over, seen, together = Event(), [0], Barrier(len(prompts))
        Thread(target=watch, args=(llm, over, seen)).start()
        with ThreadPoolExecutor(len(prompts)) as threads:
            said = threads.map(lambda each: asked(llm, Prompt.model_validate(each), together), prompts)
            told[name] = list(said)
        over.set()
        told[f"{name} at once"] = max(seen)
    llm.close()
    children = [" ".join(child.cmdline()) for child in psutil.Process().children(recursive=True)]
    told["left"] = [child for child in children if child and "resource_tracker" not in child]  # which is Python's own
    (folder / "told.json").write_text(json.dumps(told))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
"""


def prompt(said: str = "Aspirin or heparin after a stroke?", **decoding: object) -> Prompt:
    told = {"messages": (Message(role="user", content=said),), "max_tokens": 8}
    return Prompt.model_validate(told | decoding)


CHOICES = [prompt(f"Case {n}: aspirin or heparin?", choices=LETTERS, logprobs=4) for n in range(20)]
PROMPTS = {
    "letters": CHOICES,
    "together": [prompt(f"Case {n}.", max_tokens=200) for n in range(THREADS)],
    "drawn": [prompt(n=20, temperature=1.0, seed=seed) for seed in (7, 7, 8)],
    "forms": [prompt(form=FORM, max_tokens=40, n=5, temperature=1.0, seed=1)],
    "told": [prompt(logprobs=3, n=2)],
    "refused": [prompt(max_tokens=WINDOW), prompt(form={"type": "nonsense"})],
}


class Told(NamedTuple):
    """What came of it."""

    said: dict[str, list[Completion]]
    facts: dict[str, Any]


@pytest.fixture(scope="module")
def told(tiny_llm: Path, tmp_path_factory: pytest.TempPathFactory) -> Told:
    if why := absent():
        pytest.skip(why)
    folder = tmp_path_factory.mktemp("in-process")
    (folder / "worker.py").write_text(WORKER)
    prompts = {name: [each.model_dump() for each in prompts] for name, prompts in PROMPTS.items()}
    (folder / "prompts.json").write_text(json.dumps(prompts))
    surroundings = os.environ | {
        "PYTHONPATH": str(ROOT / "src"),
        "HF_HUB_OFFLINE": "1",
        "VLLM_CACHE_ROOT": str(folder / "cache"),
        OPTIONS: json.dumps({"dtype": "float32", "kv_cache_memory_bytes": 2**28}),
    }
    surroundings.pop("PYTHONDONTWRITEBYTECODE", None)  # with it, each start takes twice as long
    command = [PYTHON, folder / "worker.py", tiny_llm, folder]
    done = subprocess.run(command, env=surroundings, cwd=folder, capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, done.stderr[-3000:]
    facts = json.loads((folder / "told.json").read_text())
    facts["printed"] = done.stdout
    said = {name: [Completion.model_validate(each) for each in facts[name]] for name in PROMPTS if name != "refused"}
    return Told(said, facts)


def letters(llm: LLM) -> list[Completion]:
    return [llm.complete(each) for each in CHOICES]


def shares(said: Completion) -> dict[str, float]:
    return {letter: math.exp(logprob) for letter, logprob in said.tokens[0][0].likeliest.items()}


def test_the_same_letters_come_from_vllm_in_process_from_transformers_and_from_a_vllm_server(
    told: Told, tiny_llm: Path, llm_server: str
) -> None:
    here = told.said["letters"]
    by_transformers = letters(TransformersLLM(str(tiny_llm)))
    by_server = letters(OpenAILLM(MODEL, llm_server))
    assert len({said.texts for said in here}) > 1
    for mine, other, served in zip(here, by_transformers, by_server, strict=True):
        assert mine.texts == other.texts == served.texts
        assert mine.prompt_tokens == other.prompt_tokens == served.prompt_tokens
        assert shares(mine) == pytest.approx(shares(other), abs=1e-4)
        assert shares(mine) == pytest.approx(shares(served), abs=1e-4)


def test_what_many_threads_ask_is_worked_on_at_once(told: Told) -> None:
    assert told.facts["together at once"] > THREADS / 2
    assert len(told.said["together"]) == THREADS
    assert all(said.texts[0] for said in told.said["together"])


def test_equal_seeds_draw_equal_answers_and_others_draw_others(told: Told) -> None:
    first, again, other = told.said["drawn"]
    assert len(set(first.texts)) > 15
    assert first.texts == again.texts != other.texts


def test_a_form_is_held(told: Told) -> None:
    (said,) = told.said["forms"]
    assert {json.loads(text)["option"] for text in said.texts} <= {"A", "B"}
    assert said.finish_reasons == ("stop",) * 5


def test_each_token_is_told_with_the_likeliest_there_and_what_is_greedy_is_written_once_and_said_twice(
    told: Told,
) -> None:
    (said,) = told.said["told"]
    assert said.texts[0] == said.texts[1]
    tokens, again = said.tokens
    assert tokens == again
    assert all(token.logprob == max(token.likeliest.values()) for token in tokens)
    assert said.completion_tokens == 16


def test_what_does_not_fit_and_what_no_server_would_take_is_said_in_one_line(told: Told) -> None:
    too_long, nonsense = told.facts["refused"]
    assert too_long.startswith(f"DoesNotFit: expected a prompt and answer of at most {WINDOW} tokens, got ")
    assert nonsense.startswith("LLMError: expected a prompt that vllm:tiny-llm@")
    assert "\n" not in too_long + nonsense


def test_it_knows_its_window_and_counts_as_transformers_does(told: Told, tiny_llm: Path) -> None:
    other = TransformersLLM(str(tiny_llm))
    assert told.facts["window"] == other.window == WINDOW
    assert told.facts["cut"] == list(other.cut("Aspirin lowers the risk of stroke.", 3))
    assert told.facts["name"] == f"v{repr(other).replace('hf:', 'llm:')} dtype=float32"


def test_closing_leaves_no_process_and_nothing_was_printed_on_stdout(told: Told) -> None:
    assert told.facts["left"] == []
    assert told.facts["printed"] == ""


def test_without_vllm_the_first_call_says_what_to_install(tiny_llm: Path) -> None:
    with pytest.raises(MissingPackageError, match=r"\Avllm: needs vLLM; run `pip install vllm`[^\n]*\Z"):
        VllmLLM(str(tiny_llm)).complete(prompt())


def test_options_that_are_none_are_refused_where_they_stand(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(OPTIONS, "dtype=float32")
    with pytest.raises(
        LLMError, match=f"expected {OPTIONS} to be a JSON object .* got 'dtype=float32'; correct or unset it"
    ):
        VllmLLM("tiny")
