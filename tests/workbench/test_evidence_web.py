"""Evidence over HTTP: two pages that carry what they show first, an API, and hostile words that stay words."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from desk import Desk
from evidence_shelf import ODD, SEEN, shelf
from exhibit import HOSTILE
from serving_pages import asking
from starlette.testclient import TestClient

from evitrail.workbench.web.guard import HEADERS

FIRST = re.compile(r'<script type="application/json" id="first">(.*?)</script>', re.DOTALL)
API = "/api/evidence"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return shelf(tmp_path_factory.mktemp("shelf"))


@pytest.fixture(scope="module")
def client(folder: Path) -> TestClient:
    return asking(folder)


def first(page: str) -> Any:
    """What a page shows first."""
    (text,) = FIRST.findall(page)
    return json.loads(text)


def test_the_search_page_carries_what_was_found(client: TestClient) -> None:
    answer = client.get("/evidence", params={"q": "heparin@1", "asof": "2019-01-01", "seq": SEEN})
    assert {name: answer.headers[name] for name in HEADERS} == HEADERS
    shown = first(answer.text)
    assert (shown["fault"], shown["found"]["hits"][0]["ref"]) == ("", "heparin@1")
    assert (shown["found"]["seq"], shown["found"]["as_of"]) == (SEEN, "2019-01-01")
    assert shown["found"] == client.get(API, params={"q": "heparin@1", "asof": "2019-01-01", "seq": SEEN}).json()


def test_the_page_of_a_lineage_carries_it_without_its_texts(client: TestClient) -> None:
    shown = first(client.get("/evidence/apixaban?v=1&asof=2019-01-01").text)["lineage"]
    assert shown == client.get(f"{API}/apixaban", params={"asof": "2019-01-01"}).json()
    assert [one["status"] for one in shown["versions"]] == ["superseded", "current", "not_yet"]
    assert "text" not in shown["versions"][0]["header"]
    assert client.get(f"{API}/apixaban/text", params={"v": "0"}).json() == {"ref": "apixaban@0", "text": HOSTILE}


def test_a_version_may_be_called_anything_that_a_store_admits(client: TestClient) -> None:
    assert client.get(f"{API}/apixaban/text", params={"v": ODD}).json()["ref"] == f"apixaban@{ODD}"
    parts = client.get(f"{API}/apixaban/diff", params={"a": "1", "b": ODD}).json()
    assert ["-", "B"] in parts or any(op == "-" and "B" in text for op, text in parts)
    assert client.get(f"{API}/apixaban/reliance", params={"v": ODD}).json()["experiments"][0]["cited"] is None


def test_hostile_words_stay_inert_in_what_the_pages_carry(client: TestClient) -> None:
    for path in ("/evidence", "/evidence?q=apixaban", "/evidence/apixaban", f"/evidence?q={HOSTILE}&status={HOSTILE}"):
        page = client.get(path).text
        (carried,) = FIRST.findall(page)
        assert not set("<>&") & set(carried)
        assert page.count("<script") == 2
        assert "style=" not in page
    assert HOSTILE in json.dumps(first(client.get("/evidence/apixaban").text), ensure_ascii=False).replace('\\"', '"')


@pytest.mark.parametrize(
    ("path", "status", "said"),
    [
        (f"{API}/heparim", 404, "did you mean 'heparin'"),
        (f"{API}/..%2Fapp.py", 404, ""),
        (f"{API}/heparin/text?v=9", 404, "it has heparin@1"),
        (f"{API}/heparin/text", 422, "v: "),
        (f"{API}/apixaban/diff?a=0&b=9", 404, "got '9'"),
        (f"{API}/apixaban/text?v=3~1", 404, "expected a version of 'apixaban'"),
        (f"{API}/heparin/reliance?v=9", 404, "it has 1"),
        (f"{API}?status=new", 422, "status: expected one of current"),
        (f"{API}?asof=yesterday", 422, "asof: expected a day such as 2020-01-31, got 'yesterday'"),
        (f"{API}?seq=99", 422, "seq: expected a ledger number from 0 to"),
        (f"{API}?seq=-1", 422, "seq"),
        (f"{API}?k=9999", 422, "k: expected 1 to"),
        (f"{API}?exp=y", 404, "expected an experiment that is served"),
    ],
)
def test_a_fault_says_what_was_expected(client: TestClient, path: str, status: int, said: str) -> None:
    answer = client.get(path)
    assert (answer.status_code, said in answer.json().get("fault", "")) == (status, True)


@pytest.mark.parametrize("asked", ["asof=yesterday", "seq=99", "seq=many", "seq=²"])
def test_a_page_whose_address_asks_the_impossible_says_so_and_shows_what_holds_now(
    client: TestClient, asked: str
) -> None:
    for path, holds in (("/evidence", "found"), ("/evidence/apixaban", "lineage")):
        answer = client.get(f"{path}?{asked}")
        shown = first(answer.text)
        assert answer.status_code == 200
        assert f"{asked.partition('=')[0]}: expected" in shown["fault"]
        assert shown[holds]["as_of"] is None
        assert shown[holds]["seq"] == shown[holds]["store"]["seq"]


def test_an_unknown_lineage_is_a_page_that_is_not_there(client: TestClient) -> None:
    answer = client.get("/evidence/<script>alert(1)<script>")
    assert answer.status_code == 404
    assert "<script>alert" not in answer.text


def test_where_several_stores_are_served_the_page_asks_which(desk: Desk, folder: Path) -> None:
    both = asking(desk.folder, folder)
    shown = first(both.get("/evidence").text)
    assert shown["found"] is None
    assert "exp: expected the experiment whose store is meant" in shown["fault"]
    assert [one["exp"] for one in shown["stores"]] == ["evitrail-run", "x"]
    assert first(both.get("/evidence?exp=x&q=heparin").text)["found"]["store"]["exp"] == "x"
    assert both.get(API).status_code == 422
