"""The stream of events: what happens to experiments, for a page that watches (server-sent events).

Rules kept here
- The ``id`` of an event is a position in the journal's files. Who comes back with the last one (``Last-Event-ID``, or
  ``after``) is told what came since: each run that ended once, and no other.
- A stream does no work of its own: it passes on the events of one watcher, a few times a second.
- A client that reads more slowly than runs end gets ``anew``, and the stream ends. No queue grows meanwhile.
- Streams end as soon as the server is to stop.

    const events = new EventSource("/api/events?exp=demo");
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import ExitStack
from typing import Annotated

from fastapi import APIRouter, Header, Query
from fastapi.responses import Response, StreamingResponse
from starlette.concurrency import run_in_threadpool
from starlette.types import Receive, Scope, Send

from evitrail.traces.growth import Position
from evitrail.workbench.api.live.watched import Event, Watched
from evitrail.workbench.api.live.watchers import Watchers

LOOK = 0.2
"""Seconds between two looks of a stream for new events."""
BEAT = 15.0
"""Seconds after which something is sent where nothing happened, so that a lost connection is noticed."""
RETRY = 2_000
"""Milliseconds after which a browser reconnects."""


def live_api(watchers: Watchers) -> APIRouter:
    """The stream over these experiments."""
    router = APIRouter(prefix="/api")

    @router.get(
        "/events",
        summary="What happens, as events: `runs`, `progress`, `sealed`, `results`, `store`, `job`, `fault`, `anew`.",
        response_class=StreamingResponse,
    )
    async def events(
        exp: Annotated[str, Query(description="One experiment; by default all of them, without their runs.")] = "",
        after: Annotated[
            str,
            Query(description="The id of the last event that was read; by default runs that the results do not hold."),
        ] = "",
        last_event_id: Annotated[str, Header(description="The same, as browsers send it.")] = "",
    ) -> Response:
        position = _position(last_event_id or after)
        held = ExitStack()
        held.enter_context(watchers.stream())
        try:
            watched = await run_in_threadpool(_watched, watchers, exp, held)
        except BaseException:
            held.close()
            raise
        told = _of_one(watched[0], position, watchers) if exp else _of_all(watched, watchers)
        return HeldResponse(held, told)

    return router


class HeldResponse(StreamingResponse):
    """A stream with its resources, which are released however it ends."""

    def __init__(self, held: ExitStack, told: AsyncIterator[str]) -> None:
        super().__init__(told, media_type="text/event-stream")
        self._held = held

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        with self._held:
            await super().__call__(scope, receive, send)


def _watched(watchers: Watchers, exp: str, held: ExitStack) -> list[Watched]:
    names = [exp] if exp else watchers.names()
    return [held.enter_context(watchers.watching(name, rows=bool(exp))) for name in names]


async def _of_one(watched: Watched, after: Position | None, watchers: Watchers) -> AsyncIterator[str]:
    """What ended since a position, the present state, and then every event."""
    yield f"retry: {RETRY}\n\n"
    joined = await run_in_threadpool(watched.joined, after)
    missed = watched.missed(joined.ends, after)
    while not watchers.closed and (event := await run_in_threadpool(next, missed, None)) is not None:
        yield _said(watched, event)
    for event in watched.states(joined.number):
        yield _said(watched, event._replace(id=joined.id))
    async for events in _following([(watched, joined.number)], watchers, rows=True):
        yield events


async def _of_all(watched: list[Watched], watchers: Watchers) -> AsyncIterator[str]:
    yield f"retry: {RETRY}\n\n"
    for one in watched:
        await run_in_threadpool(one.joined, None)
    async for events in _following([(one, 0) for one in watched], watchers, rows=False):
        yield events


async def _following(watched: list[tuple[Watched, int]], watchers: Watchers, *, rows: bool) -> AsyncIterator[str]:
    """The events after these, until the server is to stop."""
    silent, read = 0.0, dict(watched)
    while not watchers.closed:
        told = ""
        for one, number in read.items():
            events = one.after(number, rows=rows)
            if events is None:
                yield "event: anew\ndata: {}\n\n"
                return
            told += "".join(_said(one, event) for event in events)
            read[one] = events[-1].number if events else number
        silent = 0.0 if told else silent + LOOK
        if told or silent >= BEAT:
            silent = 0.0
            yield told or ": nothing new\n\n"
        await asyncio.sleep(LOOK)


def _said(watched: Watched, event: Event) -> str:
    data = {"exp": watched.name, **event.data}
    return f"id: {event.id}\nevent: {event.kind}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n"


def _position(text: str) -> Position | None:
    try:
        return Position.parse(text) if text else None
    except ValueError as error:
        raise ValueError(f"after: {error}") from None
