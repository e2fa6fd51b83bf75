"""The page of an audit prints on one sheet of A4, stands alone, and shows what others wrote as text."""

from __future__ import annotations

from datetime import date
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from auditing import HEAD, HIGH_RISK, audited, policy, questions, settings
from pypdf import PdfReader
from report_pages import HOSTILE, Markup, blame, case, outcome

from evitrail.eval.audit.audit import Audit, audit
from evitrail.eval.audit.page import RULES, render
from evitrail.eval.audit.share_metrics import SHARES

DAY = date(2026, 11, 29)
EVERY = "".join(
    f'[[threshold]]\nmetric = "{metric}"\nat_most = 0.03\n[[no_regression]]\nmetric = "{metric}"\nmargin = 0.02\n'
    'better = "lower"\n'
    for metric in SHARES
)
LONG = "a reason of many words that somebody wrote down in full " * 8


def page(folder: Path, *lines: str, head: str = HEAD, **changes: Any) -> str:
    ours = audited(**changes)
    asked = policy(folder, *lines, head=head)
    baseline = audited(**{**changes, "used": None})
    return render(audit(asked, ours, day=DAY, baselines={None: baseline}), asked, ours)


def full(folder: Path) -> str:
    """A page on which everything is long and there is much of everything."""
    cases = [one.model_copy(update={"stem": LONG}) for one in questions(92)]
    ids = [f"{family}.{metric}" for metric in SHARES for family in ("threshold", "no_regression")]
    waivers = "".join(
        f'[[waiver]]\nrule = "{rule}"\nreason = "{LONG}"\nby = "{LONG}"\nuntil = 2027-01-31\n' for rule in ids[:6]
    )
    used = settings(**dict.fromkeys(("agent", "retriever", "k", "gates", "reader", "prompts", "code", "fit"), LONG))
    head = HEAD.replace("gated answers", LONG).replace("A. Meyer", LONG)
    blames = [blame(outcome(one, "B", "gated"), culprit=("retrieve[1]", "synthesise[1]")) for one in cases[-30:]]
    return page(folder, EVERY, waivers, head=head, wrong=30, cases=cases, used=used, blames=blames)


@pytest.mark.parametrize("much", [False, True], ids=["little", "much"])
def test_it_prints_on_one_sheet_of_a4(tmp_path: Path, browser: Any, much: bool) -> None:
    html = full(tmp_path) if much else page(tmp_path, HIGH_RISK, wrong=7)
    file = tmp_path / "audit.html"
    file.write_text(html, encoding="utf-8")
    view = browser.new_page()
    view.goto(file.as_uri())
    printed = PdfReader(BytesIO(view.pdf(format="A4", prefer_css_page_size=True)))
    view.close()
    assert len(printed.pages) == 1
    width, height = (float(size) / 72 * 25.4 for size in printed.pages[0].mediabox[2:])
    assert (round(width), round(height)) == (210, 297)
    text = printed.pages[0].extract_text()
    assert "What this does not show" in text
    assert "Second signature" in text


def test_what_others_wrote_is_text_and_no_script_or_address_is_in_it(tmp_path: Path) -> None:
    hostile = HOSTILE.replace('"', "'")
    head = HEAD.replace("gated answers", hostile).replace("A. Meyer", hostile)
    cases = [case(f"q{at}", stem=HOSTILE) for at in range(9)]
    markup = Markup(page(tmp_path, HIGH_RISK, head=head, wrong=9, cases=cases, used=settings(reader=HOSTILE)))
    assert {"script", "img", "a", "link"}.isdisjoint(name for name, _ in markup.elements)
    assert "<script>alert('x')</script>" in markup.text
    assert "{{ 7*7 }}" in page(tmp_path, HIGH_RISK, head=HEAD.replace("gated", "{{ 7*7 }}"))


def test_it_says_the_verdict_in_words_each_rule_with_its_numbers_and_the_worst_questions(tmp_path: Path) -> None:
    text = Markup(page(tmp_path, HIGH_RISK, wrong=7)).text
    assert "Does not pass" in text
    assert "fail high_risk_rate of gated at most 3 %" in text
    assert "7.6 % 3.6 % to 13.8 % 92" in text
    assert text.count("high-risk") >= 5
    assert "Nothing: nightly was run with the same settings and code." in text


def test_rules_that_did_not_pass_come_first_and_the_others_are_counted(tmp_path: Path) -> None:
    markup = Markup(full(tmp_path))
    rows = [name for name, attributes in markup.elements if attributes.get("class") == "verdict"]
    assert len(rows) == RULES
    assert f"And {2 * len(SHARES) + 1 - RULES} more rules" in markup.text


def test_equal_audits_give_equal_pages(tmp_path: Path) -> None:
    assert page(tmp_path, HIGH_RISK, wrong=7) == page(tmp_path, HIGH_RISK, wrong=7)


def test_an_audit_is_named_by_what_it_is_of(tmp_path: Path) -> None:
    asked = policy(tmp_path, HIGH_RISK)
    found = audit(asked, audited(7), day=DAY)
    assert isinstance(found, Audit)
    assert "<title>Audit of nightly, 2026-11-29</title>" in render(found, asked, audited(7))
