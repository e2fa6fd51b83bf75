"""All comparisons that need nothing but this repository; writes ``bench/RESULTS.md``.

    make bench

The reader's fit needs public data beside the repository and has a command of its own (``bench/fit_reader.py``).
"""

from __future__ import annotations

import platform
from pathlib import Path

from scale import results as scale
from search import results as search
from steps import results as steps

RESULTS = Path(__file__).parent / "RESULTS.md"


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
