"""Saved views: addresses of an experiment's page, each with a name, kept in a file beside the experiment.

Rules kept here
- The file is JSON that people may read and write: a list of names and addresses. It is replaced whole or not at all.
- An address holds parameters of the experiment's page alone, so a view leads nowhere else.
- A name is one line of at most so many characters; two that differ only in capitals or blanks are the same.
- A file that cannot be read is reported in one line and is never overwritten; everything else can still be read.
- Views are no results: no number depends on them, and no check of the record reads them.

    save_view(folder, "worst first", "?q=high_risk&sort=-confidence")
    saved_views(folder).views
"""

from __future__ import annotations

import json
import unicodedata
from pathlib import Path
from threading import Lock
from urllib.parse import parse_qsl, urlencode

from evitrail.evidence_store.did_you_mean import nearest
from evitrail.traces.record import Record
from evitrail.traces.whole_file import replace_text
from evitrail.workbench.api.folders import UnknownName
from evitrail.workbench.one_line import one_line

VIEWS = "views.json"
PARAMETERS = ("q", "sort", "group", "cols", "facets", "blame")
"""The parameters of the experiment's page."""
LONGEST_NAME, LONGEST_ADDRESS, MOST = 80, 5000, 200


class SavedView(Record):
    """An address with a name."""

    name: str
    address: str
    """What follows the address of the experiment: empty, or from ``?`` on."""


class SavedViews(Record):
    """The views of an experiment, by name."""

    views: tuple[SavedView, ...]
    fault: str = ""
    """Why the file cannot be read; empty where it can, or where there is none."""


_writing = Lock()


def saved_views(folder: Path) -> SavedViews:
    """The views of an experiment; those of a file that cannot be read are none, and the fault says why."""
    try:
        return SavedViews(views=_read(folder))
    except (ValueError, OSError) as error:
        return SavedViews(views=(), fault=one_line(error))


def save_view(folder: Path, name: str, address: str, *, replaces: bool = False) -> SavedViews:
    """Keep an address under a name; raises ``ValueError`` for one that cannot be kept, or that is taken already."""
    made = SavedView(name=_name(name), address=_address(address))
    with _writing:
        kept = _read(folder)
        others = tuple(view for view in kept if _key(view.name) != _key(made.name))
        if len(others) < len(kept) and not replaces:
            raise ValueError(f"expected a new name for the view, got {made.name!r}, which is taken; replace it instead")
        if len(others) >= MOST:
            raise ValueError(f"expected at most {MOST} views of an experiment; delete one first")
        return _write(folder, (*others, made))


def delete_view(folder: Path, name: str) -> SavedViews:
    """Drop a view; raises ``UnknownName``."""
    with _writing:
        kept = _read(folder)
        left = tuple(view for view in kept if _key(view.name) != _key(name))
        if len(left) == len(kept):
            raise UnknownName(f"expected a saved view, got {name!r}{nearest(name, [view.name for view in kept])}")
        return _write(folder, left)


def _read(folder: Path) -> tuple[SavedView, ...]:
    path = folder / VIEWS
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError:
        return ()
    do = "repair the file, or move it away"
    try:
        found = [SavedView(name=_name(one["name"]), address=_address(one["address"])) for one in json.loads(text)]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        why = f"no {error}" if isinstance(error, KeyError) else one_line(str(error).partition("\n")[0])
        raise ValueError(f"{path}: expected a list of views with name and address, got {why}; {do}") from None
    return tuple(sorted(found, key=_place))


def _write(folder: Path, views: tuple[SavedView, ...]) -> SavedViews:
    kept = tuple(sorted(views, key=_place))
    text = json.dumps([view.model_dump() for view in kept], ensure_ascii=False, indent=1)
    replace_text(folder / VIEWS, f"{text}\n")
    return SavedViews(views=kept)


def _place(view: SavedView) -> tuple[str, str]:
    return _key(view.name), view.name


def _key(name: str) -> str:
    """What two names have in common that are taken for the same."""
    return " ".join(unicodedata.normalize("NFC", name).casefold().split())


def _name(said: str) -> str:
    name = " ".join(unicodedata.normalize("NFC", said).split())
    if not name or len(name) > LONGEST_NAME or any(unicodedata.category(char).startswith("C") for char in name):
        got = f"{len(name)} characters" if name.isprintable() else ascii(name[:LONGEST_NAME])
        raise ValueError(f"expected a view's name in one line of 1 to {LONGEST_NAME} characters, got {got}")
    return name


def _address(said: str) -> str:
    """The address in one form, with the parameters of the page alone."""
    if len(said) > LONGEST_ADDRESS:
        raise ValueError(f"expected an address of at most {LONGEST_ADDRESS} characters, got {len(said)}")
    if said and not said.startswith("?"):
        raise ValueError(f"expected an address that begins with '?', got {said[:LONGEST_NAME]!r}")
    pairs = parse_qsl(said.removeprefix("?"), keep_blank_values=True)
    if unknown := next((name for name, _ in pairs if name not in PARAMETERS), None):
        raise ValueError(f"expected parameters among {', '.join(PARAMETERS)}, got {unknown!r}")
    told = urlencode([(name, value) for name, value in dict(pairs).items() if value])
    return f"?{told}" if told else ""
