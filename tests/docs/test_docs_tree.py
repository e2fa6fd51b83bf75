"""The tree that the README draws is the one on disk, and the files keep the rules the project states of itself."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from pages import PACKAGES, ROOT, blocks, files

LONGEST = 300
HERE = "|".join(("work", "tmp", "root", "farm", "home"))
MACHINE = re.compile(rf"(?<![\w.~$}}/-])/(?:{HERE})(?=/|\b)")
"""A path that only one machine has."""
HOST = re.compile(
    "|".join(("py" + "pi\\.", "python" + "hosted", "arti" + "factory", "--(?:extra-)?" + "index-url", "/simple" + "/"))
)
"""A host from which packages come: that is the installer's setting, not the project's."""


def drawn() -> list[str]:
    """Every path in the README's tree; several names may share a line, two spaces end them."""
    trees = [b.text for b in blocks(ROOT / "README.md") if b.language == "text" and b.text.startswith("evitrail/")]
    assert len(trees) == 1, "the README draws one tree, in a text block that begins with evitrail/"
    paths: list[str] = []
    above: list[tuple[int, str]] = []
    for line in trees[0].splitlines()[1:]:
        found = re.match(r"^([│├└─\s]*)(\S.*?)(?:\s{2,}.*|\s+#.*)?$", line)
        if not found:
            continue
        depth = len(found[1])
        while above and above[-1][0] >= depth:
            above.pop()
        folder = above[-1][1] if above else ""
        names = re.split(r"[,\s]+", found[2])
        paths += [folder + name for name in names]
        if len(names) == 1 and names[0].endswith("/"):
            above.append((depth, folder + names[0]))
    return paths


def test_every_path_in_the_tree_exists() -> None:
    missing = [path for path in drawn() if not (ROOT / path).exists()]
    assert not missing


def test_every_folder_package_and_page_stands_in_the_tree() -> None:
    paths = {path.rstrip("/") for path in drawn()}
    folders = {file.split("/")[0] for file in files() if "/" in file and not file.startswith(".")}
    documents = {file for file in files() if re.fullmatch(r"(docs/)?[\w-]+\.md", file)}
    assert folders >= {*PACKAGES, "tests", "bench"}
    assert not (folders | documents) - paths


def test_a_package_whose_files_the_tree_lists_is_listed_whole() -> None:
    paths = set(drawn())
    for package in PACKAGES:
        here = {file for file in files() if re.fullmatch(rf"{package}/(?!__)\w+\.py", file)}
        assert not here & paths or here <= paths, f"{package}: {sorted(here - paths)}"


def texts() -> list[str]:
    """Every file that is text."""
    return [name for name in files() if b"\0" not in (ROOT / name).read_bytes()[:4096]]


@pytest.mark.parametrize("what", [MACHINE, HOST], ids=["a path of one machine", "a package host"])
def test_no_file_names(what: re.Pattern[str]) -> None:
    found = [
        f"{name}:{number}: {hit[0]}"
        for name in texts()
        for number, line in enumerate((ROOT / name).read_text("utf-8").splitlines(), start=1)
        if (hit := what.search(line))
    ]
    assert not found


def test_no_python_file_is_too_long() -> None:
    long = {
        name: n
        for name in files()
        if name.endswith(".py") and (n := len((ROOT / name).read_text().splitlines())) > LONGEST
    }
    assert not long


def test_every_file_of_a_package_says_what_it_is() -> None:
    ours = [Path(name) for name in files() if name.endswith(".py") and name.split("/")[0] in PACKAGES]
    silent = [str(file) for file in ours if not ast.get_docstring(ast.parse((ROOT / file).read_text("utf-8")))]
    assert len(ours) > 50
    assert not silent
