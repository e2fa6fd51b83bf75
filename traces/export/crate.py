"""Export a run as a Workflow Run RO-Crate, for archives; only this module uses the ``rocrate`` library.

Rules kept here
- The profile is Process Run Crate 0.5, on RO-Crate 1.1: the run did these steps with these components. The two
  profiles above it want a workflow file that was followed, and an agent decides as it goes.
- One CreateAction a step, and one for the run: the instrument is the component, with the fingerprint of its code as
  its version; object and result are files in the crate, which holds each blob once.
- A file is the JSON of a blob. Its ``identifier`` is the SHA-256 of the blob's type, a newline and the file.
- Withheld data (patient data, redacted data) is replaced by an entity with its name that says it is withheld.
- The run's PROV-JSON is included, with the relations that RO-Crate cannot express.
- Times are rounded down to milliseconds, as the profile recommends; the PROV-JSON has full precision.
- An action has no ``agent``: RO-Crate means a person or an organization, and no record names one.

    write(journal, ["clean.rad-001"], target, with_sensitive=False)
"""

from __future__ import annotations

from collections.abc import Sequence
from io import StringIO
from pathlib import Path
from urllib.parse import quote

from rocrate.model import ContextEntity
from rocrate.model.entity import Entity
from rocrate.rocrate import ROCrate

from evitrail.traces.export import prov
from evitrail.traces.export.disclosed import Disclosed
from evitrail.traces.export.step_times import Span, run_times, step_times
from evitrail.traces.external.external_run import recorded_elsewhere
from evitrail.traces.journal.view import JournalView
from evitrail.traces.run.activity import Activity

RO_CRATE = "1.1"
"""The version that the profile extends."""
PROFILE = "https://w3id.org/ro/wfrun/process/0.5"
PROV_JSON = "https://www.w3.org/submissions/prov-json/"
SCHEMA = "http://schema.org/"
RIGHTS = "A journal does not know the rights of what is in it; ask whoever made the run."


def write(journal: JournalView, runs: Sequence[str], target: Path, *, with_sensitive: bool) -> tuple[str, ...]:
    """Write one run, zipped; returns the names of what was left out."""
    packing = _CrateBuilder(Disclosed.of_one(journal, runs, with_sensitive=with_sensitive))
    with target.open("wb") as file:
        file.writelines(packing.packed().stream_zip())
    return packing.run.left_out


class _CrateBuilder:
    """Builds the crate of one run."""

    def __init__(self, run: Disclosed) -> None:
        self.run = run
        self.crate = ROCrate(version=RO_CRATE)
        self.things: dict[str, Entity] = {}
        """What actions speak of, by our names."""

    def packed(self) -> ROCrate:
        last = self.run.records[-1]
        root = self.crate.root_dataset
        root["name"] = f"evitrail run {self.run.run}"
        root["description"] = "A recorded run: its steps, what each used and made, and their provenance."
        root["datePublished"] = last.line["t"]
        root["license"] = self._context("#rights", "CreativeWork", name="Not stated", description=RIGHTS)
        root["conformsTo"] = self._context(PROFILE, "CreativeWork", name="Process Run Crate", version="0.5")
        root["identifier"] = last.hash
        actions = [self._whole()]
        times = step_times(self.run)
        actions += [self._step(step, times[step.path]) for step in self.run.activities]
        root["mentions"] = actions
        self._file("provenance.json", prov.text(self.run), name="Provenance of the run", conformsTo={"@id": PROV_JSON})
        return self.crate

    def _whole(self) -> Entity:
        """The run itself; records after its end are not part of it."""
        first, last = self.run.records[0], (self.run.of_type("run.end") or self.run.records)[-1]
        external = recorded_elsewhere(self.run)
        engine = self._component("evitrail", None)
        action = self.crate.add_action(engine, "#run", properties={"name": self.run.run})
        own = "A run of evitrail." if self.run.parent is None else f"A fork of {self.run.parent}."
        action["description"] = "A run of another system." if external else own
        _say_times(action, run_times(self.run))
        action["object"] = self._thing(first.body["config"], first.body["config_type"])
        if last.type == "run.end":
            action["result"] = self._thing(last.body["output"], last.body["output_type"])
            action["actionStatus"] = f"{SCHEMA}CompletedActionStatus"
            if error := self.run.failure:
                action["actionStatus"], action["error"] = f"{SCHEMA}FailedActionStatus", error
        elif last.type == "activity.error":
            action["actionStatus"] = f"{SCHEMA}FailedActionStatus"
            action["error"] = f"{last.body['path']}: {last.body['error']}"
        return action

    def _step(self, step: Activity, times: Span) -> Entity:
        tool = self._component(step.by, step.code)
        action = self.crate.add_action(tool, f"#{quote(step.path, safe='/')}", properties={"name": step.path})
        _say_times(action, times)
        action["description"] = _description(step)
        for given in step.inputs:
            action.append_to("object", self._thing(given.id, given.type), compact=True)
        action["result"] = self._thing(step.output, step.output_type)
        action["actionStatus"] = f"{SCHEMA}CompletedActionStatus"
        return action

    def _component(self, by: str, code: str | None) -> Entity:
        iri = prov.iri(by if code is None else f"{by}@{code}")
        version = {} if code is None else {"softwareVersion": code}
        return self._context(iri, "SoftwareApplication", name=by, **version)

    def _thing(self, name: str, type: str) -> Entity:
        """The file of a blob; or, if the blob is withheld, an entity that says so."""
        if name not in self.things:
            body = self.run.body(name)
            if body is None:
                about = {"name": type, "description": "Withheld: patient data, or redacted.", "identifier": name}
                self.things[name] = self._context(prov.iri(name), "CreativeWork", **about)
            else:
                path = f"blobs/{quote(name.replace(':', '-'), safe='')}.json"
                text = body.partition(b"\n")[2].decode()
                self.things[name] = self._file(path, text, name=type, identifier=name)
        return self.things[name]

    def _file(self, path: str, text: str, **more: object) -> Entity:
        properties = {"encodingFormat": "application/json", "contentSize": str(len(text.encode())), **more}
        return self.crate.add_file(StringIO(text), path, properties=properties)

    def _context(self, id: str, type: str, **more: str) -> Entity:
        known = self.crate.dereference(id)
        return known or self.crate.add(ContextEntity(self.crate, id, properties={"@type": type, **more}))


def _say_times(action: Entity, times: Span) -> None:
    """State when an action began and ended, where that is known."""
    for name, at in zip(("startTime", "endTime"), times, strict=True):
        if at is not None:
            action[name] = at.isoformat(timespec="milliseconds")


def _description(step: Activity) -> str:
    if step.given:
        return f"Output of {step.kind} overridden; nothing was called."
    if step.reused_from is not None:
        return f"{step.kind}, reused from run {step.reused_from}."
    return f"{step.kind}, {step.effect.replace('_', ' ')}."
