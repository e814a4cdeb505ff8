"""An encoder that is a server, with every trouble that one can have: nothing wrong is ever stored."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from glane_indexer.catalog.bookmarks import Catalog
from glane_indexer.encoder import embedding_server as wire
from glane_indexer.encoder.load import load_encoder
from glane_indexer.encoder.url_encoder import BATCH, PROBES_FILE, UrlEncoder
from glane_indexer.errors import EncoderError
from glane_indexer.importers import jsonl
from glane_indexer.index import embedding
from glane_indexer.index.build import build_generation
from glane_indexer.library.importing import import_bytes
from glane_indexer.models import Annotation, Bookmark
from glane_indexer.settings import Settings
from tests.support import little
from tests.support.embeddings import EmbeddingStandIn, embedding_server
from tests.support.hashed import HashedEncoder


@pytest.fixture(autouse=True)
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The waits of the test, none of which is waited for."""
    waited: list[float] = []
    monkeypatch.setattr(wire, "sleep", waited.append)
    return waited


@pytest.fixture
def server() -> Iterator[EmbeddingStandIn]:
    with embedding_server() as made:
        yield made


@pytest.fixture
def library(tmp_path: Path) -> Path:
    import_bytes(little.LINES, tmp_path / "library", format="jsonl", name="little")
    return tmp_path / "library"


def encoder(
    server: EmbeddingStandIn, library: Path, *, model: str = "words", keep: bool = True
) -> UrlEncoder:
    return UrlEncoder(f"{server.url}#{model}", library, keep=keep)


TEXTS = [f"texte numéro {number} sur le travail {'x' * number}" for number in range(2 * BATCH + 5)]


def test_vectors_are_those_of_their_texts_in_batches(server: EmbeddingStandIn, library: Path) -> None:
    made = encoder(server, library)
    server.asked.clear()
    done: list[int] = []
    vectors = made.encode_passages(TEXTS, done.append)
    np.testing.assert_allclose(vectors, HashedEncoder().encode_queries(TEXTS), atol=1e-5)
    assert done == [BATCH, BATCH, 5]
    # A known text travels with every batch.
    assert [len(batch) for batch in server.asked] == [BATCH + 1, BATCH + 1, 6]
    assert made.info.dimensions == 64 and made.encode_passages([]).shape == (0, 64)


def test_prefixes_are_ours_and_the_key_is_sent(server: EmbeddingStandIn, library: Path) -> None:
    made = UrlEncoder(f"{server.url}#intfloat/multilingual-e5-small", library, key="secret", keep=True)
    made.encode_queries([" ma question "])
    assert server.asked[-1] == ["query: ma question"]
    made.encode_passages(["un passage"])
    assert server.asked[-1][0] == "passage: un passage"
    assert set(server.keys) == {"Bearer secret"}
    encoder(server, library).encode_queries(["ma question"])
    assert server.asked[-1] == ["ma question"] and server.keys[-1] == ""


def test_a_busy_server_is_waited_for(server: EmbeddingStandIn, library: Path, waits: list[float]) -> None:
    made = encoder(server, library)
    server.script = [429, 500, 0, 503]
    server.headers = {"Retry-After": "7"}
    vectors = made.encode_passages(TEXTS[:3])
    np.testing.assert_allclose(vectors, HashedEncoder().encode_queries(TEXTS[:3]), atol=1e-5)
    # As long as it says; where it said nothing, twice as long as the time before, or a little less.
    assert waits[:2] == [7.0, 7.0] and 1.0 <= waits[2] <= 2.0 and waits[3] == 7.0


def test_in_the_end_it_is_an_error_that_says_where(server: EmbeddingStandIn, library: Path) -> None:
    made = encoder(server, library)
    server.script = [500] * wire.PATIENT_TRIES
    with pytest.raises(EncoderError, match=f"{server.url}/v1/embeddings: the server answers 500"):
        made.encode_passages(TEXTS[:3])
    server.script = [401]
    with pytest.raises(EncoderError, match="GLANE_MODEL_KEY"):
        made.encode_passages(TEXTS[:3])
    assert not server.script


def test_what_is_too_large_is_cut_and_counted(server: EmbeddingStandIn, library: Path) -> None:
    made = encoder(server, library)
    server.most = 400
    vectors = made.encode_passages(TEXTS[:9])
    np.testing.assert_allclose(vectors, HashedEncoder().encode_queries(TEXTS[:9]), atol=1e-5)
    assert made.truncated == 0
    long = "mot " * 200
    (vector,) = made.encode_passages([long])
    assert made.truncated > 0 and np.isclose(np.linalg.norm(vector), 1)
    server.most = 0
    with pytest.raises(EncoderError, match="413"):
        made.encode_passages(["x"])


