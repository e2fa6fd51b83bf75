"""What goes wrong, as an answer: one line that says what was expected and found, and the number of the request.

Rules kept here
- A fault of whoever asks is told with what to do; a fault of ours with a number that stands in the log, too.
- A script is told in JSON, a person on a page.
- No traceback leaves.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from evitrail.eval.query.parse import QueryError
from evitrail.evidence_store.errors import StoreError
from evitrail.evidence_store.input_text import InputError
from evitrail.traces.journal.errors import JournalError
from evitrail.workbench.api.folders import UnknownName
from evitrail.workbench.api.jobs.jobs import NotNow
from evitrail.workbench.api.live.watchers import TooMany
from evitrail.workbench.one_line import one_line
from evitrail.workbench.web.shell import error_page


class FaultAnswer(BaseModel):
    """Why a request was not answered."""

    fault: str
    """What was expected, and what was got."""
    request: str = ""
    """The number under which the server's log has it."""
    at: int | None = None
    """The character of a query at which it cannot be read, counted from 1."""


SAFE = "Nothing was changed. Go back, or to the list of experiments."
FAULTS: dict[int | str, dict[str, Any]] = {
    404: {"model": FaultAnswer, "description": "An unknown name."},
    409: {"model": FaultAnswer, "description": "The results, the record or the evidence store are missing."},
    422: {"model": FaultAnswer, "description": "A parameter or a query that cannot be read."},
}
"""The errors that every route may answer."""
WRITE_FAULTS: dict[int | str, dict[str, Any]] = {
    400: {"model": FaultAnswer, "description": "A body that is not JSON."},
    403: {
        "model": FaultAnswer,
        "description": "A request from another site, or without the header that a write needs.",
    },
    411: {"model": FaultAnswer, "description": "A body of no stated length."},
    413: {"model": FaultAnswer, "description": "A body that is too long."},
    415: {"model": FaultAnswer, "description": "A body of another type than JSON."},
}
"""The further errors of every route that writes."""
TITLES = {404: "Not here", 409: "Not ready", 422: "Not understood", 500: "Something went wrong here"}


PLAIN = {
    400: "expected a JSON body",
    405: "expected another method; /api/docs lists those of each address",
}
"""Our sentences for errors that the framework names in two words."""


def fault_answer(request: Request, error: Exception) -> Response:
    """The answer to a request that failed."""
    status, said = _told(error)
    number = secrets.token_hex(4)
    if status == 500:
        import structlog  # which takes a while to load

        structlog.get_logger().error("request failed", request=number, path=request.url.path, error=repr(error))
    if request.url.path.startswith("/api/"):
        at = {"at": error.at} if isinstance(error, QueryError) else {}
        return JSONResponse({"fault": said, "request": number, **at}, status, {"X-Request-Id": number})
    return error_page(status, TITLES.get(status, "Not answered"), said, SAFE, number)


async def answered(request: Request, error: Exception) -> Response:
    """See ``fault_answer``; what Starlette calls."""
    return fault_answer(request, error)


Handler = Callable[[Request, Any], Coroutine[Any, Any, Response]]
HANDLED: tuple[type[Exception], ...] = (
    *(UnknownName, NotNow, TooMany, QueryError, InputError, ValueError, JournalError, OSError),
)
"""Errors whose words are for whoever asked."""


def _told(error: Exception) -> tuple[int, str]:
    said = one_line(error)
    if isinstance(error, HTTPException):
        return error.status_code, PLAIN.get(error.status_code, str(error.detail))
    if isinstance(error, RequestValidationError):
        faults = [(one["loc"][-1], str(one["msg"]).replace("Input should be", "expected")) for one in error.errors()]
        return 422, "; ".join(f"{name}: {what}" for name, what in faults)
    if isinstance(error, UnknownName):
        return 404, str(error.args[0])
    if isinstance(error, TooMany):
        return 503, said
    if isinstance(error, (NotNow, FileNotFoundError, JournalError, StoreError)):
        return 409, said
    if isinstance(error, ValueError):
        return 422, said
    return 500, "an internal error; the log of the server says more"
