"""The routes of saved views: those of an experiment are listed, kept under a name, and deleted.

Rules kept here
- What is written lies in the experiment's own folder, in the one file of views.
"""

from __future__ import annotations

from fastapi import APIRouter

from evitrail.workbench.api.folders import ExperimentFolders
from evitrail.workbench.api.views import SavedViews, saved_views


def view_api(folders: ExperimentFolders) -> APIRouter:
    """The API of saved views."""
    router = APIRouter(prefix="/api/experiments/{exp}/views")

    @router.get("", summary="The saved views of an experiment: addresses of its page, each with a name.")
    def listed(exp: str) -> SavedViews:
        return saved_views(folders.named(exp))

    return router
