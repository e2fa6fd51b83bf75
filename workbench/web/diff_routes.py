"""The routes of two runs compared: the API, and the page.

Rules kept here
- ``a`` is the first run and ``b`` the second; the page redirects to both where one is named, so that its address says
  what it shows.
- Which step is looked at is part of the page's address; what changed in it comes with the page.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote, urlencode

from fastapi import APIRouter, FastAPI, Query
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from evitrail.workbench.api.diff.diff import RunDiff, run_diff
from evitrail.workbench.api.diff.other_runs import pair_of
from evitrail.workbench.api.diff.step import StepDetail, step_diff
from evitrail.workbench.api.experiments import experiment_line
from evitrail.workbench.api.folders import ExperimentFolders, UnknownName
from evitrail.workbench.web.routes import record
from evitrail.workbench.web.shell import shell
from evitrail.workbench.web.static_files import StaticFiles

First = Annotated[str, Query(description="The first run: a baseline, or the parent of a fork.")]
Second = Annotated[str, Query(description="The run that is compared with it.")]
STYLES = ("parts.css", "run/run.css", "evidence/evidence.css", "diff/diff.css")


def diff_api(folders: ExperimentFolders) -> APIRouter:
    """The API of two runs of these experiments."""
    router = APIRouter(prefix="/api/experiments/{exp}/diff")

    @router.get("", response_model=RunDiff, summary="Two runs compared: steps, evidence, claims and outcomes.")
    def compared(exp: str, a: First, b: Second) -> Response:
        return record(run_diff(folders.named(exp), a, b))

    @router.get("/step", response_model=StepDetail, summary="One step of two runs: inputs, component and output.")
    def one_step(
        exp: str, a: First, b: Second, step: Annotated[str, Query(description="The step's path, as `retrieve[1]`.")]
    ) -> Response:
        return record(step_diff(folders.named(exp), a, b, step))

    return router


def diff_pages(app: FastAPI, folders: ExperimentFolders, files: StaticFiles) -> None:
    """The page of two runs."""

    @app.get("/e/{exp}/diff", include_in_schema=False)
    def compared(request: Request, exp: str, a: str = "", b: str = "", step: str = "") -> Response:
        folder = folders.named(exp)
        if not (a and b):
            return RedirectResponse(_whole(folder, exp, dict(request.query_params), a or b), 307)
        first: dict[str, Any] = {"experiment": experiment_line(exp, folder), "diff": run_diff(folder, a, b)}
        first["detail"] = _detail(folder, a, b, step)
        return shell(files, f"{b} compared with {a}", "diff/diff.mjs", first=first, styles=STYLES)


def _whole(folder: Path, exp: str, said: dict[str, str], run: str) -> str:
    """The address that names both runs."""
    if not run:
        raise UnknownName(
            "expected two runs to compare, as /e/EXP/diff?a=RUN&b=RUN, got none; a run's page leads there"
        )
    pair = pair_of(folder, run)
    return f"/e/{quote(exp, safe='')}/diff?{urlencode(said | {'a': pair.first, 'b': pair.second})}"


def _detail(folder: Path, a: str, b: str, step: str) -> StepDetail | None:
    """What changed in the step that the address names; None where it names none that there is."""
    try:
        return step_diff(folder, a, b, step) if step else None
    except UnknownName:
        return None
