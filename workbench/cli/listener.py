"""What the command line does with the events of ``run_plan``: progress bars on a terminal, complaints on stderr."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from evitrail.workbench.cli.console import complain, progress, sweeping

if TYPE_CHECKING:
    from evitrail.eval.experiment.events import CutShort, Event, Listener


def cut_short(event: CutShort) -> str:
    """How many answers were cut, and what to do about it."""
    said = f"cut: {event.condition}: {event.cut} of {event.of} answers were cut at their limit of tokens"
    if event.unsaid:
        said += f", {event.unsaid} of them before anything was said, which are abstentions"
    return f"{said}; give more with --max-tokens"


@contextmanager
def listening() -> Iterator[Listener]:
    """A listener; what it has drawn is gone once the block is left.

    One bar is drawn at a time: that of the kind of event being heard.
    """
    from evitrail.eval.experiment.events import Attributing, CutShort, Embedding, Excluded, Running, Skipped

    bars: dict[type[Event], Callable[[], Any]] = {
        Embedding: partial(progress, "embedding"),
        Running: sweeping,
        Attributing: partial(progress, "attributing"),
    }
    with ExitStack() as drawn:
        heard: type[Event] | None = None
        draw: Callable[..., None] | None = None

        def hear(event: Event) -> None:
            nonlocal heard, draw
            if type(event) is not heard:
                drawn.close()
                heard = type(event)
                draw = drawn.enter_context(bars[heard]()) if heard in bars else None
            if draw is not None:
                draw(*event)
            elif isinstance(event, Excluded):
                complain(f"excluded: {event.condition}: {event.reason}")
            elif isinstance(event, Skipped):
                complain(f"skipped: {event.condition}: {event.questions} questions do not fit: {event.reason}")
            elif isinstance(event, CutShort):
                complain(cut_short(event))

        yield hear
