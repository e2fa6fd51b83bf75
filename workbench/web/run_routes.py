"""The API of one run for other systems: what its answer cites, who is blamed, and the run in other formats.

Rules kept here
- The run is a parameter, since its name may hold any character.
- What is withheld from an export is counted in a header.
"""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query
from fastapi.responses import Response
from pydantic import BaseModel

from evitrail.eval.attribution.blame import Blame
from evitrail.eval.report.review_list import ListedReview
from evitrail.workbench.api.folders import ExperimentFolders
from evitrail.workbench.api.run.answer_sources import answer_sources, sources_bundle
from evitrail.workbench.api.run.export import run_export
from evitrail.workbench.api.run.run import run_view
from evitrail.workbench.explain.sources import Reasons
from evitrail.workbench.export import FORMATS
from evitrail.workbench.web.routes import BYTES, RunName, answers

FHIR_JSON = "application/fhir+json"
FORMS = ", ".join(f"`{name}` ({form.description})" for name, form in FORMATS.items())


class RunBlame(BaseModel):
    """Who is blamed for each failure of a run, and the reviewers' overrides."""

    run: str
    state: str
    blames: tuple[Blame, ...]
    reviews: tuple[ListedReview, ...]
    codes: dict[str, str]
    """What each code of a fault, or of a reason to blame nobody, means."""


def run_api(folders: ExperimentFolders) -> APIRouter:
    """The routes over the runs of these experiments."""
    router = APIRouter(prefix="/api/experiments/{exp}")

    @router.get(
        "/sources",
        response_model=Reasons,
        responses=answers(FHIR_JSON),
        summary="The evidence that an answer cites, with claims, certainty and curator; also as a FHIR bundle.",
    )
    def sources(
        exp: str,
        run: RunName,
        format: Annotated[Literal["json", "fhir"], Query(description="`json` or `fhir` (FHIR R5 Bundle).")] = "json",
    ) -> Response:
        folder = folders.named(exp)
        if format == "fhir":
            return Response(sources_bundle(folder, run), media_type=FHIR_JSON)
        return Response(answer_sources(folder, run).model_dump_json(), media_type="application/json")

    @router.get("/blame", summary="Who is blamed for each failure of a run, and the reviewers' overrides.")
    def blame(exp: str, run: RunName) -> RunBlame:
        view = run_view(folders.named(exp), run)
        return RunBlame(run=run, state=view.state, blames=view.blames, reviews=view.reviews, codes=view.codes)

    @router.get(
        "/export",
        response_class=Response,
        responses=answers(BYTES),
        summary="One run as a file that others can open; no patient data.",
    )
    def exported(exp: str, run: RunName, format: Annotated[str, Query(description=f"One of {FORMS}.")]) -> Response:
        made = run_export(folders.named(exp), run, format)
        headers = {
            "Content-Disposition": f'attachment; filename="{made.name}"',
            "X-Left-Out": str(made.left_out),
        }
        return Response(made.data, media_type=BYTES, headers=headers)

    return router
