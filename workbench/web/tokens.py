"""The tokens that a server admits, as files hold them: one for everybody, or one for each person.

Rules kept here
- A token is long, of letters and digits, and is never repeated in a message: a fault names the file and the place.
- A file of people can be read by its owner alone, since each token in it acts as somebody.
- Nobody can be taken for somebody else: names that differ only in case, blanks, marks or letters that look alike are
  refused, and so is a token of two people.

    read_people(Path("people.toml"))    # by token, the name: of [[person]] tables with `name` and `token`
"""

from __future__ import annotations

import stat
import unicodedata
from pathlib import Path
from typing import Any

from evitrail.evidence_store.input_text import read_toml

SHORTEST = 16
"""Characters of a token at least."""
LONGEST_NAME = 120
TABLE = "person"
LIKE = "aаα bвβ cсϲ dԁ eеεє gɡ hһнη jј kкκ li1|ıіιӏ mм nп o0оοσ pрρ qԛ rг sѕ tтτ uυ vν wԝω xхχ yуү"
"""Small Latin letters, each with the letters of other scripts, digits and marks that look like it, small or capital."""
AS_LATIN = str.maketrans({other: like[0] for like in LIKE.split() for other in like[1:]})


def read_token(path: Path) -> str:
    """The token in a file; raises ``ValueError`` for none, or a short one."""
    token = path.read_text("utf-8").strip()
    _expect_token(token, str(path))
    return token


def read_people(path: Path) -> dict[str, str]:
    """By token, whose it is; raises ``ValueError`` in one line for a file by which one could pass for another."""
    tables = read_toml(path)
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & 0o077:
        raise ValueError(f"{path}: expected a file that its owner alone can read, got mode {mode:04o}; `chmod 600` it")
    people = tables.get(TABLE)
    if list(tables) != [TABLE] or not people or not isinstance(people, list):
        raise ValueError(f"{path}: expected [[{TABLE}]] tables with name and token, and nothing else")
    by_token: dict[str, str] = {}
    by_look: dict[str, str] = {}
    for number, one in enumerate(people, 1):
        at = f"{path}: {TABLE} {number}"
        name, token = _name_and_token(one, at)
        if (other := by_look.setdefault(looks(name), name)) != name or name in by_token.values():
            raise ValueError(f"{at}: expected a name that cannot be taken for another, got {name!r} beside {other!r}")
        if token in by_token:
            raise ValueError(f"{at}: expected a token of their own, got that of {by_token[token]!r}")
        by_token[token] = name
    return by_token


def looks(name: str) -> str:
    """What names have in common that people may take for the same."""
    letters = unicodedata.normalize("NFKD", name.casefold())
    return "".join(char for char in letters.translate(AS_LATIN) if char.isalnum())


def _name_and_token(one: Any, at: str) -> tuple[str, str]:
    if not isinstance(one, dict) or set(one) != {"name", "token"} or not all(isinstance(v, str) for v in one.values()):
        raise ValueError(f"{at}: expected name and token, each a text in quotes, and nothing else")
    name = " ".join(unicodedata.normalize("NFC", one["name"]).split())
    if not looks(name) or len(name) > LONGEST_NAME or not name.isprintable():
        raise ValueError(f"{at}: expected a name of at most {LONGEST_NAME} characters that can be read, got {name!r}")
    _expect_token(one["token"], at)
    return name, one["token"]


def _expect_token(token: str, at: str) -> None:
    if len(token) < SHORTEST or not token.isascii() or not token.isprintable() or " " in token:
        raise ValueError(
            f"{at}: expected a token of at least {SHORTEST} letters and digits, got {len(token)} characters; "
            "`openssl rand -hex 32` makes one"
        )
