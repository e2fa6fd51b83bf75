"""``evitrail compare`` prints a row for each gate, and leaves the experiment's results as they were."""

from __future__ import annotations

from pathlib import Path

from desk import CASES, Desk, evitrail

from evitrail.retrieval.gates import GATES


def test_a_row_for_the_whole_and_one_for_each_gate(own: Desk) -> None:
    said = evitrail("compare", own.run, "--ablate", "gates")
    assert (said.code, said.err) == (0, "")
    assert f"gated without each of its gates, {len(CASES)} cases" in said.out
    rows = [line.split()[1] for line in said.out.splitlines() if line.startswith("│")]
    assert rows == ["none", *GATES]


def test_json_tells_the_same_with_the_ends_of_every_interval(own: Desk) -> None:
    whole, *parts = evitrail("compare", own.run, "--ablate", "gates", "--json").json
    assert (whole["left_out"], whole["cases"], whole["moved"]) == (None, len(CASES), 0)
    assert [row["left_out"] for row in parts] == list(GATES)
    for row in parts:
        assert row["metrics"].keys() == {"accuracy", "stale_rate", "contradiction_rate"}
        accuracy = row["metrics"]["accuracy"]
        assert accuracy["value"] - whole["metrics"]["accuracy"]["value"] == accuracy["difference"]
        assert accuracy["lo"] <= accuracy["difference"] <= accuracy["hi"]


def test_the_report_counts_what_it_counted_and_the_journal_is_sealed_again(own: Desk) -> None:
    before, root = evitrail("report", own.run, "--json").json, verified(own)
    assert evitrail("compare", own.run, "--ablate", "gates").code == 0
    assert evitrail("report", own.run, "--json").json == before
    assert verified(own) != root


def verified(desk: Desk) -> str:
    """The root of the newest seal, which holds every run there was then."""
    said = evitrail("trace", "verify", desk.run, "--json")
    assert said.code == 0
    return str(said.json["root"])


def test_a_fork_takes_gates_by_name(own: Desk) -> None:
    run = f"gated.{CASES[0]}"
    forked = evitrail("fork", own.run, run, "--set", "gates=retracted,near", "--json")
    assert (forked.code, forked.json["parent"]) == (0, run)
    shown = evitrail("trace", "show", own.run, f"{forked.json['run']}#retrieve[1]", "--json")
    assert [gate["gate"] for gate in shown.json["output"]["gates"]] == ["retracted", "near"]


def test_what_cannot_be_left_out_is_refused_in_one_line(own: Desk) -> None:
    said = evitrail("compare", own.run, "--ablate", "doors")
    assert said.code == 2
    assert len(said.faults) == 1
    assert "'doors'" in said.faults[0]
    assert "'gates'" in said.faults[0]
    unknown = evitrail("fork", own.run, f"gated.{CASES[0]}", "--set", "gates=retracted,nearby")
    assert (unknown.code, len(unknown.faults)) == (2, 1)
    assert "did you mean 'near'?" in unknown.faults[0]
    elsewhere = evitrail("fork", own.run, f"standard.{CASES[0]}", "--set", "gates=near")
    assert (elsewhere.code, len(elsewhere.faults)) == (2, 1)
    assert "expected a retriever that passes gates, Dense" in elsewhere.faults[0]


def test_two_conditions_are_printed_with_the_cases_that_tell_them_apart(desk: Desk) -> None:
    said = evitrail("compare", desk.run, "standard", "gated")
    assert (said.code, said.err) == (0, "")
    assert "p: McNemar's exact test; adjusted for " in said.out
    assert "A and B differ in agent, k, retriever" in said.out
    (pair,) = evitrail("compare", desk.run, "standard", "gated", "--json").json["pairs"]
    assert pair["parted"], "else the lines below hold of nothing"
    first = pair["parted"][0]
    assert f"`evitrail diff DIR {first['baseline']['run']} {first['other']['run']}`" in said.out
    none = evitrail("compare", desk.run, "standard", "gated", "--cases", 0)
    assert f"{pair['moved']} more cases differ; --cases {pair['moved']} lists all" in none.out


def test_a_comparison_is_written_to_a_file_whose_ending_says_how(desk: Desk, tmp_path: Path) -> None:
    said = evitrail("compare", desk.run, "closed_book", "standard", "gated", "--out", tmp_path / "c.md")
    assert (said.code, said.out) == (0, f"written: {tmp_path / 'c.md'}\n")
    assert "## gated" in (tmp_path / "c.md").read_text("utf-8")
    wrong = evitrail("compare", desk.run, "standard", "gated", "--out", tmp_path / "c.docx")
    assert (wrong.code, len(wrong.faults)) == (2, 1)
    assert [file.name for file in tmp_path.iterdir()] == ["c.md"]
