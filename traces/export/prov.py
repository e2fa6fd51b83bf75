"""Export a run as a W3C PROV document, in PROV-JSON; only this module uses the ``prov`` library.

Rules kept here
- The run is a bundle that says what ``graph.provenance`` says, all of it and no more; only a step's times are
  added. Reading the file back gives that graph again, to every attribute.
- Around the bundle stands what is known of the run as a whole: its head, the run it is a fork of, the runs it
  reused steps of, and what it was blamed on: steps, or an entity of the same form of name (``RUN#store``) for what is
  no step. Whatever is referred to is declared.
- Each review is an entity that is derived from the run and attributed to a person, in the order they were made
  (``ev:number``). Which of them counts is not said: that takes more than the record.
- Names are ours: ``name:`` (urn:evitrail:name:) and the record's name, percent-encoded; types and attributes are
  ``ev:`` (urn:evitrail:term:), save for those PROV has a word for.
- PROV-DM allows no attributes on specializationOf and hadMember. Where ours have some (the rank of a hit), they
  stand on a wasInfluencedBy of the same two entities, whose type is ``ev:hadMember``.

    write(journal, ["clean.rad-001"], target, with_sensitive=False)
    read(target)               # equal to provenance(trace)
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import networkx as nx
from prov import Error
from prov.constants import (
    PROV,
    PROV_ACTIVITY,
    PROV_AGENT,
    PROV_ASSOCIATION,
    PROV_ATTR_ENDTIME,
    PROV_ATTR_STARTTIME,
    PROV_ATTRIBUTES,
    PROV_COMMUNICATION,
    PROV_DERIVATION,
    PROV_ENTITY,
    PROV_GENERATION,
    PROV_INFLUENCE,
    PROV_LABEL,
    PROV_MEMBERSHIP,
    PROV_ROLE,
    PROV_SPECIALIZATION,
    PROV_TYPE,
    PROV_USAGE,
)
from prov.identifier import Identifier, Namespace, QualifiedName
from prov.model import PROV_REC_CLS, ProvBundle, ProvDocument, ProvElement, ProvRecord, ProvRelation

from evitrail.traces.export.disclosed import Disclosed
from evitrail.traces.export.step_times import step_times
from evitrail.traces.graph import activity_node, add_arrow, provenance
from evitrail.traces.journal.after_end import REVIEW
from evitrail.traces.journal.view import JournalView

NAME = Namespace("name", "urn:evitrail:name:")
TERM = Namespace("ev", "urn:evitrail:term:")

NODES = {"entity": PROV_ENTITY, "activity": PROV_ACTIVITY, "agent": PROV_AGENT}
RELATIONS: dict[str, tuple[QualifiedName, QualifiedName | None]] = {
    "used": (PROV_USAGE, None),
    "wasGeneratedBy": (PROV_GENERATION, None),
    "wasAssociatedWith": (PROV_ASSOCIATION, None),
    "wasInformedBy": (PROV_COMMUNICATION, None),
    "wasDerivedFrom": (PROV_DERIVATION, None),
    "wasRevisionOf": (PROV_DERIVATION, PROV["Revision"]),
    "wasQuotedFrom": (PROV_DERIVATION, PROV["Quotation"]),
    "wasInfluencedBy": (PROV_INFLUENCE, None),
    "specializationOf": (PROV_SPECIALIZATION, None),
    "hadMember": (PROV_MEMBERSHIP, None),
}
"""Each relation as PROV-DM has it: its record, and the type that makes a derivation a revision or a quotation."""

BARE = (PROV_SPECIALIZATION, PROV_MEMBERSHIP)
"""Relations that take no attributes (PROV-N, productions of 5.5.1 and 5.6.2)."""
ROLED = (PROV_USAGE, PROV_GENERATION, PROV_ASSOCIATION)
"""Relations on which PROV-DM (5.7.2.3) has a ``prov:role``."""
AGENTS = ("SoftwareAgent", "Person", "Organization")
"""Types of agents that PROV-DM (5.3.1) has."""

Times = Mapping[str, tuple[datetime | None, datetime | None]]
"""When a step began and ended, by its name in the graph; None if that is unknown."""


def write(journal: JournalView, runs: Sequence[str], target: Path, *, with_sensitive: bool) -> tuple[str, ...]:
    """Write one run; returns the names of what was left out."""
    run = Disclosed.of_one(journal, runs, with_sensitive=with_sensitive)
    target.write_text(text(run), encoding="utf-8")
    return run.left_out


def text(run: Disclosed) -> str:
    """The run as PROV-JSON."""
    return str(document(run).serialize(format="json", indent=1, ensure_ascii=False))


def iri(name: str) -> str:
    """The IRI of one of evitrail's names."""
    return str(named(name).uri)


