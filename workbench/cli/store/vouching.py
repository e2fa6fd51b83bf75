"""What the verbs that bring something into a store share: who vouches for it, and what is said of what was held.

Rules kept here
- A signature beside a file proves who vouches; ``--publisher`` says so where there is none. The two must agree.
- Whoever brings something into a store that has publishers gives their name: a second person must be another.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from evitrail.workbench.cli.console import actor_named, err, say

if TYPE_CHECKING:
    from evitrail.evidence_store import EvidenceStore, Held
    from evitrail.evidence_store.quarantine.voucher import Voucher

PublisherName = Annotated[
    str | None,
    typer.Option("--publisher", help="Registered publisher that vouches for this.", metavar="NAME", show_default=False),
]
SignatureFile = Annotated[
    Path | None,
    typer.Option(
        "--signature", help="Signature of the file; default: FILE.sig beside it, if there is one.", metavar="FILE"
    ),
]
NOBODY = "evitrail"
"""Who did it where nobody is named."""
SHOWN = 10


def voucher_for(file: Path, publisher: str | None, signature: Path | None) -> Voucher:
    """Who vouches for a file; raises ``ValueError`` where the name given is not the one that signed."""
    from evitrail.evidence_store.quarantine.voucher import signed_by

    signed = signed_by(file, signature)
    if signed and publisher and signed.publisher != publisher:
        raise ValueError(f"--publisher: expected {signed.publisher!r}, whose signature is on {file}, got {publisher!r}")
    return signed or publisher


def named_or_nobody(by: str) -> str:
    """Whose name events carry that may be recorded without one."""
    return " ".join(by.split()) or NOBODY


def must_be_named(store: EvidenceStore, by: str) -> None:
    """Raise ``ValueError`` where a store has publishers and nobody is named."""
    if not store.quarantine.open:
        actor_named(by)


def say_open(store: EvidenceStore) -> None:
    """Say on stderr that a store without publishers serves whatever it is given."""
    if store.quarantine.open:
        said = f"no publisher is registered in {store.path}, so all evidence is served unchecked"
        err().print(f"{said}; see `evitrail store publisher add`", markup=False, soft_wrap=True)


def held_since(store: EvidenceStore, seq: int) -> list[Held]:
    """What was held by events after this one."""
    return [one for one in store.quarantine.waiting if one.seq > seq]


class Acted(NamedTuple):
    """What became of one act."""

    seq: int
    """The last event after it."""
    held: list[Held]
    """The act, where it was held now."""
    waits: bool
    """Whether it waits for a second person, since now or since it was brought before."""


def acted(store: EvidenceStore, act: Callable[[], int]) -> Acted:
    """Do one act; what is brought again while it waits records nothing."""
    before, seq = store.seq, act()
    held = held_since(store, before)
    return Acted(seq, held, bool(held) or seq == before)


def held_rows(held: Iterable[Held]) -> list[dict[str, Any]]:
    """What is held, for a program: without its texts."""
    return [
        {"held": one.name, "what": one.what, "refs": one.refs, "stops": [stop.model_dump() for stop in one.stops]}
        for one in held
    ]


def say_waits(what: str, done: Acted, store: Path) -> None:
    """Say that an act waits, and what to do about it."""
    if done.held:
        say(f"event {done.seq}: {what} is held")
        show_held(done.held, store)
    else:
        say(f"{what} was brought before and is still held; see `evitrail store review --store {store}`")


def show_held(held: list[Held], store: Path) -> None:
    """What is held, and what to do about it."""
    for one in held[:SHOWN]:
        say(f"{one.name}, {one.what} of {', '.join(one.refs)}: {one.reason}", indent=2)
    if len(held) > SHOWN:
        say(f"… and {len(held) - SHOWN} more", indent=2)
    if held:
        say(f"not served until a second person releases it: evitrail store release {held[0].name} --store {store}")
