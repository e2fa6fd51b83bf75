"""Near copies: texts that say nearly the same words, and texts that hold a question's words.

Rules kept here
- Texts are compared by their runs of four words, without regard to case, marks and characters that nobody sees. Near
  copies share six runs in ten of all that both have (Jaccard); a near copy of a question holds half of its runs.
- MinHash (datasketch) finds who may be near, and the runs themselves decide. Each text is compared with one text of
  each group only, so thousands of copies cost as much as thousands of different texts. Of a store's texts only those
  are looked at of which a new one could be a copy.
- Of a question only some of its runs are kept, each as a number that its words cannot be read from: a benchmark's
  wording is not copied into the ledger.

What says the same in other words is not found here.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from evitrail.evidence_store.errors import MissingPackageError

RUN = 4
NEAR = 0.6
"""The share of runs that near copies have in common."""
HELD = 0.5
"""The share of a question's runs that a near copy of it holds."""
KEPT = 32
"""Runs kept of a question: those with the lowest numbers, which are a random sample."""
FEWEST = 8
"""A question of fewer runs could be met by chance."""
BANDS, ROWS = 32, 4
"""Of the MinHash index: texts that share six runs in ten meet in it 98 times of a hundred."""

HIDDEN = re.compile("[\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff]")
"""Characters that nobody sees: between letters, they would make other words of the same text."""

Sketch = tuple[int, ...]


@lru_cache(maxsize=512)
def runs(text: str) -> frozenset[int]:
    """The runs of four words, each as a number; of a shorter text, the whole."""
    words = re.findall(r"\w+", HIDDEN.sub("", unicodedata.normalize("NFKC", text)).casefold())
    return frozenset(_number(" ".join(words[at : at + RUN])) for at in range(max(len(words) - RUN + 1, 1)))


def sketch(question: str) -> Sketch:
    """What is kept of a question."""
    return tuple(sorted(runs(question))[:KEPT])


def held_share(text: str, questions: Iterable[Sketch]) -> float:
    """The largest share of any question's runs that the text holds; of questions long enough to tell."""
    there = runs(text)
    return max((len(there.intersection(one)) / len(one) for one in questions if len(one) >= FEWEST), default=0.0)


def may_be_near(texts: Iterable[tuple[str, str]], new: Iterable[str]) -> dict[str, str]:
    """Those of the texts that a new one may be near: most of their runs stand in the new ones taken together."""
    there = frozenset[int]().union(*map(runs, new))
    return {name: text for name, text in texts if len(there & runs(text)) >= NEAR * len(runs(text))}


def groups(texts: Mapping[str, str]) -> list[list[str]]:
    """The names of texts that are near copies; the first of each group is what the others are near."""
    found: dict[str, list[str]] = {}
    index = _datasketch().MinHashLSH(num_perm=BANDS * ROWS, params=(BANDS, ROWS))
    for name, text in texts.items():
        hashed = _min_hash(text)
        near = (one for one in sorted(index.query(hashed)) if similarity(texts[one], text) >= NEAR)
        if (first := next(near, None)) is not None:
            found[first].append(name)
        else:
            index.insert(name, hashed)
            found[name] = [name]
    return list(found.values())


def similarity(a: str, b: str) -> float:
    """The share of runs that two texts have in common, of all that either has."""
    one, other = runs(a), runs(b)
    return len(one & other) / len(one | other)


def _min_hash(text: str) -> Any:
    made = _datasketch().MinHash(num_perm=BANDS * ROWS, seed=1, scheme="affine64", hashfunc=lambda run: run)
    made.update_batch(sorted(runs(text)))
    return made


def _datasketch() -> Any:
    """The one door to it."""
    try:
        import datasketch
    except ImportError as error:
        raise MissingPackageError("near copies are found by datasketch; install it: pip install datasketch") from error
    return datasketch


def _number(run: str) -> int:
    return int.from_bytes(hashlib.blake2b(run.encode(), digest_size=6).digest(), "big")  # exact in any JSON
