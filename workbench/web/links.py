"""Which answer of the API gives the names that other routes take, as OpenAPI links.

Rules kept here
- A link is added to every route that has the parameter, so a new route needs no line here.

    app = LinkedAPI(title="evitrail")
"""

from __future__ import annotations

from typing import Any, NamedTuple

from fastapi import FastAPI


class NamedBy(NamedTuple):
    """A parameter, and the answer that has values for it."""

    parameter: str
    path: str
    at: str
    """The place of a value in the answer."""
    within: str | None = None
    """A parameter that both routes share."""


NAMES = (
    NamedBy("exp", "/api/experiments", "/0/exp"),
    NamedBy("run", "/api/experiments/{exp}/runs", "/runs/0/run", within="exp"),
    NamedBy("id", "/api/evidence", "/hits/0/header/id"),
    NamedBy("job", "/api/jobs", "/0/id"),
)


class LinkedAPI(FastAPI):
    """An application whose schema has a link from each answer with names to each route that takes such a name."""

    def openapi(self) -> dict[str, Any]:
        """The schema, built when it is first requested."""
        return _linked(super().openapi())


def _linked(schema: dict[str, Any]) -> dict[str, Any]:
    for name in NAMES:
        links = schema["paths"][name.path]["get"]["responses"]["200"].setdefault("links", {})
        for path, route in schema["paths"].items():
            for operation in route.values():
                takes = {one["name"] for one in operation.get("parameters", ())}
                if path == name.path or name.parameter not in takes:
                    continue
                given = {name.parameter: f"$response.body#{name.at}"}
                if name.within in takes:
                    given[str(name.within)] = f"$request.path.{name.within}"
                links[operation["operationId"]] = {"operationId": operation["operationId"], "parameters": given}
    return schema
