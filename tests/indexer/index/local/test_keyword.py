"""The keyword index: which forms of a word are found, where, and in what order."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from glane_indexer.errors import GenerationError
from glane_indexer.index.local.keyword import LexicalIndex
from glane_indexer.models import Annotation, Bookmark
from glane_indexer.text import tokens


def build(folder: Path, *bookmarks: Bookmark) -> LexicalIndex:
    LexicalIndex.build(bookmarks, folder / "lexical")
    return LexicalIndex.open(folder / "lexical")


def titled(folder: Path, *titles: str, language: str = "fr") -> LexicalIndex:
    return build(folder, *(Bookmark(title, language=language) for title in titles))


def words(text: str) -> list[str]:
    return [token.form for token in tokens(text)]


def rows(index: LexicalIndex, question: str, **options: object) -> list[int]:
    return index.search(words(question), **options)[0].tolist()  # type: ignore[arg-type]


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
        ("loi", "Les lois"),
        ("e\u0301te\u0301", "L’été"),
        ("travailler", "Elle travaille"),
        ("ﬁn", "La fin"),
        ("日本", "日本語"),
        ("2016", "Bilan 2016"),
    ],
)
def test_a_word_is_found_in_another_form(tmp_path: Path, question: str, title: str) -> None:
    index = titled(tmp_path, "Autre chose", title, "Rien de tel")
    assert rows(index, question)[0] == 1


def test_english_bookmarks_are_stemmed_in_english(tmp_path: Path) -> None:
    index = titled(tmp_path, "Hedge planting", "The birds", language="en")
    assert rows(index, "hedges") == [0]
    assert rows(index, "planted") == [0]


def test_the_form_that_was_typed_ranks_first(tmp_path: Path) -> None:
    index = titled(tmp_path, "Nos donnees ici", "Nos données ici", "Nos métiers ici")
    assert rows(index, "données") == [1, 0]
    assert rows(index, "donnees") == [0, 1]
    index = titled(tmp_path / "more", "Nos métiers", "Un métier", "Un metier")
    assert rows(index, "métier")[0] == 1
    assert rows(index, "metier")[0] == 2


def test_a_rare_spelling_does_not_rank_before_the_usual_one(tmp_path: Path) -> None:
    index = titled(tmp_path, "Nos donnees ici", *["Nos données ici"] * 30, *["Autre chose ici"] * 60)
    assert rows(index, "données") == [*range(1, 31), 0]
    # Typed without accents it is the exact form, and first.
    assert rows(index, "donnees") == list(range(31))


def test_the_weights_of_the_forms_count(tmp_path: Path) -> None:
    index = titled(tmp_path, "Nos donnees ici", "Nos données ici")
    plain, scores = index.search(["données"], exact_weight=0, folded_weight=0)
    assert plain.tolist() == [0, 1]
    assert scores[0] == scores[1]
    more, weighed = index.search(["données"], exact_weight=0.5, folded_weight=0)
    assert more.tolist() == [1, 0]
    # Both forms stand in one title of three words each, so only the exact one is worth more.
    assert weighed[1] == pytest.approx(scores[0])
    assert weighed[0] > weighed[1]


def test_all_apostrophes_score_alike(tmp_path: Path) -> None:
    index = titled(tmp_path, "Le droit à l’emploi", "Autre chose")
    found = [index.search(words(text)) for text in ("l'emploi", "l’emploi", "L＇emploi")]
    assert [rows.tolist() for rows, _ in found] == [[0]] * 3
    assert len({float(scores[0]) for _, scores in found}) == 1
    assert rows(index, "emploi") == [0]


def test_several_words_are_any_of_them_and_all_rank_first(tmp_path: Path) -> None:
    index = titled(tmp_path, "Haie ancienne", "Haie et bocage", "Bocage ancien", "Autre chose")
    found = rows(index, "haie bocage")
    assert found[0] == 1
    assert sorted(found) == [0, 1, 2]


def test_a_word_twice_counts_once(tmp_path: Path) -> None:
    index = titled(tmp_path, "Haie", "Bocage")
    once, twice = index.search(["haie"]), index.search(["haie", "haie"])
    assert once[1].tolist() == twice[1].tolist()


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
    ("parts", "expected"),
    [
        (("title",), [0]),
        (("tags",), [1]),
        (("annotations",), [2, 3]),
        (("description",), [4]),
        (("url",), [5]),
        (("title", "url"), [0, 5]),
        (("url", "description", "annotations", "tags", "title"), [0, 1, 2, 3, 4, 5]),
    ],
)
def test_only_the_parts_that_are_asked_for(
    tmp_path: Path, parts: tuple[str, ...], expected: list[int]
) -> None:
    index = build(tmp_path, *(replace(item, language="fr") for item in EVERYWHERE))
    assert sorted(rows(index, "haie", parts=parts)) == expected
    assert index.rows_with_word("haies", parts).tolist() == expected
    assert index.rows_with_phrase(["haie"], parts).tolist() == expected


def test_the_noise_of_a_url_is_no_word(tmp_path: Path) -> None:
    index = build(tmp_path, *EVERYWHERE)
    for word in ("https", "www", "html"):
        assert rows(index, word) == []
    assert rows(index, "index") == [5]


def test_a_title_outweighs_a_description(tmp_path: Path) -> None:
    index = build(tmp_path, Bookmark("bocage", description="haie"), Bookmark("haie", description="bocage"))
    assert rows(index, "haie") == [1, 0]


def test_ties_are_in_order_of_row_and_the_limit_keeps_the_first(tmp_path: Path) -> None:
    index = titled(tmp_path, *["Haie"] * 20)
    found, scores = index.search(["haie"])
    assert found.tolist() == list(range(20))
    assert len(set(scores.tolist())) == 1
    assert rows(index, "haie", limit=5) == [0, 1, 2, 3, 4]


def test_what_is_not_allowed_leaves_room_for_others(tmp_path: Path) -> None:
    index = titled(tmp_path, *["Haie"] * 20)
    allowed = np.zeros(20, np.bool_)
    allowed[[3, 7, 19]] = True
    assert rows(index, "haie", limit=2, allowed=allowed) == [3, 7]
    assert rows(index, "haie", allowed=allowed) == [3, 7, 19]
    assert rows(index, "haie", allowed=np.zeros(20, np.bool_)) == []


def test_a_filter_changes_no_score(tmp_path: Path) -> None:
    index = titled(tmp_path, "Haie", "Haie vive", "Haie vive ancienne", "Bocage")
    found, scores = index.search(["haie", "vive"])
    allowed = np.array([True, False, True, True])
    kept, same = index.search(["haie", "vive"], allowed=allowed)
    expected = dict(zip(found.tolist(), scores.tolist(), strict=True))
    assert dict(zip(kept.tolist(), same.tolist(), strict=True)) == {row: expected[row] for row in (0, 2)}


@pytest.mark.parametrize("question", ["", "absent", "¶", "  "])
def test_nothing_is_found(tmp_path: Path, question: str) -> None:
    assert rows(titled(tmp_path, "Haie", "Bocage"), question) == []


def test_a_word_that_is_a_query_elsewhere_is_a_word_here(tmp_path: Path) -> None:
    index = titled(tmp_path, "Haie OR bocage", "title:haie*")
    assert index.search(["title:haie*"])[0].tolist() == []
    assert rows(index, "or") == [0]


def test_an_empty_library(tmp_path: Path) -> None:
    index = build(tmp_path)
    assert rows(index, "haie") == []
    assert index.rows_with_word("haie").tolist() == []
    assert index.rows_with_phrase(["haie", "vive"]).tolist() == []
    assert index.words_starting_with("h", 5) == []
    assert index.document_frequency("haie") == 0


def test_a_very_long_word_and_a_very_long_text_are_taken(tmp_path: Path) -> None:
    index = build(tmp_path, Bookmark("x" * 200_000, description="haie " * 50_000), Bookmark("bocage"))
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
def test_a_phrase_is_its_words_in_their_order(tmp_path: Path, phrase: str, expected: list[int]) -> None:
    index = titled(
        tmp_path,
        "La protection sociale",
        "Protection sociale et haies",
        "La protection des haies, sociale",
        "De l’emploi public",
    )
    assert index.rows_with_phrase(words(phrase)).tolist() == expected


def test_a_phrase_does_not_run_from_one_text_into_the_next(tmp_path: Path) -> None:
    index = build(
        tmp_path,
        Bookmark("x", annotations=(Annotation("la protection"), Annotation("sociale des haies"))),
        Bookmark("x", annotations=(Annotation("la protection", note="sociale"),)),
        Bookmark("x", tags=("protection", "sociale")),
        Bookmark("protection", description="sociale"),
        Bookmark("x", annotations=(Annotation("ailleurs"), Annotation("la protection sociale"))),
    )
    assert index.rows_with_phrase(["protection", "sociale"]).tolist() == [4]


def test_a_phrase_is_of_the_forms_that_were_typed(tmp_path: Path) -> None:
    index = titled(tmp_path, "Protections sociales", "Protection sociale")
    assert index.rows_with_phrase(["protection", "sociale"]).tolist() == [1]
    assert index.rows_with_phrase(["sociale"]).tolist() == [1]


# Counts


def test_document_frequency_counts_bookmarks(tmp_path: Path) -> None:
    index = build(
        tmp_path,
        Bookmark("Haie et haie", description="haies", language="fr"),
        Bookmark("Les haies", language="fr"),
        Bookmark("Métiers", language="fr"),
    )
    assert index.document_frequency("haie") == 2
    assert index.document_frequency("metier") == 1
    assert index.document_frequency("absent") == 0


def test_rows_with_word_counts_every_form(tmp_path: Path) -> None:
    index = titled(tmp_path, "Les métiers", "Autre chose", "Un metier", "Le métier")
    assert index.rows_with_word("metiers").tolist() == [0, 2, 3]


def test_words_starting_with(tmp_path: Path) -> None:
    index = titled(tmp_path, "Haie", "Haie vive", "Haies", "Hérisson", "Bocage")
    assert dict(index.words_starting_with("ha", 10)) == {"haie": 2, "haies": 1}
    assert len(index.words_starting_with("h", 2)) == 2
    assert index.words_starting_with("z", 10) == []


# The folder


def test_an_index_that_is_missing_or_damaged_is_told(tmp_path: Path) -> None:
    with pytest.raises(GenerationError, match="the keyword index cannot be opened"):
        LexicalIndex.open(tmp_path / "nowhere")
    build(tmp_path, Bookmark("Haie"))
    (tmp_path / "lexical" / "meta.json").write_text("damaged")
    with pytest.raises(GenerationError) as caught:
        LexicalIndex.open(tmp_path / "lexical")
    assert caught.value.where == str(tmp_path / "lexical")
    assert "glane index" in caught.value.hint


def test_a_segment_that_is_missing_is_told(tmp_path: Path) -> None:
    build(tmp_path, Bookmark("Haie"))
    for path in (tmp_path / "lexical").iterdir():
        if path.suffix in (".term", ".idx", ".store", ".fast"):
            path.unlink()
    with pytest.raises(GenerationError, match="the keyword index cannot be opened"):
        LexicalIndex.open(tmp_path / "lexical")


def test_two_builds_of_one_library_answer_alike(tmp_path: Path) -> None:
    titles = [f"Haie {number} {'vive ' * (number % 3)}bocage" for number in range(50)]
    answers = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        found, scores = titled(tmp_path / name, *titles).search(["haie", "vive"])
        answers.append((found.tolist(), scores.tolist()))
    assert answers[0] == answers[1]
