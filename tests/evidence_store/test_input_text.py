"""Text files are read alike whoever wrote them: byte order marks, line ends and gzip are no part of what they say."""

from __future__ import annotations

import codecs
import gzip
import json
from pathlib import Path

import pytest
from works import FILES, write

from evitrail.agent.reader.prompting.answer_prompts import load_answering
from evitrail.eval.dataset.case import load
from evitrail.eval.dataset.identifiers import read_names
from evitrail.eval.demo import DEMO_CASES
from evitrail.eval.plan.plan_file import read_plan_file
from evitrail.evidence_store import InputError
from evitrail.evidence_store.formats import FORMATS
from evitrail.evidence_store.formats.base import Defaults
from evitrail.evidence_store.formats.notices_tsv import read_notices
from evitrail.evidence_store.formats.publishers_toml import read_publishers
from evitrail.evidence_store.input_text import json_value, read_text
from evitrail.traces.record import Record

WRITERS = {
    "UTF-8 with a mark": lambda text: codecs.BOM_UTF8 + text.encode(),
    "CRLF": lambda text: text.replace("\n", "\r\n").encode(),
    "a mark and CRLF": lambda text: codecs.BOM_UTF8 + text.replace("\n", "\r\n").encode(),
    "UTF-16, little end first": lambda text: codecs.BOM_UTF16_LE + text.encode("utf-16-le"),
    "UTF-16, big end first": lambda text: codecs.BOM_UTF16_BE + text.encode("utf-16-be"),
    "gzip": lambda text: gzip.compress(codecs.BOM_UTF8 + text.encode()),
}
TEXTS = [name for name in FILES if name != "pdf"]


@pytest.mark.parametrize("written", WRITERS)
@pytest.mark.parametrize("name", [name for name in TEXTS if name != "pubmed"])
def test_evidence_in_any_text_format_is_the_same_whoever_saved_it(tmp_path: Path, name: str, written: str) -> None:
    file = write(tmp_path, name)
    defaults = Defaults(values={"published": "2018"}) if name == "text" else None
    expected = FORMATS[name].read(file, defaults=defaults)
    file.write_bytes(WRITERS[written](file.read_text("utf-8")))
    assert FORMATS[name].read(file, defaults=defaults) == expected


@pytest.mark.parametrize("written", WRITERS)
def test_a_benchmark_a_plan_a_list_and_a_prompt_are_the_same_whoever_saved_them(tmp_path: Path, written: str) -> None:
    class Plan(Record):
        name: str

    save = WRITERS[written]
    demo = sorted(DEMO_CASES.glob("*.jsonl"))[0]
    (tmp_path / "benchmark.jsonl").write_bytes(save(demo.read_text("utf-8")))
    assert load(tmp_path / "benchmark.jsonl") == load(demo)
    (tmp_path / "plan.toml").write_bytes(save('name = "Zürich"\n'))
    assert read_plan_file(tmp_path / "plan.toml", Plan) == Plan(name="Zürich")
    (tmp_path / "publishers.toml").write_bytes(save('[[publisher]]\nname = "nice"\n'))
    assert [one.name for one in read_publishers(tmp_path / "publishers.toml")] == ["nice"]
    (tmp_path / "notices.tsv").write_bytes(save("doi\tkind\n10.1000/a\tretraction\n"))
    assert [one.doi for one in read_notices(tmp_path / "notices.tsv")] == ["10.1000/a"]
    (tmp_path / "names.txt").write_bytes(save("Ada Example\nBo Other\n"))
    assert read_names(tmp_path / "names.txt") == ("Ada Example", "Bo Other")
    (tmp_path / "mine.md").write_bytes(save("Say it.\n---\n$context $question $options\n"))
    prompt = load_answering(str(tmp_path / "mine.md"))
    assert (prompt.system, prompt.user) == ("Say it.", "$context $question $options")


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"caf\xe9", "expected UTF-8, got another encoding at byte 3"),
        (codecs.BOM_UTF16_LE + b"a", "expected UTF-16-LE, as its byte order mark says, got another encoding at byte"),
        (b"a\nb\0c", "expected text, got a zero byte in line 2"),
        (
            gzip.compress(b"x" * 1000, mtime=0)[:20],
            "expected a whole gzipped file, got one that is cut or corrupt; get it again",
        ),
        (b"\x1f\x8b", "expected a whole gzipped file"),
    ],
)
def test_a_file_that_is_no_text_is_refused_in_one_line(tmp_path: Path, data: bytes, said: str) -> None:
    (tmp_path / "file").write_bytes(data)
    with pytest.raises(InputError, match=said) as refused:
        read_text(tmp_path / "file")
    assert len(refused.value.faults) == 1


def test_how_much_a_gzipped_file_may_hold_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("evitrail.evidence_store.input_text.MOST_UNPACKED", 1000)
    (tmp_path / "small.gz").write_bytes(gzip.compress(b"x" * 1000))
    (tmp_path / "bomb.gz").write_bytes(gzip.compress(b"x" * 1001))
    assert len(read_text(tmp_path / "small.gz")) == 1000
    with pytest.raises(InputError, match="expected 1000 bytes at most when unpacked, got more"):
        read_text(tmp_path / "bomb.gz")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[" * 100_000 + "]" * 100_000, "expected 60 levels of JSON at most, got more"),
        ('{"a":' * 61 + "1" + "}" * 61, "expected 60 levels of JSON at most, got more"),
        ('{"a": 1, "a": 2}', "key 'a' stands twice"),
        ("[NaN]", "expected a number, got NaN"),
        ("[1e999]", "expected a number that a computer can hold, got 1e999"),
        (f"[{'9' * 5000}]", "expected a number of 300 digits at most, got 5000"),
    ],
)
def test_json_that_two_readers_could_understand_otherwise_is_refused(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said.replace("'", ".")):
        json_value(text)
    assert json_value('{"a":' * 60 + "1" + "}" * 60)


@pytest.mark.parametrize("key", ["grade", "topics", "id"])
def test_a_deep_value_in_a_line_is_refused_in_one_line(tmp_path: Path, key: str) -> None:
    file = write(tmp_path, "jsonl")
    line = json.loads(file.read_text())
    deep = json.dumps({**line, key: "HERE"}).replace('"HERE"', "[" * 5000 + "]" * 5000)
    file.write_text(deep)
    with pytest.raises(InputError) as refused:
        FORMATS["jsonl"].read(file)
    assert refused.value.faults == (f"{file}:1: expected 60 levels of JSON at most, got more",)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("id,stem,answer\nq1,Which?,A\nq2,What?,B\n", "it looks like CSV"),
        ("TY  - JOUR\nER  - \n", "it looks like RIS"),
        ('[\n{"id": "q1"},\n{"id": "q2"}\n]\n', "it is one JSON document: write each object on a line"),
        ('[{"id": "q1"}]', "it is one JSON document: write each object on a line"),
    ],
)
def test_a_benchmark_of_another_form_is_refused_once_and_not_for_every_line(
    tmp_path: Path, text: str, said: str
) -> None:
    file = tmp_path / "benchmark.jsonl"
    file.write_text(text)
    with pytest.raises(InputError) as refused:
        load(file)
    assert refused.value.faults == (f"{file}: expected JSON lines, one object a line; {said}",)