def read(path: Path) -> nx.MultiDiGraph:
    """The provenance graph that a file of ours holds; raises ``ValueError`` where it holds none."""
    try:
        (bundle,) = ProvDocument.deserialize(path, format="json").bundles
        return graph_of(bundle)
    except (Error, ValueError, KeyError, AttributeError) as error:
        fault = " ".join(f"{type(error).__name__}: {error}".split())
        raise ValueError(f"{str(path)!r}: expected PROV-JSON of one run, got {fault}; export the run again") from error


def document(run: Disclosed) -> ProvDocument:
    """The run's graph as a bundle, and what is known of the run as a whole."""
    whole = ProvDocument(namespaces=[NAME, TERM])
    times = {activity_node(run.run, path): span for path, span in step_times(run).items()}
    add_graph(whole.bundle(named(run.run)), provenance(run), times)
    own: dict[QualifiedName, Any] = {PROV_LABEL: run.run, PROV_TYPE: PROV["Bundle"], TERM["head"]: run.records[-1].hash}
    whole.entity(named(run.run), own)
    reused = {step.path: step.reused_from for step in run.activities if step.reused_from is not None}
    for other in sorted({run.parent or run.run, *reused.values()} - {run.run}):
        whole.entity(named(other), {PROV_LABEL: other, PROV_TYPE: PROV["Bundle"]})
    if run.parent is not None:
        _relate(whole, "wasRevisionOf", run.run, run.parent, {"role": "fork"})
    for path, other in reused.items():
        _relate(whole, "wasInfluencedBy", activity_node(run.run, path), other, {"role": "reused"})
    blames = list(_blames(run))
    for name in sorted({name for name, _ in blames}):
        said = sorted({blame["sentence"] for other, blame in blames if other == name and blame.get("sentence")})
        whole.entity(named(name), [(PROV_TYPE, TERM["Attribution"]), *((TERM["sentence"], one) for one in said)])
    steps = {step.path for step in run.activities}
    for path in sorted({path for _, blame in blames for path in blame["culprit"]} - steps):
        whole.entity(named(activity_node(run.run, path)), {PROV_LABEL: path, PROV_TYPE: TERM["NotAStep"]})
    for name, blame in blames:
        for path in blame["culprit"]:
            _relate(whole, "wasInfluencedBy", name, activity_node(run.run, path), {"role": blame["outcome"]})
    for number, (name, review) in enumerate(_reviews(run), start=1):
        _add_review(whole, run.run, f"{name}#{number}", {"number": number} | review)
    return whole


def _add_review(whole: ProvDocument, run: str, review: str, said: Mapping[str, Any]) -> None:
    """What a person said of the run; only that somebody did, where the rest is withheld."""
    told = {TERM[key]: value for key, value in said.items() if key != "by" and value is not None}
    whole.entity(named(review), {PROV_TYPE: TERM["Review"]} | told)
    _relate(whole, "wasDerivedFrom", review, run, {"role": "review"})
    if "by" in said:
        who = f"reviewer:{said['by']}"
        if not whole.get_record(named(who)):
            whole.agent(named(who), {PROV_LABEL: said["by"], PROV_TYPE: PROV["Person"]})
        whole.wasAttributedTo(named(review), named(who))


