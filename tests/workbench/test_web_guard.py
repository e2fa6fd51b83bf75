"""Who may ask: the right Host, this server's own pages; who may write; and with a token nobody without it."""

from __future__ import annotations

import httpx
import pytest
from desk import Desk
from serving_pages import BASE, PORT, WRITES, asking, running
from starlette.responses import PlainTextResponse
from starlette.testclient import TestClient

from evitrail.workbench.web.guard import LARGEST, Admission, Guard, cookie_name, loopback_hosts

TOKEN = "0123456789abcdef0123456789abcdef"
COOKIE = cookie_name(f"127.0.0.1:{PORT}")
PAGES = ("/", "/e/evitrail-run", "/api/experiments", "/static/v/frame/frame.mjs")


FOREIGN = ("evil.example", f"evil.example:{PORT}", "127.0.0.1", "127.0.0.1:80", "", f"localhost.:{PORT}")


@pytest.mark.parametrize("host", FOREIGN)
def test_a_host_by_which_the_server_is_not_called_is_refused(desk: Desk, host: str) -> None:
    for path in PAGES:
        answer = asking(desk.folder).get(path, headers={"Host": host})
        assert answer.status_code == 421
        assert "evitrail-run" not in answer.text


@pytest.mark.parametrize("host", [f"127.0.0.1:{PORT}", f"localhost:{PORT}", f"LOCALHOST:{PORT}", f"[::1]:{PORT}"])
def test_this_machine_is_called_by_its_own_names(desk: Desk, host: str) -> None:
    assert asking(desk.folder).get("/", headers={"Host": host}).status_code == 200


def test_two_hosts_are_refused(desk: Desk) -> None:
    headers = [("Host", f"127.0.0.1:{PORT}"), ("Host", "evil.example")]
    assert asking(desk.folder).get("/", headers=headers).status_code == 421


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "PROPFIND"])
def test_nothing_but_get_and_post_is_answered(desk: Desk, method: str) -> None:
    answer = asking(desk.folder).request(method, "/api/experiments", headers=WRITES)
    assert answer.status_code == 405
    assert answer.headers["Allow"] == "GET, POST"


def test_a_server_that_only_reads_answers_no_post_and_its_pages_say_so(desk: Desk) -> None:
    client = asking(desk.folder, read_only=True)
    for path in ("/api/experiments", "/", "/session", "/nowhere"):
        answer = client.post(path, json={}, headers=WRITES)
        assert (answer.status_code, answer.headers["Allow"]) == (405, "GET")
        assert "--read-only" in answer.json()["fault"]
    assert client.get("/openapi.json").status_code == 404
    paths = client.get("/api/openapi.json").json()["paths"].values()
    assert {method for path in paths for method in path} == {"get"}
    said = '<meta name="evitrail-read-only" content="yes">'
    assert said in client.get("/").text
    assert said not in asking(desk.folder).get("/").text


@pytest.fixture
def writing() -> TestClient:
    """A client of something that would write whatever the guard lets through."""
    return TestClient(Guard(PlainTextResponse("written"), Admission(loopback_hosts(PORT))), base_url=BASE)


def test_a_write_of_the_servers_own_page_is_let_through(writing: TestClient) -> None:
    assert writing.post("/api/x", json={}, headers=WRITES).text == "written"
    assert writing.post("/api/x", json={}, headers=WRITES | {"Sec-Fetch-Site": "same-origin"}).text == "written"
    assert writing.post("/api/x", content=b"{}", headers=WRITES | {"Content-Type": "Application/JSON; charset=utf-8"})


REFUSED_WRITES = {
    "no Origin": (403, {"Origin": ""}),
    "an opaque Origin": (403, {"Origin": "null"}),
    "another Origin": (403, {"Origin": "http://evil.example"}),
    "another port": (403, {"Origin": "http://127.0.0.1:9999"}),
    "an Origin that only begins alike": (403, {"Origin": f"{BASE}.evil.example"}),
    "another site": (403, {"Sec-Fetch-Site": "cross-site"}),
    "another port of this machine": (403, {"Sec-Fetch-Site": "same-site"}),
    "nobody's page": (403, {"Sec-Fetch-Site": "none"}),
    "no header that a form cannot set": (403, {"X-Evitrail": ""}),
    "another value of it": (403, {"X-Evitrail": "read"}),
    "a form": (415, {"Content-Type": "application/x-www-form-urlencoded"}),
    "a form with a file": (415, {"Content-Type": "multipart/form-data; boundary=x"}),
    "plain text": (415, {"Content-Type": "text/plain"}),
    "a rebound Host": (421, {"Host": f"evil.example:{PORT}"}),
    "a rebound Host with its Origin": (421, {"Host": f"evil.example:{PORT}", "Origin": f"http://evil.example:{PORT}"}),
    "a body of no stated length": (411, {"Transfer-Encoding": "chunked"}),
    "a length that is no number": (411, {"Content-Length": "²"}),
    "a body that is too long": (413, {"Content-Length": str(LARGEST + 1)}),
}


