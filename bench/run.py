"""All comparisons that run by themselves; writes ``bench/RESULTS.md``.

    make bench

SciFact and the guideline versions are asked where ``shared/`` lies beside the repository; 5,183 abstracts take minutes
to embed. The reader's fit needs other public data and has a command of its own (``bench/fit_reader.py``).
"""

from __future__ import annotations

import platform
from pathlib import Path

from as_of import results as as_of
from growth import results as growth
from ingest import results as ingest
from scale import results as scale
from scifact import results as scifact
from search import results as search
from steps import results as steps

RESULTS = Path(__file__).parent / "RESULTS.md"
PUBLIC = Path("../shared/data")
"""From the repository's folder, where `make bench` runs."""


def main() -> None:
    """Measure, print, write."""
    page = [
        "# Results",
        "",
        f"Written by `make bench` on {platform.machine()}, Python {platform.python_version()}. Ratios are of one run.",
        "",
        "## Search: the embedded engine beside qdrant-client's local mode",
        "",
        *search(),
        "",
        "## Growth: a hybrid query on a day, beside llama-index's QdrantVectorStore on local mode",
        "",
        *growth(),
        "",
        "## Taking evidence in, beside the model alone and llama-index's pipeline",
        "",
        *ingest(PUBLIC / "scifact"),
        "",
        "## Finding what SciFact's claims cite",
        "",
        *scifact(PUBLIC / "scifact"),
        "",
        "## The version in force, among all there were",
        "",
        *as_of(PUBLIC / "guideline-versions"),
        "",
        "## One recorded step, durable, beside an OpenTelemetry span and an MLflow span",
        "",
        *steps(),
        "",
        "## Reading a run as it grows",
        "",
        *scale(),
    ]
    RESULTS.write_text("\n".join(page) + "\n", encoding="utf-8")
    print("\n".join(page))


if __name__ == "__main__":
    main()
