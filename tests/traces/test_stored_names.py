"""Every kind of record says itself what it is stored as; the name of its class means nothing outside this process."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest
from scribe import Note, ticking

import evitrail.traces
from evitrail.traces import Journal, Record, content_id
from evitrail.traces.record import stored_name

ABOVE = evitrail.traces.__name__.removesuffix("traces")
"""What the import roots of the product stand in, if anything."""
ROOTS = tuple(f"{ABOVE}{name}" for name in ("traces", "evidence_store", "retrieval", "agent", "eval", "workbench"))

STORED = {
    *("Activity", "Edges", "Foreign", "Heads", "Identifier", "Imported", "Moment", "Seed"),
    *("Evidence", "Header", "Manifest", "Name", "Passage", "Supersession", "_Pair"),
    *("Answer", "Asked", "Checked", "Choice", "Claim", "Critique", "Decoding", "Query", "Question", "Retrieved"),
    *("Answering", "Completion", "Fit", "Influence", "Kept", "Prompt", "Prompts", "Section", "Synthesis", "Weights"),
    *("Captured", "Given", "Node", "Nodes", "Said", "Texts", "Vectors"),
    *("Blames", "Fork", "Mended", "Review", "RunConfig"),
    *("Audit", "AuditPolicy", "CaseSet"),
    *("AnswerClaim", "ClaimEvidence", "JudgedClaim", "OpenAnswer", "WrittenAnswer"),
}
"""Every name that journals and stores out there may hold. One may be added, none may be taken away or changed."""

REASONS = {
    "what others are made from": "Grown",
    "part of another record": (
        "Assessment Ballots Blame BundleManifest Case Citation Condition Context ContextPassage Contradiction "
        "Dropped Edge Entity Flags FoundNode GateReport Grade Hit Input Judgement LetterVerdict Message "
        "ModelAnswer Noted Overall PackedFile PackedRun PassageInfluence Rating Share Term Token"
        " AuditedName ChangedSetting Overridden PolicyName RuleResult Waived"
        " BearingPassage ClaimSource ReadLine"
    ),
    "an event of the ledger, which is hashed as an event whatever its body": (
        "Act Draft Entry Event Held Notice Profile Publisher Stop Withdrawal"
    ),
    "a file that somebody gives us, or that we write for others": (
        "AskedQuestion Body CertaintyWeights CheckedCondition CheckedGreedy CheckedLine CheckedSampled DomainRating "
        "Erratum Family Greedy Hint HintTable JudgeVerdict Labelled ListedNotice Mismatch Outcome "
        "Plan Price PriceTable PublishedManifest PublishedRecord RunColumns Sampled ServedTexts"
        " Data InjectionPlan Leak Row Trial"
        " AttackRow Attempt Chosen CleanRow Paired RedTeam Settled"
        " AttributionRule AuditSignature Change EvidenceRule NoRegression PolicyHead RedTeamRule Rule Threshold Waiver"
        " RegressionCase RegressionSet"
        " GivenAnswer"
    ),
    "what a command answers with, or a step hands to the next": (
        "AnswerSource Answered Attempt BlameShare ClaimDiff ComparedMetric Comparison ContextLink Counted Difference "
        "End Estimate EvidenceChain FaultCount FixValue Ingested Link ListedRun Moved Pair Parted Parting PassageDiff "
        "Payload Reasons ReviewItem State Stats StatusChange StepDiff Swap TurningEvent Unread"
        " AskedForks ForkChoices ForkEnd ForkEstimate ForkResult ForkVariant ForkedStep Job JobEvent JobView StepChoice"
        " Tally Unforkable"
        " CodeShare CountedShare FailuresByStep MovedRule Since StepFailures"
        " Attribution AuditView BlameChoices BlamedFailure BlamedFailures CellQueries ChosenRuns ConditionChoice"
        " KindCount LastAudit PolicyChoice RecordedAudit RecordedReview RunsBehind"
        " AlignedStep Choices DiffSide DropDiff FieldDiff InputDiff OtherRun RunDiff StepDetail StepPlace StepSide"
        " EncoderLine FoundPassage GateResult HeldBackPassage Retrieval RetrieverChoice RetrieverColumn Unsearched"
        " ComparedCondition ConditionsCompared PairInWords SavedView SavedViews SweepProgress"
        " CaseResult Funnel ListedReview StageCount"
        " Cause ChangedAnswer ChangingEvent ConditionDrift Drift EventDrift"
        " ClaimBlame ClaimResult ClaimRow ClaimShare JudgedAnswer"
        " AskedCase ConditionRow Estimated EvidenceStanding ExperimentLine FailureProfile ForkLine IntegrityReport"
        " ListedRuns MetricColumn MetricRange Neighbours RunIntegrity RunView SealState SelectedRuns ServedPassage"
        " StepShare StoreState"
        " CountedRuns DomainMove EvidenceHit EvidenceSearch ExperimentReliance GradeProfile GradedOutcome HeldBack"
        " HistoryLine LineageView Reliance RelyingRuns StoreChoice StorePlace SupersessionEdge VersionView"
    ),
}
NEVER_BY_ITSELF = {name for names in REASONS.values() for name in names.split()}
"""Classes whose records are never hashed and never stored but inside another."""


def kinds(of: type[Record] = Record) -> Iterator[type[Record]]:
    for kind in of.__subclasses__():
        yield kind
        yield from kinds(kind)


@pytest.fixture(scope="module")
def product() -> list[type[Record]]:
    """Every class of records there is outside the tests."""
    for root in ROOTS:
        for folder in import_module(root).__path__:
            for file in sorted(Path(folder).rglob("*.py")):
                parts = file.relative_to(folder).with_suffix("").parts
                import_module(".".join((root, *parts)).removesuffix(".__init__"))
    return [kind for kind in kinds() if kind.__module__.startswith(tuple(f"{root}." for root in ROOTS))]


def test_every_record_has_a_stored_name_or_is_known_never_to_need_one(product: list[type[Record]]) -> None:
    nameless = {kind.__name__ for kind in product if kind.stored_as is None}
    assert nameless == NEVER_BY_ITSELF, (
        "declare stored_as=; or list it above, if it is never hashed or stored by itself"
    )


def test_no_stored_name_is_lost_or_changed_and_a_new_one_is_added_on_purpose(product: list[type[Record]]) -> None:
    assert {kind.stored_as for kind in product} - {None} == STORED


def test_no_two_kinds_of_records_have_one_stored_name(product: list[type[Record]]) -> None:
    times = Counter(kind.stored_as for kind in product if kind.stored_as is not None)
    assert [name for name, many in times.items() if many > 1] == []


def test_a_class_may_be_called_otherwise_than_its_records_are_stored() -> None:
    class Remark(Record, stored_as="Note"):
        text: str

    assert content_id(Remark(text="aspirin")) == content_id(Note(text="aspirin"))
    assert repr(Remark(text="aspirin")) == repr(Note(text="aspirin")) == "Note(text='aspirin')"
    assert stored_name(Remark) == stored_name(Remark(text="aspirin")) == "Note"


def test_a_record_without_a_stored_name_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    class Inner(Record):
        text: str

    class Later(Note):
        """What it is derived from has a name; it has none."""

    for nameless in (Inner(text="a"), Later(text="a")):
        with pytest.raises(TypeError, match=r'no stored name.*declare one: class \w+\(Record, stored_as="\w+"\)'):
            content_id(nameless)
        with Journal.open(tmp_path / "journal.db", clock=ticking()) as journal:
            with pytest.raises(TypeError, match="no stored name"):
                journal.put(nameless)
            assert dict(journal.survey()) == {}
