"""The report as a reader meets it: complete, honest about what is unknown, and harmless."""

import base64
import hashlib
import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote

import pytest
from report_pages import HOSTILE, ONE, RIGHT, TWO, WRONG, Markup, blame, case, outcome, page, sample

from evitrail.eval.attribution import ABSTENTIONS
from evitrail.eval.query.parse import parse


def test_the_page_names_what_was_run_and_what_it_is_not_for():
    text = Markup(page([WRONG, RIGHT], [ONE, TWO])).text
    assert "Research and quality assurance only; never clinical advice" in text
    for said in (
        "nightly",
        "Extractive()",
        "standard",
        "sha256:" + "0" * 64,
        "sha256:" + "f" * 64,
        "2 , of which 1 failed",
    ):
        assert said in text


def test_each_number_leads_to_the_runs_behind_it_and_none_is_listed():
    seen = Markup(page([WRONG, RIGHT], [ONE, TWO], blames=[blame(WRONG), blame(WRONG, outcome="high_risk")]))
    links = {
        unquote(attrs["href"] or "") for tag, attrs in seen.elements if tag == "a" and attrs.get("class") == "leads"
    }
    for query in (
        "",
        "-right",
        "condition:standard",
        "condition:standard right",
        "condition:standard high_risk",
        "condition:standard blame:retrieve",
        "condition:standard blame.high_risk:retrieve",
        "condition:standard fault.wrong:R2",
        "condition:standard high_risk -blame.high_risk:unknown",
        "case:q1",
        "case:q1 -right",
        "case:q1 high_risk",
    ):
        assert f"#q={query}" in links
        parse(query)
    assert "#run=standard.q1" in links
    assert not [link for link in links if "q2" in link], "a question that nobody failed"
    for said in ("Give nothing", "Give alteplase", "retrieve[1]", "R2 cut-off", "stroke@2009 decisive"):
        assert said in seen.text
    assert "Share of the failure" not in seen.text


def test_the_runs_of_several_readers_and_store_states_are_told_apart_in_a_link():
    one, two = "sha256:" + "1" * 64, "sha256:" + "2" * 64
    runs = [
        outcome(ONE, "B", run="standard.q1"),
        outcome(ONE, "B", run="standard.q1b", snapshot=one),
        outcome(ONE, "B", run="standard.q1c", snapshot=two, reader="Other (small)"),
    ]
    html = page(runs, [ONE])
    links = {unquote(link) for link in re.findall(r'href="#q=([^"]*)"', html)}
    assert 'condition:standard reader:"Other (small)" high_risk' in links
    assert 'condition:standard reader:"Extractive()" snapshot:111111111111 high_risk' in links


def test_an_abstention_is_told_with_its_reason():
    reason = f"U2: {ABSTENTIONS['U2']}"
    abstained = blame(WRONG, culprit=(), roles=(), fault_code=None, abstain_reason=reason)
    text = Markup(page([WRONG], [ONE], blames=[abstained])).text
    assert ABSTENTIONS["U2"] in text
    assert "100.0 % could not be pinned on any step" in text


def test_equal_verdicts_on_several_kinds_of_failure_are_told_once():
    text = Markup(page([WRONG], [ONE], blames=[blame(WRONG), blame(WRONG, outcome="unsafe", replays=3)])).text
    assert text.count("retrieve[1] for unsafe, wrong") == 1


@pytest.mark.parametrize("named", ["two <b>clinicians</b> of the ward", None])
def test_who_labelled_an_option_is_named_only_where_the_benchmark_says_it(named: str | None):
    labelled = case(labelled_by=named)
    text = Markup(page([outcome(labelled, "B")], [labelled])).text
    assert ("Labelled by two <b>clinicians</b> of the ward" in text) == (named is not None)
    assert ("linician" in text) == (named is not None)


def test_unlabelled_harm_is_a_dash_that_says_so_and_never_zero():
    bare = case(labels={})
    html = page([outcome(bare, "B")], [bare])
    assert (
        html.partition("</table>")[0].count('title="not labelled') == 6
    )  # three harms, overconfidence, stale, the safe region
    assert "no labels of harm" in html
    assert "safe deployment region</text>" not in html


def test_no_failure_is_said_in_words():
    text = Markup(page([RIGHT], [TWO])).text
    assert "No run failed, so no step is to blame." in text
    assert "No question was failed." in text


