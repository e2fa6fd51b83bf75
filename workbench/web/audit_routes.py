"""The audit of an experiment: as JSON, and as a page that the server draws and a printer takes.

Rules kept here
- A page that must judge first says so at once, and is drawn when that is done; with ``wait`` it answers only then.
- The body is that of the file that ``evitrail audit --out`` writes: one template, two frames.
"""

from __future__ import annotations

from datetime import date
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, FastAPI, Query
from fastapi.responses import HTMLResponse, Response

from evitrail.eval.audit.page import NUMBERS, TEMPLATES, parts
from evitrail.eval.audit.result import RuleResult
from evitrail.eval.query.tree import Value, Where
from evitrail.evidence_store.input_text import InputError
from evitrail.traces.journal.errors import JournalError
from evitrail.workbench.api.audit import (
    AuditView,
    Judged,
    audit_view,
    chosen_policy,
    is_judged,
    judged_now,
    policy_named,
)
from evitrail.workbench.api.experiments import experiment_line
from evitrail.workbench.api.folders import ExperimentFolders
from evitrail.workbench.one_line import one_line
from evitrail.workbench.web.routes import record
from evitrail.workbench.web.shell import environment, framed, inert
from evitrail.workbench.web.static_files import StaticFiles

if TYPE_CHECKING:
    from jinja2 import Environment

Policy = Annotated[str, Query(description="The name of a policy; by default the experiment's own, if it has one.")]
ENTRY = "audit/audit.mjs"
STYLES = ("audit/audit.css",)


def audit_api(folders: ExperimentFolders) -> APIRouter:
    """The API of audits over these experiments."""
    router = APIRouter(prefix="/api/experiments/{exp}")

    @router.get(
        "/audit",
        response_model=AuditView,
        summary="An experiment judged by a policy now, what changed since the last audit, and the audits on record.",
    )
    def judged(exp: str, policy: Policy = "") -> Response:
        folder = folders.named(exp)
        return record(audit_view(folder, policy or chosen_policy(folder), day=date.today()))

    return router


def audit_pages(app: FastAPI, folders: ExperimentFolders, files: StaticFiles) -> None:
    """The page of the audit."""

    @app.get("/e/{exp}/audit", include_in_schema=False)
    def page(exp: str, policy: str = "", wait: bool = False) -> Response:
        folder, today, fault = folders.named(exp), date.today(), ""
        name = policy or chosen_policy(folder)
        if name is not None:
            policy_named(folder, name)
        ready = name is None or wait or is_judged(folder, name, today)
        view, body = audit_view(folder, name, day=today, judge=False), {}
        if ready and name is not None:
            try:
                view = audit_view(folder, name, day=today)
                body = _body(exp, view, judged_now(folder, name, today))
            except (InputError, JournalError, ValueError, OSError) as error:
                fault = one_line(error)
        first = {
            "experiment": experiment_line(exp, folder),
            "policy": name,
            "command": view.command,
            "judging": not ready,
        }
        return _page(files, exp, view, body, {"fault": fault, "judging": not ready, "first": inert(first)})


def _body(exp: str, view: AuditView, found: Judged) -> dict[str, Any]:
    """What the body is filled with: all rules and changes, and links to runs."""
    own = {outcome.run for outcome in found.inputs.audited.outcomes}
    links = _environment().get_template("audit_runs.html").module

    def behind(one: RuleResult) -> Any:
        return links.runs(exp, one, view.behind.get(one.rule), view.listed.get(one.rule, ()), own)  # type: ignore[attr-defined]

    many = len(found.audit.results) + len(found.audit.changed or ())
    filled = parts(found.audit, found.inputs.policy, found.inputs.audited, rules=many, changes=many)
    return filled | {
        "behind": behind,
        "asked": lambda case: _runs_address(exp, str(Where("case", ":", (Value(case),)))),
    }


def _page(files: StaticFiles, exp: str, view: AuditView, body: dict[str, Any], more: dict[str, Any]) -> HTMLResponse:
    page = _environment().get_template("audit_page.html")
    frame = framed(files, f"Audit of {exp}", ENTRY, STYLES)
    return HTMLResponse(page.render(**frame, exp=exp, view=view, body=body, **more))


def _run_address(exp: str, run: str) -> str:
    return f"/e/{quote(exp, safe='')}/runs/{quote(run)}"


def _runs_address(exp: str, query: str) -> str:
    return f"/e/{quote(exp, safe='')}?q={quote(query, safe='')}"


@cache
def _environment() -> Environment:
    found = environment(TEMPLATES)
    found.filters |= {"cut": _whole, "short": _whole, **NUMBERS}
    found.globals |= {"run_address": _run_address, "runs_address": _runs_address}
    return found


def _whole(text: Any, most: int = 0) -> str:
    """A text, or several, uncut: a page has room where a sheet has not."""
    return text if isinstance(text, str) else ", ".join(text) or "none"
