"""The modules that evaluate queries can be joined into one script: an export carries them, and loads nothing."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest
from pages import ROOT

from evitrail.workbench.web.static_files import StaticFiles

WEB = ROOT / "workbench" / "web" / "static"
JOINED = [WEB / name for name in StaticFiles().in_order("viewer/main.mjs")]
"""What an exported file holds, in this order."""
MODULES = sorted((WEB / "filter").glob("*.mjs"))
NAME = r"[A-Za-z_$][\w$]*"
DECLARED = re.compile(
    rf"^(?:export )?(?:async )?(?:function\*?|class|const|let) (?:({NAME})|[\[{{]([^\]}}]+)[\]}}])", re.M
)
IMPORT = re.compile(rf'import \{{ ({NAME}(?:,\s+{NAME})*) \}}\s+from "(\./[\w./]+\.mjs)";')


def declared(module: Path) -> list[str]:
    """What a file declares at its top, where it is not within anything."""
    text = module.read_text("utf-8")
    found = [name for one, several in DECLARED.findall(text) for name in [one, *several.split(",")] if name.strip()]
    return [name.strip() for name in found] + re.findall(rf"^const .*?, ({NAME}) = ", text, re.M)


def test_no_two_modules_declare_one_name() -> None:
    assert {*MODULES} < {*JOINED}
    twice = Counter(name for file in JOINED for name in declared(file))
    assert len(twice) > 150
    assert {name for name, many in twice.items() if many > 1} == set()


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.name)
def test_a_module_imports_by_name_what_another_exports(module: Path) -> None:
    text = module.read_text("utf-8")
    imports = IMPORT.findall(text)
    assert len(imports) == len(re.findall(r"\bimport\b[^']*?from|\bimport\(", text))
    assert re.findall(r"^export (?!(?:async )?(?:function|class|const)\b).*", text, re.M) == []
    for names, path in imports:
        other = (module.parent / path).read_text("utf-8")
        for name in re.split(r",\s+", names):
            assert re.search(rf"^export .*\b{name}\b", other, re.M), f"{module.name}: {name} of {path}"
            assert len(re.findall(rf"\b{name}\b", text)) > 1, f"{module.name}: {name} is not used"
