"""A key goes to the server it is meant for, and whatever that server sends back, nobody finds it on disk or screen."""

from __future__ import annotations

import json
import sqlite3
import zlib
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

import pytest
from desk import Desk, evitrail, written
from talking import Said, Server, chat, failed, models, talking

from evitrail.traces.journal.delta import read

KEY = "sk-ward-Zq81xT/77+q"
BEARER = f"Bearer {KEY}"
ODD = "".join(f"\\u{ord(letter):04x}" for letter in KEY)
RETRY = {"Retry-After": "100"}


def said(status: int, **headers: str) -> Said:
    return failed(status, f"bad header Authorization: {BEARER}", **headers)


def spelled(text: str) -> Said:
    """An answer whose tokens spell the text letter by letter."""
    reply = json.loads(chat("B").body)
    reply["choices"][0]["logprobs"] = {"content": [{"token": letter, "logprob": -0.1} for letter in f"B{text}"]}
    return Said(body=json.dumps(reply))


ECHOES = {
    "400": [said(400)],
    "404": [said(404)],
    "422": [Said(422, json.dumps({"detail": [{"loc": ["header", BEARER], "msg": BEARER}]}))],
    "429": [Said(429, said(429).body, RETRY)],
    "500": [Said(500, f"<pre>Traceback: {BEARER}</pre>", RETRY)],
    "500 as text": [Said(500, f"Traceback: {BEARER}", RETRY)],
    "401": [said(401)],
    "200 with text": [chat(f"B. You sent {BEARER}")],
    "200 with a thought": [chat("B", reasoning_content=f"They sent {BEARER}")],
    "200, spelled as JSON can": [Said(body=chat("B. You sent KEY").body.replace("KEY", ODD))],
    "200 in parts": [chat("B", reasoning=None)._replace(body=chat("P").body.replace('"P"', json.dumps(
        [{"type": "text", "text": f"B {KEY[:9]}"}, {"type": "text", "text": KEY[9:]}])))],
    "200 in base64": [chat("B " + b64encode(BEARER.encode()).decode())],
    "200 with odd fields": [Said(body=json.dumps({"model": BEARER, "choices": [
        {"message": {"content": "B", "name": KEY}, "finish_reason": KEY}], KEY: KEY}))],
    "200 with a header": [chat("B")._replace(headers={"X-Asked-With": BEARER, "Set-Cookie": f"k={KEY}"})],
    "tokens": [spelled(BEARER)],
    "events": [Said(200, f'data: {{"error": "{BEARER}"}}\n\ndata: [DONE]\n\n', {"Content-Type": "text/event-stream"})],
    "broken JSON": [Said(200, '{"choices": "' + BEARER)],
}  # fmt: skip


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    for name in ("OPENAI_API_KEY", "EVITRAIL_LLM_KEY", "OPENAI_ORG_ID", "OPENAI_CUSTOM_HEADERS"):
        monkeypatch.delenv(name, raising=False)
    with talking() as server:
        server.says(models(ward=32_768), path="/v1/models")
        server.says(chat("B"))
        yield server


def run(desk: Desk, server: Server, out: Path, *more: str) -> tuple[int, str]:
    reader = ("--reader", f"openai:ward@{server.url}", "--prompts", "published", "--samples", "1")
    told = evitrail("run", *desk.plan, "--conditions", "closed_book", *reader, "--no-attribute", "--out", out, *more)
    return told.code, told.out + told.err


