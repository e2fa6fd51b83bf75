"""The report in a real browser: it opens from a file, asks the network for nothing, and follows a link to a run."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from chromium import dom
from ward import WardReader, advice, arm, ask, blamed, case, opened

from evitrail.eval.report.results import write_results


@pytest.fixture
def report(tmp_path: Path) -> Path:
    """The report of one question answered wrongly."""
    with opened(tmp_path) as store:
        store.ingest([advice("apixaban", "B")])
        reader = WardReader(misread="C")
        assert ask(tmp_path / "x", store, [case("apixaban")], [arm()], reader) == []
        blamed(tmp_path / "x", store, reader)
    write_results(tmp_path / "x")
    return tmp_path / "x" / "report.html"


def test_a_link_to_a_run_opens_what_it_points_to(report: Path, tmp_path: Path) -> None:
    (run,) = set(re.findall(r'<details[^>]* id="([^"]*\.[^"]*)"', report.read_text(encoding="utf-8")))
    opened_by_link = rf'<details[^>]*id="{re.escape(run)}"[^>]* open=""'
    assert not re.search(opened_by_link, dom(report.as_uri(), tmp_path / "a"))
    assert re.search(opened_by_link, dom(f"{report.as_uri()}#{run}", tmp_path / "b"))


def test_the_page_names_no_address_it_would_load_from(report: Path, tmp_path: Path) -> None:
    page = dom(report.as_uri(), tmp_path / "a")
    assert "never clinical advice" in page
    assert re.findall(r'(?:src|href)="(?!#|data:)[^"]*"', page) == []