@pytest.mark.parametrize("what", REFUSED_WRITES)
def test_a_write_that_is_not_of_the_servers_own_page_is_refused(what: str, writing: TestClient) -> None:
    status, headers = REFUSED_WRITES[what]
    sent = {"Content-Type": "application/json", **WRITES, **headers}
    raw = {name: value.encode() for name, value in sent.items() if value}
    answer = writing.post("/api/x", content=b"{}", headers=raw)
    assert answer.status_code == status
    assert answer.json()["fault"].startswith("expected ")


def test_a_write_without_the_token_or_with_anothers_is_refused() -> None:
    guarded = Guard(PlainTextResponse("written"), Admission(loopback_hosts(PORT), TOKEN))
    client, other = (TestClient(guarded, base_url=BASE) for _ in range(2))
    other.cookies.set(COOKIE, Admission(loopback_hosts(PORT), TOKEN).new_session())
    for path in ("/api/x", "/sign-in", "/session", "/static/x"):
        assert client.post(path, json={}, headers=WRITES).status_code == 401
        assert other.post(path, json={}, headers=WRITES).status_code == 401, "a cookie of another server"
    bearer = WRITES | {"Authorization": f"Bearer {TOKEN}"}
    assert client.post("/api/x", json={}, headers=bearer).text == "written"


def test_a_cookie_of_another_server_or_of_an_earlier_one_on_the_same_port_opens_nothing(desk: Desk) -> None:
    given = []
    for _ in range(2):
        client = asking(desk.folder, token=TOKEN)
        client.get("/session", headers={"Authorization": f"Bearer {TOKEN}"})
        given.append((client, client.cookies[COOKIE]))
    (first, of_first), (second, of_second) = given
    for server, cookie in ((first, of_second), (second, of_first)):
        tab = TestClient(server.app, base_url=BASE, follow_redirects=False)
        tab.cookies.set(COOKIE, cookie)
        for path in ("/api/experiments", "/api/experiments/evitrail-run/pack", "/api/events", "/api/openapi.json"):
            answer = tab.get(path)
            assert answer.status_code == 401, path
            assert "evitrail-run" not in answer.text
        for path in ("/", "/e/evitrail-run", "/jobs"):
            assert tab.get(path).headers["Location"] == "/sign-in", path
        for path in ("reviews/blame", "reviews/withdraw", "views", "views/delete", "forks", "forks/estimate"):
            answer = tab.post(f"/api/experiments/evitrail-run/{path}", json={}, headers=WRITES)
            assert answer.status_code == 401, path
        assert tab.get("/session").status_code == 401, "a cookie is exchanged for nothing"
        tab.cookies.set(COOKIE, of_first if server is first else of_second)
        assert tab.get("/api/experiments").status_code == 200, "its own is admitted"


def test_a_browser_stays_signed_in_to_servers_on_two_ports_of_a_machine(desk: Desk) -> None:
    tokens = (TOKEN, TOKEN[::-1])
    with (
        running(desk.folder, token=tokens[0]) as one,
        running(desk.folder, token=tokens[1]) as other,
        httpx.Client() as browser,  # which sends what a port set to all ports, as browsers do
    ):
        for address, token in zip((one, other), tokens, strict=True):
            assert browser.get(f"{address}/api/experiments").status_code == 401
            assert browser.get(f"{address}/session", headers={"Authorization": f"Bearer {token}"}).status_code == 200
        for address in (one, other):
            assert browser.get(f"{address}/api/experiments").status_code == 200


