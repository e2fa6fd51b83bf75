"""``serve --people``: who acts is known by their token, and no request can say otherwise."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from desk import Desk, evitrail
from reviewing import settled
from serving_pages import BASE, PORT, WRITES, asking
from starlette.testclient import TestClient

from evitrail.workbench.web.guard import Admission, cookie_name, loopback_hosts

COOKIE = cookie_name(f"127.0.0.1:{PORT}")
LARSEN, OKAFOR = "1" * 32, "2" * 32
PEOPLE = {LARSEN: "d.larsen", OKAFOR: "s.okafor"}
EXP = "/api/experiments/evitrail-run"
RUN = "standard.acute-006"
SAYS = {"run": RUN, "outcome": "wrong", "steps": ["choose[1]"], "code": "C1", "reason": "it was served"}


def bearing(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def written(folder: Path, text: str, mode: int = 0o600) -> Path:
    path = folder / "people.toml"
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)
    return path


def people_file(*people: tuple[str, str]) -> str:
    return "".join(f"[[person]]\nname = {json.dumps(name)}\ntoken = {json.dumps(token)}\n" for name, token in people)


@pytest.fixture(autouse=True)
def results_written() -> Iterator[None]:
    """No results are being written any more when a test's folder goes."""
    yield
    settled()


@pytest.fixture
def client(own: Desk) -> TestClient:
    return asking(own.folder, people=PEOPLE)


REFUSED = {
    "a short token": (people_file(("d.larsen", "hunter2")), "person 1: expected a token of at least 16"),
    "an empty token": (people_file(("d.larsen", "")), "person 1: expected a token of at least 16"),
    "a token with a blank": (people_file(("d.larsen", "a" * 16 + " b")), "person 1: expected a token of at least 16"),
    "an empty name": (people_file((" ", LARSEN)), "person 1: expected a name"),
    "a name of marks": (people_file(("\u200b.", LARSEN)), "person 1: expected a name"),
    "a control character": (people_file(("d\u202elarsen", LARSEN)), "person 1: expected a name"),
    "a doubled name": (
        people_file(("d.larsen", LARSEN), ("d.larsen", OKAFOR)),
        "person 2: expected a name that cannot",
    ),
    "another case": (people_file(("d.larsen", LARSEN), ("D.Larsen", OKAFOR)), "got 'D.Larsen' beside 'd.larsen'"),
    "other blanks": (people_file(("d larsen", LARSEN), ("d  larsen", OKAFOR)), "person 2: expected a name that cannot"),
    "other marks": (people_file(("d.larsen", LARSEN), ("d-larsen", OKAFOR)), "person 2: expected a name that cannot"),
    "a Cyrillic a": (people_file(("d.larsen", LARSEN), ("d.l\u0430rsen", OKAFOR)), "person 2: expected a name that"),
    "a digit for a letter": (people_file(("d.larsen", LARSEN), ("d.1arsen", OKAFOR)), "person 2: expected a name that"),
    "a doubled token": (people_file(("d.larsen", LARSEN), ("s.okafor", LARSEN)), "person 2: expected a token of their"),
    "no token": ('[[person]]\nname = "d.larsen"\n', "person 1: expected name and token"),
    "a number": (f'[[person]]\nname = 5\ntoken = "{LARSEN}"\n', "person 1: expected name and token"),
    "one more key": (people_file(("d.larsen", LARSEN)) + "role = 'x'\n", "person 1: expected name and token"),
    "one person without brackets": (f'[person]\nname = "d"\ntoken = "{LARSEN}"\n', "expected [[person]] tables"),
    "nobody": ("", "expected [[person]] tables"),
    "an empty list": ("person = []\n", "expected [[person]] tables"),
    "another table": (people_file(("d.larsen", LARSEN)) + "[policy]\n", "expected [[person]] tables"),
    "no TOML": ("d.larsen: x", "expected TOML"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_a_file_by_which_one_could_pass_for_another_is_one_line(desk: Desk, tmp_path: Path, what: str) -> None:
    text, expected = REFUSED[what]
    said = evitrail("serve", desk.folder, "--people", written(tmp_path, text))
    (line,) = said.faults
    assert (said.code, said.out) == (2, "")
    assert expected in line
    assert "hunter2" not in said.err
    assert LARSEN not in said.err


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o620])
def test_a_file_that_others_can_read_or_write_is_refused(desk: Desk, tmp_path: Path, mode: int) -> None:
    said = evitrail("serve", desk.folder, "--people", written(tmp_path, people_file(("d.larsen", LARSEN)), mode))
    (line,) = said.faults
    assert said.code == 2
    assert f"expected a file that its owner alone can read, got mode {mode:04o}" in line


