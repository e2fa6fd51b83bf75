"""The pages are true: what they show has just been run, and every verb and option stands in them.

The blocks of all pages run once, in order, in one folder that looks like the repository: a few minutes, most of it
the demonstration. With EVITRAIL_TEST_DEMO=1, as in CI, `make demo` has just made that with this very code, and what
`evitrail demo` says of it once it is done is held to the page.
"""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import pytest
from desk import with_holes
from pages import ROOT, Command, blocks, commands, files, matches, pages
from typer.main import get_command

from evitrail.workbench.cli.app import app, run_command
from evitrail.workbench.cli.experiment.run import SHOWN as SHOWN_METRICS
from evitrail.workbench.cli.own_verb import OWN as GROUP_ITSELF
from evitrail.workbench.cli.registered import HIDDEN
from evitrail.workbench.export import FORMATS

TABLE = tuple(SHOWN_METRICS)
TOLERANCE = 3.0
"""Per cent points: one question is 1.1."""
DEMO = "evitrail-demo"
VERBS_PAGE = ROOT / "docs" / "command-line.md"
TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE))


def verbs(command: Any, name: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], set[str]]]:
    """Every verb of the command line with its options; old names are not among them."""
    inner = getattr(command, "commands", None)
    if inner is None:
        yield name, {option for p in command.params if p.param_type_name == "option" for option in spelled(p)}
    else:
        for word, one in inner.items():
            if one.hidden:  # an old name, which still works
                continue
            yield from verbs(one, (*name, word))
        if GROUP_ITSELF in inner:  # a group that is a verb itself, after those within it
            yield from verbs(inner[GROUP_ITSELF], name)


def spelled(parameter: Any) -> list[str]:
    return [option for option in (*parameter.opts, *parameter.secondary_opts) if option not in HIDDEN]


OWN = {option for p in get_command(app).params for option in spelled(p)} | {"--help"}
"""What `evitrail` itself takes, before any verb."""
VERBS = {verb: options | {"--help"} for verb, options in verbs(get_command(app))}
SHOWN = [
    command for page in pages() for block in blocks(page) if block.language == "console" for command in commands(block)
]
EVITRAIL = [command for command in SHOWN if command.words[:1] == ["evitrail"]]


def verb_of(words: list[str]) -> tuple[str, ...]:
    """The verb a command line begins with; raises for one there is not."""
    return next(verb for verb in VERBS if tuple(words[: len(verb)]) == verb)


@pytest.mark.parametrize("command", EVITRAIL, ids=lambda command: f"{command.place} {command.line}")
def test_a_command_that_is_shown_has_a_verb_and_options_that_exist(command: Command) -> None:
    words = command.words[1:]
    if not words or set(words) <= OWN:
        return
    given = {word.partition("=")[0] for word in words if re.match(r"--?[a-z]", word)}
    assert given <= VERBS[verb_of(words)]


def test_a_make_target_that_is_shown_exists() -> None:
    for command in SHOWN:
        if command.words[:1] == ["make"]:
            assert set(command.words[1:]) <= TARGETS, command.place


