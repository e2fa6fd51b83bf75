"""Every verb does what its help says, and with ``--json`` prints one JSON document and nothing else."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from desk import BENCHMARK, CASES, SCRIPT, Desk, evitrail, script, tree

from evitrail.agent.reader import READERS
from evitrail.eval.plan.condition import CONDITIONS
from evitrail.retrieval import RETRIEVERS

REF = "group-b-streptococcus-antenatal-swab@2019"
RUN = f"gated.{CASES[0]}"


def verbs(desk: Desk) -> dict[str, tuple[object, ...]]:
    store = ("--store", desk.store)
    return {
        "store ingest": ("store", "ingest", desk.evidence, *store),
        "store ingest --check": ("store", "ingest", desk.evidence, "--check", *store),
        "store list": ("store", "list", *store),
        "store list --current": ("store", "list", "--current", *store),
        "store show": ("store", "show", REF, *store),
        "store history": ("store", "history", REF.partition("@")[0], *store),
        "store verify": ("store", "verify", *store),
        "store reindex": ("store", "reindex", *store),
        "store recall": ("store", "recall", "--queries", "3", *store),
        "search": ("search", "swab at 36 weeks", *store),
        "search --explain": ("search", "swab", "--retriever", "clean", "--explain", "--as-of", "2022-05-10", *store),
        "ask": ("ask", CASES[0], "--condition", "standard", "--samples", 2, "--out", desk.folder / "ask", *store),
        "run": ("run", *desk.plan, "--out", desk.folder / "second"),
        "run --check": ("run", *desk.plan, "--check"),
        "report": ("report", desk.run),
        "trace list": ("trace", "list", desk.run),
        "trace list --failed": ("trace", "list", desk.run, "--failed", "--condition", "top_10"),
        "trace show": ("trace", "show", desk.run, RUN),
        "trace show step": ("trace", "show", desk.run, f"{RUN}#choose[1]"),
        "trace verify": ("trace", "verify", desk.run),
        "replay": ("replay", desk.run, RUN),
        "replay --verify": ("replay", desk.run, RUN, "--verify"),
    }


NOTED = {"store ingest": "no publisher is registered in "}
"""What a verb says on stderr though all went well."""
NAMES = list(verbs(Desk(Path())))


@pytest.mark.parametrize("name", NAMES)
def test_a_verb_says_something_on_stdout_and_nothing_on_stderr(own: Desk, name: str) -> None:
    said = evitrail(*verbs(own)[name])
    assert (said.code, len(said.err.splitlines())) == (0, name in NOTED)
    assert said.err.startswith(NOTED.get(name, ""))
    assert said.out.strip()


@pytest.mark.parametrize("name", NAMES)
def test_with_json_stdout_is_one_json_document(own: Desk, name: str) -> None:
    said = evitrail(*verbs(own)[name], "--json")
    assert (said.code, len(said.err.splitlines())) == (0, name in NOTED)
    assert isinstance(said.json, (dict, list))


def test_bare_evitrail_and_help_list_every_verb() -> None:
    for arguments in ((), ("--help",)):
        said = evitrail(*arguments)
        assert said.code == 0
        assert all(verb.split()[0] in said.out for verb in NAMES)
        assert "…" not in "".join(line for line in said.out.splitlines() if not line.startswith("  store"))


def test_help_names_every_condition_retriever_and_reader() -> None:
    told = {verb: " ".join(evitrail(verb, "--help").out.split()) for verb in ("run", "search")}
    assert all(name in told["run"] for name in (*CONDITIONS, *READERS))
    assert all(name in told["search"] for name in RETRIEVERS)


def test_the_installed_script_says_what_the_function_says(desk: Desk) -> None:
    arguments = ("store", "list", "--store", desk.store, "--json")
    assert script(*arguments, folder=desk.folder) == evitrail(*arguments)


def test_a_reader_that_stops_reading_is_no_error(desk: Desk) -> None:
    command = f"'{SCRIPT}' store list --json --store '{desk.store}' | true; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=60, check=False)
    assert (done.stdout.split()[-1], done.stderr) == ("0", "")


def test_what_holds_now_is_a_part_of_what_is_held(desk: Desk) -> None:
    everything = evitrail("store", "list", "--store", desk.store, "--json").json
    current = evitrail("store", "list", "--current", "--store", desk.store, "--json").json
    assert current == [row for row in everything if row["status"] == "current"]
    assert 0 < len(current) < len(everything) == len(desk.evidence.read_text().splitlines())


def test_a_lineage_shows_its_newest_version_and_a_version_its_history(desk: Desk) -> None:
    lineage = REF.partition("@")[0]
    newest = evitrail("store", "show", lineage, "--store", desk.store, "--json").json
    assert f"{newest['id']}@{newest['version']}" == REF
    histories = [evitrail("store", "history", name, "--store", desk.store).out for name in (lineage, REF)]
    assert histories[0].splitlines()[1:] == histories[1].splitlines()[1:]


def test_explain_lists_every_gate_and_what_it_dropped(desk: Desk) -> None:
    arguments = ("search", "swab", "--retriever", "clean", "--explain", "--as-of", "2015-05-12", "--store", desk.store)
    gates = evitrail(*arguments, "--json").json["gates"]
    lines = evitrail(*arguments).out.splitlines()
    assert [line.split()[1].rstrip(":") for line in lines if line.startswith("gate ")] == [g["gate"] for g in gates]
    dropped = [drop for gate in gates for drop in gate["dropped"]]
    assert dropped
    assert all(f"  {drop['passage']}: {drop['why']}" in lines for drop in dropped)


def test_a_question_is_asked_by_its_id_or_by_a_file(desk: Desk, tmp_path: Path) -> None:
    line = next(x for f in sorted(BENCHMARK.glob("*.jsonl")) for x in f.read_text().splitlines() if CASES[1] in x)
    file = tmp_path / "one.jsonl"
    file.write_text(line + "\n")
    asked = [
        evitrail("ask", who, "--condition", "gated", "--store", desk.store, "--out", tmp_path / str(n), "--json").json
        for n, who in enumerate((CASES[1], file))
    ]
    assert [a["case"] for a in asked] == [CASES[1]] * 2
    assert {**asked[0], "folder": ""} == {**asked[1], "folder": ""}
    assert json.loads(line)["stem"] == asked[0]["stem"]


def test_a_question_asked_otherwise_is_kept_beside_the_first(desk: Desk, tmp_path: Path) -> None:
    def folder(seed: int) -> str:
        where = ("--store", desk.store, "--out", tmp_path / "kept")
        said = evitrail("ask", CASES[0], "--condition", "closed_book", "--seed", seed, *where, "--json")
        return str(said.json["folder"])

    first, again, other = folder(1), folder(1), folder(2)
    assert first == again != other
    assert set(tree(tmp_path / "kept")) >= {Path(name).name for name in (first, other)}


def test_a_question_asked_again_from_another_folder_is_the_same_question(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "words.md").write_text("{question}")
    there = ("--store", desk.store, "--out", tmp_path / "kept", "--condition", "closed_book", "--json")
    folders = []
    for here, file in ((tmp_path, "words.md"), (desk.folder, tmp_path / "words.md")):
        monkeypatch.chdir(here)
        folders.append(evitrail("ask", CASES[0], "--prompts", file, *there).json["folder"])
    assert folders[0] == folders[1]


def test_log_lines_go_to_stderr(desk: Desk) -> None:
    arguments = ("store", "list", "--store", desk.store, "--json")
    loud = script(*arguments, folder=desk.folder, EVITRAIL_LOG="debug")
    assert loud.code == 0
    assert loud.json == evitrail(*arguments).json