def test_attribution_that_was_not_run_is_not_passed_off_as_blameless():
    text = Markup(page([WRONG], [ONE])).text
    assert "Attribution was not run" in text
    assert "--no-attribute" in text


def test_nothing_finished_still_makes_a_page():
    assert "No run has finished" in Markup(page([], rows=[], root=None)).text


def test_a_question_whose_text_is_not_at_hand_is_named_all_the_same():
    text = Markup(page([WRONG])).text
    assert "The text of question q1 is not available." in text


def test_hostile_text_stays_text():
    bad = case(
        HOSTILE,
        stem=HOSTILE,
        options={"A": HOSTILE, "B": HOSTILE},
        labels={},
        clean_evidence=(HOSTILE,),
        subspecialty=HOSTILE,
        question_type=HOSTILE,
    )
    run = outcome(bad, "B", condition=HOSTILE, cited=(HOSTILE,), reader=HOSTILE, snapshot=HOSTILE)
    told = blame(run, culprit=(HOSTILE,), records=(HOSTILE,), contract_breaks=(HOSTILE,), fault_code=HOSTILE)
    mute = blame(run, outcome="unsafe", culprit=(), roles=(), fault_code=None, abstain_reason=HOSTILE)
    seen = Markup(page([run], [bad], title=HOSTILE, root=HOSTILE, blames=[told, mute]))
    tags = [tag for tag, _ in seen.elements]
    assert tags.count("script") == 1
    assert "img" not in tags
    assert not [name for _, attrs in seen.elements for name in attrs if name.startswith("on")]
    assert seen.text.count(HOSTILE) > 15
    assert not re.search(r"\b49\b", seen.text)


def test_the_page_reaches_for_nothing_and_its_policy_admits_only_its_own_script():
    html = page([WRONG, RIGHT], [ONE, TWO], blames=[blame(WRONG)])
    seen = Markup(html)
    policy = next(
        attrs["content"] for _, attrs in seen.elements if attrs.get("http-equiv") == "Content-Security-Policy"
    )
    assert policy is not None
    script = re.search(r"<script>(.*?)</script>", html, re.DOTALL)
    assert script is not None
    digest = base64.b64encode(hashlib.sha256(script[1].encode()).digest()).decode()
    assert policy.startswith("default-src 'none'; ")
    assert f"script-src 'sha256-{digest}'" in policy
    assert not [tag for tag, _ in seen.elements if tag in ("link", "iframe", "object", "embed", "base")]
    addresses = [
        value for _, attrs in seen.elements for name, value in attrs.items() if name in ("src", "href", "xlink:href")
    ]
    assert addresses
    assert all(value and value.startswith("#") for value in addresses)
    foreign = set(re.findall(r"https?://[^\s\"'<)]+", html)) - {
        "http://www.w3.org/2000/svg",
        "http://www.w3.org/1999/xlink",
        "http://127.0.0.1:8765/e/${name}`;",  # a link that may be followed to this machine, and nothing that is loaded
    }
    assert foreign == set()
    assert "@import" not in html


def test_equal_input_gives_equal_bytes_in_another_process_and_order():
    runs = [
        outcome(one, chosen, condition)
        for one in (ONE, TWO)
        for chosen, condition in (("B", "gated"), ("A", "standard"))
    ]
    blames = [blame(run) for run in runs if run.chosen == "B"]
    here = hashlib.sha256(page(runs, [ONE, TWO], blames=blames).encode()).hexdigest()
    there = hashlib.sha256(page(runs[::-1], [TWO, ONE], blames=blames[::-1]).encode()).hexdigest()
    assert here == there
    code = "import sys; sys.path[:0] = sys.argv[1:]; import report_pages; print(report_pages.sample())"
    tests = Path(__file__).parents[1]
    command = [sys.executable, "-c", code, str(tests), str(tests.parent)]
    elsewhere = subprocess.run(command, capture_output=True, text=True, check=True)
    assert elsewhere.stdout.strip() == sample()


def test_a_figure_says_in_words_what_it_shows():
    seen = Markup(page([WRONG, RIGHT], [ONE, TWO], blames=[blame(WRONG)]))
    said = [attrs.get("aria-label") or "" for tag, attrs in seen.elements if tag == "svg"]
    assert len(said) == 3
    assert "standard: accuracy 50.0 %, high-risk 50.0 %" in said[0]
    assert "standard: retrieve 100 %" in said[2]
