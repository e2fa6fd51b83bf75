"""Which key goes to which server: each only where its user said.

Rules kept here
- ``OPENAI_API_KEY`` goes to OpenAI's own host, by https, and nowhere else. ``EVITRAIL_LLM_KEY`` goes to every other
  server. A variable that the plan names (``key_env``) is read in place of either.
- An entry of ``key_env`` is the name of a variable in capitals, or ``HOST=NAME`` for one server of several. What is
  neither is refused without being shown: it may be a key.
- An address holds no login and nothing after a ``?``: it is written down and shown, and a key in it would be too.
- A key that is there and is not sent is told of, in one line.

    key_for("http://127.0.0.1:8000/v1", ("WARD_KEY",))       # the value of WARD_KEY

Pure but for the environment it reads.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from urllib.parse import urlsplit

from evitrail.agent.llm.base import LLMError

OPENAI = "api.openai.com"
OPENAI_KEY = "OPENAI_API_KEY"
OTHERS_KEY = "EVITRAIL_LLM_KEY"

ENTRY = re.compile(r"(?:(?P<host>[^\s=@/]+)=)?(?P<name>[A-Z_][A-Z0-9_]*)")
"""In capitals, as variables are named: what has small letters may be a key."""
SERVER = re.compile(r"@(https?://[^/?#\s]+)", re.IGNORECASE)
"""The server in a model's name."""


def key_for(url: str, key_env: Sequence[str] = (), environment: Mapping[str, str] = os.environ) -> str | None:
    """The key to send to this server; raises ``LLMError`` where a variable is named that holds none."""
    if named := named_for(url, key_env):
        if not environment.get(named):
            raise LLMError(f"{url}: expected its key in the environment variable {named}, found none; set it")
        return environment[named]
    return environment.get(OPENAI_KEY if _is_openai(url) else OTHERS_KEY) or None


def not_sent(url: str, environment: Mapping[str, str] = os.environ) -> str | None:
    """Of a server that is sent no key: why a key that is there was not sent; None where there is none."""
    ours, other = (OPENAI_KEY, OTHERS_KEY) if _is_openai(url) else (OTHERS_KEY, OPENAI_KEY)
    if not environment.get(other):
        return None
    goes = f"to {OPENAI} by https only" if other == OPENAI_KEY else "to servers other than OpenAI's"
    return f"{other} is set and goes {goes}; if this server wants a key, set {ours} or name its variable with --key-env"


def named_for(url: str, key_env: Iterable[str]) -> str | None:
    """The variable that is named for this server."""
    parts = urlsplit(url)
    read = [found for entry in key_env if (found := ENTRY.fullmatch(entry))]
    ours = [found["name"] for found in read if found["host"] in (parts.netloc, parts.hostname)]
    return next(iter([*ours, *(found["name"] for found in read if found["host"] is None)]), None)


def pinned(key_env: Iterable[str], models: Iterable[str]) -> tuple[str, ...]:
    """The same entries, each for a server: one that names none is for the servers of these models, and no other."""
    here = servers_of(models)
    entries = [[entry] if "=" in entry else [f"{server}={entry}" for server in here] for entry in key_env]
    return tuple(entry for each in entries for entry in each)


def servers_of(models: Iterable[str]) -> list[str]:
    """The servers that these models are on, each once, as ``host:port``."""
    return sorted({urlsplit(found[1]).netloc for model in models if (found := SERVER.search(model))})


def check_key_env(key_env: Sequence[str], models: Iterable[str]) -> None:
    """Raise ``ValueError`` for an entry that names no variable, or that leaves open which server is meant."""
    form = "the name, in capitals, of the environment variable that holds the key, as in WARD_KEY or HOST=WARD_KEY"
    if not all(ENTRY.fullmatch(entry) for entry in key_env):
        raise ValueError(f"expected {form}, got something else; it is not shown, as it may be a key")
    hosts = servers_of(models)
    if len(hosts) > 1 and not all("=" in entry for entry in key_env):
        raise ValueError(f"expected HOST=NAME for each server that wants a key, as there are {', '.join(hosts)}")


def openai_only(url: str, environment: Mapping[str, str] = os.environ) -> tuple[str, ...]:
    """The headers that OpenAI's client fills from the environment and that this server is not to get."""
    lines = environment.get("OPENAI_CUSTOM_HEADERS", "").splitlines()
    own = [line.partition(":")[0].strip() for line in lines if ":" in line]
    return () if _is_openai(url) else ("OpenAI-Organization", "OpenAI-Project", *own)


def _is_openai(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme == "https" and parts.hostname == OPENAI
