"""The provenance graph before it is drawn: which boxes there are, what is folded, and that no two of them meet."""

from __future__ import annotations

import random
from itertools import combinations
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from in_node import in_node

from evitrail.traces.record import content_id  # noqa: F401

OPTIONS = {"A": "Wedge resection", "B": "CT at 3 months", "C": "No follow-up", "D": "CT at 6-12 months"}
STEPS = [("retrieve[1]", "Retrieved"), ("synthesise[1]", "Synthesis"), ("choose[1]", "Choice")]
README_CLAIMS = [
    ("B", 0),
    ("B", 0),
    ("B", 3),
    ("D", 1),
    ("D", 1),
    ("D", 1),
    ("C", 3),
    ("A", 1),
    ("C", 0),
    ("A", 0),
    ("C", 6),
    ("A", 1),
]
"""The claims of the README's run: the option, and the place of the passage."""


def run(passages: int = 10, claims: list[tuple[str, int]] = README_CLAIMS, **changed: Any) -> dict[str, Any]:
    """The values of a run that chose B, where D is right; each claim is weaker than the one before it."""
    standing = {"status": "current", "since": None, "by": None}
    superseded = {"status": "superseded", "since": "2017-02-23", "by": "2017"}
    names = [f"nodule@{2000 + place}#0" for place in range(passages)]
    values: dict[str, Any] = {
        "order": ["@0", *(path for path, _ in STEPS), "@4", "@5"],
        "end": "@4",
        "blameStep": "@5",
        "steps": [{"path": path, "output": output} for path, output in STEPS],
        "question": {"stem": "What now?", "options": OPTIONS, "answer": "D", "as_of": "2024-02-01"},
        "chosen": "B",
        "reason": "B at 3.18",
        "weights": {"A": 0.1, "B": 3.18, "C": 0.5, "D": 2.97},
        "asked": {"retrieve[1]": "What now?"},
        "passages": [
            {
                "name": name,
                "ref": name.partition("#")[0],
                "step": "retrieve[1]",
                "version": str(2000 + place),
                "title": f"Nodule {place}",
                "certainty": "low",
                "standing": standing if place else superseded,
            }
            for place, name in enumerate(names)
        ],
        "claims": [
            {
                "i": i,
                "option": option,
                "stance": "supports",
                "strength": 9 - i / 10,
                "quote": f"do {option}",
                "passage": names[at],
            }
            for i, (option, at) in enumerate(claims)
        ],
        "seen": [],
        "blamed": ["retrieve[1]", "synthesise[1]"],
        "blamedFor": "wrong",
    }
    return values | changed


def graph(values: dict[str, Any], **how: Any) -> dict[str, Any]:
    (made,) = in_node("graph_layout.mjs", [{"values": values, **how}])
    return dict(made)


def lane(made: dict[str, Any], number: int) -> list[str]:
    """The names of a lane's boxes from the top."""
    return sorted(
        (box["id"] for box in made["boxes"] if box["lane"] == number), key=lambda name: made["places"][name]["y"]
    )


def meet(a: dict[str, float], b: dict[str, float]) -> bool:
    beside = a["x"] + a["w"] <= b["x"] or b["x"] + b["w"] <= a["x"]
    return not (beside or a["y"] + a["h"] <= b["y"] or b["y"] + b["h"] <= a["y"])


def assert_sound(made: dict[str, Any]) -> None:
    """No two boxes meet, none leaves the drawing, every edge joins two boxes, and the list has each edge once."""
    places, ids = made["places"], [box["id"] for box in made["boxes"]]
    assert len(set(ids)) == len(ids) == len(places)
    assert [pair for pair in combinations(ids, 2) if meet(places[pair[0]], places[pair[1]])] == []
    assert all(place["x"] + place["w"] <= made["width"] and place["y"] >= 0 for place in places.values())
    assert all(place["y"] + place["h"] <= made["height"] for place in places.values())
    assert {edge[end] for edge in made["edges"] for end in ("from", "to")} <= set(ids)
    assert all("NaN" not in path and "undefined" not in path for path in made["paths"])
    assert {name for name, _, again in made["listed"] if not again} == set(ids)
    assert sum(relation is not None for _, relation, _ in made["listed"]) == len(made["edges"])


def test_the_readmes_run_is_19_boxes_and_33_where_all_is_opened() -> None:
    folded, whole = graph(run()), graph(run(), open=["options", "passages"])
    assert (len(folded["boxes"]), len(whole["boxes"])) == (19, 33)
    for made in (folded, whole):
        assert_sound(made)
    assert lane(folded, 3) == ["step choose[1]", "option B", "option D", "fold options"]
    labels = {box["id"]: box["label"] for box in folded["boxes"]}
    assert labels["fold options"] == "2 more: A, C"
    assert labels["fold passages"] == "6 more, no claim used"
    assert labels["fold claims of options"] == "6 claims about A, C"


def test_a_run_of_91_passages_folds_those_that_no_claim_was_read_from() -> None:
    made = graph(run(passages=91))
    assert_sound(made)
    assert len(made["boxes"]) == 19
    assert {box["id"]: box["label"] for box in made["boxes"]}["fold passages"] == "87 more, no claim used"
    assert len(graph(run(passages=91), open=["passages"])["boxes"]) == 19 + 87


