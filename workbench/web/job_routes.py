"""The routes of forks and jobs: what a run can be forked with, what that costs, and the jobs that do it.

Rules kept here
- What begins, ends or resumes a job is a POST. A server that only reads has none of these, and still shows jobs.
- A page asks for a job again while it runs, with the number of results that it has.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, FastAPI, Query
from fastapi.responses import Response

from evitrail.eval.rerun.fork_estimate import ForkEstimate
from evitrail.workbench.api.folders import ExperimentFolders
from evitrail.workbench.api.jobs.fork_choices import ForkChoices, fork_choices
from evitrail.workbench.api.jobs.forks import AskedForks, begin, estimate
from evitrail.workbench.api.jobs.jobs import Jobs
from evitrail.workbench.api.jobs.view import JobView
from evitrail.workbench.web.shell import shell
from evitrail.workbench.web.signed_in import signed_in
from evitrail.workbench.web.static_files import StaticFiles

STYLES = ("parts.css", "jobs/jobs.css")
After = Annotated[int, Query(description="How many results are known already.", ge=0)]


def jobs_api(folders: ExperimentFolders, jobs: Jobs) -> APIRouter:
    """What is read of forks and jobs."""
    router = APIRouter(prefix="/api")

    @router.get("/experiments/{exp}/forks", summary="What a run can be forked with, or why it cannot be forked.")
    def choices(exp: str, run: Annotated[str, Query(description="Name of a run.")]) -> ForkChoices:
        return fork_choices(folders.named(exp), run)

    @router.get("/jobs", summary="Every job, newest first, without its results.")
    def listed() -> list[JobView]:
        return jobs.all()

    @router.get("/jobs/{job}", summary="One job: its state, the totals of each change, and its results.")
    def one(job: str, after: After = 0) -> JobView:
        return jobs.view(job, after)

    return router


def job_writes(folders: ExperimentFolders, jobs: Jobs) -> APIRouter:
    """What begins, ends and resumes jobs."""
    router = APIRouter(prefix="/api")

    @router.post("/experiments/{exp}/forks/estimate", summary="What forks would cost; nothing is done.")
    def estimated(exp: str, asked: AskedForks) -> ForkEstimate:
        return estimate(folders.named(exp), asked)

    @router.post("/experiments/{exp}/forks", summary="Fork runs: begins a job.", status_code=202)
    def forked(exp: str, asked: AskedForks) -> JobView:
        return begin(jobs, exp, folders.named(exp), asked, by=signed_in())

    @router.post("/jobs/{job}/cancel", summary="End a job before its next step; forks that have ended are kept.")
    def cancelled(job: str) -> JobView:
        return jobs.cancel(job, by=signed_in())

    @router.post("/jobs/{job}/resume", summary="Resume a job that was interrupted, cancelled or failed.")
    def resumed(job: str) -> JobView:
        return jobs.resume(job, by=signed_in())

    return router


def job_pages(app: FastAPI, jobs: Jobs, files: StaticFiles) -> None:
    """The list of jobs, and one job."""

    @app.get("/jobs", include_in_schema=False)
    def listed() -> Response:
        return shell(files, "Jobs", "jobs/jobs.mjs", first={"jobs": jobs.all()}, styles=STYLES)

    @app.get("/jobs/{job}", include_in_schema=False)
    def one(job: str) -> Response:
        first: dict[str, Any] = {"job": jobs.view(job)}
        return shell(files, first["job"].title, "jobs/job.mjs", first=first, styles=STYLES)
