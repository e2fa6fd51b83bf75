"""The RO-Crate validator, in an environment of its own because its requirements are not ours.

    validator = Validator.prepared(tmp_path)          # skips where the environment is not there
    assert validator.failed(crate) == {}

It works without a network: the one context that a crate refers to comes from the ``rocrate`` package, under the
address that crates give (its newer edition says the same of every term that we use).
"""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import NamedTuple

import pytest
import rocrate

ENVIRONMENT = Path(__file__).parents[1] / ".venv-rocrate"
INSTALL = "python3 -m venv .venv-rocrate && .venv-rocrate/bin/pip install roc-validator"
PROFILE = "process-run-crate"
CONTEXT = "https://w3id.org/ro/crate/1.1/context"

KEEP = """
import sys
from requests.adapters import HTTPAdapter
from requests_cache import CachedSession
from urllib3 import HTTPResponse

address, file, cache = sys.argv[1:]

class FromFile(HTTPAdapter):
    def send(self, request, **_):
        body = open(file, "rb")
        told = {"Content-Type": "application/ld+json"}
        return self.build_response(
            request, HTTPResponse(body, told, 200, preload_content=False, request_url=request.url)
        )

session = CachedSession(cache, backend="sqlite", expire_after=-1)
session.mount("https://", FromFile())
session.get(address).raise_for_status()
"""
"""Lays a file into the validator's cache, as if it had come from there."""


class Validator(NamedTuple):
    """The validator with all that it would fetch."""

    cache: Path

    @classmethod
    def prepared(cls, folder: Path) -> Validator:
        if not (ENVIRONMENT / "bin" / "rocrate-validator").is_file():
            pytest.skip(f"no RO-Crate validator; make its environment with `{INSTALL}`")
        context = Path(rocrate.__file__).with_name("data") / "ro-crate.jsonld"
        given = (CONTEXT, context, folder / "cache")
        subprocess.run([ENVIRONMENT / "bin" / "python", "-c", KEEP, *given], check=True, timeout=120)
        return cls(folder / "cache")

    def failed(self, crate: Path, severity: str = "required") -> dict[str, str]:
        """The checks of our profile, and of RO-Crate itself, that a crate fails, with their names."""
        done = subprocess.run(
            [
                *(ENVIRONMENT / "bin" / "rocrate-validator", "validate", "--offline", "--cache-path", self.cache),
                *("--profile-identifier", PROFILE, "--requirement-severity", severity),
                *("--verbose", "--no-paging", "--output-line-width", "200", crate),
            ],
            env={"PATH": "/usr/bin:/bin", "COLUMNS": "200", "HOME": str(self.cache.parent)},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        found = dict(re.findall(r"\[ (\S+_\d+\.\d+) \] ([^\n]*?):?\s*\n", done.stdout))
        assert done.returncode == bool(found), f"the validator said neither yes nor no:\n{done.stdout}{done.stderr}"
        return {check: name.strip() for check, name in found.items()}