def test_a_missing_file_and_two_kinds_of_tokens_are_one_line(desk: Desk, tmp_path: Path) -> None:
    said = evitrail("serve", desk.folder, "--people", tmp_path / "none")
    assert (said.code, len(said.faults)) == (2, 1)
    people, token = written(tmp_path, people_file(("d.larsen", LARSEN))), tmp_path / "token"
    token.write_text(OKAFOR, encoding="utf-8")
    said = evitrail("serve", desk.folder, "--people", people, "--token-file", token)
    (line,) = said.faults
    assert said.code == 2
    assert "expected --token-file or --people, got both" in line
    said = evitrail("serve", desk.folder, "--people", people, "--host", "0.0.0.0")
    (line,) = said.faults
    assert "expected --token-file or --people, and --trusted-host, with it, got --people;" in line


def test_every_request_needs_somebodys_token(client: TestClient) -> None:
    assert client.get("/").headers["Location"] == "/sign-in"
    assert "a token of their own" in client.get("/sign-in").text
    for wrong in ({}, bearing("3" * 32), bearing(LARSEN[:-1]), bearing("d.larsen"), bearing("")):
        assert client.get("/api/experiments", headers=wrong).status_code == 401
        assert client.get("/session", headers=wrong).status_code == 401
        assert client.post(f"{EXP}/reviews/blame", json=SAYS, headers=WRITES | wrong).status_code == 401
    for token in PEOPLE:
        assert client.get("/api/experiments", headers=bearing(token)).status_code == 200


def test_an_override_carries_the_name_of_the_token_and_says_that_it_is_authenticated(
    client: TestClient, own: Desk
) -> None:
    said = client.post(f"{EXP}/reviews/blame", json=SAYS, headers=WRITES | bearing(LARSEN))
    assert said.status_code == 200, said.text
    assert (said.json()["review"]["by"], said.json()["review"]["authenticated"]) == ("d.larsen", True)
    settled()
    failures = client.get(f"{EXP}/attribution/failures", headers=bearing(OKAFOR)).json()["failures"]
    (overridden,) = [one["overridden"] for one in failures if one["overridden"]]
    assert (overridden["by"], overridden["authenticated"]) == ("d.larsen", True)
    (listed,) = evitrail("review", "list", own.run, "--json").json
    assert (listed["by"], listed["authenticated"]) == ("d.larsen", True)
    assert "d.larsen (authenticated)" in evitrail("trace", "why", own.run, RUN).out
    assert evitrail("trace", "verify", own.run).code == 0


def test_another_declared_name_is_refused_and_nothing_is_written(client: TestClient, own: Desk) -> None:
    for declared in ("s.okafor", "d.larsen2", "nobody"):
        said = client.post(f"{EXP}/reviews/blame", json=SAYS | {"by": declared}, headers=WRITES | bearing(LARSEN))
        assert said.status_code == 422
        assert said.json()["fault"].startswith("by: expected 'd.larsen', who is signed in")
    assert evitrail("review", "list", own.run, "--json").json == []
    said = client.post(f"{EXP}/reviews/blame", json=SAYS | {"by": " D.Larsen "}, headers=WRITES | bearing(LARSEN))
    assert said.json()["review"]["by"] == "d.larsen", "as the file has it"


def test_a_review_is_withdrawn_by_the_person_who_wrote_it_alone(client: TestClient) -> None:
    assert client.post(f"{EXP}/reviews/blame", json=SAYS, headers=WRITES | bearing(LARSEN)).status_code == 200
    withdrawal = {"run": RUN, "of": "blame.wrong", "reason": "a mistake"}
    for asked in (withdrawal, withdrawal | {"by": "d.larsen"}):
        said = client.post(f"{EXP}/reviews/withdraw", json=asked, headers=WRITES | bearing(OKAFOR))
        assert said.status_code == 422, "somebody else, whatever they declare"
    said = client.post(f"{EXP}/reviews/withdraw", json=withdrawal, headers=WRITES | bearing(LARSEN))
    assert (said.status_code, said.json()["review"]["authenticated"]) == (200, True)


