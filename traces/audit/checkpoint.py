"""A seal with a signature: which runs there were, and where each ended, said by the holder of a key.

Rules kept here
- A checkpoint is a signed note of three lines (c2sp.org/tlog-checkpoint): the origin, which is the key's
  name; the size, which is the number of runs sealed; the Merkle root of their heads in base64.
- It is kept in the chain of the seals, as a seal that has a note. No other chain knows of it.
- What is damaged or has lost a run is not signed.
- Signing again what is signed already changes nothing.

    note = sign(journal, SigningKey.read(Path("journals.key")))
    check_signature(journal, public_key("clinic.example/journals+…"))      # [] means it holds

What it adds to a seal: only the holder of the key can rewrite the whole file unseen. What it does not: runs
cut or dropped after the newest checkpoint, the holder of the key, the truth of what was recorded. Leaves lie
in the order of run names, not of time, so two checkpoints have no consistency proof between them.
"""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from typing import NamedTuple

from evitrail.traces.audit.integrity import NOT_SEALED, verify_journal
from evitrail.traces.audit.seal import SEAL_RUN, Heads, Seal, merkle_root, seal, sealed_root, seals
from evitrail.traces.audit.signed_note import BadNote, PublicKey, SigningKey, signed, signers, verified_text
from evitrail.traces.journal.journal import Journal, JournalError, JournalView

ROOT = re.compile("sha256:[0-9a-f]{64}")


class Checkpoint(NamedTuple):
    """What is signed."""

    origin: str
    size: int
    root: str

    @property
    def text(self) -> str:
        return f"{self.origin}\n{self.size}\n{b64encode(bytes.fromhex(self.root[7:])).decode()}\n"

    @classmethod
    def parse(cls, text: str) -> Checkpoint:
        """The checkpoint that a note's text is; raises ``BadNote`` when it is another text."""
        lines = text.split("\n")
        try:
            read = cls(lines[0], int(lines[1]), "sha256:" + b64decode(lines[2], validate=True).hex())
        except (ValueError, IndexError):
            read = None
        if read is None or not ROOT.fullmatch(read.root) or read.text != text:
            raise BadNote(f"expected a checkpoint (origin, size, root), got {text!r}")
        return read


def sign(journal: Journal, key: SigningKey, over: JournalView | None = None) -> str:
    """Seal what is there, sign the seal, keep the note beside it; returns the note.

    ``over`` is what is sealed where several files make one journal. Raises ``JournalError`` rather than sign
    for a journal that is damaged, or that has lost what was sealed before.
    """
    verdicts = verify_journal(over or journal)
    lost = [fault for fault in verdicts.completeness if "sealed" in fault and fault != NOT_SEALED]
    if faults := [*verdicts.integrity, *lost]:
        raise JournalError(f"nothing was signed, {str(journal.path)!r} is not sound: {faults[0]}")
    with journal.transaction():
        root = seal(journal, over)
        last = journal.records(SEAL_RUN)[-1].body
        heads = journal.get(last["heads"], Heads).heads
        note = signed(Checkpoint(key.name, len(heads), root).text, key)
        if last.get("note") != note:
            journal.append(SEAL_RUN, "checkpoint", {"root": root, "heads": last["heads"], "note": note})
    return note


def checkpoint(journal: JournalView, key: PublicKey | None = None) -> Seal | None:
    """The newest seal with a note that bears this key's name, or without a key any note; unchecked."""
    noted = (each for each in reversed(seals(journal)) if each.note)
    return next((each for each in noted if key is None or _bears(each, key)), None)


def signer(seal: Seal) -> str:
    """Who a seal's note says signed it; unchecked."""
    return ", ".join(signers(seal.note or ""))


def check_signature(journal: JournalView, key: PublicKey) -> list[str]:
    """What is wrong with the newest checkpoint that bears this key's name; empty means that it holds."""
    newest = checkpoint(journal, key) or checkpoint(journal)
    if newest is None:
        return ["expected a signed checkpoint, found none; `evitrail trace sign` makes one"]
    try:
        said = Checkpoint.parse(verified_text(newest.note or "", key))
    except BadNote as error:
        return [f"the checkpoint of {newest.at}: {error}"]
    sealed = Checkpoint(key.name, len(newest.heads), merkle_root(newest.heads))
    if said != sealed:
        here = f"{sealed.size} runs under {sealed.root} are sealed"
        return [f"the checkpoint of {newest.at}: {said.size} runs under {said.root} are signed, {here}"]
    return []


def known_root(text: str) -> str:
    """A root as a person gives it; raises ``ValueError`` when it is none."""
    if not ROOT.fullmatch(text):
        raise ValueError(f"expected a root (sha256: and 64 hex digits), got {text!r}")
    return text


def check_root(journal: JournalView, root: str) -> list[str]:
    """Whether a root that was kept elsewhere is that of a seal here; empty means it is."""
    found = [each.root for each in seals(journal)]
    if root in found:
        return []
    return [f"{root} was kept elsewhere, and no seal here has it: this is another journal, or it was rewritten"]


def newest_text(journal: JournalView) -> str | None:
    """What is to be kept elsewhere: the newest signed note, or the bare root; None where nothing was sealed."""
    if noted := checkpoint(journal):
        return noted.note
    root = sealed_root(journal)
    return f"{root}\n" if root else None


def _bears(seal: Seal, key: PublicKey) -> bool:
    try:
        return f"{key.name}+{key.id.hex()}" in signers(seal.note or "")
    except BadNote:
        return False