def add_graph(bundle: ProvBundle, graph: nx.MultiDiGraph, times: Times | None = None) -> None:
    """Say in a bundle what a provenance graph says."""
    for node, attributes in graph.nodes(data=True):
        said = {TERM[quote(k, "")]: v for k, v in attributes.items() if k not in ("prov", "type", "label")}
        said |= {PROV_LABEL: attributes["label"], PROV_TYPE: _type(attributes["prov"], attributes["type"])}
        pair = zip((PROV_ATTR_STARTTIME, PROV_ATTR_ENDTIME), (times or {}).get(node, ()), strict=False)
        when = {name: at for name, at in pair if at is not None}
        bundle.new_record(NODES[attributes["prov"]], named(node), when, said)
    for source, target, attributes in graph.edges(data=True):
        others = {key: value for key, value in attributes.items() if key != "relation"}
        _relate(bundle, attributes["relation"], source, target, others)


def graph_of(bundle: ProvBundle) -> nx.MultiDiGraph:
    """The provenance graph that a bundle says."""
    graph = nx.MultiDiGraph(run=_own_name(bundle.identifier))
    kinds = {record: kind for kind, record in NODES.items()}
    for node in bundle.get_records(ProvElement):
        said = _others(node)
        kind, label = unquote(said.pop(PROV_TYPE).localpart), said.pop(PROV_LABEL)
        others = {_own_name(key): value for key, value in said.items()}
        graph.add_node(_own_name(node.identifier), prov=kinds[node.get_type()], type=kind, label=label, **others)
    relations = {said: relation for relation, said in RELATIONS.items()}
    for record in bundle.get_records(ProvRelation):
        said = _others(record)
        subtype = said.pop(PROV_TYPE, None)
        ours = subtype is not None and subtype.namespace == TERM
        relation = subtype.localpart if ours else relations[record.get_type(), subtype]
        source, target = (_own_name(end) for end in record.args[:2])
        others = {_own_name(key): value for key, value in said.items()}
        add_arrow(graph, source, target, relation, **others)
    return graph


def _relate(bundle: ProvBundle, relation: str, source: str, target: str, attributes: Mapping[str, Any]) -> None:
    record, subtype = RELATIONS[relation]
    if record in BARE and attributes:
        _relate(bundle, relation, source, target, {})
        record, subtype = PROV_INFLUENCE, TERM[relation]
    said = {TERM[quote(key, "")]: value for key, value in attributes.items()}
    if record in ROLED and "role" in attributes:
        said[PROV_ROLE] = said.pop(TERM["role"])
    if subtype is not None:
        said[PROV_TYPE] = subtype
    ends = PROV_REC_CLS[record].FORMAL_ATTRIBUTES[:2]  # from what came later to what it came from, as ours
    bundle.new_record(record, None, dict(zip(ends, (named(source), named(target)), strict=True)), said)


def _blames(run: Disclosed) -> Iterator[tuple[str, Any]]:
    """Each blame, with the name of the record that holds it; those of nobody too."""
    for record in run.of_type("attribution"):
        for name in record.body.values():
            body = run.body(name)
            for blame in json.loads(body.partition(b"\n")[2])["blames"] if body else ():
                yield name, blame


def _reviews(run: Disclosed) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each review, oldest first, with the name of the blob that holds it."""
    for record in run.of_type(REVIEW):
        body = run.body(name := record.body["review"])
        said = json.loads(body.partition(b"\n")[2]) if body else {}
        yield name, {key: " ".join(value) if isinstance(value, list) else value for key, value in said.items()}


def named(name: str) -> QualifiedName:
    """A thing of ours as PROV names it."""
    return NAME[quote(name, safe=":/@")]


def _own_name(name: Identifier | None) -> str:
    if not isinstance(name, QualifiedName):
        raise ValueError(f"a name of ours, got {name!r}")
    return unquote(name.localpart)


def _type(prov: str, type: str) -> QualifiedName:
    return PROV[type] if prov == "agent" and type in AGENTS else TERM[quote(type, "")]


def _others(record: ProvRecord) -> dict[QualifiedName, Any]:
    """What a record says besides its ends and times; each attribute once, as we write them."""
    return {key: value for key, value in record.attributes if key not in PROV_ATTRIBUTES}