def test_a_token_of_another_server_opens_nothing(desk: Desk) -> None:
    client, other = asking(desk.folder, token=TOKEN), f"Bearer {TOKEN[::-1]}"
    assert client.get("/api/experiments", headers={"Authorization": other}).status_code == 401
    assert client.get("/session", headers={"Authorization": other}).status_code == 401
    answer = client.post("/api/experiments/evitrail-run/views", json={}, headers=WRITES | {"Authorization": other})
    assert answer.status_code == 401


def test_an_address_that_takes_no_post_says_so_in_one_line(desk: Desk) -> None:
    answer = asking(desk.folder).post("/api/experiments", json={}, headers=WRITES)
    assert answer.status_code == 405
    assert answer.json()["fault"] == "expected another method; /api/docs lists those of each address"


def test_another_sites_page_gets_no_data_but_a_link_may_be_followed(desk: Desk) -> None:
    client = asking(desk.folder)
    cross = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "script"}
    follows = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    framed = follows | {"Sec-Fetch-Dest": "iframe"}
    for path in PAGES:
        assert client.get(path, headers=cross).status_code == 403
        assert client.get(path, headers=framed).status_code == 403
    assert client.get("/e/evitrail-run", headers=follows).status_code == 200
    assert client.get("/api/experiments", headers=follows).status_code == 403
    assert client.get("/", headers={"Sec-Fetch-Site": "same-origin"}).status_code == 200


def test_another_origin_is_refused(desk: Desk) -> None:
    client = asking(desk.folder)
    assert client.get("/api/experiments", headers={"Origin": "http://evil.example"}).status_code == 403
    assert client.get("/api/experiments", headers={"Origin": "null"}).status_code == 403
    assert client.get("/api/experiments", headers={"Origin": BASE}).status_code == 200


def test_without_the_token_a_page_leads_to_the_sign_in_and_data_is_refused(desk: Desk) -> None:
    client = asking(desk.folder, token=TOKEN)
    assert client.get("/").headers["Location"] == "/sign-in"
    for path in ("/api/experiments", "/api/openapi.json", "/api/experiments/evitrail-run/pack"):
        answer = client.get(path)
        assert answer.status_code == 401
        assert "evitrail-run" not in answer.text
    assert client.get("/sign-in").status_code == client.get("/static/v/sign_in.mjs").status_code == 200
    for wrong in ("", "Bearer", f"Bearer {TOKEN}0", f"Bearer {TOKEN[:-1]}", f"Basic {TOKEN}", "Bearer \u00e9"):
        headers = {"Authorization": wrong.encode()}
        assert client.get("/session", headers=headers).status_code == 401
        assert client.get("/api/experiments", headers=headers).status_code == 401


def test_the_token_is_exchanged_for_a_cookie_that_no_script_reads(desk: Desk) -> None:
    client = asking(desk.folder, token=TOKEN)
    answer = client.get("/session", headers={"Authorization": f"Bearer {TOKEN}"})
    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert TOKEN not in cookie + answer.text
    assert client.get("/api/experiments").status_code == 200, "the client keeps the cookie"
    other = asking(desk.folder, token=TOKEN)
    other.cookies.set(COOKIE, "made-up")
    assert other.get("/api/experiments").status_code == 401
    assert (
        asking(desk.folder, token=TOKEN)
        .get("/api/experiments", headers={"Authorization": f"bearer {TOKEN}"})
        .status_code
        == 200
    )


def test_another_site_cannot_exchange_a_token(desk: Desk) -> None:
    follows = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    headers = follows | {"Authorization": f"Bearer {TOKEN}"}
    assert asking(desk.folder, token=TOKEN).get("/session", headers=headers).status_code == 403


def test_a_name_that_is_trusted_is_called_with_the_servers_port_unless_it_says_another(desk: Desk) -> None:
    hosts = loopback_hosts(9000, others=("ward.example", "Proxy.example:443"))
    assert {"ward.example:9000", "proxy.example:443", "localhost:9000"} <= hosts
    assert {"127.0.0.1", "localhost:80", "[::1]"} <= loopback_hosts(80), "a browser leaves out port 80"
    client = asking(desk.folder, others=("ward.example",))
    assert client.get("/", headers={"Host": f"ward.example:{PORT}"}).status_code == 200
    assert client.get("/", headers={"Host": "ward.example"}).status_code == 421


def test_a_token_is_not_shown_where_its_holder_is_printed() -> None:
    assert TOKEN not in repr(Admission(loopback_hosts(PORT), TOKEN))
