"""``evitrail trace keygen`` and ``evitrail trace sign``: a seal that only the holder of a key can make."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from evitrail.workbench.cli.console import Json, print_json, say
from evitrail.workbench.cli.folder import Folder


def keygen(
    name: Annotated[
        str, typer.Option("--name", help="Who signs, as clinic.example/journals.", metavar="NAME", show_default=False)
    ],
    out: Annotated[
        Path, typer.Option("--out", help="A new file for the private key.", metavar="FILE", show_default=False)
    ],
    json: Json = False,
) -> None:
    """Make a key to sign with: the private one into a file, the public one on stdout."""
    from evitrail.traces.audit.signed_note import SigningKey

    key = SigningKey.new(name)
    key.write(out)
    if json:
        print_json({"name": name, "public": str(key.public), "private": str(out)})
    else:
        say(str(key.public))


def sign(
    folder: Folder,
    key: Annotated[Path, typer.Option("--key", help="The private key's file.", metavar="FILE", show_default=False)],
    json: Json = False,
) -> None:
    """Seal an experiment and sign the seal; prints the signed note, to be kept elsewhere too."""
    from evitrail.traces import Journal, Journals
    from evitrail.traces.audit.checkpoint import sign as signed
    from evitrail.traces.audit.signed_note import SigningKey

    signing = SigningKey.read(key)
    if folder.is_file():
        raise ValueError(f"expected an experiment's folder, got {str(folder)!r}; sign there, then bundle again")
    with Journals.open(folder) as journals, Journal.open(journals.files[0].path) as journal:
        note = signed(journal, signing, over=journals)
    if json:
        print_json({"note": note, "public": str(signing.public)})
    else:
        say(note.removesuffix("\n"))