def test_passages_stand_in_the_order_of_the_mean_place_of_their_claims() -> None:
    made = graph(run(claims=[("B", 2), ("B", 1), ("B", 2), ("D", 0), ("D", 2)]))
    assert lane(made, 1) == [f"passage nodule@{year}#0" for year in (2001, 2002, 2000)] + ["fold passages"]
    assert lane(made, 2) == ["step synthesise[1]", *(f"claim {i}" for i in range(5))]


def test_one_way_decided_and_it_is_that_of_the_strongest_claim_for_the_chosen_option() -> None:
    made = graph(run())
    ways = [(edge["from"], edge["to"]) for edge in made["edges"] if edge.get("isDeciding")]
    assert sorted(ways) == [
        ("claim 0", "option B"),
        ("passage nodule@2000#0", "claim 0"),
        ("step retrieve[1]", "passage nodule@2000#0"),
    ]
    assert not any(edge.get("isDeciding") for edge in graph(run(chosen=None))["edges"])


def test_what_is_selected_is_lit_with_its_way_and_is_never_folded_away() -> None:
    claim = graph(run(), selected={"claim": "3"})
    assert sorted(claim["lit"]) == ["claim 3", "option D", "passage nodule@2001#0", "step retrieve[1]"]
    passage = graph(run(), selected={"passage": "nodule@2003#0"})
    assert {"claim 2", "option B", "step retrieve[1]"} <= set(passage["lit"])
    assert "claim 0" not in passage["lit"]
    option = graph(run(), selected={"option": "C"})
    assert "fold options" in {box["id"] for box in option["boxes"]}
    assert {"option C", "claim 6", "claim 8", "claim 10"} <= set(option["lit"])
    unused = graph(run(), selected={"passage": "nodule@2009#0"})
    assert "passage nodule@2009#0" in unused["lit"]
    step = graph(run(), selected={"step": "retrieve[1]"})
    assert {"passage nodule@2000#0", "fold passages"} <= set(step["lit"])
    assert "claim 0" not in step["lit"]
    blame = graph(run(), selected={"step": "@5"})
    assert set(blame["lit"]) == {"step retrieve[1]", "step synthesise[1]"}


def test_a_blame_rings_its_steps_and_the_store_where_that_is_to_blame() -> None:
    ringed = [box["id"] for box in graph(run())["boxes"] if box.get("isBlamed")]
    assert ringed == ["step retrieve[1]", "step synthesise[1]"]
    made = graph(run(blamed=["store"]))
    assert [box["id"] for box in made["boxes"] if box.get("isBlamed")] == ["store"]
    assert_sound(made)


def test_an_abstention_has_a_box_of_its_own_and_the_options_that_most_spoke_for() -> None:
    made = graph(run(chosen=None, weights={"A": 0.2, "B": 3.1, "C": 3.2, "D": 1.0}))
    assert_sound(made)
    assert lane(made, 3)[:2] == ["step choose[1]", "abstained"]
    assert {name for name in lane(made, 3) if name.startswith("option")} == {"option B", "option C", "option D"}


def test_passages_before_a_model_lead_to_its_context_and_that_to_the_option() -> None:
    names = [f"nodule@{2000 + place}#0" for place in range(10)]
    made = graph(run(claims=[], seen=names))
    assert_sound(made)
    assert [edge["from"] for edge in made["edges"] if edge["to"] == "context"] == [f"passage {name}" for name in names]
    assert [(edge["from"], edge["to"]) for edge in made["edges"] if edge.get("isDeciding")] == [("context", "option B")]
    assert lane(made, 1) == [f"passage {name}" for name in names]


def test_a_run_of_ten_thousand_steps_stays_a_drawing() -> None:
    steps = [{"path": f"write[{number}]", "output": "Note"} for number in range(1, 10_001)]
    made = graph(run(passages=0, claims=[], steps=steps, question=None, chosen=None, blamed=[]))
    assert_sound(made)
    assert len(made["boxes"]) == 8
    assert made["boxes"][-1]["label"] == "9,993 more steps"
    assert len(graph(run(passages=0, claims=[], steps=steps, question=None, blamed=[]), open=["steps"])["boxes"]) < 130


def test_equal_values_give_equal_graphs_whatever_their_width_and_however_often() -> None:
    first, again, narrow = in_node(
        "graph_layout.mjs", [{"values": run()}, {"values": run()}, {"values": run(), "width": 300}]
    )
    assert first == again
    assert narrow["boxes"] == first["boxes"]
    assert_sound(narrow)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 40), st.integers(0, 60), st.integers(0, 2**32), st.booleans(), st.sampled_from(["B", None]))
def test_no_two_boxes_meet_in_any_run(passages: int, claims: int, seed: int, opened: bool, chosen: str | None) -> None:
    chance = random.Random(seed)
    read = [(chance.choice("ABCD"), chance.randrange(passages)) for _ in range(claims)] if passages else []
    folds = ["options", "passages", *(f"claims {letter}" for letter in "ABCD")] if opened else []
    assert_sound(graph(run(passages, read, chosen=chosen), open=folds))