def test_without_people_a_name_is_declared_and_recorded_as_such(own: Desk) -> None:
    client = asking(own.folder, token=LARSEN)
    headers = WRITES | bearing(LARSEN)
    unnamed = client.post(f"{EXP}/reviews/blame", json=SAYS, headers=headers)
    assert (unnamed.status_code, unnamed.json()["fault"].partition(",")[0]) == (422, "by: expected words")
    said = client.post(f"{EXP}/reviews/blame", json=SAYS | {"by": "d.larsen"}, headers=headers)
    assert (said.json()["review"]["by"], said.json()["review"]["authenticated"]) == ("d.larsen", False)
    settled()
    assert "d.larsen (declared)" in evitrail("trace", "why", own.run, RUN).out


def test_a_name_that_claims_to_be_authenticated_is_still_told_as_declared(own: Desk) -> None:
    says = SAYS | {"by": "d.larsen (authenticated)"}
    said = asking(own.folder, token=LARSEN).post(f"{EXP}/reviews/blame", json=says, headers=WRITES | bearing(LARSEN))
    assert said.status_code == 200
    settled()
    assert "d.larsen (authenticated) (declared)" in evitrail("trace", "why", own.run, RUN).out


def test_a_job_says_who_asked_for_it_and_who_cancelled_it(client: TestClient) -> None:
    asked = {"run": RUN, "variants": [{"changes": {"retriever": "clean"}}]}
    begun = client.post(f"{EXP}/forks", json=asked, headers=WRITES | bearing(LARSEN))
    assert (begun.status_code, begun.json()["by"]) == (202, "d.larsen"), begun.text
    job = begun.json()["id"]
    cancelled = client.post(f"/api/jobs/{job}/cancel", json={}, headers=WRITES | bearing(OKAFOR))
    assert cancelled.status_code in (200, 409), "it may have ended already"
    seen: dict[str, Any] = {"state": "running"}
    while seen["state"] in ("queued", "running"):
        seen = client.get(f"/api/jobs/{job}", headers=bearing(LARSEN)).json()
    assert seen["by"] == "d.larsen"
    assert seen["changed_by"] == ("s.okafor" if seen["state"] == "cancelled" else "")


def test_a_page_says_who_is_signed_in_and_holds_no_token(client: TestClient) -> None:
    for path in ("/", "/e/evitrail-run", f"/e/evitrail-run/runs/{RUN}", "/e/evitrail-run/audit", "/jobs"):
        page = client.get(path, headers=bearing(LARSEN))
        assert '<meta name="evitrail-signed-in" content="d.larsen">' in page.text
        assert "s.okafor" not in page.text
        assert LARSEN not in page.text + str(page.headers)
    assert "evitrail-signed-in" not in client.get("/sign-in").text
    admission = Admission(loopback_hosts(PORT), people=PEOPLE)
    admission.new_session("d.larsen")
    assert "1111" not in repr(admission)
    assert all(cookie not in repr(admission) for cookie in admission.sessions)


def test_a_cookie_acts_as_the_person_whose_token_it_was_exchanged_for(client: TestClient) -> None:
    larsen, okafor = (TestClient(client.app, base_url=BASE, follow_redirects=False) for _ in PEOPLE)
    for one, token in ((larsen, LARSEN), (okafor, OKAFOR)):
        answer = one.get("/session", headers=bearing(token))
        assert "HttpOnly" in answer.headers["Set-Cookie"]
        assert token not in answer.text + answer.headers["Set-Cookie"]
    said = okafor.post(f"{EXP}/reviews/blame", json=SAYS, headers=WRITES)
    assert said.json()["review"]["by"] == "s.okafor"
    refused = okafor.post(f"{EXP}/reviews/blame", json=SAYS | {"by": "d.larsen"}, headers=WRITES)
    assert refused.status_code == 422
    assert 'content="d.larsen"' in larsen.get("/").text
    mixed = okafor.post(f"{EXP}/reviews/blame", json=SAYS, headers=WRITES | bearing(LARSEN))
    assert mixed.json()["review"]["by"] == "d.larsen", "a token decides over a cookie"
    assert okafor.get("/api/experiments", headers=bearing("3" * 32)).status_code == 401, "so does a wrong one"


def test_whoever_signs_in_as_somebody_else_is_nobody_else_any_more(client: TestClient) -> None:
    client.get("/session", headers=bearing(LARSEN))
    old = client.cookies[COOKIE]
    client.get("/session", headers=bearing(OKAFOR))
    assert 'content="s.okafor"' in client.get("/").text
    kept = TestClient(client.app, base_url=BASE, follow_redirects=False)
    kept.cookies.set(COOKIE, old)
    assert kept.get("/api/experiments").status_code == 401
    assert kept.post(f"{EXP}/reviews/blame", json=SAYS, headers=WRITES).status_code == 401
