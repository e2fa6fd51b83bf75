"""Forks as a test asks the workbench for them.

forked(client, variants=[CLEAN])["results"]
"""

from __future__ import annotations

import time
from typing import Any

from desk import CASES
from serving_pages import WRITES
from starlette.testclient import TestClient

EXP = "/api/experiments/evitrail-run"
RUN = f"standard.{CASES[0]}"
CLEAN = {"at": "retrieve[1]", "changes": {"retriever": "clean"}}


def post(client: TestClient, path: str, body: dict[str, Any]) -> Any:
    return client.post(path, json=body, headers=WRITES)


def ended(client: TestClient, id: str) -> dict[str, Any]:
    """The job, once it has ended."""
    for _ in range(1200):
        job: dict[str, Any] = client.get(f"/api/jobs/{id}").json()
        if job["state"] not in ("queued", "running"):
            return job
        time.sleep(0.05)
    raise AssertionError(job)


def forked(client: TestClient, **asked: Any) -> dict[str, Any]:
    """A job that forks, once it has ended."""
    answer = post(client, f"{EXP}/forks", {"run": RUN, **asked})
    assert answer.status_code == 202, answer.text
    return ended(client, answer.json()["id"])
