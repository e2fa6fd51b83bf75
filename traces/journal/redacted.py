"""Read redactions from a journal: which blobs of which runs were deleted, by whom, why, and whether that can be true.

Rules kept here
- Only patient data can be redacted: the run that is named must have been begun with a key of its own.
- A run that is begun with a key states a commitment; its redaction reveals what only the holder of the key could
  make (``proof_of``), and the commitment is its SHA-256. What is revealed tells nothing of the key, or of a name.
- Journals from before have no commitment. There a redaction counts if the key is gone from every file.
- A redaction that does not hold drops nothing and is a fault, which ``trace verify`` names.
- A journal refuses to write a redaction unless it holds the key, and the record has the proof, who and why, and all
  names under that key (``unwritable``).

``redaction.py`` makes them.

Not covered: the proof says only that its writer held the key. Who redacted, why and which blobs is not part of it, so
whoever reads a proof can plant it in a file again, with other words. Sign the journal (``checkpoint.py``) after a
redaction: a record planted later is then listed as newer than the signature.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import sha256
from typing import Any, NamedTuple

from evitrail.traces.journal.after_end import REDACTION
from evitrail.traces.journal.errors import DamagedJournal, Redacted
from evitrail.traces.journal.schema import KEYED
from evitrail.traces.journal.sensitive import Secret
from evitrail.traces.journal.view import JournalView, Redaction

COMMITMENT = "redaction_commitment"
"""What a run with a key states of its proof, in ``run.begin``."""
PURPOSE = b"evitrail redaction proof, version 1"


class Claim(NamedTuple):
    """What a redaction record says, before anybody checks it."""

    redaction: Redaction
    chain: str
    """The run in whose chain it stands, and where."""
    seq: int
    names: tuple[str, ...]
    proof: str | None


def proof_of(key: bytes) -> str:
    """What only the holder of a run's key can make, in hex digits."""
    return hmac.digest(key, PURPOSE, "sha256").hex()


def commitment_to(key: bytes) -> str:
    """What a run states when it is begun, against which its proof is checked."""
    return sha256(bytes.fromhex(proof_of(key))).hexdigest()


def claims(records: Iterable[bytes]) -> Iterator[Claim]:
    """What the redaction records among these say; only the names of patient data can be dropped."""
    for data in records:
        try:
            line = json.loads(data)
            body = line["body"]
            if line["type"] == REDACTION:
                said = Redaction(body["secret"], line["t"], body["by"], body["reason"])
                names = tuple(name for name in body["blobs"] if name.startswith(KEYED))
                yield Claim(said, line["run"], line["seq"], names, body.get("proof"))
        except (ValueError, KeyError, TypeError, AttributeError):
            continue  # an altered record is a fault of the chain, and says nothing


def refuted(claim: Claim, journal: JournalView) -> str | None:
    """Why a redaction cannot be true; None where it holds. ``journal`` is all there is: every file of a folder."""
    begun = _beginning(journal, claim.redaction.run)
    if begun is None:
        return None  # it lies elsewhere: nothing here can tell, and nothing here is dropped but what it names
    if begun.get("secret") != claim.redaction.run:
        return f"it says that run {claim.redaction.run!r} was redacted, which holds no patient data of its own"
    commitment = begun.get(COMMITMENT)
    if commitment is None:
        return "the key of the run is still there" if journal.holds_key(claim.redaction.run) else None
    return None if _proves(claim.proof, str(commitment)) else "its proof is not that of the run's key"


def unwritable(body: Mapping[str, Any], secret: Secret | None, names: Sequence[str]) -> str | None:
    """Why a redaction may not be written to a file with this key and these names under it; None where it may."""
    if secret is None or not _proves(body.get("proof"), commitment_to(secret.key)):
        return "one without the proof of a key that is here"
    if not all(isinstance(body.get(field), str) and body[field].strip() for field in ("by", "reason")):
        return f"by={body.get('by')!r}, reason={body.get('reason')!r}"
    if body.get("blobs") != list(names) or body.get("count") != len(names):
        return "other blobs than those of the run"
    return None


def holding(found: Iterator[Claim], journal: JournalView) -> Mapping[str, Redaction]:
    """The names that the redactions which hold say were dropped, each with its redaction."""
    return {name: claim.redaction for claim in found if refuted(claim, journal) is None for name in claim.names}


def unproven(journal: JournalView) -> Iterator[str]:
    """Every redaction that does not hold, with the record and the reason."""
    for claim in journal.redaction_claims():
        if why := refuted(claim, journal):
            yield f"run {claim.chain!r} record {claim.seq}: a redaction that does not count; {why}"


def redacted_runs(journal: JournalView) -> dict[str, Redaction]:
    """The runs whose patient data was dropped, forks of them included, each with the record that says so."""
    redacted = {each.run: each for each in journal.redacted().values()}
    if not redacted:
        return {}
    return {run: redacted[root] for run in journal.runs() if (root := root_of(journal, run)) in redacted}


def root_of(journal: JournalView, run: str) -> str:
    """The run whose key a run uses: its own name where it is no fork, or not begun yet."""
    seen: set[str] = set()
    while run not in seen and (records := journal.records(run)):
        seen.add(run)
        body = records[0].body
        if stated := body.get("secret"):
            return str(stated)
        run = body.get("parent") or run
    return run


def no_key(journal: JournalView, root: str) -> Redacted | DamagedJournal:
    """Why a run whose names are keyed has no key."""
    for redaction in journal.redacted().values():
        if redaction.run == root:
            return Redacted(f"{str(journal.path)!r} has no key for run {root!r} any more: {redaction}")
    return DamagedJournal(f"{str(journal.path)!r} has no key for run {root!r}, and no record of its redaction")


def _beginning(journal: JournalView, run: str) -> dict[str, Any] | None:
    """What a run was begun with; None where that cannot be read."""
    records = journal.records(run)
    try:
        return records[0].body if records else None
    except (ValueError, KeyError):
        return None


def _proves(proof: str | None, commitment: str) -> bool:
    try:
        return sha256(bytes.fromhex(proof or "")).hexdigest() == commitment
    except (ValueError, TypeError):
        return False
