"""Attribution and audit in a real browser: walked by keys, overridden by hand, read by axe, printed on A4."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from barriers import barriers
from desk import Desk, evitrail
from pypdf import PdfReader
from reviewing import POLICY, settled
from serving_pages import running, until
from visiting import Visit, visiting

PAGE = "/e/evitrail-run/attribution"
RUN = "standard.acute-006"
HOSTILE = "<img src=x onerror=alert(1)> \u05d0\u05d1"


@pytest.fixture(scope="module")
def folder(desk: Desk, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy that these tests share, with a policy and an audit on record."""
    copied = desk.copied(tmp_path_factory.mktemp("attribution") / "desk")
    (copied.run / "policy.toml").write_text(POLICY, encoding="utf-8")
    evitrail("audit", copied.run, "--policy", copied.run / "policy.toml", "--day", "2026-01-01")
    return copied.folder


@pytest.fixture(scope="module")
def address(folder: Path) -> Iterator[str]:
    with running(folder) as served:
        yield served
    settled()


def listed(view: Any, *cell: str) -> str:
    """The head of the list of failures, once it is that of a cell."""
    step, what, code, evidence = (*cell, "", "", "", "")[:4]
    said = f'["{step}","{what or "blamed"}","{code}","{evidence}"]'
    view.wait_for_selector(f"#failures-box[data-shown='{said}']")
    return str(view.inner_text(".list-head"))


def test_the_steps_are_walked_by_keys_and_the_failures_behind_them_are_shown(visit: Visit) -> None:
    view = visit(PAGE)
    view.keyboard.press("j")
    first = view.locator("#table tr[aria-selected=true]").get_attribute("data-step")
    assert f"step={first}" in view.url
    assert "blamed on" in listed(view, first)
    view.keyboard.press("j")
    second = view.locator("#table tr[aria-selected=true]").get_attribute("data-step")
    assert second != first
    view.keyboard.press("k")
    listed(view, first)
    view.click(".list-head .kind >> nth=1")
    assert "alone prevents" in listed(view, first, "prevents")
    view.go_back()
    listed(view, first)


def test_a_number_leads_to_as_many_runs(visit: Visit) -> None:
    view = visit(f"{PAGE}?outcome=unsafe")
    link = view.locator("tr[data-step=retrieve] .number-link").last
    number = view.locator("tr[data-step=retrieve] td.number .number-link").last.inner_text()
    view.locator("tr[data-step=retrieve] td.number .number-link").last.click()
    view.wait_for_selector("#found")
    assert "q=fix.unsafe" in view.url
    assert view.inner_text("#found").startswith(f"{number} of 6")
    assert link


def test_a_filter_is_typed_and_a_condition_chosen(visit: Visit) -> None:
    view = visit(PAGE)
    view.keyboard.press("/")
    view.keyboard.type("stale")
    view.wait_for_selector("text=no intervals")
    view.fill("#filter", "conditon:x")
    view.wait_for_selector("#filter[aria-invalid]")
    view.fill("#filter", "")
    view.select_option("[aria-label=Condition]", "condition:standard")
    until(view, lambda: "condition%3Astandard" in view.url and view.inner_text("#found").startswith("2 of 6"))
    view.reload()
    view.wait_for_selector("#failures")
    assert view.input_value("#filter") == "condition:standard"


def test_an_override_is_typed_counted_and_withdrawn_and_hostile_words_run_nothing(visit: Visit) -> None:
    view = visit(f"{PAGE}?step=retrieve&q=condition%3Astandard")
    listed(view, "retrieve")
    view.click(f"li:has-text('{RUN}') .override")
    view.wait_for_selector("#override-outcome:focus")
    view.click(".primary")  # a reason is required: the browser says so
    assert view.locator("dialog[open]").count() == 1
    view.check("#override-steps input[value=nobody]")
    assert view.locator("#override-code option").first.get_attribute("value") == "E1"
    view.check("#override-steps input[value='choose[1]']")
    assert not view.is_checked("#override-steps input[value=nobody]")
    view.fill("#override-reason", HOSTILE)
    view.fill("#override-by", HOSTILE)
    view.keyboard.press("Enter")
    view.wait_for_selector("dialog", state="detached")
    view.wait_for_selector("text=1 of 1 overridden by reviewers")
    view.wait_for_selector("#results", state="hidden")
    view.click("tr[data-step=choose] .step-name")
    listed(view, "choose")
    assert HOSTILE in view.inner_text(".overridden")
    view.check("#machine")
    until(view, lambda: view.locator("tr[data-step=choose] .number-link").count() == 0)
    assert view.locator("main img").count() == 0
    view.goto(view.url.partition("/e/")[0] + f"/e/evitrail-run/runs/{RUN}?blame=wrong")
    view.wait_for_selector("body[data-ready]")
    assert HOSTILE in view.inner_text("#blame")
    view.click("text=Withdraw…")
    view.fill("#override-reason", "a mistake")
    view.fill("#override-by", HOSTILE)
    view.click(".primary")
    view.wait_for_selector("text=withdrawal")
    settled()


def test_a_server_that_only_reads_offers_no_override(browser: Any, folder: Path) -> None:
    with running(folder, read_only=True) as served, visiting(browser, served) as go:
        view = go(f"{PAGE}?step=retrieve")
        listed(view, "retrieve")
        assert view.locator(".override").count() == 0
        assert go(f"/e/evitrail-run/runs/{RUN}").locator(".override").count() == 0


def test_the_audit_is_judged_while_one_waits_and_printed_on_a4(visit: Visit) -> None:
    view = visit("/e/evitrail-run/audit")
    view.wait_for_selector(".overall")
    assert "Since the audit of 2026-01-01" in view.inner_text("#main")
    printed = PdfReader(BytesIO(view.pdf(prefer_css_page_size=True)))
    width, height = (round(float(size) / 72 * 25.4) for size in printed.pages[0].mediabox[2:])
    assert (width, height) == (210, 297)
    text = "".join(page.extract_text() for page in printed.pages)
    assert "What this does not show" in text
    assert "Copy link" not in text
    view.click(".behind a >> nth=0")
    view.wait_for_selector("body[data-ready]")
    assert "/e/evitrail-run" in view.url


def opened(view: Any) -> None:
    listed(view, "retrieve")
    view.click(".override >> nth=0")
    view.wait_for_selector("dialog[open]")


SHOWN: dict[str, tuple[str, Callable[[Any], None]]] = {
    "attribution, a step selected": (f"{PAGE}?step=retrieve", lambda view: listed(view, "retrieve") and None),
    "attribution without intervals": (f"{PAGE}?q=stale", lambda view: view.wait_for_selector("#failures") and None),
    "an override": (f"{PAGE}?step=retrieve", opened),
    "an audit": ("/e/evitrail-run/audit?wait=1", lambda view: None),
    "no such policy yet": ("/e/evitrail-run/audit?policy=example&wait=1", lambda view: None),
}


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("what", SHOWN)
def test_no_barrier_is_found(what: str, theme: str, visit: Visit) -> None:
    path, act = SHOWN[what]
    view = visit(path)
    view.emulate_media(color_scheme=theme, reduced_motion="reduce")
    act(view)
    assert barriers(view) == []
