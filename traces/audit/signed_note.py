"""Text signed with Ed25519, in the form that transparency logs use: the C2SP signed note.

Rules kept here
- A note is a text, a blank line, and a line ``— NAME SIGNATURE`` for each signature (c2sp.org/signed-note).
- A key has a name, and an id made of name and public key, so that nobody signs in another's name by accident.
- One spelling: a note or key that could be written in a second way is refused.
- Signatures by keys one was not given are passed over; a false one by the key one was given spoils the note.
- A private key's file is its owner's alone, and is never replaced.

    key = SigningKey.new("clinic.example/journals")
    key.write(Path("journals.key"))
    note = signed("three runs\\n", key)
    opened(note, key.public)            # "three runs\\n", or BadNote

The one door to ``cryptography``. What a note's text means is ``checkpoint.py``'s.
"""

from __future__ import annotations

import os
import re
import stat
from base64 import b64decode, b64encode
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

NAME = re.compile(r"[^\s+\x00-\x1f]+")
"""A key's name: no spaces, no plus."""
SIGNATURE = re.compile(r"— ([^\s+]+) ([A-Za-z0-9+/]+={0,2})")
ED25519 = b"\x01"
"""The signature type, as the key's id and text carry it."""
PRIVATE = "PRIVATE+KEY+"
LARGEST = 1_000_000
"""Characters of a note; more is not read."""


class BadNote(ValueError):
    """Not a signed note, or not signed by the key one was given."""


class PublicKey(NamedTuple):
    """Checks signatures. Its text, ``name+id+base64``, may be given to anybody."""

    name: str
    raw: bytes

    @property
    def id(self) -> bytes:
        return sha256(self.name.encode() + b"\n" + ED25519 + self.raw).digest()[:4]

    def __str__(self) -> str:
        return f"{self.name}+{self.id.hex()}+{_base64(ED25519 + self.raw)}"

    @classmethod
    def parse(cls, text: str) -> PublicKey:
        """A key from its text; raises ``ValueError`` when it is not one, or does not fit its own id."""
        name, _, rest = text.strip().partition("+")
        raw = _from_base64(rest.partition("+")[2])
        key = cls(name, (raw or b"")[1:])
        if not NAME.fullmatch(name) or len(key.raw) != 32 or str(key) != text.strip():
            raise ValueError(f"expected a public key (NAME+ID+BASE64, as `evitrail trace keygen` prints), got {text!r}")
        return key


class SigningKey(NamedTuple):
    """Makes signatures. Whoever holds it signs in its name."""

    name: str
    seed: bytes

    @classmethod
    def new(cls, name: str) -> SigningKey:
        """A key nobody had before; raises ``ValueError`` for a name that a note cannot carry."""
        if not NAME.fullmatch(name):
            raise ValueError(f"expected a key's name without spaces and plus, as clinic.example/journals, got {name!r}")
        return cls(name, Ed25519PrivateKey.generate().private_bytes_raw())

    @property
    def public(self) -> PublicKey:
        return PublicKey(self.name, Ed25519PrivateKey.from_private_bytes(self.seed).public_key().public_bytes_raw())

    def __repr__(self) -> str:
        return f"SigningKey({self.public})"  # the seed stays out of logs

    def write(self, path: Path) -> None:
        """Keep the key in a new file that only its owner can read; raises ``FileExistsError`` rather than replace."""
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(file, "w", encoding="utf-8") as out:
                out.write(f"{PRIVATE}{self.name}+{self.public.id.hex()}+{_base64(ED25519 + self.seed)}\n")
                out.flush()
                os.fsync(out.fileno())
        except BaseException:
            path.unlink()
            raise

    @classmethod
    def read(cls, path: Path) -> SigningKey:
        """The key kept in a file; raises ``ValueError`` when there is none, or when others can read it."""
        if not path.is_file():
            raise ValueError(f"expected a signing key at {str(path)!r}, found none; `evitrail trace keygen` makes one")
        mode = stat.S_IMODE(path.stat().st_mode)
        if mode & 0o077:
            raise ValueError(
                f"expected only its owner to read {str(path)!r}, got mode {mode:04o}; `chmod 600` it, or make a new key"
            )
        text = path.read_text("utf-8", errors="replace").strip()
        name, _, rest = text.removeprefix(PRIVATE).partition("+")
        key = cls(name, (_from_base64(rest.partition("+")[2]) or b"")[1:])
        whole = text.startswith(PRIVATE) and NAME.fullmatch(name) and len(key.seed) == 32
        if not whole or text != f"{PRIVATE}{name}+{key.public.id.hex()}+{_base64(ED25519 + key.seed)}":
            raise ValueError(
                f"expected a signing key in {str(path)!r}, as `evitrail trace keygen` writes, got other text"
            )
        return key


