"""The texts that the published dataset serves, as evidence for a store, and its questions as cases that name them.

Rules kept here (sections are those of the SaFE-Scale specification)
- Each of a question's three texts (1.1) is a version of its own: ``radsafe-7-clean@1``, ``radsafe-7-conflict@1``,
  ``radsafe-7-report@1``. The text is the dataset's, to the character (in Unicode NFC, as all that the store holds).
- They are served by id, to their own question, and no search finds them: a search that did would find the answer.
- Nobody graded them, so their grade is null. The excerpts are expert opinion, the report a narrative review.
- The dataset dates none of its texts. All bear one day, which is given: by default the day it was published.
- A question that no file tells is refused; one without a text is told, and is served nothing under that condition.

    written = dataset_as_store(read_dataset(Sources(labels, questions)), DAY)
    write_frozen(Path("radsafe"), written.frozen)

No text of the benchmark is here; it is read from files that the user supplies.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Literal, NamedTuple

from evitrail.eval.dataset.case import Case
from evitrail.eval.safe_scale.columns import CONTEXTS
from evitrail.eval.safe_scale.dataset import Dataset
from evitrail.eval.safe_scale.freeze_reports import Frozen
from evitrail.eval.safe_scale.questions import PREFIX
from evitrail.evidence_store.input_text import InputError
from evitrail.evidence_store.model import BY_ID, Evidence

DAY = date(2026, 5, 5)
"""The dataset was published about this day (Hugging Face, soroosharasteh/RadSaFE-200)."""


class Text(NamedTuple):
    """What one of the three texts is, as evidence."""

    name: str
    title: str
    organization: str
    kind: Literal["expert_opinion", "narrative_review"]


TEXTS: Mapping[str, Text] = dict(
    zip(
        CONTEXTS,
        (
            Text("clean", "clean evidence", "RadSaFE-200, written by its clinicians", "expert_opinion"),
            Text("conflict", "conflicting evidence", "RadSaFE-200, excerpts that disagree", "expert_opinion"),
            Text("report", "deep research report", "RadSaFE-200, a report made by research agents", "narrative_review"),
        ),
        strict=True,
    )
)


class AsStore(NamedTuple):
    """What can be taken into a store and asked of it."""

    frozen: Frozen
    without: dict[str, list[str]]
    """The cases that lack a text, by the text's published key."""


def dataset_as_store(dataset: Dataset, published: date = DAY) -> AsStore:
    """Evidence and cases; raises ``InputError`` where the files tell no question, or none of the texts."""
    cases = dataset.cases.values()
    if untold := [case.id for case in cases if not case.stem]:
        raise InputError([f"question {untold[0]!r}: no file tells what is asked; give --questions"])
    evidence = [
        _evidence(case, key, text, published) for case in cases for key in CONTEXTS if (text := case.meta.get(key))
    ]
    if not evidence:
        raise InputError([f"expected the texts {', '.join(CONTEXTS)}, found none; give the --questions that hold them"])
    without = {key: [case.id for case in cases if not case.meta.get(key)] for key in CONTEXTS}
    return AsStore(Frozen(evidence, [_naming(case) for case in cases]), {k: v for k, v in without.items() if v})


def _evidence(case: Case, key: str, text: str, published: date) -> Evidence:
    what, number = TEXTS[key], case.id.removeprefix(PREFIX)
    return Evidence.of_day(
        published,
        id=f"radsafe-{number}-{what.name}",
        version="1",
        title=f"RadSaFE-200, question {number}: {what.title}",
        organization=what.organization,
        kind=what.kind,
        topics=(BY_ID,),
        text=text,
    )


def _naming(case: Case) -> Case:
    """The case with the texts it was served, by name; the texts themselves are in the store."""
    number = case.id.removeprefix(PREFIX)
    refs = {key: (f"radsafe-{number}-{TEXTS[key].name}@1",) if case.meta.get(key) else () for key in CONTEXTS}
    return case.model_copy(
        update={
            "clean_evidence": refs["evidence_clean"],
            "conflict_evidence": refs["evidence_conflict"],
            "reports": refs["deep_research_report"],
            "meta": {key: value for key, value in case.meta.items() if key not in CONTEXTS},
        }
    )
