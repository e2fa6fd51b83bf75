"""Additions that CONTRIBUTING.md promises to take at most two files, each as its author would write it."""

from __future__ import annotations

from dataclasses import dataclass, field

REGISTRIES = "tests/workbench/test_registries.py"
HELP = "tests/workbench/test_cli_help.py::test_help_names_everything_that_the_verb_takes_by_name"
RETRIEVERS_TESTED = (
    REGISTRIES,
    f"{HELP}[search]",
    "tests/retrieval/test_retrievers.py::test_every_retriever_keeps_its_promises",
    "tests/retrieval/test_retrievers.py::test_every_registered_retriever_finds_something",
    "tests/retrieval/test_retrievers.py::test_equal_scores_fall_to_the_passage_id",
    "tests/retrieval/test_retrievers.py::test_a_retrievers_repr_is_its_name_and_can_be_read_back",
)
CONDITIONS_TESTED = (
    "tests/eval/test_condition.py::test_a_preset_is_found_by_its_name_and_survives_json",
    "tests/eval/test_condition.py::test_each_of_the_ten_published_keys_names_a_preset_of_its_own",
    "tests/eval/test_condition.py::test_an_unknown_name_is_answered_with_the_known_ones",
    "tests/eval/test_condition.py::test_a_preset_searches_as_published",
    "tests/eval/test_condition.py::test_a_report_says_of_every_preset_what_it_is",
)

RETRIEVER = '''"""Retrieval by shared words: the more words of the query a passage holds, the better."""

from __future__ import annotations

from dataclasses import dataclass

from evitrail.evidence_store.snapshot import Snapshot
from evitrail.retrieval.base import Retrieved, ranked


@dataclass(frozen=True)
class Overlap:
    """Words in common, each counted once."""

    def search(self, query: str, snapshot: Snapshot, k: int) -> Retrieved:
        """See ``Retriever.search``."""
        asked = set(query.lower().split())
        passages = (passage for ref in snapshot.headers for passage in snapshot.passages(ref))
        shared = ((passage, len(asked & set(passage.text.lower().split()))) for passage in passages)
        return Retrieved(query=query, hits=ranked(((p, float(n), f"{n} words in common") for p, n in shared if n), k))
'''

RERANKER = '''"""Another retriever's passages again, the shortest first."""

from __future__ import annotations

from dataclasses import dataclass

from evitrail.evidence_store.snapshot import Snapshot
from evitrail.retrieval.base import Retrieved, Retriever, ranked
from evitrail.retrieval.bm25 import BM25


@dataclass(frozen=True)
class Shortest:
    """The first retriever's passages, ranked by their length."""

    first: Retriever = BM25()

    def search(self, query: str, snapshot: Snapshot, k: int) -> Retrieved:
        """See ``Retriever.search``."""
        hits = self.first.search(query, snapshot, k).hits
        return Retrieved(query=query, hits=ranked(((h.passage, 1 / len(h.passage.text), h.why) for h in hits), k))
'''

METRIC = '''"""How many documents an answer cites."""

from __future__ import annotations

from evitrail.eval.metrics.base import Metric, mean

CITATIONS = Metric(
    name="citations",
    description="Mean number of documents that an answer cites.",
    formula="documents cited / runs",
    citation="ours",
    compute=mean(lambda run: float(len(run.outcome.cited))),
)
'''

EXPORT_FORM = '''"""A run as plain text: a line a step, and the bodies that may leave."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from evitrail.traces.export.disclosed import Disclosed
from evitrail.traces.journal.view import JournalView


def write(journal: JournalView, runs: Sequence[str], target: Path, *, with_sensitive: bool) -> tuple[str, ...]:
    """Write one run; returns the names of what was left out."""
    run = Disclosed.of_one(journal, runs, with_sensitive=with_sensitive)
    with target.open("wb") as file:
        for step in run.activities:
            file.write(f"{step.path}\\n".encode())
            for name in (*(used.id for used in step.inputs), step.output):
                file.write((run.body(name) or b"left out") + b"\\n")
    return run.left_out
'''

EVIDENCE_FORMAT = '''"""Reads evidence from one JSON array."""

from __future__ import annotations

import json
from pathlib import Path

from evitrail.evidence_store.formats.base import Defaults, EvidenceFormat, Parsed
from evitrail.evidence_store.input_text import read_text
from evitrail.evidence_store.model import Evidence


def array_items(path: Path, defaults: Defaults) -> Parsed:
    """The versions in the array, each with its place."""
    text = read_text(path)
    items = json.loads(text) if text else []
    return Parsed([(f"{path}[{number}]", Evidence.model_validate(item)) for number, item in enumerate(items)])


ARRAY = EvidenceFormat("array", "one JSON array", (".array",), array_items)
'''


@dataclass(frozen=True)
class Addition:
    """One new thing: the files that it touches, and the tests that must find it without being told."""

    name: str
    tests: tuple[str, ...]
    found_as: tuple[str, ...]
    """Parameters of tests that ran, as they stand in the tests' ids."""
    edits: dict[str, tuple[tuple[str, str], ...]]
    """Per file that is changed: a text in it, and what stands there afterwards."""
    written: dict[str, str] = field(default_factory=dict)
    """New files."""
    helped: str = ""
    """The verb whose help lists it."""