def test_what_the_pages_show_is_what_happens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in {file.split("/")[0] for file in files()}:
        (tmp_path / name).symlink_to(ROOT / name)
    if os.environ.get("EVITRAIL_TEST_DEMO"):
        shutil.copytree(ROOT / DEMO, tmp_path / DEMO, copy_function=with_holes)
        plan = tmp_path / DEMO / "experiment" / "plan.toml"
        plan.write_text(plan.read_text("utf-8").replace(str(ROOT / DEMO), str(tmp_path / DEMO)), "utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    for name in ("COLUMNS", "EVITRAIL_LOG"):
        monkeypatch.delenv(name, raising=False)
    if not os.environ.get("EVITRAIL_TEST_DEMO"):
        assert here(["demo"])[0] == 0, "the pages begin where `make demo` has been done"
    wrong: list[str] = []

    def hold(place: str, line: str, shown: str, exits: int, done: tuple[int, str]) -> None:
        code, said = done
        if code != exits or (shown.strip() and not matches(shown, said)):
            told = f"exit code {code}, expected {exits}; it said:\n{said}"
            wrong.append(f"{place}: {line}\n{told}\nwhere the page shows:\n{shown}")

    for block in (block for page in pages() for block in blocks(page) if block.runs):
        if block.language == "python":
            hold(block.place, block.text, "", block.exits, elsewhere(sys.executable, "-c", block.text))
        elif block.language == "console":
            for command in commands(block):
                if command.words[:1] == ["evitrail"]:
                    plain = not re.search(r"[|&;<>$`*~\\]", command.line)
                    done = here(command.words[1:]) if plain else elsewhere("bash", "-c", command.line)
                    hold(command.place, command.line, command.shown, command.exits, done)
    wrong += misstated(json.loads((tmp_path / DEMO / "experiment" / "metrics.json").read_text("utf-8")))
    assert not wrong, "\n\n".join(wrong)


def here(arguments: list[str]) -> tuple[int, str]:
    """Exit code and output of a command line that this process runs: a hundred need not each load what all need."""
    said = io.StringIO()
    with redirect_stdout(said), redirect_stderr(said):
        code = run_command(arguments)
    return code, said.getvalue()


def elsewhere(*command: str) -> tuple[int, str]:
    """Exit code and output of a process."""
    piped = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    done = subprocess.run(command, **piped, text=True, timeout=1200, check=False)  # type: ignore[call-overload]
    return done.returncode, done.stdout


def misstated(measured: list[dict[str, Any]]) -> Iterator[str]:
    """Rates in the README's table that differ from the demonstration's by more than another processor explains."""
    rows = {row["condition"]: row for row in measured}
    table = re.findall(r"^\| (\w+) \| (\d.*) \|$", (ROOT / "README.md").read_text("utf-8"), flags=re.MULTILINE)
    if {condition for condition, _ in table} != rows.keys():
        yield f"README.md: expected a row for each of {sorted(rows)}, got {[condition for condition, _ in table]}"
    for condition, cells in table:
        for metric, cell in zip(TABLE, cells.split(" | "), strict=True):
            value = 100 * rows[condition][metric]["value"]
            if abs(value - float(cell.partition(" ")[0])) > TOLERANCE:
                yield f"README.md: {metric} of {condition} is {value:.1f}, the table says {cell}"


def sections() -> dict[tuple[str, ...], str]:
    """The page on the command line, cut at the headings of its verbs."""
    parts = re.split(r"^##+ `evitrail ([a-z -]+)`$", VERBS_PAGE.read_text("utf-8"), flags=re.MULTILINE)
    return {tuple(verb.split()): text for verb, text in zip(parts[1::2], parts[2::2], strict=True)}


def test_every_verb_has_a_section_and_every_section_a_verb() -> None:
    assert sections().keys() == VERBS.keys()


@pytest.mark.parametrize("verb", VERBS, ids=" ".join)
def test_a_section_names_every_option_of_its_verb_and_no_other(verb: tuple[str, ...]) -> None:
    table = re.findall(r"^\| (`.*?)\|", sections()[verb], flags=re.MULTILINE)
    named = {option for row in table for option in re.findall(r"(?<![\w-])--?[a-z][a-z-]*", row)}
    assert named | {"--help"} == VERBS[verb]


def test_what_evitrail_itself_takes_is_named_before_the_verbs() -> None:
    before = VERBS_PAGE.read_text("utf-8").partition("\n## ")[0]
    assert {option for option in OWN if f"{option}`" not in before} == set()


def test_the_forms_of_an_export_that_the_page_explains_are_registered_as_it_says() -> None:
    forms = re.findall(r"^\| `(\w+)` \| (one run|many) \|", sections()["trace", "export"], flags=re.MULTILINE)
    registered = {name: "many" if form.holds_many else "one run" for name, form in FORMATS.items()}
    assert forms
    assert dict(forms).items() <= registered.items()


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.name)
def test_an_option_named_in_a_sentence_exists(page: Path) -> None:
    text = re.sub(r"^```.*?^```", "", page.read_text("utf-8") if page.is_file() else "", flags=re.MULTILINE | re.DOTALL)
    known = OWN.union(*VERBS.values())
    for code in re.findall(r"`(evitrail [^`]*|--[a-z-]+[^`]*)`", text):
        assert set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", code)) <= known, code
        if code.startswith("evitrail ") and re.match(r"[a-z]", code.split()[1]):
            groups = {verb[0] for verb in VERBS if len(verb) > 1}
            words = code.split()[1:]
            assert words[0] in groups if len(words) == 1 and words[0] in groups else verb_of(words), code
