"""The language of a bookmark, where there is enough of it to tell."""

from __future__ import annotations

import pytest

from glane_indexer.language import LANGUAGES, SAMPLE_CHARS, bookmark_language, detect
from glane_indexer.models import Annotation, Bookmark

FRENCH = "Les haies du canton abritent des oiseaux et des hérissons."
ENGLISH = "The hedges of the county are home to birds and hedgehogs."


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (FRENCH, "fr"),
        (ENGLISH, "en"),
        ("Die Hecken des Kantons bieten Vögeln und Igeln ein Zuhause.", "de"),
        ("Los setos del cantón dan refugio a pájaros y erizos.", "es"),
        ("Le siepi del cantone danno riparo a uccelli e ricci.", "it"),
        ("Изгороди округа служат домом птицам и ежам.", "ru"),
        ("この地域の生け垣には鳥やハリネズミが住んでいる。", "ja"),
    ],
)
def test_a_sentence_is_told(text: str, code: str) -> None:
    assert detect(text) == code
    assert code in LANGUAGES


@pytest.mark.parametrize(
    "text", ["", "  ", "Haies", "Haies bocage", "2019 04 02 - 17", "!!! ??? ...", "\x00"]
)
def test_too_little_is_not_told(text: str) -> None:
    assert detect(text) == ""


def test_only_the_beginning_counts() -> None:
    assert detect((FRENCH + " ") * (SAMPLE_CHARS // len(FRENCH)) + ENGLISH * 500) == "fr"


def test_a_bookmark_is_in_the_language_of_most_of_it() -> None:
    assert bookmark_language(Bookmark("Web 2.0", annotations=(Annotation(FRENCH),))) == "fr"
    assert bookmark_language(Bookmark("Web 2.0", description=ENGLISH)) == "en"
    mixed = Bookmark("The hedges of us", description=FRENCH, annotations=(Annotation(FRENCH),) * 3)
    assert bookmark_language(mixed) == "fr"
    assert bookmark_language(Bookmark("Web", tags=("les", "haies", "du", "canton"))) == ""
