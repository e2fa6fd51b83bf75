"""The `evitrail` command: its verbs, and what becomes of errors.

Rules kept here
- Results go to stdout, everything else to stderr; ``--json`` makes stdout one JSON document.
- Exit codes: 0 done, 1 a check failed, 2 bad input or set-up, 3 interrupted with work saved.
- What a user did wrong is told in one clear line. No traceback reaches a user; set ``EVITRAIL_DEBUG=1``
  to see one.
- A verb imports what it needs when it runs, so that ``--help`` is quick.
"""

from __future__ import annotations

import os
import sys

import click
import typer

from workbench.cli import ask, demo, replay, report, run, search, store, trace
from workbench.cli.console import CheckFailed, Interrupted, complain

app = typer.Typer(
    name="evitrail",
    help="Evidence-grounded clinical answers with a provenance trail, and blame for each failure. "
    "Research and quality assurance only, never clinical advice.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
app.command("demo")(demo.demo)
app.add_typer(store.app, name="store")
app.command("search")(search.search)
app.command("ask")(ask.ask)
app.command("run")(run.run)
app.add_typer(trace.app, name="trace")
app.command("replay")(replay.replay)
app.command("report")(report.report)


def main(arguments: list[str] | None = None) -> None:
    """Run a command line and exit with its code."""
    sys.exit(run_command(sys.argv[1:] if arguments is None else arguments))


def run_command(arguments: list[str]) -> int:
    """The exit code of a command line; what it says is on stdout and stderr."""
    from traces.log import configure

    configure(os.environ.get("EVITRAIL_LOG", "warning"))
    try:
        app(args=arguments, standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        sys.stderr.write(f"{error.format_message()}\n")
        return 2
    except click.UsageError as error:
        return complain(f"{error.format_message()} Try `{_command(error)} --help`.")
    except CheckFailed as error:
        return complain(str(error), code=1) if str(error) else 1
    except (Interrupted, KeyboardInterrupt, click.Abort):
        return complain("interrupted; what was done is saved, run the same command to go on", code=3)
    except BrokenPipeError:
        return 0
    except Exception as error:
        if os.environ.get("EVITRAIL_DEBUG"):
            raise
        return complain(_in_words(error))
    return 0


def _command(error: click.UsageError) -> str:
    return error.ctx.command_path if error.ctx else "evitrail"


def _in_words(error: Exception) -> str:
    from evidence_store.errors import EvidenceError
    from traces.journal import JournalError

    if isinstance(error, (ValueError, EvidenceError, JournalError, FileNotFoundError)):
        return str(error)
    return f"internal error, {type(error).__name__}: {error}; set EVITRAIL_DEBUG=1 to see where"
