"""Is a sentence quoted, verbatim or nearly, and where?"""

from __future__ import annotations

import pytest

from glane_indexer.models import Annotation, Bookmark
from glane_service.search.quote_finder import Found, find

TEXT = "« Le gain médian tombe à 6,40 euros », dit l’enquête – et pas plus. Le reste est à eux."
BOOKMARKS = [
    Bookmark(
        id="b1",
        title="Une enquête auprès des coursiers",
        description="Des chiffres que personne n’avait encore réunis ainsi.",
        annotations=(
            Annotation(TEXT, note="Le chiffre est repris partout.", id="a1"),
            Annotation("Rien de tel ailleurs.", id="a2"),
        ),
    ),
    Bookmark(id="b2", title="Autre page", annotations=(Annotation("On dit qu’un gain tombe.", id="a3"),)),
]


def only(sentence: str) -> Found:
    (found,) = find(sentence, BOOKMARKS)
    return found


@pytest.mark.parametrize(
    "sentence",
    [
        "Le gain médian tombe à 6,40 euros",
        '"Le gain médian tombe à  6,40 euros",',
        "Le gain médian\ntombe à 6,40 euros.",
    ],
)
def test_verbatim_is_told_from_its_spaces_and_marks(sentence: str) -> None:
    found = only(sentence)
    assert found.verbatim and found.similarity == 1.0
    citation = found.citation
    assert citation.quote == "Le gain médian tombe à 6,40 euros"
    assert TEXT[citation.start : citation.end] == citation.quote
    assert (citation.field, citation.annotation) == ("text", BOOKMARKS[0].annotations[0])


def test_other_words_or_case_are_nearly_the_same() -> None:
    # Of seven words and seven, six are the same: 2 × 6 / 14.
    found = only("le gain moyen tombe à 6,40 euros")
    assert not found.verbatim and found.similarity == pytest.approx(6 * 2 / (7 + 7), abs=0.15)
    assert found.citation.quote.startswith("Le gain") and found.citation.quote.endswith("euros")
    folded = only("le gain median tombe a 6,40 EUROS")
    assert (folded.verbatim, folded.similarity) == (False, 1.0)


def test_every_field_is_looked_at() -> None:
    assert only("Des chiffres que personne n'avait encore réunis").citation.field == "description"
    assert only("Le chiffre est repris partout").citation.field == "note"
    assert only("une enquête auprès des coursiers").citation.field == "title"


def test_what_is_not_there_is_not_found() -> None:
    assert find("Le salaire minimum est un droit de chacun", BOOKMARKS) == []
    # The words are all there, in an order that quotes nothing.
    assert find("euros 6,40 à tombe médian gain le", BOOKMARKS) == []
    assert find("gain médian", BOOKMARKS) == []
    assert find("", BOOKMARKS) == [] and find("…", BOOKMARKS) == []
