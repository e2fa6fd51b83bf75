"""Which key goes to which server, told from its address and from what the user said."""

from __future__ import annotations

import pytest

from evitrail.agent.llm import LLMError
from evitrail.agent.llm.server.keys import check_key_env, key_for, not_sent, openai_only, pinned
from evitrail.traces.known_secrets import KnownSecrets, masked

BOTH = {"OPENAI_API_KEY": "sk-of-openai", "EVITRAIL_LLM_KEY": "sk-of-others", "WARD_KEY": "sk-of-ward"}
NOT_OPENAI = [
    "http://127.0.0.1:8000/v1",
    "http://api.openai.com/v1",
    "https://api.openai.com.example.org/v1",
    "https://example.org/api.openai.com/v1",
    "https://eu-api.openai.com/v1",
    "https://openai.com/v1",
]


@pytest.mark.parametrize("url", ["https://api.openai.com/v1", "https://API.OpenAI.com:443/v1"])
def test_openais_own_server_gets_openais_key_and_no_other(url: str) -> None:
    assert key_for(url, (), BOTH) == "sk-of-openai"
    assert key_for(url, (), {"EVITRAIL_LLM_KEY": "sk-of-others"}) is None
    assert "EVITRAIL_LLM_KEY is set and goes to servers other" in str(not_sent(url, {"EVITRAIL_LLM_KEY": "x"}))
    assert openai_only(url, BOTH) == ()


@pytest.mark.parametrize("url", NOT_OPENAI)
def test_every_other_server_gets_the_other_key_and_nothing_of_openais(url: str) -> None:
    assert key_for(url, (), BOTH) == "sk-of-others"
    assert key_for(url, (), {"OPENAI_API_KEY": "sk-of-openai"}) is None
    assert "OPENAI_API_KEY is set and goes to api.openai.com" in str(not_sent(url, {"OPENAI_API_KEY": "x"}))
    headers = openai_only(url, {"OPENAI_CUSTOM_HEADERS": "X-Key: 1\nAuthorization: 2"})
    assert headers == ("OpenAI-Organization", "OpenAI-Project", "X-Key", "Authorization")


def test_without_a_key_there_is_nothing_to_tell() -> None:
    assert not_sent(NOT_OPENAI[0], {}) is None
    assert not_sent(NOT_OPENAI[0], {"OPENAI_API_KEY": ""}) is None


def test_a_named_variable_is_read_for_the_server_it_is_named_for() -> None:
    here, there = "http://127.0.0.1:8000/v1", "https://models.example.org/v1"
    named = ("models.example.org=WARD_KEY",)
    assert (key_for(here, named, BOTH), key_for(there, named, BOTH)) == ("sk-of-others", "sk-of-ward")
    assert key_for(here, ("127.0.0.1:8000=WARD_KEY",), BOTH) == "sk-of-ward"
    assert key_for(there, ("WARD_KEY",), BOTH) == "sk-of-ward"
    with pytest.raises(LLMError, match="environment variable WARD_KEY, found none; set it"):
        key_for(there, named, {})


def test_one_variable_for_two_servers_is_refused_until_it_says_for_which() -> None:
    models = ("openai:a@http://here:1/v1", "openai:b@https://there/v1")
    with pytest.raises(ValueError, match="HOST=NAME for each server that wants a key, as there are here:1, there"):
        check_key_env(("WARD_KEY",), models)
    check_key_env(("there=WARD_KEY",), models)
    check_key_env(("WARD_KEY",), models[:1])


def test_a_secret_is_found_in_the_spellings_that_are_stated_and_a_short_one_is_not_sought() -> None:
    secrets = KnownSecrets()
    secrets.add("sk-0/1+2")
    secrets.add("none")
    assert secrets.hidden("none of SK-0/1+2, sk-0%2F1%2B2") == "none of (secret withheld), (secret withheld)"
    value = {"sk-0/1+2": ["sk-0/1+2", 1, None, {"a": "x sk-0/1+2"}]}
    assert "sk-0" not in str(secrets.hidden_value(value))
    assert secrets.hidden_value([1, True, None, 1.5, "B"]) == [1, True, None, 1.5, "B"]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("http://me:pw@h/v1 is down", "http://…@h/v1 is down"),
        ("postgresql://u:p/w@h/db", "postgresql://…@h/db"),
        ("http://h:8000/v1, user@host", "http://h:8000/v1, user@host"),
        ("as in postgresql+psycopg://user@host/db", "as in postgresql+psycopg://user@host/db"),
        ("openai:m@http://h:1/v1", "openai:m@http://h:1/v1"),
    ],
)
def test_of_an_address_the_login_is_withheld(text: str, shown: str) -> None:
    assert masked(text) == shown


def test_a_variable_named_without_a_server_is_for_the_servers_of_the_plan_and_no_later_one() -> None:
    planned = pinned(("WARD_KEY", "there=OTHER_KEY"), ("openai:a@http://here:1/v1", "extractive"))
    assert planned == ("here:1=WARD_KEY", "there=OTHER_KEY")
    assert key_for("http://here:1/v1", planned, BOTH) == "sk-of-ward"
    assert key_for("http://later/v1", planned, BOTH) == "sk-of-others"
    assert pinned(("WARD_KEY",), ("extractive",)) == ()
