"""One tiny store and one experiment on it, made once; tests that change something work on a copy."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from desk import CASES, Desk, demo_evidence, evitrail, write_lines


@pytest.fixture(scope="session")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    made = Desk(tmp_path_factory.mktemp("desk"))
    write_lines(made.evidence, demo_evidence(CASES))
    assert evitrail("store", "ingest", made.evidence, "--store", made.store).code == 0
    assert evitrail("run", *made.plan, "--out", made.run).code == 0
    return made


@pytest.fixture
def own(desk: Desk, tmp_path: Path) -> Desk:
    """A copy of the desk that a test may spoil."""
    shutil.copytree(desk.folder, tmp_path / "own")
    return Desk(tmp_path / "own")


@pytest.fixture(autouse=True)
def plain(monkeypatch: pytest.MonkeyPatch) -> None:
    """No terminal, and no settings of whoever runs the tests."""
    for name in ("COLUMNS", "EVITRAIL_DEBUG", "EVITRAIL_LOG", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
