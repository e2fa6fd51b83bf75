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


def drawn() -> dict[str, str]:
    """Every folder in the README's tree, with what is said of it."""
    trees = [b.text for b in blocks(ROOT / "README.md") if b.language == "text" and b.text.startswith("evitrail/")]
    assert len(trees) == 1, "the README draws one tree, in a text block that begins with evitrail/"
    found: dict[str, str] = {}
    above: list[tuple[int, str]] = []
    for line in trees[0].splitlines()[1:]:
        drawn_ = re.match(r"^([│├└─\s]*)(\S+/)(?: {2,}(.*))?$", line)
        assert drawn_, f"expected a folder and what it is for, got {line!r}"
        depth = len(drawn_[1])
        while above and above[-1][0] >= depth:
            above.pop()
        folder = (above[-1][1] if above else "") + drawn_[2]
        assert folder not in found, f"{folder} stands twice"
        found[folder] = drawn_[3] or ""
        above.append((depth, folder))
    return found


def on_disk() -> set[str]:
    """Every folder at the top, and every folder of a package; those within them are found there."""
    folders = {f"{folder}/" for name in files() for folder in Path(name).parents if not str(folder).startswith(".")}
    return {
        folder
        for folder in folders
        if folder.count("/") == 1 or (folder.count("/") == 2 and folder.split("/")[0] in PACKAGES)
    }


def test_the_tree_has_every_folder_and_nothing_else() -> None:
    folders = drawn().keys()
    inner = {folder for folder in folders if folder.count("/") > 1 and folder.split("/")[0] not in PACKAGES}
    assert folders - inner == on_disk()
    assert [folder for folder in inner if not (ROOT / folder).is_dir()] == []


def test_the_tree_says_of_every_folder_what_it_is_for() -> None:
    assert [folder for folder, said in drawn().items() if not said] == []


def test_the_readme_links_every_page() -> None:
    text = (ROOT / "README.md").read_text("utf-8")
    pages = {file for file in files() if re.fullmatch(r"(docs/)?[\w-]+\.md", file)} - {"README.md"}
    assert [page for page in sorted(pages) if f"]({page})" not in text] == []


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


def test_no_file_of_code_is_too_long() -> None:
    long = {
        name: n
        for name in files()
        if name.endswith((".py", ".js", ".mjs", ".css"))
        and (n := len((ROOT / name).read_text().splitlines())) > LONGEST
    }
    assert not long


def test_every_file_of_a_package_says_what_it_is() -> None:
    ours = [Path(name) for name in files() if name.endswith(".py") and name.split("/")[0] in PACKAGES]
    silent = [str(file) for file in ours if not ast.get_docstring(ast.parse((ROOT / file).read_text("utf-8")))]
    assert len(ours) > 50
    assert not silent


def test_every_python_file_that_a_text_names_is_there() -> None:
    named = re.compile(r"`([\w/]+\.py)`")
    texts = [name for name in files() if name.endswith((".py", ".md")) and not name.startswith(("tests/", "CHANGELOG"))]
    known = files()
    found = [(name, hit) for name in texts for hit in named.findall((ROOT / name).read_text("utf-8"))]

    def there(name: str, hit: str) -> bool:
        """A bare name means a file of the same package; a page, and a path, may mean any."""
        package = name.split("/")[0] if name.endswith(".py") and "/" not in hit else ""
        return "NAME" in hit or any(f"/{file}".endswith(f"/{hit}") and file.startswith(package) for file in known)

    assert len(found) > 100
    assert [(name, hit) for name, hit in found if not there(name, hit)] == []
