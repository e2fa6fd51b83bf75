"""Failed runs and runs of a baseline to compare, in the ward of ``ward.py``.

with comparing(tmp_path, store) as ward:
    ours, theirs = ward.run("x", reader=WardReader(misread="C")), ward.run("y")
    ward.one(ours, theirs).minimal
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from desk import tree
from ward import WardReader, arm, ask, case

from evitrail.agent.reader.base import Reader
from evitrail.eval.attribution.baseline.baseline import Swap, compare_with_baseline
from evitrail.eval.attribution.baseline.baseline_runs import Side
from evitrail.eval.dataset.case import Case
from evitrail.eval.plan.condition import Condition
from evitrail.eval.plan.readers import Readers, readers
from evitrail.evidence_store import EvidenceStore
from evitrail.traces import Journals


class Comparing:
    """Runs conditions into folders, and compares them."""

    def __init__(self, folder: Path, store: EvidenceStore, closing: ExitStack) -> None:
        self.folder = folder
        self.store = store
        self._closing = closing

    def run(
        self, name: str, *conditions: Condition, reader: Any = None, cases: Sequence[Case] = (), **options: Any
    ) -> Side:
        """An experiment in a folder of this name, as a side of a comparison."""
        reader = reader or WardReader()
        asked = list(cases) or [case("apixaban")]
        assert ask(self.folder / name, self.store, asked, list(conditions) or [arm()], reader, **options) == []
        return self.side(name, reader)

    def side(self, name: str, reader: Reader | Readers) -> Side:
        past = self._closing.enter_context(Journals.open(self.folder / name))
        return Side(past, self.store, readers(reader))

    def one(self, ours: Side, theirs: Side) -> Swap:
        """What is found of the one wrong answer."""
        (found,) = (swap for swap in compare_with_baseline(ours, theirs) if swap.outcome == "wrong")
        return found


@contextmanager
def comparing(folder: Path, store: EvidenceStore) -> Iterator[Comparing]:
    """Runs that are recorded in folders below this one."""
    with ExitStack() as closing:
        yield Comparing(folder, store, closing)


class Raising(WardReader):
    """A reader like the others, until it chooses for one question."""

    def __init__(
        self, question: str, says: str = "out of memory", error: Callable[[str], Exception] = RuntimeError
    ) -> None:
        super().__init__()
        object.__setattr__(self, "raises", (question, error(says)))

    def synthesise(self, question: Any, hits: Any) -> Any:
        if question.id == self.raises[0]:  # type: ignore[attr-defined]
            raise self.raises[1]  # type: ignore[attr-defined]
        return super().synthesise(question, hits)

    def __repr__(self) -> str:
        return repr(WardReader())


def recorded(folder: Path) -> dict[str, str]:
    """The bytes of every journal below a folder."""
    return {name: digest for name, digest in tree(folder).items() if "journal" in name}
