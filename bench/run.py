"""All comparisons that run by themselves; writes ``bench/RESULTS.md``.

    make bench                                  # all of it, the better part of an hour
    python bench/run.py growth ingest           # these two; the other sections stay as they are

What needs public data is left out, and says so, where ``shared/`` does not lie beside the repository. The reader's fit
has a command of its own (``bench/fit_reader.py``), and so has that of stance (``bench/stance.py``).
"""

from __future__ import annotations

import platform
import sys
from collections.abc import Callable
from pathlib import Path

import as_of
import growth
import ingest
import kills
import published_statistics
import scale
import scifact
import search
import stance
import startup
import steps
import throughput

import workbench

RESULTS = Path(__file__).parent / "RESULTS.md"
PUBLIC = Path("../shared/data")
"""From the repository's folder, where `make bench` runs."""
SCRIPTS = Path("../shared/RadSaFE")
"""A checkout of windprak/RadSaFE."""

SECTIONS: dict[str, tuple[str, Callable[[], list[str]]]] = {
    "search": ("Search: the embedded engine beside qdrant-client's local mode", search.results),
    "growth": ("Growth: a hybrid query on a day, beside llama-index's QdrantVectorStore on local mode", growth.results),
    "ingest": (
        "Taking evidence in, beside the model alone and llama-index's pipeline",
        lambda: ingest.results(PUBLIC / "scifact"),
    ),
    "scifact": ("Finding what SciFact's claims cite", lambda: scifact.results(PUBLIC / "scifact")),
    "as_of": (
        "The version in force, among all there were",
        lambda: as_of.results(PUBLIC / "guideline-versions"),
    ),
    "stance": ("For or against, as far as words tell", lambda: stance.results(PUBLIC)),
    "statistics": (
        "All statistics of published answers, beside the published scripts",
        lambda: published_statistics.results(SCRIPTS),
    ),
    "startup": ("Starting a command, in CPU seconds", startup.results),
    "steps": ("One recorded step, durable, beside an OpenTelemetry span and an MLflow span", steps.results),
    "scale": ("Reading a run as it grows", scale.results),
    "kills": ("Kills of commands at random moments, and what came of the same command given again", kills.results),
    "workbench": ("The workbench's budgets, and a sweep that pages watch", workbench.results),
    "throughput": ("Asking a model server, beside the bare openai client", throughput.results),
}


def main(asked: list[str]) -> None:
    """Measure, print, write; each section as soon as it is there."""
    if unknown := [name for name in asked if name not in SECTIONS]:
        raise SystemExit(f"expected some of {', '.join(SECTIONS)}, got {', '.join(unknown)}")
    for name in asked or SECTIONS:
        title, results = SECTIONS[name]
        lines = results()
        print("\n".join([f"## {title}", "", *lines, ""]), flush=True)
        written = {**kept(), title: "\n".join(lines)}
        RESULTS.write_text(page(written), encoding="utf-8")


def kept() -> dict[str, str]:
    """The sections that are there, by title."""
    parts = RESULTS.read_text(encoding="utf-8").split("\n## ")[1:] if RESULTS.is_file() else []
    return {title: text.strip() for title, _, text in (part.partition("\n") for part in parts)}


def page(sections: dict[str, str]) -> str:
    """The page, its sections in order; those that were put there by hand come last."""
    where = f"{platform.machine()}, Python {platform.python_version()}"
    told = f"Written by `make bench` on {where}. Ratios are of one run."
    own = [title for title, _ in SECTIONS.values()]
    titles = [title for title in own if title in sections] + [title for title in sections if title not in own]
    return "\n\n".join(["# Results", told, *(f"## {title}\n\n{sections[title]}" for title in titles)]) + "\n"


if __name__ == "__main__":
    main(sys.argv[1:])
