"""Where the encoder does not answer, words do."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from glane_indexer.encoder.base import Vectors
from glane_indexer.errors import EncoderError
from glane_indexer.index.generation import Generation
from glane_service.search.engine import SearchEngine
from glane_service.search.query import Query
from tests.support import little
from tests.support.hashed import HashedEncoder


class Silent(HashedEncoder):
    """One that encodes passages, and then goes away."""

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        if texts == ["protection sociale"]:
            raise EncoderError("the server cannot be reached")
        return super().encode_queries(texts)


def test_searches_go_on_by_keywords_with_a_notice(tmp_path: Path) -> None:
    encoder = Silent()
    library = little.make(tmp_path / "library", encoder)
    engine = SearchEngine(Generation.open(library, encoder=encoder.info), encoder)
    words = engine.search(Query("protection sociale", mode="keyword"))
    for mode in ("hybrid", "vector"):
        found = engine.search(Query("protection sociale", mode=mode))  # type: ignore[arg-type]
        assert [hit.bookmark.id for hit in found.hits] == [hit.bookmark.id for hit in words.hits]
        assert found.mode_used == "keyword" and found.query["mode"] == mode
        assert [notice.code for notice in found.notices] == ["without-meaning"]
    assert engine.search(Query("pain")).notices == ()
