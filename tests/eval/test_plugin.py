"""Code of one's own is found where its author works, once somebody allows it, and never before what is installed."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from evitrail.eval.plugin import make_plugin


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    (tmp_path / "wardmask.py").write_text("class Mask:\n    def mask(self, text):\n        return text.upper()\n")
    return tmp_path


def test_a_module_in_the_working_directory_is_found(place: Path) -> None:
    assert make_plugin("wardmask:Mask()", "mask", "mask(text)", allow_code=True).mask("a") == "A"


def test_it_is_not_looked_for_before_somebody_allows_it(place: Path) -> None:
    with pytest.raises(ValueError, match="give --allow-code if you trust it"):
        make_plugin("wardmask:Mask()", "mask", "mask(text)", allow_code=False)
    assert str(place) not in sys.path


def test_what_is_installed_goes_before_it(place: Path) -> None:
    (place / "decimal.py").write_text("raise RuntimeError\n")
    assert make_plugin("decimal:Decimal('1')", "number", "sqrt()", allow_code=True) == 1
