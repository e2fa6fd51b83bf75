"""What is registered stands in the help of every verb that takes it: no list is typed by hand."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any, get_args

import pytest
from desk import evitrail
from typer.main import get_command

from evitrail.agent.influence.values import Way
from evitrail.agent.llm.named import LLMS
from evitrail.agent.reader import READERS
from evitrail.eval.experiment.engine_named import ENGINES
from evitrail.eval.plan.condition import CONDITIONS, Condition
from evitrail.eval.redteam.passages.payload import techniques
from evitrail.eval.redteam.store.attacks import ATTACKS
from evitrail.eval.rerun.changes import CHANGES
from evitrail.evidence_store.curation.relations import Kind, Resolution, Type
from evitrail.evidence_store.formats import FORMATS as EVIDENCE_FORMATS
from evitrail.evidence_store.index import ENGINES as INDEXES
from evitrail.retrieval import RETRIEVERS
from evitrail.workbench.cli.app import app
from evitrail.workbench.cli.registered import LISTS, NAMED
from evitrail.workbench.cli.trace import fork
from evitrail.workbench.export import FORMATS as EXPORT_FORMATS

NAMES: dict[str, Iterable[str]] = {
    "run": (*CONDITIONS, *READERS, *LLMS, *RETRIEVERS, *ENGINES, *get_args(Way)),
    "ask": (*CONDITIONS, *READERS, *LLMS),
    "search": RETRIEVERS,
    "review-answers": LLMS,
    "store ingest": (
        *EVIDENCE_FORMATS,
        *(set(INDEXES) - {"server"}),
    ),
    "store supersede": get_args(Kind),
    "store contradiction": (*get_args(Type), *get_args(Resolution)),
    "trace export": EXPORT_FORMATS,
    "fork": fork.SETTABLE,
    "redteam passages": (*techniques(), *READERS, *LLMS),
    "redteam store": ATTACKS,
}
"""What each verb takes by name."""


def helped(verb: str) -> str:
    """A verb's help, on one line."""
    said = evitrail(*verb.split(), "--help")
    assert (said.code, said.err) == (0, "")
    return " ".join(said.out.split())


def parameters(command: Any, name: tuple[str, ...] = ()) -> Iterator[tuple[str, str]]:
    """The help text of every parameter, with its verb, as it is written in the code."""
    for word, inner in getattr(command, "commands", {}).items():
        yield from parameters(inner, (*name, word))
    yield from ((" ".join(name), one.help) for one in command.params if getattr(one, "help", None))


LISTING = [(verb, text) for verb, text in parameters(get_command(app)) if NAMED.search(text)]


@pytest.mark.parametrize("verb", NAMES)
def test_help_names_everything_that_the_verb_takes_by_name(verb: str) -> None:
    text = helped(verb)
    assert [name for name in NAMES[verb] if name not in text] == []


@pytest.mark.parametrize(("verb", "written"), LISTING, ids=[f"{verb}: {text[:30]}" for verb, text in LISTING])
def test_a_list_that_a_help_text_names_is_there_and_is_filled_in(verb: str, written: str) -> None:
    shown = helped(verb)
    for name in NAMED.findall(written):
        assert f"{{{name}}}" not in shown
        assert " ".join(", ".join(LISTS[name]()).split()) in shown.replace("- ", "-")


def test_every_list_is_named_by_some_help_text() -> None:
    assert {name for _, text in LISTING for name in NAMED.findall(text)} == LISTS.keys()


def test_a_condition_that_is_registered_stands_in_the_help_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(CONDITIONS, "bedside", Condition(name="bedside", agent="closed_book"))
    assert all("bedside" in helped(verb) for verb in ("run", "ask"))


def test_what_a_fork_overrides_is_what_there_is_to_override() -> None:
    ours = {name.partition(".")[0] for name in fork.SETTABLE} - {"snapshot"}
    assert ours | {"seq", "as_of", "publish", "retract", "grade"} == set(CHANGES), "whatif has the other three"


@pytest.mark.parametrize("name", EXPORT_FORMATS)
def test_every_form_of_an_export_has_a_writer_in_a_file_of_its_name(name: str) -> None:
    form = EXPORT_FORMATS[name]
    assert (form.name, form.write.__module__) == (name, f"{form.package}.{name}")  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("check", "review-answers"),
        ("import-official", "import-results"),
        ("export-official", "export-results"),
        ("store hand-back", "store request-changes"),
    ],
)
def test_an_old_verb_works_and_no_help_shows_it(old: str, new: str) -> None:
    assert helped(old).replace(old, new) == helped(new)
    outer, _, name = old.rpartition(" ")
    listed = [line.split()[0] for line in evitrail(*outer.split(), "--help").out.splitlines() if line.startswith("  ")]
    assert name not in listed
    assert new.rpartition(" ")[2] in listed


def test_an_old_option_works_and_no_help_shows_it(tmp_path: Path) -> None:
    said = evitrail("run", "--benchmark", tmp_path, "--store", tmp_path, "--held", "--check")
    assert "--held" not in said.err
    assert "expected an evidence store" in said.err
    text = helped("run")
    assert ("--held" in text, "--constrain" in text) == (False, True)


def test_the_version_is_that_of_the_installed_package() -> None:
    said = evitrail("--version")
    assert (said.code, said.out, said.err) == (0, f"evitrail {version('evitrail')}\n", "")
