"""What holds for every test.

- With EVITRAIL_TEST_ALL=1, as in CI, a test that would skip for a missing component fails instead. Public data is not a
  component: where the folder beside the repository is absent, its tests still skip.
- The tests' folders lie in memory where there is room: to make a store is a thousand waits for the disk, and what a
  killed process leaves is the same in either place. ``TMPDIR`` names another; a failed run's folders go with the next.
- Several processes test at once, so threads that wait must not spin; the bits of a vector are the same.
- No property is tested against a clock: how long an example takes says how busy the machine is.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from evitrail.traces.log import configure

settings.register_profile("patient", deadline=None)  # a busy machine is no fault of what is tested
settings.load_profile("patient")

MEMORY = Path("/dev/shm")
ROOM = 12 << 30
"""Bytes that must be free there, and of memory: a store takes 225 MB, and a module's own stays to the end."""
LONG = (
    "test_sweep_on_vllm.py",
    "test_docs.py",
    "test_real_model.py",
    "test_real_model_runs.py",
    "test_vllm_in_process.py",
    "test_arms_on_vllm.py",
    "test_patient_data.py",
    "test_engine_ray.py",
    "test_engine.py",
    "test_cli_sweep.py",
    "test_kill_trials.py",
)
"""Files of half a minute or more, which begin first: one that began last would be waited for alone."""


def in_memory() -> bool:
    """Whether there is room in memory."""
    if not MEMORY.is_dir():
        return False
    free = re.search(r"^MemAvailable: +([0-9]+) kB$", Path("/proc/meminfo").read_text(), flags=re.MULTILINE)
    return free is not None and min(shutil.disk_usage(MEMORY).free, int(free[1]) << 10) >= ROOM


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(SharedFolders())
    configure()  # as the command line does: warnings are told, and tests may capture them
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # read when torch is loaded
    if "TMPDIR" not in os.environ and in_memory():
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))
        os.environ["TMPDIR"] = tempfile.tempdir = folder = tempfile.mkdtemp(prefix="evitrail-", dir=MEMORY)
        Path(folder).chmod(0o711)  # PostgreSQL runs as somebody else
        config.add_cleanup(lambda: shutil.rmtree(folder, ignore_errors=True))  # libraries leave things there


@pytest.fixture(scope="session")
def tiny_llm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a tiny language model; see ``tiny.py``."""
    from tiny import tiny_model

    return tiny_model(_shared(tmp_path_factory) / "tiny-llm")


@pytest.fixture(scope="session")
def llm_server(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of a real vLLM server that serves it as ``tiny``; see ``serving.py``."""
    from serving import absent, serving
    from tiny import WINDOW

    if why := absent():
        pytest.skip(why)
    model = request.getfixturevalue("tiny_llm")
    with serving(_shared(tmp_path_factory) / "llm-server", model, WINDOW) as address:
        yield address


@pytest.fixture(scope="session")
def smollm(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Path:
    """The folder of a small language model that makes sense; see ``smollm.py``. Kept beside pytest's own cache."""
    from smollm import absent, converted

    if why := absent():  # fails instead where EVITRAIL_TEST_ALL asks for every component
        pytest.skip(why)
    cache = getattr(request.config, "cache", None)  # none with -p no:cacheprovider
    return converted(cache.mkdir("smollm") if cache else _shared(tmp_path_factory))


@pytest.fixture(scope="session")
def smollm_server(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of a real vLLM server that serves it as ``smollm``."""
    from serving import absent, serving
    from smollm import MODEL, WINDOW

    if why := absent():  # the same of the server
        pytest.skip(why)
    model = request.getfixturevalue("smollm")
    with serving(_shared(tmp_path_factory) / "smollm-server", model, WINDOW, MODEL) as address:
        yield address


def _shared(factory: pytest.TempPathFactory) -> Path:
    """A folder that all processes of the session have in common."""
    base = factory.getbasetemp()
    return base.parent if "PYTEST_XDIST_WORKER" in os.environ else base


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: LONG.index(item.path.name) if item.path.name in LONG else len(LONG))


SHARED: set[Path] = set()
"""Temporary folders of fixtures that last a whole session."""


@pytest.fixture(scope="session", autouse=True)
def temporary(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where all temporary folders of this process lie."""
    return tmp_path_factory.getbasetemp()


class SharedFolders:
    """Notes the folders of fixtures that last a session. A plugin, since a conftest is not told of such fixtures."""

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(
        self, fixturedef: pytest.FixtureDef[object], request: pytest.FixtureRequest
    ) -> Generator[None, object, object]:
        if fixturedef.scope not in ("session", "package") or fixturedef.argname in ("tmp_path_factory", "temporary"):
            return (yield)
        base: Path = request.getfixturevalue("temporary")
        before = set(base.iterdir())
        made = yield
        SHARED.update(set(base.iterdir()) - before)
        return made


@pytest.fixture(scope="module", autouse=True)
def cleared(temporary: Path, request: pytest.FixtureRequest) -> Iterator[None]:
    """Once a file is through, its folders go: those of all files together would need more memory than there is."""
    failed = request.session.testsfailed
    yield
    if request.session.testsfailed == failed:
        for folder in set(temporary.iterdir()) - SHARED:
            if folder.is_dir() and not folder.is_symlink():
                shutil.rmtree(folder, ignore_errors=True)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.skipped and os.environ.get("EVITRAIL_TEST_ALL") and not hasattr(report, "wasxfail"):
        reason: Any = report.longrepr
        if "public data" not in str(reason):
            report.outcome = "failed"
            report.longrepr = f"EVITRAIL_TEST_ALL is set, and this was skipped: {reason}"
    return report
