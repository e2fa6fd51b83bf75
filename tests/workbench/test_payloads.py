"""Texts that try to run or to command, through every door and out of every window: they stay text."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from chromium import dom
from desk import Desk, evitrail, write_lines
from serving_pages import running
from talking import chat, models, talking
from visiting import visiting

from evitrail.eval.dataset.case import Case
from evitrail.eval.redteam.passages.payload import payloads
from evitrail.workbench.export import FORMATS

MARKED = "".join(
    (
        "<script>document.title='run'</script><img src=x onerror=\"document.title='run'\">",
        "<svg/onload=document.title='run'></style></script></textarea><base href=//example.invalid>",
        "\u001b]0;run\u0007\u001b[31m\u009b2J\u202e{{ 7*7 }}${7*7}<!--",
    )
)
"""What is added to each payload: markup, terminal sequences, templates."""
RAW = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]")
RUNS = ("script", "iframe", "object", "embed", "base", "form", "meta", "link", "svg", "img")


def case_of(number: int, text: str, **changes: object) -> dict[str, object]:
    """A question with a payload in its id, its stem and an option."""
    name = f"q{number}-{RAW.sub('', text)[:60]}/../.."
    made = {
        "id": name,
        "stem": f"What is advised? {text}",
        "options": {"A": f"Give it. {text}", "B": "Give nothing"},
        "answer": "B",
        "labels": {},
        "subspecialty": text,
        "question_type": "treatment",
        "clean_evidence": [f"advice-{number}@1"],
        "conflict_evidence": [],
        "outdated_evidence": [],
    }
    return made | changes


@pytest.fixture(scope="module")
def attacked(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """A desk whose evidence, questions and model all say nothing but payloads."""
    desk = Desk(tmp_path_factory.mktemp("payloads"))
    plain = Case.model_validate(case_of(0, "", id="plain"))
    texts = [f"{payload.aimed_at(plain, 'A')} {MARKED}" for payload in payloads().values()]
    evidence = [
        {
            "id": f"advice-{number}", "version": "1", "title": text, "organization": text,
            "text": f"Give nothing. {text}",
            "kind": "guideline", "url": None, "published": "2019-01-01", "valid_from": "2019-01-01", "valid_to": None,
            "supersedes": None, "retracted": False, "grade": None, "topics": [text], "population": text,
        }
        for number, text in enumerate(texts)
    ]  # fmt: skip
    write_lines(desk.evidence, evidence)
    benchmark = write_lines(desk.folder / "benchmark.jsonl", [case_of(n, text) for n, text in enumerate(texts)])
    said = evitrail("store", "ingest", desk.evidence, "--store", desk.store)
    assert said.code == 0, said.err
    plan = ("--benchmark", benchmark, "--store", desk.store, "--conditions", "clean,standard", "--samples", 1)
    with talking() as server:
        server.says(*(chat(f"A. {text}") for text in texts))
        server.says(models(model=8192), path="/v1/models")
        reader = ("--reader", f"openai:model@{server.url}", "--prompts", "published")
        said = evitrail("run", *plan, *reader, "--no-attribute", "--out", desk.run)
        assert said.code == 0, said.err
        assert not RAW.search(said.out + said.err)
    return desk


def names(desk: Desk) -> list[str]:
    return [row["run"] for row in evitrail("trace", "list", desk.run, "--json").json]


def test_there_are_forty_payloads_and_more(attacked: Desk) -> None:
    assert len(names(attacked)) == 2 * len(payloads()) >= 80


def test_no_escape_sequence_reaches_the_terminal(attacked: Desk) -> None:
    runs = names(attacked)
    for command in (
        ("trace", "list", attacked.run),
        ("store", "list", "--store", attacked.store),
        ("compare", attacked.run, "clean", "standard"),
        ("report", attacked.run),
        ("trace", "verify", attacked.run),
        *(("trace", "show", attacked.run, run) for run in runs[:: len(runs) // 40]),
        *(("replay", attacked.run, run) for run in runs[:: len(runs) // 8]),
        *(("store", "show", f"advice-{n}@1", "--store", attacked.store) for n in range(0, len(payloads()), 4)),
        ("search", "advised", "--retriever", "bm25", "--explain", "--store", attacked.store),
        ("search", "advised", "--retriever", "bm25", "--json", "--store", attacked.store),
        ("trace", "show", attacked.run, runs[0] + MARKED),
        ("store", "show", MARKED, "--store", attacked.store),
    ):
        said = evitrail(*command)
        assert not RAW.search(said.out + said.err), command


class Tags(HTMLParser):
    """The elements of a page that could run or load something, and the handlers of any."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        handlers = [
            name
            for name, value in attrs
            if name.startswith("on") or (name in ("href", "src", "action") and "script:" in (value or "").lower())
        ]
        if tag in RUNS or handlers:
            self.found.append(f"{tag} {' '.join(handlers)}".strip())


