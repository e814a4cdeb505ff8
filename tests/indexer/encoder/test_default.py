"""The default encoder: its vectors, its tokens, its limit, and what it takes to load it."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from glane_indexer.encoder.base import Encoder
from glane_indexer.encoder.onnx_encoder import OnnxEncoder
from glane_indexer.errors import EncoderError
from glane_indexer.settings import Settings

TEXTS = [
    "Les haies du canton abritent des oiseaux.",
    "",
    "mot " * 120,
    "Le chômage des jeunes.",
    "\ud800 half a pair",
    "日本語の、もう少し長い文章です。",
]


def test_what_it_is(encoder: Encoder) -> None:
    assert (encoder.info.dimensions, encoder.info.max_tokens) == (384, 512)
    assert len(encoder.info.fingerprint) == 16
    assert "e5" in encoder.info.name


def test_every_vector_is_of_length_one(encoder: Encoder) -> None:
    for vectors in (encoder.encode_queries(TEXTS), encoder.encode_passages(TEXTS)):
        assert vectors.dtype == np.float32
        assert vectors.shape == (len(TEXTS), 384)
        np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert encoder.encode_passages([]).shape == (0, 384)


def test_a_question_and_a_passage_of_the_same_words_differ(encoder: Encoder) -> None:
    (query,), (passage,) = encoder.encode_queries(TEXTS[:1]), encoder.encode_passages(TEXTS[:1])
    assert 0.8 < query @ passage < 0.999


def test_the_order_of_the_texts_changes_no_vector(encoder: Encoder) -> None:
    assert len(set(encoder.count_tokens(TEXTS))) == len(TEXTS)
    vectors = encoder.encode_passages(TEXTS)
    np.testing.assert_array_equal(vectors, encoder.encode_passages(TEXTS))
    order = [5, 3, 1, 4, 0, 2]
    mixed = encoder.encode_passages([TEXTS[place] for place in order])
    np.testing.assert_array_equal(mixed, vectors[order])


def test_the_company_of_a_text_hardly_changes_its_vector(encoder: Encoder) -> None:
    alone = np.concatenate([encoder.encode_passages([text]) for text in TEXTS])
    # In int8 a batch shares its scale, so a text among others is rounded in another way.
    assert np.einsum("nd,nd->n", encoder.encode_passages(TEXTS), alone).min() > 0.98


def test_space_around_a_text_changes_nothing(encoder: Encoder) -> None:
    one, two = encoder.encode_queries(["les haies"]), encoder.encode_queries(["  les haies \n"])
    np.testing.assert_array_equal(one, two)


def test_progress_counts_every_passage_once(encoder: Encoder) -> None:
    seen: list[int] = []
    encoder.encode_passages(["un texte"] * 19, seen.append)
    assert sum(seen) == 19


def test_tokens_are_counted_with_prefix_and_ends_and_uncut(encoder: Encoder) -> None:
    empty, word, two = encoder.count_tokens(["", "haie", "haie haie"])
    # The ends, the prefix and its colon, and the word in two pieces.
    assert (word, two) == (6, 8)
    assert 4 <= empty <= word
    assert encoder.count_tokens(["haie " * 1000]) == [4 + 1000 * 2]
    assert encoder.count_tokens([]) == []


def test_a_text_past_the_limit_is_cut_and_counted(encoder: Encoder) -> None:
    assert isinstance(encoder, OnnxEncoder)
    before = encoder.truncated
    cut, longer, short = encoder.encode_passages(["haie " * 600, "haie " * 700, "haie"])
    assert encoder.truncated == before + 2
    assert cut @ longer > 0.9999
    assert cut @ short < 0.999
    (fits,) = encoder.count_tokens(["haie " * 100])
    assert fits < 512
    encoder.encode_passages(["haie " * 100])
    assert encoder.truncated == before + 2


def test_a_translation_is_nearer_than_another_subject(encoder: Encoder) -> None:
    french = [
        "Le chômage des jeunes augmente.",
        "Recette de la tarte aux pommes.",
        "Les haies abritent des oiseaux.",
    ]
    english = ["Youth unemployment is rising.", "Apple pie recipe.", "Hedges are home to birds."]
    cosines = encoder.encode_queries(english) @ encoder.encode_passages(french).T
    assert cosines.argmax(axis=1).tolist() == [0, 1, 2]
    assert cosines.argmax(axis=0).tolist() == [0, 1, 2]
    others = cosines[~np.eye(3, dtype=bool)]
    assert np.diag(cosines).min() > others.max()


LOAD = """
import sys
from glane_indexer.encoder.load import load_encoder
from glane_indexer.settings import Settings
vector = load_encoder(Settings.from_env(), quiet=True).encode_queries(["haie"])
heavy = {"torch", "transformers", "sentence_transformers", "onnx"} & set(sys.modules)
print(vector.shape, sorted(heavy))
"""


@pytest.mark.usefixtures("encoder")
def test_it_is_loaded_without_torch() -> None:
    settings = Settings.from_env()
    done = subprocess.run(
        [sys.executable, "-c", LOAD],
        env={
            "PYTHONPATH": ":".join(path for path in sys.path if path),
            "HOME": str(Path.home()),
            "GLANE_CACHE": str(settings.cache),
            "HF_HUB_OFFLINE": "1",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout, done.stderr, done.returncode) == ("(1, 384) []\n", "", 0)


def test_a_graph_that_is_no_graph_is_told(tmp_path: Path, encoder: Encoder) -> None:
    for name in ("encoder.onnx", "tokenizer.json"):
        (tmp_path / name).write_bytes(b"damaged")
    with pytest.raises(EncoderError, match="the prepared encoder cannot be loaded") as caught:
        OnnxEncoder(
            replace(encoder.info, name="damaged"),
            tmp_path / "encoder.onnx",
            tmp_path / "tokenizer.json",
            prefixes=("", ""),
            pad=1,
        )
    assert caught.value.where == str(tmp_path)
    assert "glane model prepare" in caught.value.hint
