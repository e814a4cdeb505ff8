"""Held-out passages: what is taken, what is left, and that nothing gives the answer away."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glane_eval.held_out import ORIGIN, make_set
from glane_indexer.errors import DatasetError, UsageError
from glane_indexer.models import Annotation, Bookmark

WORDS = st.sampled_from(
    [
        "travail",
        "données",
        "été",
        "l’emploi",
        "protection",
        "sociale",
        "revue",
        "plateforme",
        "vélo",
        "heure",
    ]
)
TEXTS = st.lists(WORDS, max_size=12).map(" ".join)
BOOKMARKS = st.lists(
    st.builds(
        Bookmark,
        title=TEXTS,
        description=TEXTS,
        language=st.sampled_from(["fr", "en", ""]),
        annotations=st.lists(st.builds(Annotation, TEXTS, TEXTS), max_size=4).map(tuple),
    ),
    max_size=12,
).map(lambda found: [_named(bookmark, f"b{number}") for number, bookmark in enumerate(found)])


def _named(bookmark, identifier):
    return Bookmark(
        bookmark.title,
        description=bookmark.description,
        language=bookmark.language,
        annotations=bookmark.annotations,
        id=identifier,
    )


def bookmark(identifier, description="", *annotations, title="Titre", language="fr"):
    notes = tuple(Annotation(text) for text in annotations)
    return Bookmark(title, id=identifier, description=description, annotations=notes, language=language)


def test_a_description_is_taken_out_and_asked_for():
    held = make_set([bookmark("a", "Un texte de cinq  mots\nici", "trop court"), bookmark("b", "court")])
    assert held.queries == {"h0001": "Un texte de cinq mots ici"}
    assert held.qrels == {"h0001": {"a": 1}}
    assert held.languages == {"h0001": "fr"}
    assert held.bookmarks == [bookmark("a", "", "trop court"), bookmark("b", "court")]
    assert held.origin == ORIGIN == "held-out passages (no human judgment)"


def test_a_text_goes_from_everywhere_in_its_bookmark():
    held = make_set([bookmark("a", "Un texte de cinq mots.", "UN TEXTE de cinq mots", "autre")])
    assert held.bookmarks == [bookmark("a", "", "autre")]


@pytest.mark.parametrize(
    "library",
    [
        [],
        [bookmark("a", "quatre mots sont peu")],
        [bookmark("a", "mot " * 61)],
        [bookmark("a", "un texte de cinq mots"), bookmark("b", "Un texte de cinq mots !")],
        [bookmark("a", "un texte de cinq mots", title="")],
        [bookmark("a", "un texte de cinq mots", title="Un texte de cinq mots")],
        [bookmark("a", "un texte de cinq mots", "suit un texte de cinq mots et " + "mot " * 60)],
    ],
)
def test_what_cannot_be_a_query(library):
    with pytest.raises(DatasetError, match="no passage that can be held out"):
        make_set(library)


def test_the_mix_of_languages_is_kept():
    library = [bookmark(f"f{n}", f"un texte français avec numéro {n}") for n in range(60)]
    library += [bookmark(f"e{n}", f"some english text with number {n}", language="en") for n in range(30)]
    library += [bookmark(f"u{n}", f"a text of no language {n}", language="") for n in range(10)]
    held = make_set(library, queries=20)
    assert Counter(held.languages.values()) == {"fr": 12, "en": 6, "": 2}
    assert len(make_set(library, queries=500).queries) == 100
    called = make_set(library, queries=20, language_of=lambda item: item.id[0])
    assert Counter(called.languages.values()) == {"f": 12, "e": 6, "u": 2}


def test_the_choice_depends_on_the_seed_and_not_on_the_order():
    library = [bookmark(f"b{n}", f"un texte français avec numéro {n}") for n in range(50)]
    held = make_set(library, queries=10)
    backwards = make_set(reversed(library), queries=10)
    assert (held.queries, held.qrels) == (backwards.queries, backwards.qrels)
    assert held.queries != make_set(library, queries=10, seed=1).queries


def test_wrong_input():
    with pytest.raises(DatasetError, match="bookmark 1: the bookmark has no id"):
        make_set([bookmark("")])
    with pytest.raises(DatasetError, match="bookmark 2: the id 'a' stands twice"):
        make_set([bookmark("a"), bookmark("a")])
    with pytest.raises(UsageError):
        make_set([], queries=0)


@given(BOOKMARKS, st.integers(1, 10))
def test_no_query_is_left_in_the_library(library, queries):
    try:
        held = make_set(library, queries=queries)
    except DatasetError:
        return
    assert 1 <= len(held.queries) <= queries
    assert held.queries.keys() == held.qrels.keys()
    assert [item.id for item in held.bookmarks] == [item.id for item in library]
    targets = [next(iter(grades)) for grades in held.qrels.values()]
    assert len(set(targets)) == len(targets)
    left = [
        text for item in held.bookmarks for text in (item.description, *(a.text for a in item.annotations))
    ]
    assert not set(held.queries.values()) & set(left)
    assert all(5 <= len(text.replace("’", " ").split()) <= 60 for text in held.queries.values())