def test_nothing_runs_in_the_report(attacked: Desk, tmp_path: Path) -> None:
    page = attacked.run / "report.html"
    text = page.read_text("utf-8")
    assert "onerror" in text, "the payloads are there"
    assert [one for one in Tags(text).found if " " in one] == []
    assert "<title>run</title>" not in dom(page.as_uri(), tmp_path / "profile")


def test_nothing_runs_in_an_exported_page_and_its_file_lies_where_it_was_asked_for(
    attacked: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "deep" / "in" / "here"
    place.mkdir(parents=True)
    monkeypatch.chdir(place)
    runs = names(attacked)
    for run in runs[:: len(runs) // 40]:
        said = evitrail("trace", "export", attacked.run, run, "--format", "html")
        assert said.code == 0, said.err
    made = sorted(place.iterdir())
    assert len(made) == len(runs[:: len(runs) // 40]) >= 40
    assert [path for path in tmp_path.rglob("*") if path.is_file() and path.parent != place] == []
    for path in made:
        assert not RAW.search(path.name)
        assert not path.name.startswith((".", "-"))
        assert not any(" " in one for one in Tags(path.read_text("utf-8")).found)
    assert "<title>run</title>" not in dom(made[0].as_uri(), tmp_path / "profile")


@pytest.mark.parametrize("name", sorted(set(FORMATS) - {"html"}))
def test_every_export_is_written_and_holds_the_payloads_as_text(attacked: Desk, tmp_path: Path, name: str) -> None:
    target = tmp_path / f"all.{FORMATS[name].ending}"
    run = () if FORMATS[name].holds_many else (names(attacked)[0],)
    said = evitrail("trace", "export", attacked.run, *run, "--format", name, "--out", target)
    assert said.code == 0, said.err
    assert target.stat().st_size > 1000


NO_PART_OF_A_PAGE = "img, iframe, object, embed, base, script:not([src]):not([type='application/json'])"
ADDED = f"""() => [
    ...document.querySelectorAll("{NO_PART_OF_A_PAGE}"),
    ...[...document.querySelectorAll("*")].filter((one) => [...one.attributes].some((a) => a.name.startsWith("on"))),
].map((one) => one.outerHTML)"""
"""Elements that no page of the workbench has."""


def test_nothing_runs_on_any_page_of_the_workbench_and_no_text_turns_another_around(
    attacked: Desk, browser: Any
) -> None:
    name = names(attacked)[-1]
    who = f"reviewer \u202eronim\u202c {MARKED}"
    review = ("review", "blame", attacked.run, name, "--step", "nobody", "--code", "U1", "--by", who, "--reason", who)
    said = evitrail(*review)
    assert said.code == 0, said.err
    assert not RAW.search(said.out + said.err)
    exp = f"/e/{attacked.run.name}"
    run = f"{exp}/runs/{quote(name, safe='')}"
    pages = ["/", "/jobs", exp, f"{exp}?group=case", f"{exp}?facets=case"]
    pages += [f"{run}?view={view}" for view in ("why", "graph", "step", "context", "raw")]
    pages += [f"{exp}/{page}" for page in ("compare", "attribution", "audit", "retrieval?q=advised")]
    pages += [f"{exp}/diff?b={quote(name, safe='')}", "/evidence?q=advised", "/evidence/advice-1?view=reliance"]
    with running(attacked.run) as address, visiting(browser, address) as visit:
        for page in pages:
            view = visit(page)
            assert view.title() != "run", page
            assert view.evaluate(ADDED) == [], page
            assert not RAW.search(view.inner_text("body")), page
