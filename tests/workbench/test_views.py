"""Saved views: addresses with names in a file beside the experiment, written whole, and read whatever it holds."""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path
from typing import Any

import pytest
from desk import Desk, evitrail
from serving_pages import WRITES, asking

from evitrail.workbench.api.views import LONGEST_NAME, MOST, delete_view, save_view, saved_views

VIEWS = "/api/experiments/evitrail-run/views"
HOSTILE = ("<script>alert(1)</script>", "../../etc/passwd", "a'; rm -rf ~ #", "50 % & more?", "été 😀", "constructor")


def posted(own: Desk, path: str, body: dict[str, Any], **more: Any) -> Any:
    return asking(own.folder, **more).post(path, json=body, headers=WRITES)


def test_a_view_is_saved_listed_replaced_and_deleted(own: Desk) -> None:
    assert asking(own.folder).get(VIEWS).json() == {"views": [], "fault": ""}
    saved = posted(own, VIEWS, {"name": "  the   worst ", "address": "?q=high_risk&sort=-confidence"})
    assert saved.json()["views"] == [{"name": "the worst", "address": "?q=high_risk&sort=-confidence"}]
    taken = posted(own, VIEWS, {"name": "The worst", "address": "?q=wrong"})
    assert (taken.status_code, "replace it" in taken.json()["fault"]) == (422, True)
    again = posted(own, VIEWS, {"name": "The worst", "address": "?q=wrong", "replaces": True})
    assert again.json()["views"] == [{"name": "The worst", "address": "?q=wrong"}]
    assert asking(own.folder).get(VIEWS).json() == again.json()
    missing = posted(own, f"{VIEWS}/delete", {"name": "the wurst"})
    assert (missing.status_code, "did you mean 'The worst'" in missing.json()["fault"]) == (404, True)
    assert posted(own, f"{VIEWS}/delete", {"name": "the worst"}).json()["views"] == []


@pytest.mark.parametrize("name", HOSTILE)
def test_whatever_a_view_is_called_it_is_kept_as_a_name_and_makes_no_file(own: Desk, name: str) -> None:
    before = sorted(os.listdir(own.run))
    saved = posted(own, VIEWS, {"name": name, "address": "?q=wrong"})
    assert [view["name"] for view in saved.json()["views"]] == [name]
    assert sorted(os.listdir(own.run)) == sorted([*before, "views.json"])
    assert posted(own, f"{VIEWS}/delete", {"name": name}).json()["views"] == []


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"name": "", "address": ""}, "1 to 80 characters, got 0"),
        ({"name": "x" * (LONGEST_NAME + 1), "address": ""}, "got 81 characters"),
        ({"name": "a\u202eb", "address": ""}, "got 'a\\u202eb'"),
        ({"name": "a\x00b", "address": ""}, "got 'a\\x00b'"),
        ({"name": "x", "address": "https://example.invalid/?q=wrong"}, "begins with '?'"),
        (
            {"name": "x", "address": "?q=wrong&next=//example.invalid"},
            "among q, sort, group, cols, facets, blame, got 'next'",
        ),
        ({"name": "x", "address": "?q=" + "x" * 6000}, "at most 5000 characters"),
        ({"name": "x"}, "address"),
    ],
)
def test_what_cannot_be_kept_is_refused_in_one_line(own: Desk, body: dict[str, Any], said: str) -> None:
    refused = posted(own, VIEWS, body)
    assert refused.status_code == 422
    assert said in refused.json()["fault"]
    assert "\n" not in refused.json()["fault"]
    assert not (own.run / "views.json").exists()


def test_a_view_says_nothing_that_is_left_out_and_is_written_in_one_form(tmp_path: Path) -> None:
    kept = save_view(tmp_path, "a", "?sort=&q=text:%22a%20b%22&q=wrong%20%2B")
    assert kept.views[0].address == "?q=wrong+%2B"


@pytest.mark.parametrize(
    "text",
    ["{", "3", '[{"name": "x"}]', '[{"name": 3, "address": ""}]', '[{"name": "x", "address": "//x"}]', "[[]]", "\x00"],
)
def test_a_file_that_cannot_be_read_is_told_and_never_written_over(own: Desk, text: str) -> None:
    (own.run / "views.json").write_text(text)
    told = asking(own.folder).get(VIEWS)
    assert (told.status_code, told.json()["views"]) == (200, [])
    assert "views.json: expected a list of views" in told.json()["fault"]
    assert "\n" not in told.json()["fault"]
    assert asking(own.folder).get("/e/evitrail-run").status_code == 200
    assert posted(own, VIEWS, {"name": "a", "address": ""}).status_code == 422
    assert (own.run / "views.json").read_text() == text


def test_views_are_saved_by_several_at_once_and_none_is_lost(tmp_path: Path) -> None:
    threads = [threading.Thread(target=save_view, args=(tmp_path, f"view {i}", "?q=wrong")) for i in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(saved_views(tmp_path).views) == 12
    delete_view(tmp_path, "view 3")
    assert "view 3" not in {view.name for view in saved_views(tmp_path).views}
    assert os.listdir(tmp_path) == ["views.json"]


def test_there_is_an_end_to_how_many_are_kept(tmp_path: Path) -> None:
    views = [{"name": f"v{i}", "address": ""} for i in range(MOST)]
    (tmp_path / "views.json").write_text(json.dumps(views))
    with pytest.raises(ValueError, match=f"at most {MOST} views"):
        save_view(tmp_path, "one more", "")
    assert len(save_view(tmp_path, "v7", "?q=wrong", replaces=True).views) == MOST


def test_a_server_that_only_reads_lists_them_and_takes_none(own: Desk) -> None:
    save_view(own.run, "the worst", "?q=high_risk")
    assert [view["name"] for view in asking(own.folder, read_only=True).get(VIEWS).json()["views"]] == ["the worst"]
    assert posted(own, VIEWS, {"name": "x", "address": ""}, read_only=True).status_code == 405


def test_no_check_of_the_record_minds_the_file_and_no_result_rests_on_it(own: Desk) -> None:
    before = {name: (own.run / name).read_bytes() for name in ("outcomes.parquet", "metrics.json", "report.html")}
    save_view(own.run, "the worst", "?q=high_risk")
    assert evitrail("trace", "verify", own.run).code == 0
    assert evitrail("report", own.run).code == 0
    assert {name: (own.run / name).read_bytes() for name in before} == before
    assert saved_views(own.run).views[0].name == "the worst"
