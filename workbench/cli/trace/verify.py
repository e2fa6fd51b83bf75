"""``evitrail trace verify``: was anything altered, is anything gone, was anything added, and what is not covered?"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from evitrail.workbench.cli.console import CheckFailed, Json, print_json, say
from evitrail.workbench.cli.folder import Recorded, expect_bundle, open_journal

if TYPE_CHECKING:
    from evitrail.traces import Verdicts
    from evitrail.traces.audit.seal import Seal
    from evitrail.traces.audit.signed_note import PublicKey
    from evitrail.traces.journal.view import JournalView

FAULTS = 20
"""Faults that are listed; further ones are counted."""

ALSO = 6
"""Runs that are named; further ones are counted."""


class Seals(NamedTuple):
    """What the seals of a journal say, and how far that was checked."""

    root: str | None = None
    signed: Seal | None = None
    by: str | None = None
    """The signer's name, as stated in the signature."""
    signature: list[str] | None = None
    """What is wrong with the signature; None where no key was given."""
    kept: list[str] | None = None
    """What is wrong with the root kept elsewhere; None where none was given."""
    earlier: bool = False
    """The root kept elsewhere is that of a seal before the newest."""
    newer: tuple[str, ...] = ()
    """Runs that are new or have grown since the signature; with a key, since that key's newest."""
    runs: int = 0
    forks: int = 0


def verify(
    folder: Recorded,
    key: Annotated[
        str | None,
        typer.Option("--key", help="Public key to check the signature with, or a file that holds it.", metavar="KEY"),
    ] = None,
    root: Annotated[
        str | None,
        typer.Option(
            "--root", help="Expected root hash, from a copy kept outside the experiment's folder.", metavar="ROOT"
        ),
    ] = None,
    json: Json = False,
) -> None:
    """Check whether records or blobs were altered, are missing, or were added against the rules."""
    from evitrail.traces.audit.checkpoint import known_root
    from evitrail.traces.audit.signed_note import public_key

    public = public_key(key) if key else None
    kept = known_root(root) if root else None
    verdicts = _verdicts(folder)
    told = _seals(folder, public, kept)
    if json:
        print_json(_document(verdicts, told))
    faults = [f"integrity: {' '.join(fault.split())}" for fault in verdicts.integrity]  # SQLite's own are of many lines
    faults += [f"completeness: {fault}" for fault in verdicts.completeness]
    faults += [f"added: {fault}" for fault in verdicts.additions]
    faults += [f"signature: {fault}" for fault in told.signature or ()]
    faults += [f"root: {fault}" for fault in told.kept or ()]
    if faults:
        more = [f"… and {len(faults) - FAULTS} more; --json lists them all"] if len(faults) > FAULTS else []
        raise CheckFailed("" if json else "\n".join(faults[:FAULTS] + more))
    if not json:
        _show(folder, verdicts, told)


def _verdicts(folder: Path) -> Verdicts:
    from evitrail.traces import DamagedJournal, Verdicts, verify_journal
    from evitrail.traces.audit.integrity import UNKNOWN

    try:
        if folder.is_file():
            from evitrail.traces.bundle.bundle import verify_bundle

            expect_bundle(folder)
            return verify_bundle(folder)
        with open_journal(folder) as journal:
            verdicts = verify_journal(journal)
            if verdicts.integrity:
                return verdicts
            from evitrail.eval.report.run_list import wrong_rows

            return verdicts._replace(integrity=tuple(wrong_rows(journal)))
    except DamagedJournal as error:
        return Verdicts((str(error),), (UNKNOWN,))