ADDITIONS = {
    "retriever": Addition(
        name="overlap",
        written={"retrieval/overlap.py": RETRIEVER},
        edits={
            "retrieval/__init__.py": (
                ("\n\nRETRIEVERS", "\nfrom evitrail.retrieval.overlap import Overlap\n\nRETRIEVERS"),
                ('    "hybrid": Hybrid(),\n', '    "hybrid": Hybrid(),\n    "overlap": Overlap(),\n'),
            )
        },
        tests=RETRIEVERS_TESTED,
        found_as=("[retriever-overlap]", "keeps_its_promises[overlap-3]", "finds_something[overlap]"),
        helped="search",
    ),
    "reranker": Addition(
        name="shortest",
        written={"retrieval/shortest.py": RERANKER},
        edits={
            "retrieval/__init__.py": (
                ("\n\nRETRIEVERS", "\nfrom evitrail.retrieval.shortest import Shortest\n\nRETRIEVERS"),
                ('    "hybrid": Hybrid(),\n', '    "hybrid": Hybrid(),\n    "shortest": Shortest(),\n'),
            )
        },
        tests=RETRIEVERS_TESTED,
        found_as=("[retriever-shortest]", "keeps_its_promises[shortest-3]", "finds_something[shortest]"),
        helped="search",
    ),
    "metric": Addition(
        name="citations",
        written={"eval/metrics/citations.py": METRIC},
        edits={
            "eval/metrics/registry.py": (
                (
                    "from evitrail.eval.metrics.confidence import (",
                    "from evitrail.eval.metrics.citations import CITATIONS\n"
                    "from evitrail.eval.metrics.confidence import (",
                ),
                ("    CITATION_RECALL,\n)", "    CITATION_RECALL,\n    CITATIONS,\n)"),
            )
        },
        tests=(REGISTRIES, "tests/eval/test_metrics.py"),
        found_as=("[metric-citations]", "is_unknown_of_nothing[citations]"),
    ),
    "export form": Addition(
        name="plain",
        written={"traces/export/plain.py": EXPORT_FORM},
        edits={
            "traces/export/__init__.py": (
                (
                    '        ExportFormat("prov"',
                    '        ExportFormat("plain", "plain text, one run", "txt", holds_many=False),\n'
                    '        ExportFormat("prov"',
                ),
            )
        },
        tests=(
            REGISTRIES,
            f"{HELP}[trace export]",
            "tests/workbench/test_cli_help.py::test_every_form_of_an_export_has_a_writer_in_a_file_of_its_name",
            "tests/traces/test_export_disclosed.py",
            "tests/docs/test_docs.py::test_the_forms_of_an_export_that_the_page_explains_are_registered_as_it_says",
        ),
        found_as=("[export form-plain]", "[plain]", "only_when_it_was_asked_for[plain]"),
        helped="trace export",
    ),
    "evidence format": Addition(
        name="array",
        written={"evidence_store/formats/array.py": EVIDENCE_FORMAT},
        edits={
            "evidence_store/formats/__init__.py": (
                (
                    "from evitrail.evidence_store.formats.base import",
                    "from evitrail.evidence_store.formats.array import ARRAY\n"
                    "from evitrail.evidence_store.formats.base import",
                ),
                ("(JSONL, FHIR, ", "(JSONL, FHIR, ARRAY, "),
            )
        },
        tests=(
            REGISTRIES,
            f"{HELP}[store ingest]",
            "tests/evidence_store/test_formats.py::test_a_format_is_told_by_a_files_ending_and_lines_are_meant_where_none_is",
            "tests/evidence_store/test_formats.py::test_a_file_without_evidence_is_refused_in_a_line",
        ),
        found_as=("[evidence format-array]", "without_evidence_is_refused_in_a_line[array]"),
        helped="store ingest",
    ),
    "condition": Addition(
        name="top_3",
        edits={
            "eval/plan/condition.py": (
                (
                    '        Condition(name="top_5"',
                    '        Condition(name="top_3", agent="single_pass", retriever="dense", k=3),\n'
                    '        Condition(name="top_5"',
                ),
            )
        },
        tests=(REGISTRIES, f"{HELP}[run]", f"{HELP}[ask]", *CONDITIONS_TESTED),
        found_as=("[condition-top_3]", "survives_json[top_3]", "what_it_is[top_3]"),
        helped="run",
    ),
    "fault code": Addition(
        name="C6",
        edits={
            "eval/attribution/record/taxonomy.py": (
                (
                    '    "B1": "budget',
                    '    "C6": "defiance: it contradicts the evidence",\n    "B1": "budget',
                ),
                ('    "B1": "with', '    "C6": "with the option that the evidence supports",\n    "B1": "with'),
                ('    "B1": "allowing', '    "C6": "choosing what the evidence supports",\n    "B1": "allowing'),
                (
                    '    if kind_of(player) == "choose":\n',
                    '    if player == "choose[1]" and kind == "contradiction":\n'
                    '        return "C6"\n    if kind_of(player) == "choose":\n',
                ),
            ),
            "tests/eval/test_taxonomy.py": (
                (
                    '    "B1": World(',
                    '    "C6": World(\n        "choose[1]", Faulty([GOLD], WardReader(insists="C")), '
                    'kind="contradiction", promise=False\n    ),\n    "B1": World(',
                ),
            ),
        },
        tests=(REGISTRIES, "tests/eval/test_taxonomy.py"),
        found_as=(
            "with_a_name_and_a_sentence[C6]",
            "its_repair_prevents_the_failure[C6]",
            "the_replay_that_confirms_it[C6]",
            "every_code_there_is_was_shown[C6]",
        ),
    ),
}
