"""A file with anything wrong in it is read, or refused in a line a fault; never does anything else come of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from mutated import mutated, refused_or_read
from works import CSV, FILES

from evitrail.evidence_store.formats import FORMATS
from evitrail.evidence_store.formats.base import Defaults
from evitrail.evidence_store.formats.field_map import read_map
from evitrail.evidence_store.formats.grade_bodies import read_bodies
from evitrail.evidence_store.formats.notices_tsv import read_notices
from evitrail.evidence_store.formats.publishers_toml import read_publishers
from evitrail.evidence_store.model import Evidence

COUNT = 150
DAY = Defaults(values={"published": "2018-01-16"})
WATCH = "RetractionDOI,OriginalPaperDOI,OriginalPaperPubMedID,RetractionNature,RetractionDate,Reason\n"
OTHERS: dict[str, tuple[bytes, Callable[[Path], object]]] = {
    "notices.tsv": (
        b"doi\tkind\tpmid\tdate\n10.1000/a\tretraction\t1\t2010-05-01\n10.1000/b\tconcern\t\t\n",
        read_notices,
    ),
    "watch.csv": (f'{WATCH}10.1000/n,10.1000/a,1,Retraction,5/26/2021 0:00,"+A;+B;"\n'.encode(), read_notices),
    "map.toml": (b'[columns]\ntitle = "Titel"\n[values]\nkind = "guideline"\n', read_map),
    "publishers.toml": (b'[[publisher]]\nname = "nice"\nkinds = ["guideline"]\ngrades = true\n', read_publishers),
    "bodies.jsonl": (
        b'{"question": "q", "outcome": "o", "certainty": "High", "importance": "critical"}\n',
        read_bodies,
    ),
}


@pytest.mark.parametrize("name", FILES)
def test_a_damaged_file_of_any_format_is_read_or_refused_in_a_line(tmp_path: Path, name: str) -> None:
    called, make = FILES[name]
    file, form = tmp_path / called, FORMATS[name]
    read = 0
    for data in mutated(make(), COUNT, seed=name):
        file.write_bytes(data)
        found = refused_or_read(lambda: form.parsed(file, defaults=DAY if "values" in form.takes else None))
        read += found is not None
        for _, evidence in found.entries if found else ():
            assert evidence.text.strip()
            assert Evidence.model_validate_json(evidence.model_dump_json()) == evidence, "it can be stored"
    assert 0 < read < COUNT, "some damage matters, some does not"


@pytest.mark.parametrize("name", OTHERS)
def test_any_other_damaged_file_is_read_or_refused_in_a_line(tmp_path: Path, name: str) -> None:
    sound, read = OTHERS[name]
    file = tmp_path / name
    for data in mutated(sound, COUNT, seed=name):
        file.write_bytes(data)
        refused_or_read(lambda: read(file))


def test_no_row_of_a_damaged_table_is_lost_in_silence(tmp_path: Path) -> None:
    file = tmp_path / "rows.csv"
    sound = CSV + "".join(f"other-{n},2018,T,Text {n}.,O,guideline,2018-01-16,,,false,\n" for n in range(8))
    for data in mutated(sound.encode(), COUNT, seed="rows"):
        file.write_bytes(data)
        found = refused_or_read(lambda: FORMATS["csv"].parsed(file))
        if found:
            begun = data.count(b",2018-01-16,")
            assert len(found.entries) >= min(begun, 9) - 1, (
                "a row fewer where its comma or line end was damaged, no more"
            )
