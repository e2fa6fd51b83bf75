"""The named components of a run: which of them differ from another run's, and the run with some of them swapped.

==================  =================================================================
``retriever``       what searches, with its parameters
``agent``           the steps and their order: ``single_pass``, ``aimed``, …
``k``               how many passages a search returns
``reader``          what turns passages into an answer: a reader, or a prompted model
``store state``     what the store had recorded: a ledger number, or another store
``day asked``       the day that the question is asked of
``decoding``        number of samples, temperature and seed
``fit``             what becomes of a context that is too long
``curated evidence``  evidence of the case that is served instead of searching
==================  =================================================================

Rules kept here
- The order of the table is the order in which components are listed and swapped.
- Where one run searches and the other is served curated evidence, that is one difference, not two.
- What is measured after the choice (``influence``) is no component: it cannot change the answer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from evitrail.agent.reader.base import Reader
from evitrail.eval.log.run_config import RunConfig
from evitrail.evidence_store.store import EvidenceStore

SHOWN = 60
"""Characters of a component's name at most, where it is told from another."""


class Setting(NamedTuple):
    """All that one run is done with."""

    config: RunConfig
    reader: Reader
    store: EvidenceStore

    def impossible(self) -> str | None:
        """Why no run can be done with these components together; None where one can."""
        condition = self.config.condition
        if condition.agent != "closed_book" and not (condition.retriever or condition.curated):
            return f"agent {condition.agent!r} has nothing to search"
        if not condition.serves(self.config.case):
            return "the case has no report to serve"
        return condition.lacking(self.reader)


class Component(NamedTuple):
    """One named part of a setting."""

    value: Callable[[Setting], Any]
    """What is compared."""
    shown: Callable[[Setting], str]
    """Its name for a person."""
    swapped: Callable[[Setting, Setting], Setting]
    """The first setting, with this part of the second."""


def differing(mine: Setting, other: Setting) -> tuple[str, ...]:
    """The names of the components that differ between two runs, in the order of the table."""
    found = [name for name, part in COMPONENTS.items() if part.value(mine) != part.value(other)]
    return tuple(name for name in found if name != "retriever" or "curated evidence" not in found)


def swapped(mine: Setting, other: Setting, names: Iterable[str]) -> Setting:
    """The first run's setting, with the second run's components of these names."""
    wanted = set(names)
    for name in filter(wanted.__contains__, COMPONENTS):
        mine = COMPONENTS[name].swapped(mine, other)
    return mine


def in_place(name: str, mine: Setting, other: Setting) -> str:
    """How the second run's component stands in for the first run's: ``Clean()` in place of `Dense()``."""
    if name == "decoding":
        ours, theirs = (setting.config.decoding.model_dump() for setting in (mine, other))
        changed = [key for key in ours if ours[key] != theirs[key]]
        new, old = (", ".join(f"{key}={said[key]}" for key in changed) for said in (theirs, ours))
    elif name == "store state" and mine.store.path != other.store.path:
        new, old = (f"{each.store.path} at {COMPONENTS[name].shown(each)}" for each in (other, mine))
    else:
        new, old = told_apart(COMPONENTS[name].shown(other), COMPONENTS[name].shown(mine))
    return f"`{new}` in place of `{old}`"


def told_apart(one: str, other: str) -> tuple[str, str]:
    """Two names, cut down to the part in which they differ where they are long."""
    if max(len(one), len(other)) <= SHOWN:
        return one, other
    start = next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    start = max(start - SHOWN // 3, 0)
    return _cut(one, start), _cut(other, start)


def _cut(text: str, start: int) -> str:
    end = start + SHOWN
    return ("…" if start else "") + text[start:end] + ("…" if end < len(text) else "")


def _condition(field: str) -> Component:
    """A component that is one field of the condition."""
    return Component(
        value=lambda setting: getattr(setting.config.condition, field),
        shown=lambda setting: str(getattr(setting.config.condition, field)),
        swapped=lambda mine, other: _with_condition(mine, other, field),
    )


def _with_condition(mine: Setting, other: Setting, *fields: str) -> Setting:
    taken = {field: getattr(other.config.condition, field) for field in fields}
    return _with(mine, condition=mine.config.condition.model_copy(update=taken))


def _with(mine: Setting, **fields: Any) -> Setting:
    return mine._replace(config=mine.config.model_copy(update=fields))


def _searched(setting: Setting) -> str:
    retriever = setting.config.condition.retriever_for(setting.config.case, setting.reader)
    return "no retriever" if retriever is None else repr(retriever)


def _served(setting: Setting) -> str:
    """Curated evidence by its name, or what searches."""
    curated = setting.config.condition.curated
    return f"{curated} evidence" if curated else _searched(setting)


COMPONENTS: dict[str, Component] = {
    "retriever": Component(
        value=lambda setting: None if setting.config.condition.curated else setting.config.condition.retriever,
        shown=_searched,
        swapped=lambda mine, other: _with_condition(mine, other, "retriever"),
    ),
    "agent": _condition("agent"),
    "k": _condition("k"),
    "reader": Component(
        value=lambda setting: setting.config.reader,
        shown=lambda setting: setting.config.reader,
        swapped=lambda mine, other: _with(mine, reader=other.config.reader)._replace(reader=other.reader),
    ),
    "store state": Component(
        value=lambda setting: setting.config.snapshot,
        shown=lambda setting: f"ledger number {setting.config.seq}",
        swapped=lambda mine, other: _with(mine, seq=other.config.seq, snapshot=other.config.snapshot)._replace(
            store=other.store
        ),
    ),
    "day asked": Component(
        value=lambda setting: setting.config.case.as_of,
        shown=lambda setting: str(setting.config.case.as_of or "no day"),
        swapped=lambda mine, other: _with(
            mine, case=mine.config.case.model_copy(update={"as_of": other.config.case.as_of})
        ),
    ),
    "decoding": Component(
        value=lambda setting: setting.config.decoding,
        shown=lambda setting: repr(setting.config.decoding),
        swapped=lambda mine, other: _with(mine, decoding=other.config.decoding),
    ),
    "fit": _condition("fit"),
    "curated evidence": Component(
        value=lambda setting: setting.config.condition.curated,
        shown=_served,
        swapped=lambda mine, other: _with_condition(mine, other, "curated", "retriever"),
    ),
}
