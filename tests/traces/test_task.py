"""A task says once what a step needs, and what a journal holds of it does not change with how it is said."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import FrozenInstanceError
from pathlib import Path
from typing import Any

import pytest
from scribe import Note, Order, entity, ticking

from evitrail.traces import Edge, Journal, Live, Task, Trace

STROKE = Note(text="stroke")
KEY = "sha256:2b36beeb414ccd85a9075dda27105bcd27ded37506c28447c72a4d2a58d9e3ce"
"""Of the task below, as the first journals have it."""


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with Journal.open(tmp_path / "journal.db", clock=ticking()) as opened:
        yield opened


def derived(out: Note) -> Iterator[Edge]:
    yield Edge(relation="wasDerivedFrom", source=entity(out), target=entity(STROKE))


def written(journal: Journal, **given: Any) -> dict[str, Any]:
    """What the journal holds of a step that says "stroke risk"; the component has no source that could change."""
    run = Live.begin(journal, "run", Order(words=()))
    run.step(Task("write", lambda: Note(text="stroke risk"), returns=Note, inputs={"note": STROKE}, by=None, **given))
    body = Trace(journal, "run").of_type("activity.end")[-1].body
    return {name: value for name, value in body.items() if name != "milliseconds"}


def test_the_record_of_a_step_is_the_one_that_journals_have_always_held(journal: Journal) -> None:
    assert written(journal, parameters={"word": "risk"}, effect="reads_external", edges=derived, label="a/b") == {
        "path": "write[a%2Fb]",
        "kind": "write",
        "by": "None",
        "effect": "reads_external",
        "parameters": {"word": "risk"},
        "code": "unknown",
        "inputs": [
            {
                "role": "note",
                "id": "sha256:8c4b58b5651860b49bee0fb7bc5f2526f47bf6dc1b214ae89d8c885243c0ba13",
                "type": "Note",
            }
        ],
        "key": KEY,
        "output": "sha256:28f31c9cb4485b2cb00cd0d763ee69480e564c9363c5b112c9b13a064e3abb09",
        "output_type": "Note",
        "edges": "sha256:a802e66cc1361d582392f9303b8eafb1c3bb19d32d8d0404460e5edaac99bcc4",
        "given": False,
        "reused_from": None,
    }


def test_effect_edges_and_label_are_no_part_of_a_steps_key(journal: Journal) -> None:
    assert written(journal, parameters={"word": "risk"})["key"] == KEY


def test_a_task_that_names_no_more_than_it_must_is_pure_numbered_and_states_no_edges(journal: Journal) -> None:
    body = written(journal)
    said = (body["path"], body["effect"], body["parameters"], body["edges"])
    assert said == ("write[1]", "pure", {}, None)


def test_a_task_cannot_be_changed_after_it_is_made() -> None:
    task = Task("write", lambda: STROKE, returns=Note, inputs={}, by=None)
    with pytest.raises(FrozenInstanceError):
        task.kind = "read"  # type: ignore[misc]
