"""The routes of the retrieval playground: the API, and the page.

Rules kept here
- Opening the page loads the embedding model in the background; nobody waits for it. No other page loads it.
- A page whose address is invalid says why, and keeps its controls.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, FastAPI, Query
from starlette.responses import Response

from evitrail.eval.plan.plan import plan_in
from evitrail.workbench.api.experiments import experiment_line
from evitrail.workbench.api.folders import ExperimentFolders
from evitrail.workbench.api.retrieval.retrieval import MOST_PASSAGES, Retrieval, RetrievalQuery, retrieval
from evitrail.workbench.api.retrieval.warm_encoder import warm_encoder
from evitrail.workbench.api.store.kept import store_path
from evitrail.workbench.api.store.opened import day_of, opened_store
from evitrail.workbench.one_line import one_line
from evitrail.workbench.web.evidence_routes import AsOf, Seq, whole_number
from evitrail.workbench.web.routes import record
from evitrail.workbench.web.shell import shell
from evitrail.workbench.web.static_files import StaticFiles

STYLES = ("parts.css", "evidence/evidence.css", "retrieval/retrieval.css")


def retrieval_api(folders: ExperimentFolders) -> APIRouter:
    """The API of retrievers side by side."""
    router = APIRouter(prefix="/api/experiments/{exp}/retrieval")

    @router.get(
        "", response_model=Retrieval, summary="One query put to several retrievers, with what each gate dropped."
    )
    def compared(
        exp: str,
        q: Annotated[str, Query(description="What is searched for.")] = "",
        asof: AsOf = "",
        seq: Seq = None,
        retrievers: Annotated[
            str, Query(description="Names of configurations, separated by commas; empty means those of the conditions.")
        ] = "",
        k: Annotated[
            int | None, Query(description=f"Passages of each, up to {MOST_PASSAGES}; by default as in its conditions.")
        ] = None,
    ) -> Response:
        return record(_retrieval(folders, exp, RetrievalQuery(q, day_of(asof), seq, _names(retrievers), k)))

    return router


def retrieval_pages(app: FastAPI, folders: ExperimentFolders, files: StaticFiles) -> None:
    """The page of retrievers side by side."""

    @app.get("/e/{exp}/retrieval", include_in_schema=False)
    def compared(exp: str, q: str = "", asof: str = "", seq: str = "", retrievers: str = "", k: str = "") -> Response:
        line = experiment_line(exp, folders.named(exp))
        first: dict[str, Any] = {"experiment": line, "retrieval": None, "fault": ""}
        if line.store.found:
            try:
                numbers = whole_number("seq", seq), whole_number("k", k)
                asked = RetrievalQuery(q, day_of(asof), numbers[0], _names(retrievers), numbers[1])
                first["retrieval"] = _retrieval(folders, exp, asked)
            except ValueError as error:  # then the controls alone, and why it is not what was asked
                first |= {"retrieval": _retrieval(folders, exp, RetrievalQuery("")), "fault": one_line(error)}
        return shell(files, f"{exp}: retrieval", "retrieval/retrieval.mjs", first=first, styles=STYLES)


def _retrieval(folders: ExperimentFolders, exp: str, asked: RetrievalQuery) -> Retrieval:
    folder = folders.named(exp)
    encoder = warm_encoder(store_path(folder))
    encoder.load()
    with opened_store(folders, exp, encoder) as opened:
        return retrieval(opened, plan_in(folder), encoder, asked)


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())
