"""The API: what ``workbench/api`` tells of experiments, as JSON, CSV or bytes.

Rules kept here
- A route finds what is named and answers with a record; what it tells is decided in ``workbench/api``.
- RUN is the last part of an address, and may hold any character; everything else is a parameter.
- What is named by its content may be kept for ever; all else is asked for anew.
"""

from __future__ import annotations

import csv
import io
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from fastapi.responses import Response
from pydantic import BaseModel
from starlette.requests import Request

from evitrail.traces.journal.folder import Journals
from evitrail.traces.journal.schema import KEYED
from evitrail.workbench.api.experiments import ExperimentLine, experiment_line, experiments
from evitrail.workbench.api.folders import ExperimentFolders, UnknownName
from evitrail.workbench.api.integrity import IntegrityReport, integrity
from evitrail.workbench.api.profile import FailureProfile, profile
from evitrail.workbench.api.run.run import RunView, run_view
from evitrail.workbench.api.runs.pack import pack
from evitrail.workbench.api.runs.runs import (
    ListedRuns,
    Neighbours,
    SelectedRuns,
    cells,
    listed_runs,
    neighbours,
    runs_table,
    selection,
)

FOR_EVER = "private, max-age=31536000, immutable"
AGAIN = "private, no-cache"
BYTES = "application/octet-stream"
PARQUET = "application/vnd.apache.parquet"
Q = Annotated[str, Query(description="Which runs: a query of the filter language; empty means all.", max_length=4000)]
Sort = Annotated[str, Query(description="Field to sort by, as in `evitrail runs --sort`.")]
Descending = Annotated[bool, Query(description="From the highest to the lowest.")]
RunName = Annotated[str, Query(description="Name of a run.")]


def api(folders: ExperimentFolders) -> APIRouter:
    """The routes over these experiments."""
    router = APIRouter(prefix="/api")

    @router.get("/experiments", summary="Every experiment that is served, in one line each.")
    def listed() -> list[ExperimentLine]:
        return experiments(folders)

    @router.get("/experiments/{exp}", summary="One experiment in one line.")
    def one(exp: str) -> ExperimentLine:
        return experiment_line(exp, folders.named(exp))

    @router.get("/experiments/{exp}/profile", summary="How each condition fails, and which steps are blamed.")
    def failure_profile(exp: str) -> FailureProfile:
        return profile(folders.named(exp))

    @router.get(
        "/experiments/{exp}/integrity", summary="The check of the journal: of the whole, then of what is added."
    )
    def checked(
        exp: str, whole: Annotated[bool, Query(description="Check every record and body again.")] = False
    ) -> IntegrityReport:
        return integrity(folders.named(exp), whole=whole)

    @router.get(
        "/experiments/{exp}/pack",
        response_class=Response,
        responses=answers(BYTES),
        summary="All runs as typed arrays, gzipped; see workbench/api/runs/pack.py.",
    )
    def packed(
        request: Request,
        exp: str,
        v: Annotated[str, Query(description="The pack's name: an answer under its own name may be kept.")] = "",
    ) -> Response:
        made = pack(folders.named(exp))
        kept = FOR_EVER if v == made.etag else AGAIN
        return content(request, made.data, BYTES, made.etag, kept)

    @router.get("/experiments/{exp}/selection", summary="The places in the pack of the runs that a query means.")
    def selected(exp: str, q: Q = "", sort: Sort = "run", descending: Descending = False) -> SelectedRuns:
        return selection(folders.named(exp), q, sort, descending=descending)

    @router.get(
        "/experiments/{exp}/runs",
        response_model=ListedRuns,
        responses=answers("text/csv", PARQUET),
        summary="The runs that a query means, with every column of the results, by pages.",
    )
    def runs(
        exp: str,
        q: Q = "",
        sort: Sort = "run",
        descending: Descending = False,
        after: Annotated[str | None, Query(description="The last run of the page before.")] = None,
        limit: Annotated[int, Query(description="Runs of a page at most, up to 1000.")] = 100,
        format: Annotated[
            Literal["json", "csv", "parquet"],
            Query(description="`json`, `csv`, or `parquet` (all runs at once: without `after` and `limit`)."),
        ] = "json",
    ) -> Response:
        if format == "parquet":
            table = runs_table(folders.named(exp), q, sort, descending=descending)
            return Response(table, media_type=PARQUET)
        found = listed_runs(folders.named(exp), q, sort, descending=descending, after=after, limit=limit)
        if format == "json":
            return record(found)
        text = io.StringIO()
        writer = csv.DictWriter(text, found.columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(cells(found))
        return Response(text.getvalue(), media_type="text/csv; charset=utf-8")

    @router.get("/experiments/{exp}/neighbours", summary="Where a run stands in a list, and the runs beside it.")
    def beside(exp: str, run: RunName, q: Q = "", sort: Sort = "run", descending: Descending = False) -> Neighbours:
        return neighbours(folders.named(exp), run, q, sort, descending=descending)

    @router.get("/experiments/{exp}/records", summary="One record of a run, byte for byte as it was hashed.")
    def one_record(exp: str, run: RunName, seq: Annotated[int, Query(description="Its number.", ge=0)]) -> Response:
        with Journals.open(folders.named(exp)) as journal:
            found = journal.records(run)
        if seq >= len(found):
            raise UnknownName(f"expected a record of {run!r}, which has {len(found)}, got number {seq}")
        return Response(found[seq].bytes, media_type="application/json", headers={"X-Hash": found[seq].hash})

    @router.get(
        "/experiments/{exp}/blobs/{name}",
        response_class=Response,
        responses=answers(BYTES),
        summary="One body, by its content id.",
    )
    def one_blob(request: Request, exp: str, name: str) -> Response:
        folder = folders.named(exp)
        if name.startswith(KEYED):
            raise UnknownName("expected a body without patient data, which does not leave the journal this way")
        with Journals.open(folder) as journal:
            return content(request, journal.raw(name), BYTES, name.rpartition(":")[2], FOR_EVER)

    @router.get(
        "/experiments/{exp}/runs/{run:path}",
        response_model=RunView,
        summary="One run: its question, chain, evidence, blame and outline.",
    )
    def one_run(exp: str, run: str) -> Response:
        return record(run_view(folders.named(exp), run))

    return router


def answers(*types: str) -> dict[int | str, dict[str, Any]]:
    """That a route may answer in these types, for its schema."""
    return {200: {"content": {one: {"schema": {"type": "string", "format": "binary"}} for one in types}}}


def record(found: BaseModel) -> Response:
    """A record as JSON."""
    return Response(found.model_dump_json(), media_type="application/json")


def content(request: Request, data: bytes, kind: str, etag: str, kept: str) -> Response:
    """Bytes under the name of their content, or nothing where the asker has them."""
    headers = {"ETag": f'"{etag}"', "Cache-Control": kept}
    if f'"{etag}"' in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(data, media_type=kind, headers=headers)
