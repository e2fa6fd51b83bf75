"""An event of the ledger in a few words: what a line of history says beside its type.

event_gist(event)      # "replaces aspirin@2016 → aspirin@2022"
"""

from __future__ import annotations

from evitrail.evidence_store.ledger.event import Event


def event_gist(event: Event) -> str:
    """What the event says, in one line."""
    body = event.body
    match event.type:
        case "evidence.published":
            return str(body["title"])
        case "evidence.held":
            return "; ".join(f"{stop['rule']}: {stop['reason']}" for stop in body["stops"])
        case "evidence.closed":
            return f"ends {body['valid_to']}"
        case "edge.supersession":
            return f"{body['kind']} {', '.join(body['old'])} → {', '.join(body['new'])}"
        case "edge.contradiction":
            return f"{body['a']} and {body['b']}: {body['resolution'].replace('_', ' ')}"
        case _:
            return str(body.get("reason", ""))
