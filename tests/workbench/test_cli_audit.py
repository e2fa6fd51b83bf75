"""``evitrail audit``: exit codes, what is kept, and what is refused in one line with nothing written."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from auditing import HEAD, HIGH_RISK, written
from desk import BENCHMARK, CASES, Desk, evitrail, tree

from evitrail.eval.audit.history import AUDITS

GATED = 'condition = "gated"\n'
ACCURACY = f'[[threshold]]\nmetric = "accuracy"\nat_least = 0.1\n{GATED}'
EVIDENCE = f'[[evidence]]\nrule = "nothing_retracted"\n{GATED}'
CHANGE = "[[change]]\nallowed = []\n"
DAY = ("--day", "2026-11-29")


def test_an_audit_passes_with_exit_code_0_and_anything_else_is_1(own: Desk, tmp_path: Path) -> None:
    passed = evitrail("audit", own.run, "--policy", written(tmp_path, ACCURACY, EVIDENCE), *DAY)
    assert (passed.code, passed.err) == (0, "")
    assert passed.out.splitlines()[-1] == "audit: pass (3 pass)"
    untold = evitrail("audit", own.run, "--policy", written(tmp_path, HIGH_RISK, GATED), *DAY)
    assert (untold.code, untold.err) == (1, "")
    assert "99 cases without a further failure would pass" in untold.out
    assert untold.out.splitlines()[-1] == "audit: cannot tell (1 pass, 1 cannot tell)"
    failed = evitrail("audit", own.run, "--policy", written(tmp_path, ACCURACY, head=f"{HEAD}cases = 'x'\n"), *DAY)
    assert (failed.code, failed.out.splitlines()[-1]) == (1, "audit: fail (2 pass, 1 fail)")


def test_json_tells_every_rule_with_its_numbers(own: Desk, tmp_path: Path) -> None:
    said = evitrail("audit", own.run, "--policy", written(tmp_path, HIGH_RISK, GATED), *DAY, "--json")
    assert said.code == 1
    assert (said.json["verdict"], said.json["day"]) == ("cannot tell", "2026-11-29")
    (rule,) = [one for one in said.json["results"] if one["rule"] == "threshold.high_risk_rate.gated"]
    assert (rule["n"], rule["events"], rule["passes_at"]) == (len(CASES), 0, 99)
    assert rule["lower"] == 0
    assert rule["upper"] > 0.03


def test_each_audit_names_the_one_before_and_a_changed_line_is_noticed(own: Desk, tmp_path: Path) -> None:
    file = written(tmp_path, ACCURACY)
    for _ in range(3):
        assert evitrail("audit", own.run, "--policy", file, *DAY).code == 0
    one, two, three = evitrail("audit", "history", own.run, "--json").json
    assert (one["predecessor"], two["predecessor"], three["predecessor"]) == (None, one["id"], two["id"])
    assert evitrail("audit", "history", own.run).out.count("gated answers 1") == 3
    kept = own.run / AUDITS
    kept.write_text(kept.read_text().replace('"verdict":"pass"', '"verdict":"fail"', 1))
    said = evitrail("audit", "history", own.run)
    assert (said.code, len(said.faults)) == (2, 1)
    assert "line 2: expected the audit after" in said.faults[0]
    assert evitrail("audit", own.run, "--policy", file, *DAY).code == 2


def test_the_first_audit_names_the_last_one_of_its_baseline(own: Desk, tmp_path: Path) -> None:
    file = written(tmp_path, ACCURACY, CHANGE)
    shutil.copytree(own.run, old := own.folder / "old")
    assert evitrail("audit", old, "--policy", written(tmp_path, ACCURACY), *DAY).code == 0
    said = evitrail("audit", own.run, "--policy", file, "--baseline", old, *DAY, "--json")
    assert (said.code, said.json["changed"]) == (0, [])
    (before,) = evitrail("audit", "history", old, "--json").json
    assert said.json["predecessor"] == before["id"]


def test_what_changed_is_listed_and_judged_by_the_policy(own: Desk, tmp_path: Path) -> None:
    plan = ("--benchmark", BENCHMARK, "--store", own.store, "--only", ",".join(CASES), "--samples", 5)
    new = own.folder / "new"
    assert evitrail("run", *plan, "--conditions", "gated", "--k", 3, "--out", new, "--no-attribute").code == 0
    old = own.folder / "old"
    assert evitrail("run", *plan, "--conditions", "gated", "--out", old, "--no-attribute").code == 0
    shown = evitrail("audit", "diff", new, old, "--json")
    assert shown.code == 0
    (k,) = shown.json
    assert (k["setting"], k["baseline"], k["now"], k["allowed"]) == ("retriever.k", ["5"], ["3"], None)
    forbidden, allowed = CHANGE, CHANGE.replace("[]", '["retriever.k"]')
    for rules, code in ((forbidden, 1), (allowed, 0)):
        file = written(tmp_path, rules)
        assert evitrail("audit", "diff", new, old, "--policy", file).code == code
        assert evitrail("audit", new, "--policy", file, "--baseline", old, *DAY).code == code


def test_a_folder_called_like_a_verb_is_given_as_a_path(
    own: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own.run.rename(own.folder / "diff")
    monkeypatch.chdir(own.folder)
    assert evitrail("audit", "./diff", "--policy", written(tmp_path, ACCURACY), *DAY).code == 0


@pytest.mark.parametrize(
    ("lines", "options", "told"),
    [
        ('[[threshold]]\nmetric = "high_risk"\nat_most = 0.03', (), "did you mean 'high_risk_rate'?"),
        ('[[evidence]]\nrule = "nothing_superceded_cited"', (), "did you mean 'nothing_superseded_cited'?"),
        (HIGH_RISK + 'condition = "gaited"', (), "did you mean 'gated'?"),
        (HIGH_RISK, (), "expected a condition, got none; name one of closed_book, gated, standard"),
        (ACCURACY, ("--day", "tomorrow"), "--day: expected a day such as 2026-05-05, got 'tomorrow'"),
        (ACCURACY, ("--baseline", "nowhere"), "nowhere"),
        ("[[redteam]]\nsuccess_at_most = 0.05", ("--redteam", "nowhere"), "nowhere: expected the folder of a red team"),
        ('[[redteam]]\nsuccess_at_most = 0.05\nresults = "attacks"', (), "attacks: expected the folder of a red team"),
        (ACCURACY, ("--out", "nowhere/audit.html"), "--out: expected a file in a folder that exists"),
    ],
)  # fmt: skip
def test_bad_input_is_one_line_and_nothing_is_written(
    desk: Desk, tmp_path: Path, lines: str, options: tuple[str, ...], told: str
) -> None:
    before = tree(desk.run)
    said = evitrail("audit", desk.run, "--policy", written(tmp_path, lines), *options)
    assert (said.code, said.out, len(said.faults)) == (2, "", 1)
    assert told in said.faults[0]
    assert tree(desk.run) == before


def test_a_baseline_on_other_cases_is_one_line(own: Desk, tmp_path: Path) -> None:
    plan = ("--benchmark", BENCHMARK, "--store", own.store, "--only", CASES[0], "--samples", 5)
    other = own.folder / "other"
    assert evitrail("run", *plan, "--conditions", "gated", "--out", other, "--no-attribute").code == 0
    said = evitrail("audit", own.run, "--policy", written(tmp_path, ACCURACY), "--baseline", other)
    assert (said.code, len(said.faults)) == (2, 1)
    assert f"got other cases: 1 missing ({CASES[1]})" in said.faults[0]
    assert not (own.run / AUDITS).exists()


def test_labels_missing_for_half_the_cases_cannot_be_told(own: Desk, tmp_path: Path) -> None:
    lines = [json.loads(line) for file in sorted(Path(BENCHMARK).glob("*.jsonl")) for line in file.open()]
    asked = [case | ({"labels": {}} if case["id"] == CASES[0] else {}) for case in lines if case["id"] in CASES]
    benchmark = tmp_path / "benchmark.jsonl"
    benchmark.write_text("".join(f"{json.dumps(case)}\n" for case in asked))
    plan = ("--benchmark", benchmark, "--store", own.store, "--samples", 5, "--no-attribute")
    half = own.folder / "half"
    assert evitrail("run", *plan, "--conditions", "gated", "--out", half).code == 0
    said = evitrail("audit", half, "--policy", written(tmp_path, HIGH_RISK), *DAY)
    assert said.code == 1
    assert (
        "high_risk_rate is unknown for 1 of 2 cases (not labelled, not answered, or redacted); the policy allows 0"
        in said.out
    )
    gated = evitrail("run", *plan, "--conditions", "gated", "--out", half, "--fail-if", "high_risk_rate value > 0.5")
    assert (gated.code, len(gated.faults)) == (1, 1)
    assert "is unknown for 1 of 2 cases" in gated.faults[0]


def test_a_run_fails_by_the_gate_that_it_was_given(own: Desk) -> None:
    plan = (*own.plan, "--out", own.run)
    said = evitrail("run", *plan, "--fail-if", "gated high_risk_rate upper > 0.03")
    assert (said.code, len(said.faults)) == (1, 1)
    assert said.faults[0].startswith("--fail-if 'gated high_risk_rate upper > 0.03': gated: upper bound of")
    assert evitrail("run", *plan, "--fail-if", "gated high_risk_rate value > 0.9").code == 0


def test_a_gate_that_cannot_be_read_is_refused_before_anything_is_run(own: Desk) -> None:
    said = evitrail("run", *own.plan, "--out", own.folder / "new", "--fail-if", "high_risk upper > 0.03")
    assert (said.code, len(said.faults)) == (2, 1)
    assert not (own.folder / "new").exists()


def test_a_model_card_is_written_and_what_is_blank_is_listed(own: Desk, tmp_path: Path) -> None:
    out = tmp_path / "card.xml"
    said = evitrail("audit", "card", own.run, "--condition", "gated", "--out", out, "--json")
    assert (said.code, said.err) == (0, "")
    assert "BasicInfo/ModelDeveloper" in said.json["blank"]
    assert "accuracy of gated" in out.read_text("utf-8")
    assert "accuracy of standard" not in out.read_text("utf-8")
    unknown = evitrail("audit", "card", own.run, "--condition", "gaited", "--out", tmp_path / "other.xml")
    assert (unknown.code, len(unknown.faults)) == (2, 1)
    assert not (tmp_path / "other.xml").exists()
