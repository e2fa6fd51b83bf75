"""The shell of a page: its frame, its modules, and what it shows first, in one answer.

Rules kept here
- What a page shows first stands in an inert element, as JSON in which no tag can begin: a browser does not run it, and
  needs no second request to paint.
- Every text that is put into a shell is escaped.

    shell(files, "Experiments", "experiment/experiments.mjs", first={"experiments": []})
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from markupsafe import Markup
from pydantic import BaseModel
from starlette.responses import HTMLResponse

from evitrail.workbench.control_characters import written_out
from evitrail.workbench.web.signed_in import signed_in
from evitrail.workbench.web.static_files import StaticFiles

if TYPE_CHECKING:
    from jinja2 import Environment

SHELLS = Path(__file__).parent / "shells"
FILES = StaticFiles()
TITLE = 120
"""Characters of a page's title at most."""


def shell(
    files: StaticFiles, title: str, entry: str, *, first: Mapping[str, Any], styles: tuple[str, ...] = ()
) -> HTMLResponse:
    """A page that the module ``entry`` draws; ``first`` is what it shows first, of records and plain values."""
    return template("page.html", **framed(files, title, entry, styles), first=inert(first))


def framed(files: StaticFiles, title: str, entry: str, styles: tuple[str, ...]) -> dict[str, Any]:
    """What the frame of a page is filled with.

    Whether the server only reads, and who is signed in, is said in ``meta`` elements: ``mayWrite`` and ``signedIn`` in
    ``static/http.mjs``.
    """
    return {
        "static": files.address,
        "title": title[:TITLE],
        "modules": files.modules(entry),
        "entry": entry,
        "styles": ("tokens.css", "base.css", "frame/frame.css", *styles),
        "read_only": files.read_only,
        "signed_in": signed_in(),
    }


def error_page(status: int, title: str, said: str, do: str, request: str) -> HTMLResponse:
    """What happened, what is safe, and what to do next."""
    return template("error.html", status, title=title, said=said, do=do, request=request)


def template(name: str, status: int = 200, **given: Any) -> HTMLResponse:
    """A page of a template, with where its files are."""
    return HTMLResponse(environment().get_template(name).render({"static": FILES.address} | given), status)


def inert(value: Any) -> Markup:
    """A value as JSON that may stand in an element of a page."""
    text = json.dumps(value, default=_plain, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for char in "<>&\u2028\u2029":
        text = text.replace(char, f"\\u{ord(char):04x}")
    return Markup(text)


def _plain(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    raise TypeError(f"expected a record or a plain value, got {type(value).__name__}")


def _shown(value: Any) -> Any:
    """A value as a page may show it; what was made as markup stays as it is."""
    return written_out(value) if type(value) is str else value


@cache
def environment(*more: Path) -> Environment:
    """The templates of the pages, and those in further folders."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    return Environment(
        loader=FileSystemLoader([SHELLS, *more]),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
    )
