"""A judge that is named after an experiment was run gets the key that is named for it, and no other."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from desk import CASES, Desk, evitrail
from talking import Server, chat, models, talking

WARD, COURT, OTHERS = "sk-of-the-ward", "sk-of-the-court", "sk-of-the-others"
YES = chat('{"clear_selection": "yes", "reasoning": "it says so", "confirmed_answer": "B"}')


@pytest.fixture(autouse=True)
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    for name, key in {"WARD_KEY": WARD, "COURT_KEY": COURT, "EVITRAIL_LLM_KEY": OTHERS}.items():
        monkeypatch.setenv(name, key)


@pytest.fixture
def court() -> Iterator[Server]:
    """The server of a judge."""
    with talking() as server:
        server.says(models(court=32_768), path="/v1/models")
        server.says(YES)
        yield server


@pytest.fixture
def ward() -> Iterator[Server]:
    """The server of a reader, whose words no rule takes for an answer."""
    with talking() as server:
        server.says(models(ward=32_768), path="/v1/models")
        server.says(chat("It must be B then"))
        yield server


@pytest.fixture
def done(own: Desk, ward: Server, tmp_path: Path) -> Path:
    """An experiment whose reader's server was sent the key of the ward."""
    reader = ("--reader", f"openai:ward@{ward.url}", "--prompts", "published", "--samples", 1, "--key-env", "WARD_KEY")
    told = evitrail(
        "run", *own.plan, "--conditions", "closed_book", *reader, "--no-attribute", "--out", tmp_path / "out"
    )
    assert (told.code, told.err) == (0, "")
    assert sent_to(ward) == {WARD}
    return tmp_path / "out"


def sent_to(server: Server) -> set[str]:
    """The keys that a server was sent; forgets them."""
    keys = {str(key).removeprefix("Bearer ") for *_, key in server.asked}
    server.asked.clear()
    return keys


def review(folder: Path, judge: str, *more: str) -> tuple[str, ...]:
    return ("review-answers", str(folder), "--judge", judge, *more)


def forked(folder: Path, judge: str, *more: str) -> tuple[str, ...]:
    return ("fork", str(folder), f"closed_book.{CASES[0]}", "--set", f"judge={judge}", *more)


@pytest.mark.parametrize("command", [review, forked])
def test_a_judge_named_later_gets_its_own_key_and_not_that_of_the_readers_server(
    done: Path, ward: Server, court: Server, command: type
) -> None:
    judge = f"openai:court@{court.url}"
    assert evitrail(*command(done, judge)).code == 0
    assert sent_to(court) == {OTHERS}, "the plan names a variable for the reader's server only"
    assert evitrail(*command(done, f"openai:other@{court.url}", "--key-env", "COURT_KEY")).code == 0
    assert sent_to(court) == {COURT}
    assert sent_to(ward) == set(), "no answer is asked for again"


@pytest.mark.parametrize("command", [review, forked])
def test_a_variable_without_a_server_beside_it_is_refused_before_anything_is_asked(done: Path, command: type) -> None:
    plan = done / "plan.toml"
    said = plan.read_text("utf-8")
    reader = next(line for line in said.splitlines() if line.startswith("reader ="))
    plan.write_text(said.replace(reader, 'reader = "extractive"'), "utf-8")
    refused = evitrail(*command(done, "rule", "--key-env", "COURT_KEY"))
    assert (refused.code, len(refused.faults)) == (2, 1)
    assert "--key-env: expected HOST=NAME, as no model's server is named" in refused.faults[0]


def test_the_reader_that_payloads_are_tried_on_gets_the_key_that_is_named(done: Path, court: Server) -> None:
    asked = ("redteam", "passages", done, "--reader", f"openai:court@{court.url}", "--only", "instruction.plain")
    assert evitrail(*asked, "--key-env", "COURT_KEY").code == 0
    assert sent_to(court) == {COURT}
