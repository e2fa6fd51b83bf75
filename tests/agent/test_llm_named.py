"""A language model goes by a name that can be read back; a name that is none is refused, and no key is repeated."""

from __future__ import annotations

import pytest

from evitrail.agent.llm.named import LLMS, is_llm, llm_named
from evitrail.agent.llm.server.openai import OpenAILLM

SECRET = "sk-0123456789"


@pytest.mark.parametrize(
    ("url", "base"),
    [
        ("http://ward:8000", "http://ward:8000/v1"),
        ("http://ward:8000/", "http://ward:8000/v1"),
        ("http://ward:8000/v1/", "http://ward:8000/v1"),
        ("https://ward/models/openai", "https://ward/models/openai/v1"),
        ("https://ward/v1beta/openai/", "https://ward/v1beta/openai"),
    ],
)
def test_an_address_has_one_spelling(url: str, base: str) -> None:
    assert repr(OpenAILLM("a/b@c", url)) == f"openai:a/b@c@{base}"
    assert llm_named(f"openai:a/b@c@{url}") == OpenAILLM("a/b@c", base)


@pytest.mark.parametrize("url", ["", "ward:8000", "ftp://ward", "http://", "http://[::", "http://ward/#part"])
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="expected the address of a server"):
        OpenAILLM("ward", url)


@pytest.mark.parametrize("url", [f"http://me:{SECRET}@ward:8000/v1", f"http://ward:8000/v1?key={SECRET}"])
def test_a_key_in_an_address_is_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(ValueError, match="set EVITRAIL_LLM_KEY") as caught:
        OpenAILLM("ward", url)
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ("opanai:m@http://h", "did you mean 'openai:'?"),
        ("openai", "expected a model as one of hf:…, openai:…, vllm:…, got 'openai'"),
        ("openai:", "got 'openai:'"),
        ("openai:m", "expected openai:MODEL@URL"),
        ("openai:@http://h", "expected openai:MODEL@URL"),
        (f"opanai:m@http://me:{SECRET}@h", "got 'opanai:…'"),
    ],
)
def test_a_name_that_is_none_is_refused_in_one_line(spec: str, said: str) -> None:
    with pytest.raises(ValueError, match=r"^expected [^\n]+$") as caught:
        llm_named(spec)
    assert said in str(caught.value)
    assert SECRET not in str(caught.value)


def test_a_name_tells_whether_it_is_a_models() -> None:
    assert all(is_llm(f"{kind}:anything") for kind in LLMS)
    assert not any(map(is_llm, ("", "bm25", "openai", "C:anything", "a.b:C(k=3)")))
