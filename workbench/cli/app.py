"""The `evitrail` command: its verbs, and how errors are reported.

Rules kept here
- Results go to stdout, everything else to stderr; ``--json`` makes stdout one JSON document.
- Exit codes: 0 done, 1 a check failed, 2 bad input or set-up, 3 interrupted with work saved.
- A user's mistake is reported on one line. No traceback reaches a user; set ``EVITRAIL_DEBUG=1``
  to see one.
- A verb imports what it needs when it runs, so that ``--help`` is quick.
- A renamed verb keeps its old name as a hidden alias.
"""

from __future__ import annotations

import logging
import os
import sys
from contextlib import AbstractContextManager
from copy import copy
from typing import Annotated

import typer
from typer.main import get_command

from evitrail.workbench.cli import serve
from evitrail.workbench.cli.audit import audit
from evitrail.workbench.cli.audit import card as audit_card
from evitrail.workbench.cli.audit import diff as audit_diff
from evitrail.workbench.cli.audit import hazards as audit_hazards
from evitrail.workbench.cli.audit import history as audit_history
from evitrail.workbench.cli.audit import sign as audit_sign
from evitrail.workbench.cli.console import CheckFailed, complain, say
from evitrail.workbench.cli.experiment import (
    ask,
    attribute,
    claims,
    compare,
    demo,
    drift,
    funnel,
    import_questions,
    init,
    inject,
    recheck,
    redteam_passages,
    redteam_store,
    regress,
    report,
    review,
    run,
    runs,
    statistics,
    whatif,
)
from evitrail.workbench.cli.experiment import freeze_reports as freeze
from evitrail.workbench.cli.experiment import safe_scale as official
from evitrail.workbench.cli.experiment.queried import Queried
from evitrail.workbench.cli.own_verb import OWN, GroupWithOwnVerb, OwnVerb
from evitrail.workbench.cli.registered import Registered
from evitrail.workbench.cli.store import (
    curation,
    fhir,
    grade,
    ingest,
    notices,
    publisher,
    quarantine,
    recall,
    releases,
    search,
    store,
)
from evitrail.workbench.cli.store import relations as edges
from evitrail.workbench.cli.trace import diff, export, fork, import_, redact, replay, sign, trace, verify, why

app = typer.Typer(
    name="evitrail",
    help="Evidence-grounded clinical answers with a provenance trail, and attribution of each failure. "
    "Research and quality assurance only, never clinical advice.",
    add_completion=False,
    rich_markup_mode=None,
)


def _print_version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        say(f"evitrail {version('evitrail')}")
        raise typer.Exit


@app.callback()
def evitrail(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version and exit.", is_eager=True, callback=_print_version)
    ] = False,
) -> None:
    """What every command line begins with; its help is that of ``app``."""


app.command("demo")(demo.demo)
app.command("init")(init.init)
app.add_typer(store.app, name="store")
app.add_typer(grade.app, name="grade")
store.app.command("ingest", cls=Registered)(ingest.ingest)
store.app.add_typer(publisher.app, name="publisher")
store.app.command("sign")(quarantine.sign)
store.app.command("release")(quarantine.release)
store.app.command("reject")(quarantine.reject)
store.app.command("register-questions")(quarantine.register_questions)
store.app.command("retract")(notices.retract)
store.app.command("concern")(notices.concern)
store.app.command("reinstate")(notices.reinstate)
store.app.command("notices")(notices.notices)
store.app.command("draft")(curation.draft)
store.app.command("submit")(curation.submit)
store.app.command("sign-off")(curation.sign_off)
store.app.command("request-changes")(curation.hand_back)
store.app.command("hand-back", hidden=True)(curation.hand_back)
store.app.command("publish")(curation.publish)
store.app.command("withdraw")(curation.withdraw)
store.app.command("review")(curation.review)
store.app.command("supersede", cls=Registered)(edges.supersede)
store.app.command("contradiction", cls=Registered)(edges.contradiction)
store.app.command("assess")(edges.assess)
store.app.command("recall")(recall.recall)
store.app.command("tag")(releases.tag)
store.app.command("diff")(releases.diff)
store.app.command("export")(fhir.export)
store.app.command("import-fhir")(fhir.import_fhir)
app.command("search", cls=Registered)(search.search)
app.command("ask", cls=Registered)(ask.ask)
app.command("run", cls=Registered)(run.run)
app.command("attribute")(attribute.attribute)
app.command("inject")(inject.inject)
redteam = typer.Typer(help="Attack the readers and a copy of the store, and see what stops each attack.")
app.add_typer(redteam, name="redteam")
redteam.command("passages", cls=Registered)(redteam_passages.passages)
redteam.command("store", cls=Registered)(redteam_store.store)
app.add_typer(trace.app, name="trace")
trace.app.command("verify")(verify.verify)
trace.app.command("keygen")(sign.keygen)
trace.app.command("sign")(sign.sign)
trace.app.command("redact")(redact.redact)
trace.app.command("export", cls=Registered)(export.export)
trace.app.command("import", cls=Registered)(import_.import_)
trace.app.command("why")(why.why)
trace.app.command("impact")(why.impact)
app.command("replay")(replay.replay)
app.command("fork")(fork.fork)
app.command("diff")(diff.diff)
app.command("freeze")(freeze.freeze)
app.command("whatif")(whatif.whatif)
app.command("runs", cls=Queried)(runs.runs)
app.command("funnel", cls=Queried)(funnel.funnel)
app.add_typer(regress.app, name="regress")
app.command("compare")(compare.compare)
app.command("drift")(drift.drift)
app.command("statistics")(statistics.statistics)
audits = typer.Typer(
    cls=GroupWithOwnVerb, help="Audit an experiment against a policy: pass, fail, or cannot tell. `evitrail audit DIR`."
)
app.add_typer(audits, name="audit")
audits.command(OWN, cls=OwnVerb, hidden=True)(audit.audit)
audits.command("diff")(audit_diff.diff)
audits.command("history")(audit_history.history)
audits.command("card")(audit_card.card)
audits.command("hazards")(audit_hazards.hazards)
audits.command("sign")(audit_sign.sign)
audits.command("verify")(audit_sign.verify)
audits.command("sign-waiver")(audit_sign.sign_waiver)
app.command("report")(report.report)
app.command("serve")(serve.serve)
app.add_typer(review.app, name="review")
app.command("review-answers", cls=Registered)(recheck.check)
app.command("check", cls=Registered, hidden=True)(recheck.check)
app.command("claims", cls=Registered)(claims.claims)
app.command("import-results")(official.import_official)
app.command("import-official", hidden=True)(official.import_official)
app.command("import-dataset")(official.import_dataset)
app.command("import-questions")(import_questions.import_questions)
app.command("export-results")(official.export_official)
app.command("export-official", hidden=True)(official.export_official)


