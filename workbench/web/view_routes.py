"""The routes of saved views: those of an experiment are listed, kept under a name, and deleted.

Rules kept here
- What is written lies in the experiment's own folder, in the one file of views.
"""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import BaseModel, Field

from evitrail.workbench.api.folders import ExperimentFolders
from evitrail.workbench.api.views import SavedViews, delete_view, save_view, saved_views

PREFIX = "/api/experiments/{exp}/views"


class ViewToSave(BaseModel):
    """A view as it is sent to be kept."""

    name: str = Field(description="One line of at most 80 characters.")
    address: str = Field(description="What follows the address of the experiment: empty, or from `?` on.")
    replaces: bool = Field(default=False, description="Whether a view of this name may be replaced.")


class ViewToDelete(BaseModel):
    """The view that is to be deleted."""

    name: str = Field(description="Its name.")


def view_api(folders: ExperimentFolders) -> APIRouter:
    """The API of saved views."""
    router = APIRouter(prefix=PREFIX)

    @router.get("", summary="The saved views of an experiment: addresses of its page, each with a name.")
    def listed(exp: str) -> SavedViews:
        return saved_views(folders.named(exp))

    return router


def view_writes(folders: ExperimentFolders) -> APIRouter:
    """What writes them."""
    router = APIRouter(prefix=PREFIX)

    @router.post("", summary="Save a view of an experiment, or replace the one of that name.")
    def saved(exp: str, body: ViewToSave) -> SavedViews:
        return save_view(folders.named(exp), body.name, body.address, replaces=body.replaces)

    @router.post("/delete", summary="Delete a saved view.")
    def deleted(exp: str, body: ViewToDelete) -> SavedViews:
        return delete_view(folders.named(exp), body.name)

    return router
