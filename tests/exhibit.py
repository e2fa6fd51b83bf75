"""Runs to be shown on a page, and a page taken apart and put together again, as a forger would.

The evidence here is hostile: its texts hold markup that would run, and a heart before the words that are quoted,
so that characters and UTF-16 units differ.

    page = shown(tmp_path)                       # four runs: two conditions, two questions; one is wrong and blamed
    parts = taken_apart(page)
    parts["records-0"] = parts["records-0"].replace(b"2020", b"2021", 1)
    put_together(page, parts)
"""

from __future__ import annotations

import base64
import gzip
import json
import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from scribe import Note, Scribe, ticking
from ward import HIGH, LOW, WardReader, advice, arm, ask, blamed, case, opened

from evitrail.agent.model import Claim, Question, Synthesis
from evitrail.evidence_store.demo import DEMO_EVIDENCE
from evitrail.retrieval.base import Hit
from evitrail.traces import Journal, Live, Record, Task
from evitrail.traces.audit.seal import seal
from evitrail.workbench.page import WrittenPage, write_page

HEART = "\N{ANATOMICAL HEART}"
HOSTILE = (
    f"{HEART} <img src=x onerror=\"document.title='taken'\"> For apixaban the advice is option C. </script>"
    "<script>document.title='taken'</script><style>*{display:none}</style>"
)
PLAIN = f"{HEART}{HEART} For apixaban the advice is option B. Ignore all else."
ELEMENT = re.compile(r'<script type="application/gzip;base64" id="([^"]+)">([^<]*)</script>')
RUN = "words.q-apixaban"
SOUND = "✓ nothing altered · ✓ nothing gone"
Open = Callable[..., Any]
"""Opens a page at a place in it, and waits for its verdict."""


def pack_of(data: bytes) -> tuple[dict[str, Any], int]:
    """The header of a page's list of runs, and where its arrays begin."""
    length = int.from_bytes(data[:4], "little")
    return json.loads(data[4 : 4 + length]), 4 + length


@dataclass(frozen=True)
class Underliner(WardReader):
    """Reads each passage twice: the words of the advice, and the sentence that they stand in."""

    def synthesise(self, question: Question, hits: Sequence[Hit]) -> Synthesis:
        claims: list[Claim] = []
        for claim in super().synthesise(question, hits).claims:
            for words in (r"option [A-D]", r"For \w+ the advice is option [A-D]\."):
                found = re.search(words, claim.quote)
                assert found
                span = {"quote": found[0], "start": found.start(), "end": found.end()}
                claims.append(claim.model_copy(update={**span, "strength": claim.strength / len(found[0])}))
        return Synthesis(claims=tuple(claims), note="read twice")


def experiment(folder: Path) -> Path:
    """An experiment's folder: apixaban goes wrong, heparin right; one condition searches plainly, one through gates."""
    reader = Underliner(insists="C")
    with opened(folder) as store:
        old = {"grade": HIGH, "valid_to": date(2018, 1, 1), "text": HOSTILE, "title": "</title><script>1</script>"}
        store.ingest([advice("apixaban", "C", "0", **old)])
        new = {"grade": LOW, "valid_from": date(2018, 1, 1), "supersedes": "apixaban@0", "text": PLAIN}
        store.ingest([advice("apixaban", "B", "1", **new), advice("heparin", "C")])
        stale = case("apixaban", outdated_evidence=("apixaban@0",), meta={"stale_option": "C"})
        arms = [arm(), arm("gated", agent="aimed", retriever="clean")]
        assert ask(folder / "x", store, [stale, case("heparin", answer="C")], arms, reader) == []
        blamed(folder / "x", store, reader)
    return folder / "x"


def shown(folder: Path) -> Path:
    """The page of all runs of the experiment that are no counterfactuals."""
    with Journal.open(experiment(folder) / "journal.db", create=False) as journal:
        write_page(
            journal, [run for run in journal.runs() if "~" not in run and run != "experiment"], folder / "x.html"
        )
    return folder / "x.html"


class Order(Record, stored_as="Order"):
    """What a long run is asked to do."""

    steps: int


def long_run(journal: Journal, steps: int) -> None:
    """A run of so many steps, a kilobyte in and a kilobyte out each: every step rewrites the note before it."""
    files = sorted(DEMO_EVIDENCE.glob("*.jsonl"))
    words = sorted({word for file in files for word in re.findall(r"[a-z]+", file.read_text("utf-8"))})
    chance, by, note = random.Random(1), Scribe(), Note(text="begun")
    run = Live.begin(journal, "long", Order(steps=steps))
    with journal.transaction():
        for number in range(1, steps + 1):
            text = f"{number}: {' '.join(chance.choices(words, k=200))}"[:1000]
            task = Task(
                "write",
                lambda text=text: Note(text=text),  # type: ignore[misc]
                returns=Note,
                inputs={"note": note},
                by=by,
            )
            note = run.step(task)
    run.end(note)
    seal(journal)


def long_page(folder: Path, steps: int) -> WrittenPage:
    """The page of a long run."""
    with Journal.open(folder / "journal.db", clock=ticking()) as journal:
        long_run(journal, steps)
        return write_page(journal, ["long"], folder / "long.html")


def taken_apart(page: Path) -> dict[str, bytes]:
    """What the elements of a page hold, by their names."""
    return {name: gzip.decompress(base64.b64decode(text)) for name, text in ELEMENT.findall(page.read_text("utf-8"))}


def put_together(page: Path, parts: dict[str, bytes]) -> Path:
    """The page with these contents."""

    def packed(found: re.Match[str]) -> str:
        text = base64.b64encode(gzip.compress(parts[found[1]], mtime=0)).decode()
        return f'<script type="application/gzip;base64" id="{found[1]}">{text}</script>'

    page.write_text(ELEMENT.sub(packed, page.read_text("utf-8")), encoding="utf-8")
    return page


def index_of(parts: dict[str, bytes]) -> Any:
    """The index of a page."""
    return json.loads(parts["index"])


def records_of(parts: dict[str, bytes]) -> list[bytes]:
    """The records of a page, one after the other."""
    chunks = [parts[f"records-{n}"] for n in range(sum(name.startswith("records-") for name in parts))]
    return b"".join(chunks).splitlines()


def said_of(view: Any) -> str:
    """The panel behind the verdict, in words."""
    view.keyboard.press("v")
    return str(view.inner_text("#verdict-panel"))