def main(arguments: list[str] | None = None) -> None:
    """Run a command line and exit with its code."""
    code = run_command(sys.argv[1:] if arguments is None else arguments)
    try:
        sys.stdout.flush()
    except BrokenPipeError:  # whoever read us has read enough; Python would complain of it once more at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(code)


def run_command(arguments: list[str]) -> int:
    """The exit code of a command line; what it says is on stdout and stderr."""
    command = get_command(_only_asked(arguments))
    try:
        with (
            _log_configured(os.environ.get("EVITRAIL_LOG", "warning")),
            command.make_context("evitrail", list(arguments) or ["--help"]) as context,
        ):
            command.invoke(context)
    except typer.Exit as done:
        return done.exit_code
    except typer.TyperException as error:
        return complain(_misused(error))
    except CheckFailed as error:
        return complain(str(error), code=1) if str(error) else 1
    except (KeyboardInterrupt, typer.Abort) as error:
        far = f", {error}" if str(error) else ""
        return complain(f"interrupted{far}; finished work is saved, run the same command to resume", code=3)
    except BrokenPipeError:
        return 0
    except Exception as error:
        if os.environ.get("EVITRAIL_DEBUG"):
            raise
        return complain(_error_line(error))
    return 0


def _only_asked(arguments: list[str]) -> typer.Typer:
    """The app with the one verb, or group of verbs, that a command line begins with; whole where it names none."""
    asked = next((word for word in arguments if not word.startswith("-")), None)
    verbs = [verb for verb in app.registered_commands if verb.name == asked]
    groups = [group for group in app.registered_groups if group.name == asked]
    if not verbs and not groups:
        return app
    only = copy(app)  # to read the options of all verbs takes longer than to list runs
    only.registered_commands, only.registered_groups = verbs, groups
    return only


def _log_configured(level: str) -> AbstractContextManager[None]:
    from evitrail.traces.log import configured

    if level.upper() not in logging.getLevelNamesMapping():
        raise ValueError(f"EVITRAIL_LOG: expected debug, info, warning or error, got {level!r}")
    return configured(level)


def _misused(error: typer.TyperException) -> str:
    said = " ".join(str(getattr(error, "format_message", error.__str__)()).split())
    said = said.replace("Input should be", "expected").rstrip(".")
    context = getattr(error, "ctx", None)
    return f"{said}; see `{context.command_path if context else 'evitrail'} --help`"


def _error_line(error: Exception) -> str:
    from pydantic import ValidationError

    from evitrail.traces.journal.journal import JournalError

    if isinstance(error, (IsADirectoryError, NotADirectoryError)) and error.filename is not None:
        expected, got = ("file", "folder") if isinstance(error, IsADirectoryError) else ("folder", "file")
        return f"{error.filename}: expected a {expected}, got a {got}"
    if isinstance(error, FileNotFoundError) and error.errno is None and error.args:  # a sentence of ours
        return str(error)
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename is not None else error.strerror
    if isinstance(error, (ValueError, JournalError)) and not isinstance(error, ValidationError):
        return str(error)
    if isinstance(error, RecursionError):
        from evitrail.evidence_store.input_text import too_deep

        return too_deep("JSON")
    said = " ".join(f"{type(error).__name__}: {error}".split())
    return f"internal error, {said}; set EVITRAIL_DEBUG=1 to see where"
