"""Curating, rating and linking versions from the command line: recorded, told, refused in a line."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from desk import Desk, evitrail, tree
from world import evidence

from evitrail.evidence_store.grading.grade import Grade
from evitrail.evidence_store.grading.strength import SITUATIONS

LINEAGE = "group-b-streptococcus-antenatal-swab"
OLD, NEW = f"{LINEAGE}@2019", f"{LINEAGE}@2026"
EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"
BY_ANNA, BY_BEN = ("--by", "a.moreau"), ("--by", "d.larsen")


@pytest.fixture
def store(own: Desk) -> tuple[object, ...]:
    return ("--store", own.store)


def handed_in(store: tuple[object, ...]) -> None:
    assert evitrail("store", "draft", EXAMPLES / "draft.jsonl", *BY_ANNA, *store).code == 0
    assert evitrail("store", "submit", NEW, *BY_ANNA, *store).code == 0


def listed(store: tuple[object, ...], *more: object) -> dict[str, str]:
    return {
        f"{row['id']}@{row['version']}": row["status"]
        for row in evitrail("store", "list", "--json", *more, *store).json
    }


def test_a_version_goes_from_draft_to_published_and_is_withdrawn(store: tuple[object, ...]) -> None:
    handed_in(store)
    assert NEW not in listed(store)
    assert f"{NEW}~1" in listed(store, "--unpublished")
    assert "submitted by a.moreau, not published" in evitrail("store", "show", f"{NEW}~1", *store).out
    found = evitrail("search", "antenatal swab", "--retriever", "bm25", "--json", *store).json["hits"]
    asked = evitrail("search", "antenatal swab", "--retriever", "bm25", "--unpublished", "--json", *store).json["hits"]
    drafts = [{hit["passage"]["header"]["version"] for hit in hits} & {"2026~1"} for hits in (found, asked)]
    assert drafts == [set(), {"2026~1"}]
    signed = evitrail("store", "sign-off", NEW, "--reason", "checked", "--rubric", "accuracy=5", *BY_BEN, *store)
    assert (signed.code, signed.err) == (0, "")
    assert evitrail("store", "publish", NEW, "--json", *BY_BEN, *store).json["stage"] == "published"
    assert (listed(store)[NEW], listed(store)[OLD]) == ("current", "superseded")
    assert evitrail("store", "withdraw", NEW, "--reason", "a mistake", *BY_BEN, *store).code == 0
    assert NEW not in listed(store)
    assert "WITHDRAWN" in evitrail("store", "show", NEW, *store).out
    past = evitrail("store", "show", f"{NEW}~1", *store)
    assert (past.code, len(past.faults)) == (2, 1)
    history = evitrail("store", "history", LINEAGE, "--json", *store).json
    acts = [(event["actor"], event["type"]) for event in history if event["subject"].startswith(NEW)]
    assert acts == [
        ("a.moreau", "curation.drafted"),
        ("a.moreau", "curation.submitted"),
        ("d.larsen", "curation.signed_off"),
        ("d.larsen", "evidence.published"),
        ("d.larsen", "evidence.withdrawn"),
    ]
    assert evitrail("store", "verify", *store).code == 0


def test_the_queue_lists_what_waits(store: tuple[object, ...]) -> None:
    handed_in(store)
    tasks = evitrail("store", "review", "--on", "2012-01-01", "--json", *store).json
    assert tasks[0] == {
        "ref": NEW,
        "what": f"submitted: {NEW}~1",
        "since": f"event {tasks[0]['since'].split()[1]}",
        "by": "a.moreau",
        "next": "sign-off or request-changes",
    }
    said = evitrail("store", "review", "--on", "2012-01-01", *store)
    assert (said.code, said.err) == (0, "")
    assert "sign-off or request-changes" in said.out
    overdue = evitrail("store", "review", "--on", "2030-01-01", "--json", *store).json
    assert {"review due"} < {task["what"] for task in overdue}


def test_profiles_change_the_certainty_and_are_shown_by_outcome(store: tuple[object, ...], tmp_path: Path) -> None:
    profile = json.loads((EXAMPLES / "profile.jsonl").read_text())
    profile["assessments"][0] |= {"certainty": "low", "large_effect": {"levels": 0}}
    file = tmp_path / "profile.jsonl"
    file.write_text(json.dumps(profile), "utf-8")
    before = evitrail("store", "list", "--json", *store).json
    checked = evitrail("store", "assess", file, "--check", *BY_BEN, *store)
    assert checked.out.endswith("sound; nothing was written\n")
    assert evitrail("store", "list", "--json", *store).json == before
    assert evitrail("store", "assess", file, *BY_BEN, *store).out == f"{OLD}: moderate → low\n"
    shown = evitrail("store", "show", OLD, *store).out
    assert "antibiotics given in labour (important): low (observational)" in shown
    assert "sort 2004: B" in shown
    assert evitrail("store", "show", OLD, "--json", *store).json["grade"]["certainty"] == "low"


def test_a_discordant_recommendation_is_shown_with_the_reason_on_record_or_with_the_situations_that_would_be_one(
    store: tuple[object, ...], tmp_path: Path
) -> None:
    grade = Grade(certainty="low", strength="strong", study_design="observational")
    file = tmp_path / "strong.jsonl"
    file.write_text(evidence("bold", grade=grade).model_dump_json(), "utf-8")
    assert evitrail("store", "ingest", file, *store).code == 0
    shown = evitrail("store", "show", "bold", *store).out
    assert "recommendation: strong\n  discordant with low certainty; no reason is on record" in shown
    assert all(situation in " ".join(shown.split()) for situation in SITUATIONS)
    death = {"outcome": "death", "importance": "critical", "study_design": "observational", "certainty": "low"}
    profile = {"ref": "bold@1", "assessments": [death], "strength": "strong", "reason": "life-threatening"}
    file.write_text(json.dumps(profile), "utf-8")
    assert evitrail("store", "assess", file, *BY_BEN, *store).code == 0
    shown = evitrail("store", "show", "bold", *store).out
    assert "discordant with low certainty; the profile's reason: life-threatening\n" in shown
    assert SITUATIONS[0] not in shown
    assert evitrail("store", "show", "bold", "--json", *store).json["discordant"] is True
    assert evitrail("store", "show", OLD, "--json", *store).json["discordant"] is False


def test_an_edge_and_a_contradiction_are_recorded_and_shown(store: tuple[object, ...]) -> None:
    first = f"{LINEAGE}@2010"
    edge = ("--kind", "reaffirms", "--new", OLD, "--effective", "2019-07-01")
    assert evitrail("store", "supersede", first, *edge, "--json", *BY_BEN, *store).json["stated_by"] == "source"
    about = ("--type", "superseded", "--scope", "weeks of the swab")
    assert evitrail("store", "contradiction", first, OLD, *about, *BY_BEN, *store).code == 0
    assert (
        f"contradicts {OLD}: superseded, weeks of the swab (unresolved)" in evitrail("store", "show", first, *store).out
    )
    resolved = ("--resolution", "b", "--reason", "the newer one holds")
    said = evitrail("store", "contradiction", first, OLD, *about, *resolved, *BY_BEN, *store)
    assert said.out.endswith(f"superseded, resolved for {OLD}\n")


def test_a_draft_can_be_supposed_to_be_published(own: Desk) -> None:
    line = json.loads((EXAMPLES / "draft.jsonl").read_text())
    line |= {"valid_from": "2019-08-01", "published": "2019-08-01", "text": "Swab at 20 weeks and never again."}
    file = own.folder / "draft.jsonl"
    file.write_text(json.dumps(line), "utf-8")
    assert evitrail("store", "draft", file, *BY_ANNA, "--store", own.store).code == 0
    plan = own.run / "plan.toml"  # the copy's plan still names the store that it was copied from
    plan.write_text(re.sub(r'(?m)^store = ".*"$', f'store = "{own.store}"', plan.read_text()), "utf-8")
    told = evitrail("whatif", own.run, "--publish", NEW, "--json").json
    assert told["asked"] == 6
    assert any("gated" in row["run"] for row in told["affected"])
    assert NEW not in listed(("--store", own.store))
    wrong = evitrail("whatif", own.run, "--publish", OLD)
    assert wrong.faults == [f"expected a version drafted here, got '{OLD}'; see `evitrail store review`"]


REFUSED = {
    "nobody named": (
        ("submit", NEW),
        "--by: expected who does this, got nobody; give --by NAME, or set EVITRAIL_ACTOR",
    ),
    "self sign-off": (
        ("sign-off", NEW, "--reason", "mine", "--by", "A.Moreau"),
        f"{NEW}: expected a sign-off by somebody who did not write it, got 'A.Moreau', its author",
    ),
    "a score in words": (
        ("sign-off", NEW, "--reason", "r", "--rubric", "accuracy=good", *BY_BEN),
        "--rubric: expected WHAT=N with a whole number, as accuracy=5, got 'accuracy=good'",
    ),
    "published too early": (
        ("publish", NEW, *BY_BEN),
        f"{NEW}: only what is signed off can be published, got one submitted; next: sign-off or request-changes",
    ),
    "a kind there is not": (
        ("supersede", OLD, "--kind", "beats", "--new", OLD, "--effective", "2020-01-01", *BY_BEN),
        "--kind: expected 'replaces', 'splits', 'merges', 'narrows', 'broadens', 'amends', 'withdraws' or 'reaffirms', "
        "got 'beats'",
    ),
    "a circle": (
        ("supersede", OLD, "--kind", "replaces", "--new", f"{LINEAGE}@2010", "--effective", "2020-01-01", *BY_BEN),
        f"'{OLD}' takes over from '{LINEAGE}@2010' already: expected no circle; take it out of one side",
    ),
    "an unknown version": (
        ("withdraw", "no-such@1", "--reason", "r", *BY_BEN),
        "expected a version that is curated here, got 'no-such@1'; see `evitrail store review`",
    ),
    "a dispute with itself": (
        ("contradiction", OLD, OLD, "--type", "magnitude", "--scope", "s", *BY_BEN),
        f"expected two versions, got '{OLD}' twice",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_bad_input_gets_one_line_and_nothing_is_written(own: Desk, store: tuple[object, ...], name: str) -> None:
    handed_in(store)
    command, line = REFUSED[name]
    before = tree(own.store)
    said = evitrail("store", *command, *store)
    assert (said.code, said.faults) == (2, [line])
    assert tree(own.store) == before
    assert evitrail("store", "verify", *store).code == 0
