"""The routes of evidence: its API, and its two pages.

Rules kept here
- ``exp`` names the experiment whose store is meant, and may be left out where all experiments share one.
- ``asof`` is a day in the world, ``seq`` a ledger number; left out, what holds and is known now is told.
- A page whose address is invalid says why, and keeps its controls.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, FastAPI, Query
from fastapi.responses import Response
from pydantic import BaseModel

from evitrail.workbench.api.diff.word_diff import Change, word_diff
from evitrail.workbench.api.evidence.lineage import LineageView, lineage, version_text
from evitrail.workbench.api.evidence.reliance import Reliance, reliance
from evitrail.workbench.api.evidence.search import MOST, EvidenceSearch, search
from evitrail.workbench.api.folders import ExperimentFolders, UnknownName
from evitrail.workbench.api.store.opened import day_of, opened_store, store_choices
from evitrail.workbench.one_line import one_line
from evitrail.workbench.web.shell import shell
from evitrail.workbench.web.static_files import StaticFiles

SHOWN = 50
"""Versions of a search, unless told otherwise."""
Exp = Annotated[str, Query(description="The experiment whose store is meant; not needed where there is only one.")]
AsOf = Annotated[str, Query(description="The day that is asked about, as 2020-01-31; left out, what holds now.")]
Seq = Annotated[int | None, Query(description="The ledger number up to which events count; left out, all.", ge=0)]
Version = Annotated[str, Query(description="A version of the lineage.")]
STYLES = ("parts.css", "evidence/evidence.css")


class VersionText(BaseModel):
    """The text of one version, as it was published."""

    ref: str
    text: str


def evidence_api(folders: ExperimentFolders) -> APIRouter:
    """The API of evidence over the stores of these experiments."""
    router = APIRouter(prefix="/api/evidence")

    @router.get("", summary="Evidence that is searched by name and by words, or listed; no embedding model is loaded.")
    def searched(
        q: Annotated[str, Query(description="Words, a version, a lineage, `doi:…`; empty lists all.")] = "",
        asof: AsOf = "",
        seq: Seq = None,
        status: Annotated[str, Query(description="`current`, `superseded`, …; empty means any.")] = "",
        k: Annotated[int, Query(description=f"Versions at most, up to {MOST}.")] = SHOWN,
        exp: Exp = "",
    ) -> EvidenceSearch:
        with opened_store(folders, exp) as opened:
            return search(opened, q, day_of(asof), seq, status, k)

    @router.get("/{id}", summary="One lineage: versions, edges, contradictions, GRADE profiles and history.")
    def one(id: str, asof: AsOf = "", seq: Seq = None, exp: Exp = "") -> LineageView:
        with opened_store(folders, exp) as opened:
            return lineage(opened, id, day_of(asof), seq)

    @router.get("/{id}/text", summary="The text of one version, as it was published.")
    def text(id: str, v: Version, exp: Exp = "") -> VersionText:
        with opened_store(folders, exp) as opened:
            return VersionText(ref=f"{id}@{v}", text=version_text(opened, id, v))

    @router.get("/{id}/diff", summary="Two versions compared word by word: `=` in both, `-` in a only, `+` in b only.")
    def compared(id: str, a: Version, b: Version, exp: Exp = "") -> list[Change]:
        with opened_store(folders, exp) as opened:
            return list(word_diff(version_text(opened, id, a), version_text(opened, id, b)))

    @router.get("/{id}/reliance", summary="The runs whose answer cites it, and those that only saw it, by outcome.")
    def relied_on(
        id: str,
        v: Annotated[str, Query(description="A version; empty means any of the lineage.")] = "",
        exp: Exp = "",
    ) -> Reliance:
        with opened_store(folders, exp) as opened:
            lineage_of = lineage(opened, id)
        if v and f"{id}@{v}" not in {one.ref for one in lineage_of.versions}:
            has = ", ".join(one.header.version for one in lineage_of.versions)
            raise UnknownName(f"expected a version of {id!r}, got {v!r}; it has {has}")
        return reliance(folders, lineage_of.store, f"{id}@{v}" if v else id)

    return router


def evidence_pages(app: FastAPI, folders: ExperimentFolders, files: StaticFiles) -> None:
    """The two pages of evidence."""

    @app.get("/evidence", include_in_schema=False)
    def found(q: str = "", asof: str = "", seq: str = "", status: str = "", exp: str = "", k: str = "") -> Response:
        first: dict[str, Any] = {"stores": store_choices(folders), "found": None, "fault": ""}
        try:
            with opened_store(folders, exp) as opened:
                try:
                    number, most = whole_number("seq", seq), whole_number("k", k) or SHOWN
                    first["found"] = search(opened, q, day_of(asof), number, status, most)
                except ValueError as error:  # then what has these words now, and why it is not what was asked
                    first |= {"found": search(opened, q), "fault": one_line(error)}
        except ValueError as error:
            first["fault"] = one_line(error)
        return shell(files, "Evidence", "evidence/search.mjs", first=first, styles=STYLES)

    @app.get("/evidence/{id}", include_in_schema=False)
    def one(id: str, asof: str = "", seq: str = "", exp: str = "") -> Response:
        first: dict[str, Any] = {"id": id, "stores": store_choices(folders), "lineage": None, "fault": ""}
        try:
            with opened_store(folders, exp) as opened:
                try:
                    first["lineage"] = lineage(opened, id, day_of(asof), whole_number("seq", seq))
                except ValueError as error:  # then what is known now, and why it is not what was asked
                    first |= {"lineage": lineage(opened, id), "fault": one_line(error)}
        except ValueError as error:
            first["fault"] = one_line(error)
        return shell(files, id, "evidence/evidence.mjs", first=first, styles=STYLES)


def whole_number(name: str, text: str) -> int | None:
    """The number that a parameter of a page names; None for none."""
    if not text:
        return None
    if not (text.isascii() and text.isdigit()):
        raise ValueError(f"{name}: expected a whole number, got {text!r}")
    return int(text)
