"""A model's text in sentences, with the numbers that each cites."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glane_service.answers.sentences import MAX_SENTENCE, Sentence, sentences

TEXT = (
    "Le gain médian est de 6,40 euros [1]. Les frais sont déduits. [1, 3]\n\n"
    "- « On est libre », dit l’un [2].\n2. Le reste [4–6] change !\nSans source."
)
READ = [
    Sentence("Le gain médian est de 6,40 euros.", (1,)),
    Sentence("Les frais sont déduits.", (1, 3)),
    Sentence("« On est libre », dit l’un.", (2,)),
    Sentence("Le reste change !", (4, 5, 6)),
    Sentence("Sans source.", ()),
]


def test_each_sentence_has_its_citations() -> None:
    assert list(sentences([TEXT])) == READ


@given(st.lists(st.integers(1, len(TEXT) - 1), max_size=12))
def test_it_does_not_matter_in_which_parts_a_text_arrives(cuts: list[int]) -> None:
    places = [0, *sorted(set(cuts)), len(TEXT)]
    assert list(sentences(TEXT[a:b] for a, b in pairwise(places))) == READ


def test_a_sentence_comes_as_soon_as_the_next_begins() -> None:
    arriving = iter(["Un fait [1]. ", "E", "t la suite"])
    made = sentences(arriving)
    assert next(made) == Sentence("Un fait.", (1,))
    assert next(arriving) == "t la suite"


@pytest.mark.parametrize(
    ("text", "cited"),
    [("Oui [2][1].", (2, 1)), ("Oui [3, 3; 4].", (3, 4)), ("Oui [9-2].", (9, 2)), ("Oui [x].", ())],
)
def test_citations_are_read_as_models_write_them(text: str, cited: tuple[int, ...]) -> None:
    (found,) = sentences([text])
    assert found.sources == cited


def test_a_text_without_end_is_not_waited_for() -> None:
    made = list(sentences(["mot " * 100] * 12))
    assert len(made) == 2 and all(len(item.text) <= MAX_SENTENCE + 400 for item in made)
    assert list(sentences([" ", "[1]", "\n\n"])) == []