def public_key(given: str) -> PublicKey:
    """A public key as a person names it: its text, or a file that holds it."""
    path = Path(given)
    if "+" in given and not path.is_file():
        return PublicKey.parse(given)
    if not path.is_file():
        raise ValueError(f"expected a public key or a file with one, found no file {given!r}")
    text = path.read_text("utf-8", errors="replace")
    if text.startswith(PRIVATE):
        raise ValueError(f"expected a public key, got the private one in {given!r}; keygen printed the public one")
    return PublicKey.parse(text)


def signed(text: str, key: SigningKey) -> str:
    """The note that carries a text (which ends in a newline) and one signature."""
    if not text.endswith("\n") or not _is_printable(text):
        raise ValueError(f"expected text without control characters that ends in a newline, got {text!r}")
    signature = Ed25519PrivateKey.from_private_bytes(key.seed).sign(text.encode())
    return f"{text}\n— {key.name} {_base64(key.public.id + signature)}\n"


def verified_text(note: str, key: PublicKey) -> str:
    """The text of a note that this key signed; raises ``BadNote`` where it did not."""
    text, signatures = _parts(note)
    ours = [made for name, made in signatures if (name, made[:4]) == (key.name, key.id)]
    if not ours:
        signers = ", ".join(f"{name}+{made[:4].hex()}" for name, made in signatures)
        raise BadNote(f"expected a signature by {key.name}+{key.id.hex()}, got {signers}")
    for made in ours:
        try:
            Ed25519PublicKey.from_public_bytes(key.raw).verify(made[4:], text.encode())
        except InvalidSignature:
            raise BadNote(f"the signature by {key.name}+{key.id.hex()} does not fit the text") from None
    return text


def signers(note: str) -> list[str]:
    """Who a note says signed it, as ``name+id``; nothing of that is checked here."""
    return [f"{name}+{made[:4].hex()}" for name, made in _parts(note)[1]]


def _parts(note: str) -> tuple[str, list[tuple[str, bytes]]]:
    """Text and signatures; the text is parted from them by the last empty line."""
    text, blank, rest = note[:LARGEST].rpartition("\n\n")
    lines = [SIGNATURE.fullmatch(line) for line in rest.split("\n")[:-1]]
    if (
        not blank
        or not _is_printable(note)
        or not note.endswith("\n")
        or not lines
        or None in lines
        or len(note) > LARGEST
    ):
        raise BadNote("expected a signed note: a text, an empty line, and lines `— NAME SIGNATURE`")
    found = [(line[1], _from_base64(line[2])) for line in lines if line]
    whole = [(name, made) for name, made in found if made is not None and len(made) > 4]
    if len(whole) < len(found):
        raise BadNote("a signature of the note is not base64")
    return text + "\n", whole


def _is_printable(text: str) -> bool:
    return not re.search(r"[\x00-\x09\x0b-\x1f]", text)


def _base64(data: bytes) -> str:
    return b64encode(data).decode()


def _from_base64(text: str) -> bytes | None:
    """What a text in base64 stands for; None when it is none, or has another spelling."""
    try:
        data = b64decode(text, validate=True)
    except ValueError:
        return None
    return data if _base64(data) == text else None
