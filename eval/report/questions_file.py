"""questions.parquet: each question once, beside the runs that asked it, so that runs are found by words.

Rules kept here
- One row a case, by id; the texts are as they may be shown, so those of patient data are covered.
- What the right answer rests on stands beside it: the loss of evidence is counted from there.
- Like outcomes.parquet it can be made again with the same bytes, and is replaced whole or not at all.

    write_questions(folder / QUESTIONS, cases)
"""

from __future__ import annotations

import io
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from evitrail.eval.attribution.scene.labels import Labels
from evitrail.eval.dataset.case import Case
from evitrail.traces.whole_file import replace_bytes

QUESTIONS = "questions.parquet"
LINE = "\n"
"""Between the stem and each option, in the text that is searched."""


def write_questions(path: Path, cases: Iterable[Case]) -> None:
    """Write one row per case; ``cases`` are as they may be shown."""
    import pyarrow.parquet as pq

    data = io.BytesIO()
    pq.write_table(questions_table(cases), data, compression="zstd", compression_level=3)
    replace_bytes(path, data.getvalue())


def questions_table(cases: Iterable[Case]) -> Any:
    """The rows of the file, as an Arrow table."""
    import pyarrow as pa

    rows = [
        {"case": case.id, "text": text_of(case), "decides": list(Labels(case).decides)}
        for case in sorted(cases, key=lambda case: case.id)
    ]
    schema = pa.schema([("case", pa.string()), ("text", pa.string()), ("decides", pa.list_(pa.string()))])
    return pa.Table.from_pylist(rows, schema=schema)


def text_of(case: Case) -> str:
    """The words of a question: its stem, and its options in order."""
    return LINE.join([case.stem, *(f"{letter} {case.options[letter]}" for letter in sorted(case.options))])
