"""Keys and passwords that this process was given, known here so that no text shows or stores them.

Rules kept here
- Whoever is about to send a secret makes it known (``SECRETS.add``). What a server says is cleared of it where it comes
  in (``hidden``, ``hidden_value``), and log lines and the terminal are cleared once more on their way out.
- A secret is found as it stands, in capitals or not, spelled as JSON or in an address, and in base64. A server that
  spells it in another way is not found out.
- A secret shorter than ``SHORTEST`` is not sought: it would be found in words that are none of it.
- Of an address with a login (``scheme://user:password@host``) the login is withheld, known or not (``masked``).

    SECRETS.add(key)
    SECRETS.hidden("401: no such key sk-0123456789")      # '401: no such key (secret withheld)'
"""

from __future__ import annotations

import json
import re
import threading
from base64 import b64encode
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

WITHHELD = "(secret withheld)"
SHORTEST = 6
"""Characters."""

LOGIN = re.compile(r"(?<=://)(?:[^\s/?#'\"]*|[^\s'\",]*:[^\s'\",]*)@")
"""What stands before the host of an address; a password that is not encoded may hold a slash."""


PLACEHOLDER = ("user@", "user:password@")
"""A login in a line that shows what an address looks like."""


class KnownSecrets:
    """The secrets of one process; safe to share between threads."""

    def __init__(self) -> None:
        self._spelled: set[str] = set()
        self._pattern = re.compile(r"(?!)")
        self._lock = threading.Lock()

    def add(self, secret: str) -> None:
        """Know one more secret."""
        if len(secret) < SHORTEST:
            return
        with self._lock:
            self._spelled |= set(_spellings(secret))
            longest = sorted(self._spelled, key=lambda spelled: (-len(spelled), spelled))
            self._pattern = re.compile("|".join(map(re.escape, longest)), re.IGNORECASE)

    def hidden(self, text: str) -> str:
        """The text without any secret that is known."""
        return self._pattern.sub(WITHHELD, text)

    def within(self, text: str) -> bool:
        """Whether a secret stands in the text."""
        return self._pattern.search(text) is not None

    def hidden_value(self, value: Any) -> Any:
        """A JSON value without any secret that is known, in its strings and keys."""
        if isinstance(value, str):
            return self.hidden(value)
        if isinstance(value, list):
            return [self.hidden_value(one) for one in value]
        if isinstance(value, dict):
            return {self.hidden(str(key)): self.hidden_value(one) for key, one in value.items()}
        return value


SECRETS = KnownSecrets()
"""Those of this process."""


def masked(text: str) -> str:
    """The text without the logins of the addresses in it."""
    return LOGIN.sub(lambda found: found[0] if found[0] in PLACEHOLDER else "…@", text)


def has_login(text: str) -> bool:
    """Whether an address with a login stands in the text."""
    return LOGIN.search(text) is not None


def _spellings(secret: str) -> Iterator[str]:
    yield from (secret, json.dumps(secret)[1:-1], quote(secret, safe=""))
    data = secret.encode()
    for before in range(3):  # base64 depends on where in its text the secret begins
        coded = b64encode(b"\0" * before + data).decode().rstrip("=")
        whole = coded[(0, 2, 3)[before] : None if (before + len(data)) % 3 == 0 else -1]
        if len(whole) >= SHORTEST:
            yield whole
            yield whole.translate(str.maketrans("+/", "-_"))
