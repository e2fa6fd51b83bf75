"""The routes of a comparison: its API, and its page.

Rules kept here
- ``conditions`` are names separated by commas, the baseline first; without them, two are chosen.
- A large experiment is compared after its page was painted; a small one comes with the page.
- A page whose address is invalid says why, and keeps its controls.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, FastAPI, Query
from fastapi.responses import Response

from evitrail.eval.query.vocabulary import vocabulary
from evitrail.workbench.api.compare.choices import choices
from evitrail.workbench.api.compare.compare import MOST_CASES, ConditionsCompared, compare
from evitrail.workbench.api.experiments import experiment_line
from evitrail.workbench.api.folders import ExperimentFolders
from evitrail.workbench.api.runs.pack import columns_of
from evitrail.workbench.one_line import one_line
from evitrail.workbench.web.routes import record
from evitrail.workbench.web.shell import shell
from evitrail.workbench.web.static_files import StaticFiles

AT_ONCE = 10_000
"""Runs of an experiment at most whose comparison comes with the page."""
STYLES = ("runs/list.css", "experiment/experiment.css", "compare/compare.css")


def compare_api(folders: ExperimentFolders) -> APIRouter:
    """The API of comparisons."""
    router = APIRouter(prefix="/api/experiments")

    @router.get(
        "/{exp}/compare",
        response_model=ConditionsCompared,
        summary="Conditions compared with a baseline: differences, exact tests, discordant cases, and the loss funnel.",
    )
    def compared(
        exp: str,
        conditions: Annotated[
            str, Query(description="Conditions separated by commas; `EXP2::CONDITION` of another experiment.")
        ] = "",
        baseline: Annotated[str, Query(description="One of the conditions; by default the first.")] = "",
        other: Annotated[
            str, Query(alias="with", description="An experiment on the same questions, where no conditions are named.")
        ] = "",
        correction: Annotated[
            Literal["holm", "benjamini_hochberg"], Query(description="How p-values are corrected for many tests.")
        ] = "holm",
        cases: Annotated[
            int, Query(description=f"Discordant cases to list, gravest first, up to {MOST_CASES}.", ge=0, le=MOST_CASES)
        ] = 100,
    ) -> Response:
        return record(compare(folders, exp, conditions, baseline, other, correction, cases))

    return router


def compare_pages(app: FastAPI, folders: ExperimentFolders, files: StaticFiles) -> None:
    """The page of a comparison."""

    @app.get("/e/{exp}/compare", include_in_schema=False)
    def page(
        exp: str, conditions: str = "", baseline: str = "", other: Annotated[str, Query(alias="with")] = ""
    ) -> Response:
        folder = folders.named(exp)
        first: dict[str, Any] = {
            "experiment": experiment_line(exp, folder),
            "experiments": [name for name in folders.all() if name != exp],
            "vocabulary": vocabulary(),
            "choices": [],
            "compared": None,
            "fault": "",
        }
        try:
            first["choices"] = choices(folders, exp, other).conditions
            if columns_of(folder).n <= AT_ONCE:
                first["compared"] = compare(folders, exp, conditions, baseline, other, cases=0)
        except (ValueError, OSError, LookupError) as error:
            first["fault"] = one_line(error.args[0] if isinstance(error, LookupError) else error)
        return shell(files, f"Compare · {exp}", "compare/compare.mjs", first=first, styles=STYLES)
