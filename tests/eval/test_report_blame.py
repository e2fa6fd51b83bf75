"""What the report shows of each blame: its outcome, sentence, repair and counts, and never a zero for the unknown."""

from report_pages import ONE, RIGHT, TWO, WRONG, Markup, blame, page

from evitrail.eval.attribution import ABSTENTIONS, Share
from evitrail.eval.attribution.record.summary import TARGETS
from evitrail.eval.report.page import STEPS
from evitrail.eval.report.plots import ROLE_COLOURS


def test_a_blame_stands_with_its_outcome_and_its_sentence_in_the_questions_that_did_most_harm():
    full = blame(
        WRONG,
        culprit=("critique[1]", "retrieve[1]"),
        roles=("critique", "retrieve"),
        fault_code="K1",
        sentence="critique[1] judged hits adequate; repairing either of them alone prevents the wrong answer (…).",
    )
    text = Markup(page([WRONG], [ONE], blames=[full, full.model_copy(update={"outcome": "unsafe"})])).text
    for said in (
        "critique[1] , retrieve[1] for unsafe, wrong",
        "critique[1] judged hits adequate; repairing either of them alone prevents the wrong answer (…).",
        "K1 false accept",
    ):
        assert said in text


def test_the_fix_value_of_each_step_stands_beside_its_share():
    text = Markup(page([WRONG, RIGHT], [ONE, TWO], blames=[blame(WRONG)])).text
    assert "Fix value for wrong : failed runs, of n, that repairing this step alone prevents" in text
    assert "1 20.7–100.0" in text  # Wilson, 1 of 1


def test_one_sentence_is_told_of_all_the_kinds_of_failure_it_holds_for():
    said = "retrieve[1] served it; serving another prevents {} (8 of 8 re-runs)."
    two = [
        blame(WRONG, sentence=said.format("the wrong answer")),
        blame(WRONG, outcome="unsafe", sentence=said.format("the unsafe answer")),
    ]
    text = Markup(page([WRONG], [ONE], blames=two)).text
    assert said.format("the unsafe answer and the wrong answer") in text


def test_every_kind_of_step_has_a_colour_of_its_own_and_a_description():
    assert STEPS.keys() == ROLE_COLOURS.keys() == set(TARGETS)
    assert len(set(ROLE_COLOURS.values())) == len(TARGETS)


def test_a_record_with_nothing_played_and_steps_of_an_outside_agent_are_shown():
    bare = blame(
        WRONG,
        outcome="unsafe",
        culprit=(),
        roles=(),
        fault_code=None,
        phi={},
        p_rep=None,
        v_none=None,
        minimal_repair_sets=(),
    )
    bare = bare.model_copy(update={"abstain_reason": f"E1: {ABSTENTIONS['E1']}"})
    outside = blame(
        WRONG,
        culprit=("triage[1]",),
        roles=("triage",),
        phi={"triage[1]": Share(value=1, lo=1, hi=1)},
        minimal_repair_sets=(("triage[1]",),),
    )
    text = Markup(page([WRONG], [ONE], blames=[bare, outside])).text
    assert ABSTENTIONS["E1"] in text or "E1" in text
    assert "a step of an outside agent" in text
    assert "triage" in text