def _seals(folder: Path, key: PublicKey | None, root: str | None) -> Seals:
    """What the seals say; as much of it as can be read."""
    from evitrail.traces import DamagedJournal
    from evitrail.traces.audit.checkpoint import check_root, check_signature, checkpoint, signer
    from evitrail.traces.audit.seal import sealed_root, unsealed

    told = Seals(
        signature=["the seals cannot be read"] if key else None, kept=["no seal can be read"] if root else None
    )
    try:
        with open_journal(folder) as journal:
            newest, signed = sealed_root(journal), checkpoint(journal, key)
            told = Seals(
                root=newest,
                signed=signed,
                by=signer(signed) if signed else None,
                signature=check_signature(journal, key) if key else None,
                kept=check_root(journal, root) if root else None,
                earlier=root not in (None, newest),
                newer=tuple(unsealed(journal, signed)) if signed else (),
            )
            runs, forks = _counted(journal)
            return told._replace(runs=runs, forks=forks)
    except DamagedJournal:
        return told


def _counted(journal: JournalView) -> tuple[int, int]:
    """How many runs there are, and how many forks and counterfactuals of them."""
    from evitrail.traces.audit.seal import SEAL_RUN

    names = [name for name in journal.runs() if name != SEAL_RUN]
    try:
        forks = sum(bool(journal.records(name)[0].body.get("parent")) for name in names)
    except (ValueError, LookupError, AttributeError):  # an altered record, named by the verdicts
        forks = 0
    return len(names) - forks, forks


def _document(verdicts: Verdicts, told: Seals) -> dict[str, Any]:
    return {
        "integrity": verdicts.integrity,
        "completeness": verdicts.completeness,
        "added": verdicts.additions,
        "newer_than_seal": verdicts.newer,
        "redacted": len(verdicts.redacted),
        "root": told.root,
        "signed_by": told.by,
        "signature": told.signature,
        "kept_root": told.kept,
        "newer_than_signature": told.newer,
    }


def _show(folder: Path, verdicts: Verdicts, told: Seals) -> None:
    of = f"{told.runs} runs and {told.forks} forks and counterfactuals"
    say(f"integrity: sound, all records and blobs of {of} are as written")
    say("completeness: whole, every run is there to the record it was sealed at")
    say("added: nothing, no record follows a run's end against the rules and no redaction lacks its proof")
    if verdicts.newer:
        say(f"newer than the seal, so that nobody vouches for them yet: {_named(verdicts.newer)}")
    if verdicts.redacted:
        say(f"redacted: {len(verdicts.redacted)} blobs of patient data are gone on record")
    if folder.is_file():
        _show_left_out(folder)
    say(f"root: {told.root}")
    if told.kept is not None:
        say(f"root kept elsewhere: that of {'an earlier' if told.earlier else 'the newest'} seal")
    for line in _signature(told):
        say(line)
    for line in _not_covered(told):
        say(f"not covered: {line}")


def _show_left_out(path: Path) -> None:
    from evitrail.traces.bundle.bundle import read_bundle

    with read_bundle(path) as bundle:
        runs, blobs = len(bundle.manifest.runs_left_out), len(bundle.manifest.blobs_left_out)
    if runs or blobs:
        say(f"left out of the bundle by choice: {runs} runs, {blobs} blobs of patient data")


def _signature(told: Seals) -> list[str]:
    if told.signed is None:
        return ["signature: none; `evitrail trace sign` makes one"]
    if told.signature is None:
        return [f"signature: by {told.by}, as it says itself; --key checks it"]
    sealed = f"signature: sound, by {told.by} over {len(told.signed.heads)} runs"
    return [sealed, *([f"newer than the signature: {_named(told.newer)}"] if told.newer else [])]


def _named(runs: Sequence[str]) -> str:
    """The first of them by name, and how many more there are."""
    more = f" and {len(runs) - ALSO} more" if len(runs) > ALSO else ""
    return f"{', '.join(runs[:ALSO])}{more}"


def _not_covered(told: Seals) -> list[str]:
    if told.signature is not None:
        rewrite = "a rewrite of the whole file by whoever holds the signing key"
    elif told.kept is not None:
        rewrite = "what came after the root that was kept elsewhere"
    else:
        rewrite = "a rewrite of the whole file; check a signature with --key, or a root kept elsewhere with --root"
    return [rewrite, "records cut and runs dropped that came after the last seal", "whether what was recorded is true"]
