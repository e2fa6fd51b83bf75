"""``evitrail trace keygen`` and ``evitrail trace sign``: a seal that only the holder of a key can make."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from evitrail.workbench.cli.console import Json, print_json, print_whole
from evitrail.workbench.cli.folder import Folder


def keygen(
    name: Annotated[
        str,
        typer.Option(
            "--name",
            help="Name of the signer, for example clinic.example/journals.",
            metavar="NAME",
            show_default=False,
        ),
    ],
    out: Annotated[
        Path, typer.Option("--out", help="New file to write the private key to.", metavar="FILE", show_default=False)
    ],
    json: Json = False,
) -> None:
    """Create a signing key: the private key in a file, the public key on stdout."""
    from evitrail.traces.audit.signed_note import SigningKey

    key = SigningKey.new(name)
    key.write(out)
    if json:
        print_json({"name": name, "public": str(key.public), "private": str(out)})
    else:
        print_whole(str(key.public))


def sign(
    folder: Folder,
    key: Annotated[Path, typer.Option("--key", help="File with the private key.", metavar="FILE", show_default=False)],
    json: Json = False,
) -> None:
    """Seal an experiment and sign the seal; prints the signed note, of which a copy belongs outside the folder."""
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
        print_whole(note.removesuffix("\n"))
