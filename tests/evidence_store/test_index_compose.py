"""The servers that docker-compose.yml starts are pinned, looked after, and open to one machine; it is read, not run."""

from __future__ import annotations

import re
import shutil
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import yaml
from pages import ROOT

from evitrail.evidence_store.index.layout import place_of
from evitrail.evidence_store.ledger.dialect import dialect_of

TEXT = (ROOT / "docker-compose.yml").read_text("utf-8")
SERVICES: dict[str, Any] = yaml.safe_load(TEXT)["services"]
SERVERS = {name: service for name, service in SERVICES.items() if "build" not in service}


def test_every_image_is_pinned_to_a_release() -> None:
    assert SERVERS.keys() == {"qdrant", "postgres", "vllm"}
    loose = [s["image"] for s in SERVERS.values() if not re.fullmatch(r"[\w./-]+:v?\d+(\.\d+)+", s["image"])]
    assert not loose


def test_every_server_is_checked_kept_on_a_volume_and_open_to_this_machine_alone() -> None:
    volumes = yaml.safe_load(TEXT)["volumes"]
    for name, service in SERVERS.items():
        assert service["healthcheck"]["test"][0] == "CMD"
        assert [volume.partition(":")[0] for volume in service["volumes"]] == [name]
        assert name in volumes
        assert all(port.startswith("127.0.0.1:") for port in service["ports"])
    needed = SERVICES["workbench"]["depends_on"]
    assert needed == {name: {"condition": "service_healthy"} for name in ("qdrant", "postgres")}


def test_a_model_server_is_started_only_where_somebody_asks_for_it() -> None:
    assert [name for name, service in SERVERS.items() if service.get("profiles")] == ["vllm"]


def test_every_secret_comes_from_the_environment_and_stands_empty_in_the_example() -> None:
    asked = set(re.findall(r"\$\{(\w+)", TEXT))
    example = dict(re.findall(r"^(\w+)=(.*)$", (ROOT / ".env.example").read_text("utf-8"), flags=re.MULTILINE))
    defaults = dict(re.findall(r"\$\{(\w+):-([^}]*)\}", TEXT))
    assert example == {name: defaults.get(name, "") for name in asked}
    settings = {key: value for s in SERVICES.values() for key, value in s["environment"].items()}
    secret = {key: value for key, value in settings.items() if re.search("PASSWORD|KEY", key)}
    assert secret
    assert all(value.startswith("${") for value in secret.values())


def test_the_addresses_the_workbench_is_given_are_ones_it_understands() -> None:
    given = SERVICES["workbench"]["environment"]
    place = place_of(given["EVITRAIL_INDEX"])
    assert (place.url, place.remote) == ("http://qdrant:6333", True)
    assert dialect_of(given["EVITRAIL_LEDGER"]).where == "postgresql+psycopg://postgres/evitrail"


@pytest.mark.skipif(shutil.which("bash") is None, reason="the check is a line of bash")
@pytest.mark.parametrize(("status", "healthy"), [(200, True), (503, False)])
def test_qdrants_health_is_told_by_its_answer(status: int, healthy: bool) -> None:
    class Ready(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            assert self.path == "/readyz"
            self.send_response(status)
            self.end_headers()

    with ThreadingHTTPServer(("127.0.0.1", 0), Ready) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        command = [word.replace("6333", str(server.server_port)) for word in SERVERS["qdrant"]["healthcheck"]["test"]]
        done = subprocess.run(command[1:], capture_output=True, timeout=30)
        server.shutdown()
    assert (done.returncode == 0) is healthy
