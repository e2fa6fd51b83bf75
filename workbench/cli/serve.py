"""``evitrail serve``: the workbench in a browser."""

from __future__ import annotations

import sys
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer

from evitrail.workbench.cli.console import say

PORT = 8765


def serve(
    folders: Annotated[
        list[Path] | None,
        typer.Argument(
            help="Folders of experiments, or folders that hold some; default: the working directory.",
            metavar="[DIR]...",
            show_default=False,
        ),
    ] = None,
    host: Annotated[str, typer.Option("--host", help="Address to listen on.", metavar="ADDRESS")] = "127.0.0.1",
    port: Annotated[
        int, typer.Option("--port", help="Port to listen on; 0 takes any that is free.", metavar="N", min=0, max=65535)
    ] = PORT,
    token_file: Annotated[
        Path | None,
        typer.Option(
            "--token-file",
            help="File with the token that every request must carry; this or --people is needed where other machines "
            "can reach the server.",
            metavar="FILE",
        ),
    ] = None,
    people: Annotated[
        Path | None,
        typer.Option(
            "--people",
            help="TOML file with the name and the token of each person, who then must sign in and is recorded by that "
            "name; instead of --token-file.",
            metavar="FILE",
        ),
    ] = None,
    trusted_host: Annotated[
        list[str] | None,
        typer.Option(
            "--trusted-host",
            help="Name by which browsers call the server, with its port if it is another than the server's; "
            "may be given again.",
            metavar="NAME",
        ),
    ] = None,
    read_only: Annotated[
        bool,
        typer.Option(
            "--read-only", help="Refuse every request that writes: no forks, no overrides, no saving of views."
        ),
    ] = False,
) -> None:
    """Show experiments and their runs in a browser, on this machine alone.

    What is written is what somebody asks for in the browser; --read-only removes that. Ctrl-C stops it.
    """
    from evitrail.workbench.api.folders import ExperimentFolders
    from evitrail.workbench.web.serve import address_of
    from evitrail.workbench.web.serve import serve as run

    known = ExperimentFolders(folders or [Path()])
    address = address_of(host, port, trusted_host or (), token_file, people)
    found = len(known.all())

    def ready(url: str) -> None:
        many = f"{found} experiment{'' if found == 1 else 's'}"
        say(f"{many} on {url} ({'read only; ' if read_only else ''}Ctrl-C stops it)")
        if address.token is not None:
            say(f"sign in with the token in {token_file}, or open {url}sign-in#token=TOKEN")
        if address.people is not None:
            many = f"{len(address.people)} {'person' if len(address.people) == 1 else 'people'}"
            say(f"{many} may sign in with the tokens in {people}, or open {url}sign-in#token=TOKEN")
        sys.stdout.flush()

    with suppress(KeyboardInterrupt):
        run(known, address, ready, read_only=read_only)
