"""The keyword index: which forms of a word are found, where, and in what order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from glane_indexer.index.local import words
from glane_indexer.index.local.keyword import KeywordLeg
from glane_indexer.index.local.segment_words import SegmentWords
from glane_indexer.index.protocol import FORMS, Field, Term
from glane_indexer.models import Annotation, Bookmark
from glane_indexer.text import fold, query_stems, tokens


def forms_of(word: str, fields: Sequence[Field]) -> list[Term]:
    """All terms that an exact word can be found by, in these fields: each form, and each stem."""
    texts = {"exact": (word,), "folded": (fold(word),), "stem": query_stems(word)}
    return [Term(field, form, text) for field in fields for form in FORMS for text in texts[form]]


def build(*bookmarks: Bookmark) -> KeywordLeg:
    count = len(bookmarks)
    return KeywordLeg([(SegmentWords(words.build(bookmarks)), np.arange(count))], count)


def titled(*titles: str, language: str = "fr") -> KeywordLeg:
    return build(*(Bookmark(title, language=language) for title in titles))


def split(text: str) -> list[str]:
    return [token.form for token in tokens(text)]


def search(
    index: KeywordLeg,
    question: str,
    *,
    fields: tuple[Field, ...] = ("text",),
    limit: int = 1000,
    allowed: NDArray[np.bool_] | None = None,
) -> tuple[list[int], list[float]]:
    """A plain question: stems count 1, exact forms .3 and folded ones .1, whatever their rarity."""
    terms = {term: SHARES[term.form] for word in split(question) for term in forms_of(word, fields)}
    found, scores = index.product(list(terms.items()), limit, allowed)
    return found.tolist(), scores.tolist()


def rows(index: KeywordLeg, question: str, **options: Any) -> list[int]:
    return search(index, question, **options)[0]


def held(mask: NDArray[np.bool_]) -> list[int]:
    return np.flatnonzero(mask).tolist()


TEXT: tuple[Field, ...] = ("text",)
HEDGE = Term("text", "stem", "hai")
SHARES = {"exact": 0.3, "folded": 0.1, "stem": 1.0}


# Forms


@pytest.mark.parametrize(
    ("question", "title"),
    [
        ("metier", "Les métiers de demain"),
        ("Métiers", "Un metier"),
        ("donnees", "La protection des données"),
        ("données", "proteger les donnees"),
        ("emploi", "L’emploi en question"),
        ("l'emploi", "L’emploi en question"),
        ("l’emploi", "Emplois publics"),
        ("oeuvre", "Une œuvre"),
        ("œuvre", "Les oeuvres"),
        ("ŒUVRES", "Une œuvre"),
        ("aujourd'hui", "Aujourd’hui"),
        ("plateforme", "La plate-forme"),
        ("covid19", "Le Covid-19"),
        ("loi", "Les lois"),
        ("e\u0301te\u0301", "L’été"),
        ("travailler", "Elle travaille"),
        ("ﬁn", "La fin"),
        ("日本", "日本語"),
        ("2016", "Bilan 2016"),
    ],
)
def test_a_word_is_found_in_another_form(question: str, title: str) -> None:
    index = titled("Autre chose", title, "Rien de tel")
    assert rows(index, question)[0] == 1


def test_english_bookmarks_are_stemmed_in_english() -> None:
    index = titled("Hedge planting", "The birds", language="en")
    assert rows(index, "hedges") == [0]
    assert rows(index, "planted") == [0]


def test_the_form_that_was_typed_ranks_first() -> None:
    index = titled("Nos donnees ici", "Nos données ici", "Nos métiers ici")
    assert rows(index, "données") == [1, 0]
    assert rows(index, "donnees") == [0, 1]
    index = titled("Nos métiers", "Un métier", "Un metier")
    assert rows(index, "métier")[0] == 1
    assert rows(index, "metier")[0] == 2


def test_all_apostrophes_score_alike() -> None:
    index = titled("Le droit à l’emploi", "Autre chose")
    found = [search(index, text) for text in ("l'emploi", "l’emploi", "L＇emploi")]
    assert [rows for rows, _ in found] == [[0]] * 3
    assert len({scores[0] for _, scores in found}) == 1
    assert rows(index, "emploi") == [0]


def test_several_words_are_any_of_them_and_all_rank_first() -> None:
    index = titled("Haie ancienne", "Haie et bocage", "Bocage ancien", "Autre chose")
    found = rows(index, "haie bocage")
    assert found[0] == 1
    assert sorted(found) == [0, 1, 2]


# Parts, limits, filters

EVERYWHERE = [
    Bookmark("haie"),
    Bookmark("x", tags=("haie",)),
    Bookmark("x", annotations=(Annotation("haie"),)),
    Bookmark("x", annotations=(Annotation("y", note="haie"),)),
    Bookmark("x", description="haie"),
    Bookmark("x", url="https://www.haie.example/index.html"),
]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        (("title",), [0]),
        (("tags",), [1]),
        (("annotations",), [2]),
        (("notes",), [3]),
        (("annotations", "notes"), [2, 3]),
        (("description",), [4]),
        (("url",), [5]),
        (("title", "url"), [0, 5]),
        (("url", "description", "annotations", "notes", "tags", "title"), [0, 1, 2, 3, 4, 5]),
        (("text",), [0, 1, 2, 3, 4, 5]),
    ],
)
def test_only_the_fields_that_are_asked_for(fields: tuple[Field, ...], expected: list[int]) -> None:
    index = build(*(replace(item, language="fr") for item in EVERYWHERE))
    assert sorted(rows(index, "haie", fields=fields)) == expected
    assert held(index.with_word("haies", fields)) == expected
    assert held(index.with_phrase(["haie"], fields)) == expected


def test_the_noise_of_a_url_is_no_word() -> None:
    index = build(*EVERYWHERE)
    for word in ("https", "www", "html"):
        assert rows(index, word) == []
    assert rows(index, "index") == [5]


def test_ties_are_in_order_of_row_and_the_limit_keeps_the_first() -> None:
    index = titled(*["Haie"] * 20)
    found, scores = search(index, "haie")
    assert found == list(range(20))
    assert len(set(scores)) == 1
    assert rows(index, "haie", limit=5) == [0, 1, 2, 3, 4]


def test_what_is_not_allowed_leaves_room_for_others() -> None:
    index = titled(*["Haie"] * 20)
    allowed = np.zeros(20, np.bool_)
    allowed[[3, 7, 19]] = True
    assert rows(index, "haie", limit=2, allowed=allowed) == [3, 7]
    assert rows(index, "haie", allowed=allowed) == [3, 7, 19]
    assert rows(index, "haie", allowed=np.zeros(20, np.bool_)) == []


def test_a_filter_changes_no_score() -> None:
    index = titled("Haie", "Haie vive", "Haie vive ancienne", "Bocage")
    expected = dict(zip(*search(index, "haie vive"), strict=True))
    allowed = np.array([True, False, True, True])
    kept = dict(zip(*search(index, "haie vive", allowed=allowed), strict=True))
    assert kept == {row: expected[row] for row in (0, 2)}


@pytest.mark.parametrize("question", ["", "absent", "¶", "  "])
def test_nothing_is_found(question: str) -> None:
    assert rows(titled("Haie", "Bocage"), question) == []


def test_a_word_that_is_a_query_elsewhere_is_a_word_here() -> None:
    index = titled("Haie OR bocage", "title:haie*")
    assert index.product([(Term("text", "exact", "title:haie*"), 1)], 10, None)[0].tolist() == []
    assert rows(index, "or") == [0]


def test_an_empty_library() -> None:
    index = build()
    assert rows(index, "haie") == []
    assert held(index.with_word("haie", TEXT)) == []
    assert held(index.with_phrase(["haie", "vive"], TEXT)) == []
    assert index.words("h", 5, "text") == []
    assert index.document_frequencies([HEDGE]).tolist() == [0]
    assert index.average_length("text") == 0


def test_a_very_long_word_and_a_very_long_text_are_taken() -> None:
    index = build(Bookmark("x" * 200_000, description="haie " * 50_000), Bookmark("bocage"))
    assert rows(index, "haie") == [0]
    assert rows(index, "bocage") == [1]


# Phrases


@pytest.mark.parametrize(
    ("phrase", "expected"),
    [
        ("protection sociale", [0, 1]),
        ("Protection Sociale", [0, 1]),
        ("protéction sociale", [0, 1]),
        ("la protection", [0, 2]),
        ("sociale protection", []),
        ("protection des", [2]),
        ("l'emploi", [3]),
        ("l’emploi public", [3]),
    ],
)
def test_a_phrase_is_its_words_in_their_order(phrase: str, expected: list[int]) -> None:
    index = titled(
        "La protection sociale",
        "Protection sociale et haies",
        "La protection des haies, sociale",
        "De l’emploi public",
    )
    assert held(index.with_phrase(split(phrase), TEXT)) == expected


def test_a_phrase_does_not_run_from_one_text_into_the_next() -> None:
    index = build(
        Bookmark("x", annotations=(Annotation("la protection"), Annotation("sociale des haies"))),
        Bookmark("x", annotations=(Annotation("la protection", note="sociale"),)),
        Bookmark("x", tags=("protection", "sociale")),
        Bookmark("protection", description="sociale"),
        Bookmark("x", annotations=(Annotation("ailleurs"), Annotation("la protection sociale"))),
    )
    assert held(index.with_phrase(["protection", "sociale"], TEXT)) == [4]


def test_a_phrase_is_of_the_forms_that_were_typed() -> None:
    index = titled("Protections sociales", "Protection sociale")
    assert held(index.with_phrase(["protection", "sociale"], TEXT)) == [1]
    assert held(index.with_phrase(["sociale"], TEXT)) == [1]


# Counts


def test_document_frequencies_count_bookmarks() -> None:
    index = build(
        Bookmark("Haie et haie", description="haies", language="fr"),
        Bookmark("Les haies", language="fr"),
        Bookmark("Métiers", language="fr"),
    )
    terms = [
        HEDGE,
        Term("text", "exact", "haies"),
        Term("description", "stem", "hai"),
        Term("text", "stem", "x"),
    ]
    assert index.document_frequencies(terms).tolist() == [2, 2, 1, 0]


def test_with_word_finds_every_form() -> None:
    index = titled("Les métiers", "Autre chose", "Un metier", "Le métier")
    assert held(index.with_word("metiers", TEXT)) == [0, 2, 3]


def test_words_that_begin_so() -> None:
    index = titled("Haie", "Haie vive", "Haies", "Hérisson", "Bocage")
    assert index.words("ha", None, "text") == [("haie", 2), ("haies", 1)]
    assert index.words("h", 2, "title") == [("haie", 2), ("haies", 1)]
    assert index.words("he", 2, "title") == [("herisson", 1)]
    assert index.words("z", 10, "text") == index.words("h", 10, "notes") == []
    assert len(index.words("", None, "text")) == 5


def test_lengths_count_all_words() -> None:
    index = build(
        Bookmark("La plate-forme", tags=("a", "b c"), annotations=(Annotation("un deux", note="trois"),)),
        Bookmark("Haie"),
    )
    everything = np.arange(2)
    # Joined up, a hyphenated word is one more.
    assert index.lengths("title", everything).tolist() == [4, 1]
    assert index.lengths("tags", everything).tolist() == [3, 0]
    assert index.lengths("notes", everything).tolist() == [1, 0]
    assert index.lengths("text", everything).tolist() == [10, 1]
    assert index.average_length("text") == 5.5


def test_weights_are_those_of_bm25() -> None:
    index = build(Bookmark("haie haie bocage"), Bookmark("haie"), Bookmark("bocage"))
    # k1 = 1.2, b = .75; three words, one and one: 5 / 3 in the mean.
    first = 2 * 2.2 / (2 + 1.2 * (0.25 + 0.75 * 3 / (5 / 3)))
    second = 1 * 2.2 / (1 + 1.2 * (0.25 + 0.75 * 1 / (5 / 3)))
    weights = index.term_weights(
        [HEDGE, Term("title", "exact", "haie"), Term("url", "exact", "haie")], np.array([2, 0, 1, 0])
    )
    assert weights == pytest.approx(
        np.array([[0, 0, 0], [first, first, 0], [second, second, 0], [first, first, 0]])
    )
    found, scores = index.product([(HEDGE, 2.0), (Term("text", "stem", "bocag"), 1.0)], 10, None)
    other = 1 * 2.2 / (1 + 1.2 * (0.25 + 0.75 * 3 / (5 / 3)))
    assert found.tolist() == [0, 1, 2]
    assert scores == pytest.approx([2 * first + other, 2 * second, second])


# Several segments

OLD = [
    Bookmark("Haie vive et haie"),
    Bookmark("Bocage des haies"),
    Bookmark("Une plate-forme"),
    Bookmark("Métiers"),
]
NEW = [Bookmark("Haie morte"), Bookmark("", annotations=(Annotation("Le bocage", note="vif"),))]


def several() -> tuple[KeywordLeg, KeywordLeg]:
    """Two segments of which two rows are superseded, and the same four bookmarks in one."""
    parts = [SegmentWords(words.build(OLD)), SegmentWords(words.build(NEW))]
    leg = KeywordLeg([(parts[0], np.array([0, -1, 2, -1])), (parts[1], np.array([1, 3]))], 4)
    return leg, build(OLD[0], NEW[0], OLD[2], NEW[1])


@pytest.mark.parametrize("question", ["haie", "bocage", "plateforme", "haie vive morte", "métiers"])
def test_what_is_superseded_counts_nowhere(question: str) -> None:
    leg, whole = several()
    assert search(leg, question) == search(whole, question)
    terms = [term for word in split(question) for term in forms_of(word, ("text", "title", "notes"))]
    assert leg.document_frequencies(terms).tolist() == whole.document_frequencies(terms).tolist()
    everything = np.arange(4)
    assert (leg.term_weights(terms, everything) == whole.term_weights(terms, everything)).all()
    assert held(leg.with_phrase(split(question), TEXT)) == held(whole.with_phrase(split(question), TEXT))
    assert leg.words("", None, "text") == whole.words("", None, "text")
    assert leg.average_length("text") == whole.average_length("text")


def test_merged_segments_are_those_of_a_build() -> None:
    parts = [(words.build(OLD), np.array([0, -1, 2, -1])), (words.build(NEW), np.array([1, 3]))]
    merged, built = words.merge(parts, 4), words.build([OLD[0], NEW[0], OLD[2], NEW[1]])
    assert merged.keys() == built.keys()
    for name, array in built.items():
        assert merged[name].dtype == array.dtype, name
        assert merged[name].tolist() == array.tolist(), name


def test_a_merge_of_nothing_is_an_empty_build() -> None:
    merged = words.merge([(words.build(OLD), np.full(4, -1))], 0)
    assert {name: array.tolist() for name, array in merged.items()} == {
        name: array.tolist() for name, array in words.build([]).items()
    }
