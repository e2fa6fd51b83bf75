"""Reads Markdown documents, a version each: the front matter says what they are, what stands below it is the text.

    ---
    title: Sepsis in adults
    published: 2024-01-30
    kind: guideline
    ---
    Give …

Rules kept here
- A key is named as the field of ``evidence.jsonl`` is, or the map says which key holds it. Other keys are not read, and
  told. Without a title there, the first heading is the title, else the file's name is.
- Front matter is YAML of texts and lists: a value is what is written (``1.10`` stays 1.10). Anchors, which may hold
  a thousand times their size, are refused, and so is a key that stands twice. This file alone imports PyYAML.
- The lineage is the file's name where no id, PMID or DOI is said.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from evitrail.evidence_store.formats.base import Defaults, EvidenceFormat, Parsed, files_of
from evitrail.evidence_store.formats.field_map import SEVERAL, TRUTH, truth
from evitrail.evidence_store.formats.work import FIELDS, Work, versions
from evitrail.evidence_store.input_text import DEEPEST, InputError, read_text, too_deep

ENDINGS = (".md", ".markdown")
FRONT_MATTER = re.compile(r"---[ \t]*\n(.*?)(?:^|\n)(?:---|\.\.\.)[ \t]*(?:\n|$)", re.DOTALL)
HEADING = re.compile(r"^#{1,6}[ \t]+(.+?)[ \t]*#*$", re.MULTILINE)
NOTHING = ("", "~", "null")


def markdown_documents(path: Path, defaults: Defaults) -> Parsed:
    """The versions of a file, or of the files of a folder."""
    works: list[Work] = []
    faults: list[str] = []
    unread: Counter[str] = Counter()
    for file in files_of(path, ENDINGS):
        try:
            text = read_text(file)
            found = FRONT_MATTER.match(text)
            if found is None and re.match(r"---[ \t]*\n", text):
                raise InputError([f"{file}:1: expected front matter between two lines ---, got no second one"])
            said = _front_matter(file, found[1]) if found else {}
            body = text[found.end() :].strip() if found else text.strip()
            works.append(Work(str(file), _fields(file, said, defaults, unread) | {"text": body}, name=file.stem))
            if not said.get(defaults.columns.get("title", "title")):
                heading = HEADING.search(body)
                works[-1] = works[-1]._replace(
                    fields={**works[-1].fields, "title": heading[1] if heading else file.stem}
                )
        except InputError as error:
            faults += error.faults
    if faults:
        raise InputError(faults)
    more = (
        [f"{path}: front matter not read: {', '.join(f'{key!r} ({n})' for key, n in unread.items())}"] if unread else []
    )
    return versions(works, defaults, path, more)


def _fields(file: Path, said: Mapping[str, Any], defaults: Defaults, unread: Counter[str]) -> dict[str, Any]:
    called = {field: defaults.columns.get(field, field) for field in FIELDS if field != "text"}
    unread.update(key for key in said if key not in called.values())
    return {
        field: _value(file, key, field, said[key]) for field, key in called.items() if said.get(key, "") not in NOTHING
    }


def _value(file: Path, key: str, field: str, said: Any) -> Any:
    try:
        if field in SEVERAL:
            several = said if isinstance(said, list) else [said]
            if not all(isinstance(one, str) for one in several):
                raise ValueError(f"expected texts, got {said!r}"[:200])
            return tuple(several)
        if not isinstance(said, str):
            raise ValueError(f"expected one value, got {said!r}"[:200])
        return truth(said) if field in TRUTH else said
    except ValueError as error:
        raise InputError([f"{file}: front matter {key!r}: {error}"]) from None


def _front_matter(file: Path, text: str) -> dict[str, Any]:
    import yaml

    try:
        depth = 0
        for event in yaml.parse(text, Loader=yaml.BaseLoader):
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
                raise InputError([f"{file}: front matter: expected YAML without anchors, got one"])
            if depth > DEEPEST:
                raise InputError([f"{file}: front matter: {too_deep('YAML')}"])
        node = yaml.compose(text, Loader=yaml.BaseLoader)
        if node is None:
            return {}
        if not isinstance(node, yaml.MappingNode):
            raise InputError([f"{file}: front matter: expected keys with values, got something else"])
        keys = [key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode)]
        if twice := sorted({key for key in keys if keys.count(key) > 1}):
            raise InputError([f"{file}: front matter: key {twice[0]!r} stands twice"])
        said = yaml.load(text, Loader=yaml.BaseLoader)
    except (yaml.YAMLError, ValueError, TypeError, RecursionError) as error:
        if isinstance(error, InputError):
            raise
        line = getattr(getattr(error, "problem_mark", None), "line", None)
        place = f"{file}:{line + 2}" if isinstance(line, int) else str(file)
        raise InputError([f"{place}: expected front matter in YAML, got text that is none"]) from error
    return {str(key): value for key, value in said.items()}


MARKDOWN = EvidenceFormat(
    "markdown",
    "Markdown documents with front matter",
    ENDINGS,
    markdown_documents,
    forms=("markdown", "csv"),
    takes=("columns", "values"),
)
