"""A store to look at in a browser: a lineage of three versions, rated, disputed and drafted on, and runs that used it.

The texts, a version's name and the address of its source are hostile: they hold markup and script that would run.
The store was made with vectors that no model gives, so whatever loads an embedding model to open it fails.

    folder = shelf(tmp_path)                 # the experiment; its store lies beside it
    with opened_store(ExperimentFolders([folder]), "x") as opened: ...
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

from exhibit import HOSTILE, experiment
from ward import advice, opened

from evitrail.eval.demo import DEMO_CASES
from evitrail.eval.log.recorded_store import ledger_at
from evitrail.eval.plan.plan import Plan, settle
from evitrail.eval.report.results import write_results
from evitrail.evidence_store.curation.profile import Profile
from evitrail.evidence_store.curation.relations import Contradiction, Supersession
from evitrail.evidence_store.curator import Curator
from evitrail.evidence_store.grading.assessment import Assessment, Judgement

ODD = '2"><img/src=x/onerror=document.title=1>'
"""The third version: a name that a store admits."""
SEEN = 3
"""The ledger number that the experiment saw: three versions were published."""
STROKE = Assessment(
    outcome="stroke",
    importance="critical",
    study_design="randomized",
    risk_of_bias=Judgement(levels=0),
    imprecision=Judgement(levels=1, reason=f"40 events {HOSTILE}"),
    certainty="low",
    override_reason="the panel knew of an unpublished trial",
)
BLEEDING = Assessment(
    outcome="bleeding",
    importance="important",
    study_design="observational",
    dose_response=Judgement(levels=1, reason="more drug, more bleeding"),
    certainty="moderate",
)


def shelf(folder: Path) -> Path:
    """The folder of the experiment, with results; what is recorded after it makes events 4 to 9."""
    made = experiment(folder)
    write_results(made)
    with opened(folder) as store:
        plan = Plan(benchmark=str(DEMO_CASES), store=str(folder / "store"), conditions=("standard",))
        settle(plan, made, store.seq, ledger_at(store, store.seq))
        fields = {"valid_from": date(2021, 1, 1), "url": "javascript:document.title=1", "population": HOSTILE}
        store.ingest([advice("apixaban", "D", ODD, title=HOSTILE, includes=("heparin@1",), **fields)])
        new = (f"apixaban@{ODD}",)
        store.supersede(Supersession(kind="replaces", old=("apixaban@1",), new=new, effective=date(2021, 1, 1)))
        store.assess([Profile(ref="apixaban@1", assessments=(STROKE, BLEEDING), reason="panel of May")])
        dispute = {"scope": HOSTILE, "type": "magnitude", "detector": "a reader"}
        store.dispute(Contradiction(a="apixaban@1", b="heparin@1", **dispute))
        Curator(store).draft([advice("apixaban", "A", "3", valid_from=date(2022, 1, 1))], reason="update")
    return made
