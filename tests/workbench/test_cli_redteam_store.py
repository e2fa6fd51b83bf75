"""``evitrail redteam store`` prints what each attack did and what stopped it; what is wrong is said on one line."""

from __future__ import annotations

import shutil
from pathlib import Path

from auditing import written
from desk import Desk, evitrail, tree


def test_it_prints_the_tables_and_says_the_same_as_json(own: Desk, tmp_path: Path) -> None:
    before = tree(own.store)
    asked = ("redteam", "store", own.run, "--attacks", "S1", "--rules", "off", "--out", tmp_path / "out")
    said = evitrail(*asked)
    assert (said.code, said.err) == (0, "")
    assert "without an attack: per cent, with 95% interval" in said.out
    assert "attacked, rules off" in said.out
    again = evitrail(*asked, "--json")
    assert (again.code, again.err) == (0, "")
    assert [(row["attack"], row["attacker"]) for row in again.json["attacks"]] == [("S1", "anyone")] * 2
    turned = [row["turned"] for row in again.json["attacks"]]
    assert all(f"{one['k']} of {one['n']}" in said.out for one in turned)
    assert tree(own.store) == before


def test_an_audit_judges_what_was_measured_as_long_as_the_store_is_the_same(own: Desk, tmp_path: Path) -> None:
    assert evitrail("redteam", "store", own.run, "--attacks", "S1", "--out", tmp_path / "out").code == 0
    rule = '[[redteam]]\nsuccess_at_most = 0.05\nattack = "S1"\nresults = "out"\ncondition = "gated"\n'
    policy = written(tmp_path, rule)
    said = evitrail("audit", own.run, "--policy", policy, "--json")
    (found,) = [one for one in said.json["results"] if one["rule"] == "redteam.S1.gated"]
    assert (said.code, found["verdict"], found["passes_at"]) == (1, "cannot tell", 59)
    tag = ("store", "tag", "later", "--by", "dora", "--store", own.store)
    assert evitrail(*tag).code == 0
    changed = evitrail("audit", own.run, "--policy", policy)
    assert "the store has changed since out was made; run `evitrail redteam store` again" in changed.out
    other = shutil.copytree(own.run, own.folder / "other")
    refused = evitrail("audit", other, "--policy", policy)
    assert (refused.code, len(refused.faults)) == (2, 1)
    assert f"expected a red team of {other}, got one of {own.run}" in refused.faults[0]


def test_what_is_wrong_is_one_line_and_nothing_is_written(own: Desk, tmp_path: Path) -> None:
    for wrong, words in (
        (("--attacks", "S9"), "--attacks: expected names among S1, S2, "),
        (("--conditions", "gaited"), "expected a condition among"),
        (("--conditions", "clean"), "--conditions: expected conditions that search, 'clean' does not"),
    ):
        said = evitrail("redteam", "store", own.run, *wrong, "--out", tmp_path / "out")
        assert said.code == 2
        (fault,) = said.faults
        assert words in fault
    said = evitrail("redteam", "store", tmp_path, "--out", tmp_path / "out")
    assert (said.code, len(said.faults)) == (2, 1)
    assert "expected an experiment, found no plan.toml" in said.faults[0]
    assert not (tmp_path / "out").exists()
