"""What a whole run means to a viewer: who worked, what was asked, what came of it, and who is blamed.

Rules kept here
- A fork is described by what its first parent was asked, and by its own answer.
- Runs on one case are one session, so that a viewer shows conditions and forks beside each other.
- Blame is an annotation of kind CODE: one for each way in which the run failed.
- What is kept back is not described.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from evitrail.agent.captured.records import Captured
from evitrail.eval.attribution import Blame
from evitrail.eval.attribution.record.recorded_blame import Blames
from evitrail.eval.log.run_config import RunConfig
from evitrail.traces.export.disclosed import Disclosed
from evitrail.traces.external.attributes import EVITRAIL, Attributes
from evitrail.traces.external.incoming_run import Imported
from evitrail.traces.journal.after_end import ATTRIBUTION
from evitrail.traces.trace import Trace
from evitrail.workbench.openinference.attributes import (
    SpanKind,
    Told,
    agent,
    came_out,
    carried,
    describe_again,
    kind,
    metadata,
    verdicts,
    went_in,
)


def describe_run(run: Disclosed) -> Attributes:
    """What the run's own span says."""
    first = _first(run).records[0].body
    config = _body(run, first["config"])
    told = kind(SpanKind.AGENT)
    if config is not None:
        told |= BEGUN.get(first.get("config_type", ""), lambda _: {})(config)
        told |= _came_to(run, told) | _blamed(run)
    return {name: value for name, value in told.items() if value is not None}


def _first(trace: Trace) -> Trace:
    """The run that all forks on the way to this one come from, as far back as the journal goes."""
    while trace.parent and (above := Trace(trace.journal, trace.parent)).records:
        trace = above
    return trace


def _body(run: Disclosed, name: str) -> Any:
    """A blob as JSON; None where it is kept back."""
    body = run.body(name)
    return None if body is None else json.loads(body.partition(b"\n")[2])


def _own(body: Any) -> Told:
    config = RunConfig.model_validate(body)
    case = config.case
    about = {
        "case": case.id,
        "condition": config.condition.name,
        "reader": config.reader,
        "snapshot": config.snapshot,
        "as_of": case.as_of.isoformat() if case.as_of else None,
        "answer": case.answer,
    }
    who = agent(config.condition.agent, session=case.id, tags=[config.condition.name])
    options = (f"{letter}  {text}" for letter, text in sorted(case.options.items()))
    return who | went_in("\n".join([case.stem, *options])) | metadata(about)


def _captured(body: Any) -> Told:
    config = Captured.model_validate(body)
    about = config.model_dump(mode="json", include={"library", "versions", "pipeline"})
    return agent(config.call) | went_in(config.asked or None) | metadata(about)


def _imported(body: Any) -> Told:
    told = Imported.model_validate(body).attributes
    return carried({name: value for name, value in told.items() if not name.startswith(f"{EVITRAIL}.")})


BEGUN: Mapping[str, Callable[[Any], Told]] = {"RunConfig": _own, "Captured": _captured, "Imported": _imported}
"""By the type of what the run was begun with."""


def _came_to(run: Disclosed, told: Told) -> Told:
    ends = run.of_type("run.end")
    said = _body(run, ends[-1].body["output"]) if ends else None
    if said is None:
        return {}
    if ends[-1].body["output_type"] == "Foreign":  # the attributes of its root say it, if it had a root
        of_root = told.keys() - kind(SpanKind.AGENT).keys()
        return {f"{EVITRAIL}.kind": said["kind"], **({} if of_root else describe_again(said, {})), **told}
    if ends[-1].body["output_type"] == "Answer":
        return came_out(f"{said['option'] or 'abstained'}: {said['reason']}")
    return came_out(said.get("text", said))


def _blamed(run: Disclosed) -> Told:
    stored = run.of_type(ATTRIBUTION)
    body = _body(run, stored[0].body["blames"]) if stored else None
    return verdicts(map(_verdict, Blames.model_validate(body).blames)) if body else {}


def _verdict(blame: Blame) -> tuple[str, str, str, Mapping[str, Any]]:
    who, why = ", ".join(blame.culprit) or "nobody", blame.fault_code or blame.abstain_reason or ""
    if blame.sentence:
        why = f"{why.partition(':')[0]}: {blame.sentence}"
    return blame.outcome, who, why, blame.model_dump(mode="json", exclude={"replay_ids"})
