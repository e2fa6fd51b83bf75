"""The report in a real browser: it opens from a file, asks the network for nothing, and follows a link to a run."""

from __future__ import annotations

import re
import shlex
from html import unescape
from pathlib import Path
from urllib.parse import quote

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


def test_a_number_says_which_command_lists_its_runs_and_where_the_workbench_shows_them(
    report: Path, tmp_path: Path
) -> None:
    assert '<dialog id="behind"' in dom(report.as_uri(), tmp_path / "a")
    assert "evitrail runs" not in shown(dom(report.as_uri(), tmp_path / "a"))
    told = shown(dom(f"{report.as_uri()}#q=condition%3Astandard%20-right", tmp_path / "b"))
    assert f"evitrail runs '{report.parent}' 'condition:standard -right'" in told
    assert 'href="http://127.0.0.1:8765/e/x?q=condition%3Astandard%20-right"' in told
    told = shown(dom(f"{report.as_uri()}#run=standard.q-apixaban", tmp_path / "c"))
    assert f"evitrail trace show '{report.parent}' 'standard.q-apixaban'" in told


def test_a_query_that_a_shell_would_read_is_quoted(report: Path, tmp_path: Path) -> None:
    asked = quote("case:\"x'; touch taken; '\"")
    told = unescape(shown(dom(f"{report.as_uri()}#q={asked}", tmp_path / "a")))
    (command,) = re.findall(r'id="behind-command">(.*?)</code>', told)
    assert shlex.split(command) == ["evitrail", "runs", str(report.parent), "case:\"x'; touch taken; '\""]


def shown(page: str) -> str:
    """The dialog, if it is open."""
    found = re.search(r'<dialog id="behind"[^>]* open="".*?</dialog>', page, re.DOTALL)
    return found[0] if found else ""


def test_the_page_names_no_address_it_would_load_from(report: Path, tmp_path: Path) -> None:
    page = dom(report.as_uri(), tmp_path / "a")
    assert "never clinical advice" in page
    assert re.findall(r'(?:src|href)="(?!#|data:)[^"]*"', page) == []
