"""Bookmarks cut into passages."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from glane_indexer.models import Annotation, Bookmark
from glane_indexer.passages import PASSAGE_CHARS, document_texts, passages_of, source_text, text_hash


def words(texts: Sequence[str]) -> list[int]:
    """A count of tokens that is easy to work out: words."""
    return [len(text.split()) for text in texts]


def test_every_part_of_a_bookmark_is_a_passage() -> None:
    bookmark = Bookmark(
        "Le travail",
        id="b",
        description="Une étude.",
        tags=("emploi", "numérique"),
        annotations=(
            Annotation("Première.", id="a1"),
            Annotation("  ", id="a2"),
            Annotation("Seconde.", id="a3"),
        ),
    )
    found = [(p.kind, p.annotation_id, p.text, p.embedded) for p in passages_of(bookmark)]
    assert found == [
        ("title", "", "Le travail", "Le travail · emploi, numérique"),
        ("description", "", "Une étude.", "Le travail\nUne étude."),
        ("annotation", "a1", "Première.", "Le travail\nPremière."),
        ("annotation", "a3", "Seconde.", "Le travail\nSeconde."),
    ]


def test_a_long_annotation_is_cut_at_the_ends_of_sentences() -> None:
    sentence = "Voici une phrase de cinquante caractères exactement"
    text = " ".join(f"{sentence} {n:02d}." for n in range(20))
    found = [
        p for p in passages_of(Bookmark("T", annotations=(Annotation(text),))) if p.kind == "annotation"
    ]
    assert len(found) == 3
    assert all(p.text.endswith(".") and len(p.text) <= PASSAGE_CHARS * 1.5 for p in found)
    assert " ".join(p.text for p in found) == text


def test_a_text_without_sentence_ends_is_cut_at_spaces() -> None:
    text = "mot " * 300
    found = passages_of(Bookmark("T", description=text.strip()))[1:]
    assert " ".join(p.text for p in found) == text.strip()
    assert max(len(p.text) for p in found) <= PASSAGE_CHARS * 1.5


def test_no_embedded_text_passes_the_token_limit() -> None:
    bookmark = Bookmark("Titre", description="un deux trois quatre cinq six sept huit neuf dix " * 9)
    found = passages_of(bookmark, words, 24)
    assert max(words([p.embedded for p in found])) <= 24
    assert " ".join(p.text for p in found[1:]) == bookmark.description.strip()


def test_an_ordinary_bookmark_is_one_document_text() -> None:
    bookmark = Bookmark("T", description="D.", annotations=(Annotation("A."), Annotation("B.")))
    assert document_texts(bookmark) == ["T\nD.\nA.\nB."]
    assert document_texts(Bookmark("T")) == ["T"]


def test_a_long_document_is_several_texts_that_lose_nothing() -> None:
    text = "Une phrase de dix mots que chacun peut compter ici. " * 100
    texts = document_texts(Bookmark("T", description=text.strip()), words, 200)
    assert max(words(texts)) <= 200
    assert " ".join(part.removeprefix("T\n") for part in texts) == text.strip()


def test_equal_texts_have_equal_names() -> None:
    assert text_hash("é") == text_hash("é") != text_hash("e")
    assert len(text_hash("")) == 32


@given(st.text(max_size=3000), st.integers(8, 60))
def test_passages_are_slices_of_their_source(text: str, limit: int) -> None:
    bookmark = Bookmark("T", description=text, annotations=(Annotation(text),))
    for passage in passages_of(bookmark, lambda texts: [len(t) for t in texts], limit):
        source = source_text(bookmark, passage.kind, 0)
        assert source[passage.start : passage.end] == passage.text
