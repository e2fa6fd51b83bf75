"""A command whose process was killed is given again, and the folder is as if it never had been killed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from kill_commands import COMMANDS, INGEST
from kill_trials import Trials

TRIED = (INGEST, "reindex --model", "notices")
"""``bench/kills.py`` tries all; kills of runs and attributions have tests of their own."""


@pytest.fixture(scope="module")
def trials(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trials]:
    with Trials(tmp_path_factory.mktemp("kills") / "kills", seed=1) as made:
        yield made


@pytest.mark.parametrize("name", TRIED)
def test_a_killed_command_given_again_loses_nothing_and_records_nothing_twice(trials: Trials, name: str) -> None:
    (command,) = (one for one in COMMANDS if one.name == name)
    trial = trials.trial(command)
    assert trial.sound, trial
    assert trial.moments