def each(**changes: Any) -> Any:
    """An answer in which every embedding is changed so."""
    return lambda document: {"data": [{**item, **changes} for item in document["data"]]}


@pytest.mark.parametrize(
    "shape",
    [
        lambda document: {"data": document["data"][1:]},
        lambda document: {"data": [*document["data"][1:], document["data"][1]]},
        lambda document: {"data": [*document["data"][1:], {"index": 0, "embedding": [1.0]}]},
        each(embedding=[1.0] * 5),
        each(embedding=[0.0] * 64),
        each(embedding=[float("nan")] * 64),
        each(embedding="AAAA"),
        each(embedding=[]),
        each(index=1),
        lambda document: {"error": "no"},
        lambda document: [],
    ],
)
def test_an_answer_that_is_not_whole_is_refused(
    server: EmbeddingStandIn, library: Path, shape: Any
) -> None:
    made = encoder(server, library)
    server.shape = shape
    with pytest.raises(EncoderError):
        made.encode_passages(TEXTS[:3])


def test_another_model_behind_the_same_name_is_noticed(server: EmbeddingStandIn, library: Path) -> None:
    made = encoder(server, library)
    server.model = 1
    with pytest.raises(EncoderError, match="model is another than the index was built with"):
        made.encode_passages(TEXTS[:3])
    assert encoder(server, library).info.fingerprint != made.info.fingerprint
    server.model = 0
    assert encoder(server, library).info.fingerprint == made.info.fingerprint


def test_the_same_model_is_known_again_in_spite_of_noise(server: EmbeddingStandIn, library: Path) -> None:
    server.noise = 0.002
    fingerprints = {encoder(server, library, keep=turn == 0).info.fingerprint for turn in range(20)}
    assert len(fingerprints) == 1
    assert len(json.loads((library / PROBES_FILE).read_text())) == 1
    # Another model's are kept beside them.
    encoder(server, library, model="others")
    assert [item["model"] for item in json.loads((library / PROBES_FILE).read_text())] == [
        "words",
        "others",
    ]
    (library / PROBES_FILE).write_text("[{")
    with pytest.raises(EncoderError, match=PROBES_FILE):
        encoder(server, library)


def test_a_server_that_dies_stops_the_index_and_what_is_done_is_kept(
    server: EmbeddingStandIn, library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedding, "GIVEN", BATCH)
    many = [
        Bookmark(id=f"n{n}", title=f"Titre {n}", annotations=(Annotation(f"Passage {n}", id=f"p{n}"),))
        for n in range(60)
    ]
    lines = "".join(jsonl.dump(item) + "\n" for item in many).encode()
    import_bytes(lines, library, format="jsonl", name="many")
    made = encoder(server, library)
    server.dead_after = len(server.asked) + 2
    with pytest.raises(EncoderError, match="cannot be reached"):
        build_generation(library, made)
    with Catalog.open(library, read_only=True) as catalog:
        ((kept,),) = catalog._rows("SELECT count(*) FROM embeddings")
    assert kept == 2 * BATCH
    # It comes back: only the rest is embedded, and all as if nothing had happened.
    server.dead_after = 10**9
    server.asked.clear()
    report = build_generation(library, encoder(server, library))
    sent = sum(len(batch) - 1 for batch in server.asked[1:])
    assert report.embedded == sent > 0
    with Catalog.open(library, read_only=True) as catalog:
        rows = catalog._rows("SELECT vector FROM embeddings")
    assert len(rows) == 2 * BATCH + sent
    assert all(np.isclose(np.linalg.norm(np.frombuffer(row, "<f4")), 1, atol=1e-4) for (row,) in rows)


def test_without_its_server_a_known_model_can_be_opened(server: EmbeddingStandIn, library: Path) -> None:
    known = encoder(server, library).info
    server.dead_after = 0
    made = encoder(server, library, keep=False)
    assert made.info == known
    with pytest.raises(EncoderError, match="cannot be reached"):
        made.encode_queries(["question"])
    asked = len(server.asked)
    with pytest.raises(EncoderError, match="cannot be reached"):
        made.encode_queries(["question"])
    # At once, without asking again so soon.
    assert len(server.asked) == asked
    with pytest.raises(EncoderError):
        encoder(server, library, model="unknown", keep=False)


def test_the_settings_name_it(server: EmbeddingStandIn, library: Path) -> None:
    made = load_encoder(Settings(library=library, model=f"{server.url}#words"), for_indexing=True)
    assert isinstance(made, UrlEncoder)
    with pytest.raises(EncoderError, match="does not name a model"):
        load_encoder(Settings(library=library, model=server.url))
    assert made.count_tokens(["", "abcd", "é" * 3]) == [2, 4, 4]
