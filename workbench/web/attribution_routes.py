"""The routes of attribution: its page, its table, the failures behind a cell, and a reviewer's override."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, FastAPI, Query
from fastapi.responses import Response

from evitrail.eval.attribution.blame import FAILS, Kind
from evitrail.eval.query.vocabulary import vocabulary
from evitrail.workbench.api.attribution.attribution import Attribution, attribution
from evitrail.workbench.api.attribution.blamed_failures import BlamedFailures, Cell, blamed_failures
from evitrail.workbench.api.attribution.overrides import (
    BlameChoices,
    OverrideBlame,
    RecordedReview,
    WithdrawReview,
    blame_choices,
    override_blame,
    withdraw,
)
from evitrail.workbench.api.experiments import experiment_line
from evitrail.workbench.api.folders import ExperimentFolders
from evitrail.workbench.api.runs.pack import pack
from evitrail.workbench.one_line import one_line
from evitrail.workbench.web.routes import Q, RunName, record
from evitrail.workbench.web.shell import shell
from evitrail.workbench.web.signed_in import signed_in
from evitrail.workbench.web.static_files import StaticFiles

Outcome = Annotated[Kind, Query(description="The kind of failure.")]
Machine = Annotated[bool, Query(description="What the attribution found, without overrides by reviewers.")]
STYLES = ("runs/list.css", "experiment/experiment.css", "attribution/attribution.css", "attribution/override.css")


def attribution_api(folders: ExperimentFolders) -> APIRouter:
    """The API of attribution over these experiments."""
    router = APIRouter(prefix="/api/experiments/{exp}")

    @router.get(
        "/attribution",
        response_model=Attribution,
        summary="Failures of one kind by step: blamed, prevented by repairing it alone, and its faults.",
    )
    def table(exp: str, outcome: Outcome = "wrong", q: Q = "", machine: Machine = False) -> Response:
        return record(attribution(folders.named(exp), outcome, q, machine=machine))

    @router.get(
        "/attribution/failures",
        response_model=BlamedFailures,
        summary="The failures behind a cell of the attribution, by pages.",
    )
    def behind(
        exp: str,
        outcome: Outcome = "wrong",
        q: Q = "",
        step: Annotated[str, Query(description="A kind of step, or nobody; empty means all.")] = "",
        cell: Annotated[Cell, Query(description="Blamed on it, or prevented by repairing it alone.")] = "blamed",
        code: Annotated[str, Query(description="A code of a fault, or of the reason to blame nobody.")] = "",
        evidence: Annotated[str, Query(description="A version without which they do not happen.")] = "",
        machine: Machine = False,
        after: Annotated[str, Query(description="The last run of the page before.")] = "",
        limit: Annotated[int, Query(description="Failures of a page at most.", ge=1, le=1000)] = 20,
    ) -> Response:
        found = blamed_failures(
            folders.named(exp),
            outcome,
            q,
            step=step,
            cell=cell,
            of_code=code,
            evidence=evidence,
            machine=machine,
            after=after,
            limit=limit,
        )
        return record(found)

    @router.get(
        "/reviews/blame",
        response_model=BlameChoices,
        summary="What a reviewer may record about the blames of a run, and what is on record.",
    )
    def choices(exp: str, run: RunName) -> Response:
        return record(blame_choices(folders.named(exp), run))

    return router


def attribution_writes(folders: ExperimentFolders) -> APIRouter:
    """The routes of a reviewer's overrides."""
    router = APIRouter(prefix="/api/experiments/{exp}/reviews")

    @router.post("/blame", summary="Override who is to blame for a failure of a run; history is kept.")
    def overridden(exp: str, body: OverrideBlame) -> RecordedReview:
        return override_blame(folders.named(exp), body, signed_in=signed_in())

    @router.post("/withdraw", summary="Withdraw one's own review of a blame; earlier ones by others count again.")
    def withdrawn(exp: str, body: WithdrawReview) -> RecordedReview:
        return withdraw(folders.named(exp), body, signed_in=signed_in())

    return router


def attribution_pages(app: FastAPI, folders: ExperimentFolders, files: StaticFiles) -> None:
    """The page of attribution."""

    @app.get("/e/{exp}/attribution", include_in_schema=False)
    def page(exp: str, outcome: str = "wrong", q: str = "", machine: bool = False) -> Response:
        folder = folders.named(exp)
        first: dict[str, Any] = {"experiment": experiment_line(exp, folder), "found": None, "pack": None, "fault": ""}
        try:
            first |= {"pack": pack(folder).etag, "vocabulary": vocabulary()}
            kind = next((one for one in FAILS if one == outcome), None)
            if kind is None:
                raise ValueError(f"outcome: expected one of {', '.join(FAILS)}, got {outcome!r}")
            first["found"] = attribution(folder, kind, q, machine=machine)
        except (FileNotFoundError, ValueError) as error:
            first["fault"] = one_line(error)
        return shell(files, f"Attribution of {exp}", "attribution/attribution.mjs", first=first, styles=STYLES)