def kept(folder: Path) -> bytes:
    """All bytes of a folder, and of its journals what they hold packed."""
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    found = [written(path) for path in files]
    for path in files:
        if path.suffix == ".db":
            with sqlite3.connect(path) as db:
                for (table,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
                    for row in db.execute(f"SELECT * FROM {table}"):
                        found += [_unpacked(cell) for cell in row]
    return b"\n".join(found)


def _unpacked(cell: object) -> bytes:
    if not isinstance(cell, bytes):
        return str(cell).encode()
    try:
        return read(cell).inserted
    except zlib.error:
        return cell


def traces_of(text: bytes) -> list[str]:
    """The spellings of the key that stand in it."""
    coded = b64encode(BEARER.encode()).decode()[12:-4]
    return [name for name in (KEY, KEY.lower(), KEY[4:], coded, ODD) if name.encode() in text]


@pytest.mark.parametrize("echo", ECHOES)
def test_a_key_that_a_server_sends_back_is_nowhere_on_disk_or_screen(
    own: Desk, server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, echo: str
) -> None:
    monkeypatch.setenv("EVITRAIL_LLM_KEY", KEY)
    monkeypatch.setenv("EVITRAIL_LOG", "debug")
    server.says(*ECHOES[echo])
    constrained = ("--constrain",) if echo == "tokens" else ()
    code, shown = run(own, server, tmp_path / "out", *constrained)
    assert {asked[3] for asked in server.asked} == {BEARER}, "the key was sent"
    assert server.bodies(), "and answered"
    assert code in (0, 1, 2)
    assert traces_of(shown.encode()) == []
    assert traces_of(kept(tmp_path)) == []
    if code == 0:
        assert len(kept(tmp_path / "out")) > 1000


def test_what_is_searched_for_is_found_where_nothing_hides_it(own: Desk, server: Server, tmp_path: Path) -> None:
    server.says(chat(f"B. You sent {KEY.replace('sk-', 'kk-')}"))
    assert run(own, server, tmp_path / "out")[0] == 0
    assert KEY.replace("sk-", "kk-").encode() in kept(tmp_path / "out")


def test_a_redirect_is_not_followed_and_takes_no_key_along(
    own: Desk, server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EVITRAIL_LLM_KEY", KEY)
    with talking() as other:
        other.says(chat("B"))
        for status in (301, 302, 303, 307, 308):
            server.says(Said(status, BEARER, {"Location": f"{other.url}/v1/chat/completions?key={KEY}"}))
            code, shown = run(own, server, tmp_path / str(status))
            assert code == 1
            assert f"got {status}, which points to {other.url}/v1/chat/completions?key=(secret withheld)" in shown
            assert traces_of(shown.encode() + kept(tmp_path)) == []
        assert other.asked == []


def test_the_key_of_openai_is_not_sent_elsewhere_and_that_is_told_in_one_line(
    own: Desk, server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("OPENAI_API_KEY", "OPENAI_ORG_ID"):
        monkeypatch.setenv(name, KEY)
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", f"Authorization: {BEARER}\nX-Key: {KEY}")
    code, shown = run(own, server, tmp_path / "out")
    assert code == 0
    assert {asked[3] for asked in server.asked} == {"Bearer none"}
    (line,) = [line for line in shown.splitlines() if "no key is sent" in line]
    assert "OPENAI_API_KEY is set and goes to api.openai.com by https only" in line
    assert "EVITRAIL_LLM_KEY" in line


def test_a_variable_that_the_plan_names_is_read_and_only_its_name_is_kept(
    own: Desk, server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, shown = run(own, server, tmp_path / "out", "--key-env", "WARD_KEY")
    assert (code, "expected its key in the environment variable WARD_KEY, found none" in shown) == (2, True)
    monkeypatch.setenv("WARD_KEY", KEY)
    monkeypatch.setenv("EVITRAIL_LLM_KEY", "sk-of-another-server")
    assert run(own, server, tmp_path / "out", "--key-env", "WARD_KEY")[0] == 0
    assert {asked[3] for asked in server.asked} == {BEARER}
    assert 'key_env = [\n    "WARD_KEY",\n]' in (tmp_path / "out" / "plan.toml").read_text(encoding="utf-8")
    assert run(own, server, tmp_path / "out")[0] == 0, "which variable holds the key decides no result"


@pytest.mark.parametrize("given", [KEY, "gsk_Zq81xT77", "http://h=K", "a b", ""])
def test_a_key_in_place_of_a_variables_name_is_refused_unseen(
    own: Desk, server: Server, tmp_path: Path, given: str
) -> None:
    code, shown = run(own, server, tmp_path / "out", "--key-env", given)
    assert code == 2
    assert "--key-env: expected the name, in capitals, of the environment variable" in shown.replace(
        "key 'key_env'", "--key-env"
    )
    assert given == "" or given not in shown
    assert not (tmp_path / "out").exists()


ADDRESSES = [
    "http://me:hunter2secret@127.0.0.1:9/v1",
    "http://hunter2secret@127.0.0.1:9",
    "http://me:hunter2/secret@127.0.0.1:9/v1",
    "HTTP://me:hunter2secret@127.0.0.1:9/v1",
    "http://127.0.0.1:9/v1?api_key=hunter2secret",
    "me:hunter2secret@127.0.0.1:9/v1",
    "https://me:hunter2secret@[::1/v1",
    "http://me:hunter2secret",
]


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize("option", ["--reader", "--judge"])
@pytest.mark.parametrize("prompts", ["default", "published"])
def test_a_password_in_a_models_address_is_refused_in_one_line_and_kept_nowhere(
    desk: Desk, tmp_path: Path, option: str, address: str, prompts: str
) -> None:
    told = evitrail(
        "run", *desk.plan, option, f"openai:ward@{address}", "--prompts", prompts, "--out", tmp_path / "out"
    )
    assert (told.code, len(told.faults)) == (2, 1)
    assert "hunter2" not in told.out + told.err
    assert not (tmp_path / "out").exists()


def test_a_password_in_a_plan_is_refused_whichever_key_it_stands_under(desk: Desk, tmp_path: Path) -> None:
    for key, value in {
        "judge": '"{}"',
        "readers": '["extractive", "{}"]',
        "mask": '"{}"',
        "prices": '{{"{}" = 3}}',
    }.items():
        plan = tmp_path / "plan.toml"
        plan.write_text(f"{key} = {value.format('openai:m@http://me:hunter2@h/v1')}\n", encoding="utf-8")
        told = evitrail("run", plan, "--out", tmp_path / "out")
        assert (told.code, len(told.faults)) == (2, 1)
        assert f"key '{key}': expected an address without user or password" in told.faults[0]
        assert "hunter2" not in told.err
