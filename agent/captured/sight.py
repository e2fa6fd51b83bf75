"""What is in sight of one capture: the calls that are under way, and the steps they are written down as.

Rules kept here
- A call that is no step of its own belongs to the step it was made in; so does a call that only passes on
  another (``acomplete`` by ``complete``).
- A stream ends its steps when it has been read; what is called while it is read belongs to the step it came of.
- A fault of the recording is kept for the end of the block, and its run is not said to have ended.
- What is still under way when the block ends, or when the outermost call returns, is recorded as cut short.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from threading import RLock
from typing import Any

from evitrail.agent.captured.plain import clean, described
from evitrail.agent.captured.records import Captured
from evitrail.agent.captured.run import CapturedRun, refuse_taken
from evitrail.agent.captured.span import Called, CapturedSpan, GivenTo, StreamedResponse, given_to
from evitrail.agent.captured.stream import passed
from evitrail.traces.journal.journal import Journal


class Capture:
    """One capture: the runs it wrote, and what it still sees."""

    def __init__(
        self,
        journal: Journal,
        name: str | None,
        library: Captured,
        components: tuple[type, ...],
        around: Callable[[str], AbstractContextManager[None]],
        sensitive: bool,
    ) -> None:
        if name is not None:
            refuse_taken(journal, name)
        self.runs: list[str] = []
        """The runs that were begun, in order."""
        self.fault: Exception | None = None
        """The first thing that could not be recorded."""
        self._journal, self._name, self._library = journal, name, library
        self._components, self._around, self._sensitive = components, around, sensitive
        self._places: dict[str, CapturedSpan | None] = {}
        self._open: dict[str, CapturedSpan] = {}
        self._waiting: dict[int, tuple[Any, list[str]]] = {}
        self._lock = RLock()

    def __contains__(self, call: object) -> bool:
        return call in self._places

    def entered(self, call: str, called: Called, parent: str | None) -> None:
        """A call begins."""
        with self._lock, self._careful(parent):
            self._places[call] = above = self._places.get(parent or "")
            if called.kind is None:
                return
            given = given_to(called, called.kind)
            if (passing := self._passing_on(called, given, above)) is not None:
                self._places[call] = passing
            else:
                run = above.run if above else self._run(called, given.asked)
                self._places[call] = self._open[call] = CapturedSpan(called, called.kind, given, run, above)

    def exited(self, call: str, instance: Any, result: Any) -> None:
        """A call returned."""
        with self._lock, self._careful(call):
            span = self._open.get(call)
            if span is None:
                self._over(instance, instance)
                self._let_go(call)
            elif span.called.kind == "model" and (hasattr(result, "__next__") or hasattr(result, "__anext__")):
                span.streaming = True
            elif id(result) in self._waiting:
                self._waiting[id(result)][1].append(call)
            elif getattr(result, "response_txt", "") is None and getattr(result, "response_gen", None) is not None:
                self._wait(call, result)
                result.response_gen = passed(
                    result.response_gen,
                    lambda: self._around(call),
                    lambda text, error: self._stream_ended(result, text, error),
                )
            elif getattr(result, "is_done", None) is False:  # something of llama-index is still reading the model
                self._wait(call, result)
            else:
                self._end(call, result)

    def streamed(self, call: str, response: Any) -> None:
        """A model's stream was read to its end."""
        with self._lock, self._careful(call):
            if (span := self._open.get(call)) is not None and span.streaming:
                self._end(call, response)

    def dropped(self, call: str, instance: Any, error: BaseException | None) -> None:
        """A call raised, or its stream did."""
        with self._lock, self._careful(call):
            if call in self._open:
                self._fail(call, error_text(error))
            else:
                self._over(instance, instance, error)
                self._let_go(call)

    def close(self) -> None:
        """The block ends."""
        with self._lock:
            for call in reversed(list(self._open)):
                self._fail(call, "cut short: it was still under way when the captured block ended")
            self._places.clear()
            self._waiting.clear()

    def _run(self, called: Called, asked: str) -> CapturedRun:
        pipeline = called.name if called.instance is None else clean(described(called.instance, self._components))
        config = self._library.model_copy(update={"call": called.name, "asked": asked, "pipeline": pipeline})
        run = CapturedRun.begin(self._journal, self._name, config, sensitive=self._sensitive)
        self.runs.append(run.name)
        return run

    def _passing_on(self, called: Called, given: GivenTo, above: CapturedSpan | None) -> CapturedSpan | None:
        if above is not None and above.passes_on(called):
            return above
        streams = (span for span in self._open.values() if span.streaming and span.above is above and span.here())
        return next((span for span in streams if span.passes_on(called) and span.says_all_in(given)), None)

    def _wait(self, call: str, result: Any) -> None:
        self._waiting[id(result)] = (result, [call])  # the result is held, so that its id stays its own

    def _stream_ended(self, result: Any, text: str, error: BaseException | None) -> None:
        with self._lock:
            self._over(result, StreamedResponse(text, result.source_nodes, result.metadata), error)

    def _over(self, awaited: Any, result: Any, error: BaseException | None = None) -> None:
        """What steps waited for is over: they end, the inner ones first."""
        _, calls = self._waiting.pop(id(awaited), (None, []))
        for call in [one for one in calls if one in self._open]:
            if error is None:
                self._end(call, result)
            else:
                self._fail(call, error_text(error))

    def _end(self, call: str, result: Any) -> None:
        span = self._open.pop(call)
        for inner in reversed([one for one, other in self._open.items() if span.above is None and other.root is span]):
            self._fail(inner, "cut short: it was still under way when the outermost call returned")
        try:
            span.end(result)
        except Exception as error:
            self._faulty(error, span)
            self._record_failure(span, f"could not be recorded: {error_text(error)}")
        self._leave(span)

    def _fail(self, call: str, error: str) -> None:
        span = self._open.pop(call)
        self._record_failure(span, error)
        self._leave(span)

    def _record_failure(self, span: CapturedSpan, error: str) -> None:
        try:
            span.run.fail(span.step, clean(error))
        except Exception as fault:
            self._faulty(fault, span)

    @contextmanager
    def _careful(self, call: str | None) -> Iterator[None]:
        try:
            yield
        except Exception as error:
            self._faulty(error, self._places.get(call or ""))

    def _faulty(self, error: Exception, span: CapturedSpan | None) -> None:
        self.fault = self.fault or error
        if span is not None:
            span.run.spoil()

    def _leave(self, span: CapturedSpan) -> None:
        """When an outermost step is over nothing more belongs to it."""
        if span.above is None:
            self._places = {call: at for call, at in self._places.items() if at is None or at.root is not span}

    def _let_go(self, call: str) -> None:
        if self._places.get(call) is None:
            self._places.pop(call, None)


def error_text(error: BaseException | None) -> str:
    """The error, as a step that failed has it."""
    if isinstance(error, GeneratorExit):
        return "cut short: its stream was not read to the end"
    return f"{type(error).__name__}: {error}"
