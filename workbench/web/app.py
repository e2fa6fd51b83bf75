"""The workbench as a web application: the API, the pages, the files that draw them, behind one guard.

Rules kept here
- No address of any other host is named: no documentation page of the framework, which loads its script from elsewhere.
- What writes is a POST route of the API (``WRITES``); a server that is read only has none of them.
- An address is a state: what a page shows is said by its path and parameters.
- No page waits for the embedding model. The retrieval playground alone has it loaded, in the background.

    app = create_app(ExperimentFolders([Path("evitrail-demo")]), Admission(loopback_hosts(8765)))
"""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp

from evitrail.eval.query.vocabulary import vocabulary
from evitrail.workbench.api.experiments import experiment_line, experiments
from evitrail.workbench.api.folders import ExperimentFolders
from evitrail.workbench.api.jobs.jobs import Jobs
from evitrail.workbench.api.live.watchers import Watchers
from evitrail.workbench.api.profile import profile
from evitrail.workbench.api.run.run import run_view
from evitrail.workbench.api.runs.pack import pack
from evitrail.workbench.api.runs.runs import Neighbours, neighbours
from evitrail.workbench.one_line import one_line
from evitrail.workbench.web.attribution_routes import attribution_api, attribution_pages, attribution_writes
from evitrail.workbench.web.audit_routes import audit_api, audit_pages
from evitrail.workbench.web.compare_routes import compare_api, compare_pages
from evitrail.workbench.web.diff_routes import diff_api, diff_pages
from evitrail.workbench.web.evidence_routes import evidence_api, evidence_pages
from evitrail.workbench.web.faults import FAULTS, HANDLED, WRITE_FAULTS, Handler, answered
from evitrail.workbench.web.guard import SESSION, SIGN_IN, Admission, Guard, cookie_name
from evitrail.workbench.web.job_routes import job_pages, job_writes, jobs_api
from evitrail.workbench.web.links import LinkedAPI
from evitrail.workbench.web.live import live_api
from evitrail.workbench.web.retrieval_routes import retrieval_api, retrieval_pages
from evitrail.workbench.web.routes import AGAIN, FOR_EVER, api, content
from evitrail.workbench.web.run_routes import run_api
from evitrail.workbench.web.shell import shell, template
from evitrail.workbench.web.static_files import StaticFiles
from evitrail.workbench.web.view_routes import view_api, view_writes

PAGES = (evidence_pages, compare_pages, attribution_pages, diff_pages, retrieval_pages, audit_pages)
"""The pages besides those of this module."""
READS = (evidence_api, compare_api, attribution_api, diff_api, retrieval_api, audit_api, view_api, run_api, api)
"""The routes that read; the last one ends in a name that may hold any character."""
WRITES = (attribution_writes, view_writes)
"""The routes that write."""


def create_app(folders: ExperimentFolders, admission: Admission, watchers: Watchers | None = None) -> ASGIApp:
    """The application over these experiments; ``watchers`` are given by who wants to end their streams."""
    from importlib.metadata import version

    kinds = (*HANDLED, HTTPException, RequestValidationError, Exception)
    handlers: dict[int | type[Exception], Handler] = dict.fromkeys(kinds, answered)
    app = LinkedAPI(
        title="evitrail",
        version=version("evitrail"),
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/openapi.json",
        redirect_slashes=False,
        exception_handlers=handlers,
        responses=FAULTS,
    )
    files = StaticFiles(read_only=admission.read_only)
    jobs, watchers = Jobs(folders), watchers or Watchers(folders)
    watchers.tells("job", lambda folder: {"change": jobs.changes})
    _session(app, admission)
    _pages(app, folders, files)
    job_pages(app, jobs, files)
    for pages in PAGES:
        pages(app, folders, files)
    writes = () if admission.read_only else (*(routes(folders) for routes in WRITES), job_writes(folders, jobs))
    for router in (live_api(watchers), jobs_api(folders, jobs), *(routes(folders) for routes in READS)):
        app.include_router(router)
    for router in writes:
        app.include_router(router, responses=WRITE_FAULTS)
    return Guard(app, admission)


