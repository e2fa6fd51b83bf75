"""The page in a real browser: it opens from a file, asks nobody, leads from claim to words, and checks itself."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from exhibit import HOSTILE, PLAIN, RUN, SOUND, Open, experiment, long_page, said_of
from scribe import Note, Order, Scribe

from evitrail.eval.review import review_blame
from evitrail.traces import Journal, Live, Task, recorded_work
from evitrail.workbench.page import write_page

ROW = "#runs .grid-row"


def at(view: Any, step: str) -> None:
    """Wait until this step is what is shown."""
    view.wait_for_selector(f'#step[data-shown="{step}"]')


def lit(view: Any, what: str) -> list[str]:
    """The text of what is lit."""
    return [str(text) for text in view.locator(f"{what}.lit").all_text_contents()]


def test_a_page_lists_its_runs_and_a_click_opens_one(opened: Open, made: Path) -> None:
    view = opened(made)
    assert view.inner_text("#verdict") == SOUND
    assert view.locator(ROW).count() == 4
    chips = [" ".join(text.split()) for text in view.locator(".facet").all_inner_texts()]
    assert chips[:2] == ["✓ right2", "✗ wrong2"]
    view.click(".facet:has-text('wrong')")
    assert view.inner_text("#found") == "2 of 4 runs"
    view.fill("#filter", "wrong stale condition:words")
    row = view.locator(ROW)
    assert row.count() == 1
    said = " ".join(row.inner_text().split())
    assert said.startswith("q-apixaban words C B")
    assert "retrieve + choose S2" in said
    row.click()
    at(view, "@0")
    assert view.url.endswith(f"#run={RUN}")
    assert view.inner_text("#question .chosen").startswith("C option C")
    assert view.inner_text("#question .answer").startswith("B option B ✓ answer")


def test_every_step_is_reached_by_the_keyboard_alone(opened: Open, made: Path) -> None:
    view = opened(made, run=RUN)
    steps = ["@0", "retrieve[1]", "synthesise[1]", "choose[1]", "@4", "@5"]
    for step in steps:
        at(view, step)
        assert view.locator("#rows [aria-selected=true]").count() == 1
        view.keyboard.press("j")
    for key, step in (
        ("Home", "@0"),
        ("ArrowDown", "retrieve[1]"),
        ("End", "@5"),
        ("k", "@4"),
        ("ArrowUp", "choose[1]"),
    ):
        view.keyboard.press(key)
        at(view, step)
    active = view.evaluate("document.activeElement.getAttribute('aria-activedescendant')")
    assert view.inner_text(f"#{active}").startswith("choose[1]")
    view.keyboard.press("/")
    view.keyboard.type("retr")
    assert view.locator("#rows [role=treeitem]").count() == 1
    view.keyboard.press("Enter")
    at(view, "retrieve[1]")
    view.keyboard.press("Enter")
    assert view.evaluate("document.activeElement.id") == "step"
    view.keyboard.press("r")
    assert '"path":"retrieve[1]"' in view.inner_text("#step pre")
    view.keyboard.press("Escape")
    view.keyboard.press("Escape")
    view.wait_for_selector("#runs .grid-scroll:visible")
    view.keyboard.press("?")
    assert view.locator("#help[open]").count() == 1


def test_a_link_to_a_step_and_a_claim_in_it_survives_a_reload(opened: Open, made: Path) -> None:
    view = opened(made, run=RUN, step="synthesise[1]", claim="1")
    for _ in range(2):
        at(view, "synthesise[1]")
        view.wait_for_selector("mark.lit")
        assert view.get_attribute(".claim.lit", "data-claim") == "1"
        assert view.title() == f"synthesise[1] · {RUN}"
        view.reload()
        view.wait_for_selector("body[data-ready]")


def test_a_claim_that_is_clicked_lights_exactly_the_words_it_quotes(opened: Open, made: Path) -> None:
    view = opened(made, run=RUN, step="synthesise[1]")
    claims = view.locator(".claim")
    assert claims.count() == 4
    for place in range(claims.count()):
        claim = claims.nth(place)
        claim.click()
        (passage,) = view.locator(".passage.lit").all()
        quote, words = claim.locator("q").text_content(), "".join(lit(view, "mark"))
        assert words == quote
        assert passage.get_attribute("data-passage") == claim.get_attribute("data-on")
        text, start = HOSTILE if "C." in words or words.endswith("C") else PLAIN, claim.text_content()
        assert text[int(re.search(r"characters (\d+) to", start)[1]) :].startswith(words)  # type: ignore[index]
        assert view.locator(".claim[aria-pressed=true]").count() == 1


def test_a_passage_that_is_clicked_lights_the_claims_that_rest_on_it_and_no_others(opened: Open, made: Path) -> None:
    view = opened(made, run=RUN, step="synthesise[1]")
    passage = view.locator('.passage[data-passage="apixaban@1#0"]')
    passage.locator(".rests").click()
    assert {claim.get_attribute("data-on") for claim in view.locator(".claim.lit").all()} == {"apixaban@1#0"}
    assert len(lit(view, ".claim")) == 2
    assert "".join(lit(view, "mark")) == "For apixaban the advice is option B."
    passage.locator("mark").last.click()
    assert len(lit(view, ".claim")) == 1


def test_from_the_option_one_clicks_through_claim_passage_grade_and_query(opened: Open, made: Path) -> None:
    view = opened(made, run=RUN)
    chain = view.locator(".chain").first
    assert "not in force on 2020-01-01" in chain.inner_text()
    assert "high certainty" in chain.inner_text()
    chain.locator("a", has_text="claim").click()
    at(view, "synthesise[1]")
    view.wait_for_selector("mark.lit")
    assert "".join(lit(view, "mark")) in HOSTILE
    view.go_back()
    at(view, "@0")
    view.locator(".chain").first.locator("a", has_text="query").click()
    at(view, "retrieve[1]")
    assert view.get_attribute(".passage.lit", "data-passage") == "apixaban@0#0"
    assert view.inner_text(".query q") == "A patient takes apixaban. What is the advice?"
    view.locator(".passage.lit .rests").click()
    at(view, "synthesise[1]")
    view.wait_for_selector(".claim.lit")
    assert len(lit(view, ".claim")) == 2


def test_the_choice_shows_its_ballots_and_the_blame_its_shares(opened: Open, made: Path) -> None:
    view = opened(made, run="gated.q-apixaban", step="choose[1]")
    assert "Chose C" in view.inner_text(".lead")
    assert re.match(r"C \d+", view.get_attribute(".stack", "aria-label"))
    view.keyboard.press("End")
    at(view, "@6")
    assert "choose[1]" in view.inner_text(".blame h3 >> nth=0")
    assert view.locator(".blame >> nth=0").locator("tr.culprit").inner_text().startswith("choose[1]")
    told = view.inner_text(".blame >> nth=0")
    assert "choose[1] chose C, while the claims speak most for B; choosing what the claims support prevents" in told
    assert all(title in told for title in ("Decided by", "Smallest repairs", "With the repair", "Fresh re-runs"))
    assert re.search(r"(\d+) of \1 re-runs? do(es)? not fail", told), told
    assert "null" not in told
    assert "NaN" not in told


def test_a_blame_that_two_share_names_both_and_shows_no_zero_for_the_unknown(opened: Open, made: Path) -> None:
    view = opened(made, run=RUN, step="choose[1]")
    view.keyboard.press("End")
    at(view, "@5")
    told = view.inner_text(".blame >> nth=0")
    assert "Blamed: retrieve[1], choose[1] for wrong" in told
    assert "superseded since 2018-01-01" in told
    shares = view.locator(".blame >> nth=0").locator("tr.culprit").all_inner_texts()
    assert {share.split()[0] for share in shares} == {"retrieve[1]", "choose[1]"}
    assert "null" not in told
    assert "NaN" not in told


def test_reviews_stand_beside_the_blame_as_text(opened: Open, tmp_path: Path) -> None:
    folder, who = experiment(tmp_path), "eve <img src=x onerror=\"document.title='taken'\">"
    review_blame(folder, RUN, "wrong", ["choose[1]"], code="C1", by=who, reason=HOSTILE)
    with Journal.open(folder / "journal.db", create=False) as journal:
        write_page(journal, [RUN], tmp_path / "x.html")
    view = opened(tmp_path / "x.html", run=RUN, step="@0")
    assert view.locator("#step-body li", has_text="eve").text_content() == (
        f"{who} says: blame.wrong is choose[1] (C1): {HOSTILE}"
    )
    view.keyboard.press("End")
    assert view.inner_text(".lead") == f"{who} says: blame.wrong is choose[1] (C1)"
    assert view.locator("img").count() == 0
    assert view.inner_text("#verdict") == SOUND


def test_gates_tell_what_they_dropped_and_why(opened: Open, made: Path) -> None:
    view = opened(made, run="gated.q-apixaban", step="retrieve[1]")
    gate = view.locator(".gates details", has_text="as of")
    assert "dropped 1" in gate.inner_text()
    gate.locator("summary").click()
    assert "apixaban@0#0" in gate.locator("dt").inner_text()
    assert "2018-01-01" in gate.locator("dd").inner_text()


def test_hostile_text_stays_text(opened: Open, made: Path) -> None:
    view = opened(made, run=RUN, step="retrieve[1]")
    words = view.locator('.passage[data-passage="apixaban@0#0"]')
    assert words.locator(".words").text_content() == HOSTILE
    assert words.locator("h4").text_content() == "</title><script>1</script>"
    assert view.locator("img, iframe, object, #step script, #step style").count() == 0
    assert view.title() == f"retrieve[1] · {RUN}"


def test_ten_thousand_steps_open_at_any_step_and_are_proven(opened: Open, tmp_path: Path) -> None:
    written = long_page(tmp_path, 10_000)
    assert written.bytes <= 8_000_000
    view = opened(written.path, run="long", step="write[9876]")
    at(view, "write[9876]")
    assert view.inner_text("#step-body .text").startswith("9876: ")
    assert view.inner_text("#verdict") == SOUND
    rows = view.locator("#rows [role=treeitem]")
    assert rows.count() < 100
    assert rows.first.get_attribute("aria-setsize") == "10002"
    view.keyboard.press("Home")
    at(view, "@0")
    view.keyboard.press("j")
    at(view, "write[1]")
    assert view.inner_text("#step-body .text").startswith("1: ")


def test_patient_data_is_told_and_not_shown(opened: Open, tmp_path: Path) -> None:
    with Journal.open(tmp_path / "journal.db") as journal:
        run = Live.begin(journal, "run", Order(words=("Ingrid",)), sensitive=True)
        run.end(run.step(Task("greet", lambda: Note(text="Ingrid"), returns=Note, inputs={}, by=Scribe())))
        write_page(journal, ["run"], tmp_path / "page.html")
        write_page(journal, ["run"], tmp_path / "whole.html", with_sensitive=True)
    view = opened(tmp_path / "page.html", step="greet[1]")
    assert view.inner_text("#step-body .empty") == "patient data, not in this file"
    assert view.inner_text("#question .stem") == "patient data, not in this file"
    assert "Ingrid" not in view.content()
    assert "bodies with patient data are not in this file" in said_of(view)
    view = opened(tmp_path / "whole.html", step="greet[1]")
    assert "Ingrid" in view.inner_text("#step-body")
    assert "cannot be checked here: only the journal has the key" in said_of(view)


def test_steps_are_nested_marked_and_records_of_unknown_types_are_plain(opened: Open, tmp_path: Path) -> None:
    by = Scribe()
    with Journal.open(tmp_path / "journal.db") as journal:
        run = Live.begin(journal, "run", Order(words=()))

        def outer() -> Note:
            return run.step(Task("read", lambda: Note(text="inner"), returns=Note, inputs={}, by=by))

        def broken() -> Note:
            raise RuntimeError("<b>out of ink</b>")

        run.step(Task("write", outer, returns=Note, inputs={}, by=by))
        with pytest.raises(RuntimeError):
            run.step(Task("fail", broken, returns=Note, inputs={}, by=by))
        journal.append("run", "weather", {"sky": "<i>grey</i>", "path": ["a", 1]})
        fork = Live.begin(journal, "fork", Order(words=()), parent="run", memory=recorded_work(journal, "run"))
        fork.step(Task("write", outer, returns=Note, inputs={}, by=by))
        write_page(journal, ["fork"], tmp_path / "page.html")
    view = opened(tmp_path / "page.html", run="run")
    rows = view.locator("#rows [role=treeitem]")
    assert [row.get_attribute("aria-level") for row in rows.all()] == ["1", "1", "2", "1", "1"]
    assert [row.locator(".label").inner_text() for row in rows.all()][1:4] == ["write[1]", "read[1]", "fail[1]"]
    rows.nth(3).click()
    assert view.inner_text("#step .failure") == "RuntimeError: <b>out of ink</b>"
    rows.nth(4).click()
    at(view, "@4")
    assert view.locator("#step-body .text").all_inner_texts() == ["a", "<i>grey</i>"]
    assert view.inner_text("#verdict").startswith("✓ nothing altered")
    view = opened(tmp_path / "page.html", run="fork", step="write[1]")
    assert "reused" in view.inner_text(".step-head")
    view.click("#step dd a:has-text('run')")
    assert view.url.endswith("#run=run&step=write%5B1%5D")
