"""Who may ask: the right Host, this server's own pages, only to read; and with a token nobody without it."""

from __future__ import annotations

import pytest
from desk import Desk
from serving_pages import BASE, PORT, asking

from evitrail.workbench.web.guard import COOKIE, Admission, loopback_hosts

TOKEN = "0123456789abcdef0123456789abcdef"
PAGES = ("/", "/e/evitrail-run", "/api/experiments", "/static/frame.mjs")


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


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "PROPFIND"])
def test_nothing_but_reading_is_answered(desk: Desk, method: str) -> None:
    answer = asking(desk.folder).request(method, "/api/experiments")
    assert answer.status_code == 405
    assert answer.headers["Allow"] == "GET"


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
    assert client.get("/sign-in").status_code == client.get("/static/sign_in.mjs").status_code == 200
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