def _pages(app: FastAPI, folders: ExperimentFolders, files: StaticFiles) -> None:
    @app.get("/", include_in_schema=False)
    def experiment_list() -> Response:
        return shell(files, "Experiments", "experiment/experiments.mjs", first={"experiments": experiments(folders)})

    @app.get("/e/{exp}", include_in_schema=False)
    def experiment(exp: str) -> Response:
        folder = folders.named(exp)
        line = experiment_line(exp, folder)
        first: dict[str, Any] = {"experiment": line, "vocabulary": vocabulary()}
        first |= {"profile": None, "pack": None, "fault": ""}
        try:
            first |= {"profile": profile(folder), "pack": pack(folder).etag}
        except (FileNotFoundError, ValueError) as error:
            first["fault"] = one_line(error)
        return shell(
            files, exp, "experiment/experiment.mjs", first=first, styles=("runs/list.css", "experiment/experiment.css")
        )

    @app.get("/e/{exp}/runs/{run:path}", include_in_schema=False)
    def one_run(exp: str, run: str, q: str = "", sort: str = "run", descending: bool = False) -> Response:
        folder = folders.named(exp)
        first = {"experiment": experiment_line(exp, folder), "view": run_view(folder, run)}
        try:
            first["neighbours"] = neighbours(folder, run, q, sort, descending=descending)
        except (ValueError, FileNotFoundError):  # a list that cannot be told is no reason not to show the run
            first["neighbours"] = Neighbours(place=None, of=0, previous=None, next=None)
        styles = ("parts.css", "graph.css", "run/run.css", "jobs/jobs.css", "attribution/override.css")
        return shell(files, run, "run/run.mjs", first=first, styles=styles)

    @app.get("/static/{version}/{name:path}", include_in_schema=False)
    def static(request: Request, version: str, name: str) -> Response:
        found = files.file(name)
        kept = FOR_EVER if version == files.version else AGAIN
        return content(request, found.data, found.type, found.etag, kept)

    @app.get("/favicon.ico", include_in_schema=False)
    def icon() -> Response:
        return RedirectResponse(f"{files.address}/icon.svg")

    @app.get("/api/docs", include_in_schema=False)
    def documentation() -> Response:
        return template("api.html", routes=_documented(app.openapi()))


def _session(app: FastAPI, admission: Admission) -> None:
    @app.get(SIGN_IN, include_in_schema=False)
    def sign_in() -> Response:
        return template("sign_in.html", has_people=admission.people is not None)

    @app.get(SESSION, include_in_schema=False)
    def session(request: Request) -> Response:
        """The token, which a form of another site cannot send as a header, for a cookie that no script reads."""
        cookie = admission.exchanged(request.headers)
        if cookie is None:
            return JSONResponse({"fault": "expected a token that this server was started with"}, 401)
        answer = JSONResponse({"signed_in": True})
        answer.set_cookie(cookie_name(request.headers["host"]), cookie, httponly=True, samesite="strict", path="/")
        return answer


def _documented(schema: dict[str, Any]) -> list[dict[str, Any]]:
    """Each route with its parameters, as the page of the API lists them."""
    return [
        {
            "method": method.upper(),
            "path": path,
            "summary": route["summary"],
            "parameters": [
                {
                    "name": one["name"],
                    "in": one["in"],
                    "default": one["schema"].get("default", "") if not one.get("required") else "required",
                    "description": one.get("description", ""),
                }
                for one in route.get("parameters", ())
            ]
            + _body(route, schema),
        }
        for path, methods in schema["paths"].items()
        for method, route in methods.items()
    ]


def _body(route: dict[str, Any], schema: dict[str, Any]) -> list[dict[str, Any]]:
    """The fields of what a POST is sent."""
    content = route.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
    named = content.get("$ref", "").rpartition("/")[2]
    found = schema["components"]["schemas"].get(named, {}) if named else {}
    return [
        {
            "name": name,
            "in": "body",
            "default": "required" if name in found.get("required", ()) else one.get("default", ""),
            "description": one.get("description", ""),
        }
        for name, one in found.get("properties", {}).items()
    ]
