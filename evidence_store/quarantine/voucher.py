"""Who vouches for a batch: a publisher as somebody names it, or as a signature beside the file proves it.

Rules kept here
- A signature is a signed note (``traces/audit/signed_note.py``) over the publisher's name and the digest of the bytes
  of the file.
- Whether the key is the publisher's is decided by the store, which knows the key; here only the form is read, and
  whether the note is about this very file.
- Nothing in the file itself is asked.

    signed_by(Path("evidence.jsonl"))        # from evidence.jsonl.sig beside it; None where there is none
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from evitrail.evidence_store.input_text import InputError
from evitrail.traces.audit.signed_note import BadNote, PublicKey, SigningKey, signed, signers, verified_text
from evitrail.traces.record import sha256

SUFFIX = ".sig"
_NOTE = re.compile(r"evitrail evidence batch\npublisher: ([a-z0-9-]+)\nfile: (sha256:[0-9a-f]{64})\n")


class SignedBy(NamedTuple):
    """What stands beside a file: who says it is theirs, and the note that must prove it."""

    publisher: str
    file: str
    """The digest of the file that was read."""
    note: str

    def fault(self, key: PublicKey) -> str | None:
        """Why this does not prove that the holder of the key signed the file; None where it does."""
        try:
            found = _NOTE.fullmatch(verified_text(self.note, key))
        except BadNote as error:
            return str(error)
        if found is None or found.groups() != (self.publisher, self.file):
            return f"the signature is about {found[2] if found else 'something else'}, the file is {self.file}"
        return None


Voucher = str | SignedBy | None
"""Who vouches: a publisher's name, a signature, or nobody."""
Vouchers = Voucher | Mapping[str, Voucher]
"""One for a whole batch, or one for each version by its ref."""


def publisher_of(voucher: Voucher) -> str | None:
    """The publisher that is said to vouch."""
    return voucher.publisher if isinstance(voucher, SignedBy) else voucher


def voucher_of(vouchers: Vouchers, ref: str) -> Voucher:
    """Who vouches for one version of a batch."""
    return vouchers.get(ref) if isinstance(vouchers, Mapping) else vouchers


def sign_batch(path: Path, publisher: str, key: SigningKey) -> str:
    """The note that signs a file in a publisher's name."""
    if not _NOTE.fullmatch(text := _text(publisher, _digest(path))):
        raise ValueError(f"expected a publisher's name in small letters, digits and '-', got {publisher!r}")
    return signed(text, key)


def signed_by(path: Path, signature: Path | None = None) -> SignedBy | None:
    """The signature of a file: as named, else the one beside it, else none; raises ``InputError``."""
    beside = path.with_name(path.name + SUFFIX)
    if signature is None and (path.is_dir() or not beside.is_file()):
        return None
    file = signature or beside
    if not file.is_file():
        raise InputError([f"{file}: expected a signature, found no such file; `evitrail store sign` makes one"])
    note = file.read_text("utf-8", errors="replace")
    try:
        signers(note)
    except BadNote as error:
        raise InputError([f"{file}: {error}; `evitrail store sign` makes one"]) from error
    found = _NOTE.fullmatch(note.rpartition("\n\n")[0] + "\n")
    if found is None:
        raise InputError([f"{file}: expected the signature of an evidence file, got a note about something else"])
    return SignedBy(found[1], _digest(path), note)


def _text(publisher: str, digest: str) -> str:
    return f"evitrail evidence batch\npublisher: {publisher}\nfile: {digest}\n"


def _digest(path: Path) -> str:
    if not path.is_file():
        raise InputError(
            [f"{path}: expected a file to sign or to check, found none; sign the files of a folder singly"]
        )
    return sha256(path.read_bytes())
