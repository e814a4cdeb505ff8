from __future__ import annotations

import re
import string
from datetime import UTC, datetime
from importlib.resources import files

import pytest

from glane_indexer.errors import UsageError
from glane_service.pages.formats import day, language_name, number, preferred
from glane_service.pages.messages import CATALOGUE, translator
from glane_service.pages.theme import (
    CONTRAST,
    DARK_PAPER,
    LIGHT_PAPER,
    _parse,
    accent_css,
    contrast,
    legible,
)

NBSP, NARROW = "\u00a0", "\u202f"


@pytest.mark.parametrize("key", CATALOGUE)
def test_both_languages_say_the_same(key: str) -> None:
    texts = CATALOGUE[key]
    assert set(texts) == {"fr", "en"}
    holes = [{name for _, name, _, _ in string.Formatter().parse(text) if name} for text in texts.values()]
    assert holes[0] == holes[1]
    assert texts["fr"].count("|") == texts["en"].count("|") <= 1


def test_every_text_of_the_catalogue_is_used() -> None:
    package = files("glane_service.pages")
    sources = [entry for entry in package.iterdir() if entry.name.endswith(".py")]
    sources += list(package.joinpath("templates").iterdir())
    text = "".join(entry.read_text("utf-8") for entry in sources if not entry.name.startswith("wording"))
    # Keys that are put together of a prefix and a value.
    made = [
        "mode_",
        "sort_",
        "kind_",
        "view_",
        "in_",
        "notice_",
        "facet_",
        "filter_",
        "fields_",
        "error_",
        "help_",
        "grade_",
        "why_",
        "key_",
        "cite_",
        "export_",
        "size_",
        "by_",
        "composed_",
    ]
    made += ["tag_page", "contributor_page", "tags_page", "contributors_page"]
    unused = [
        key
        for key in CATALOGUE
        if f'"{key}"' not in text and f"'{key}'" not in text and not key.startswith(tuple(made))
    ]
    assert unused == []


def test_plurals() -> None:
    french, english = translator("fr"), translator("en")
    assert [french("views", n=n) for n in (0, 1, 2)] == ["0 vue", "1 vue", "2 vues"]
    assert [english("views", n=n) for n in (0, 1, 2)] == ["0 views", "1 view", "2 views"]
    assert french("views", n=1234) == f"1{NARROW}234 vues"
    assert [french("size_bookmarks", n=n) for n in (0, 1, 2)] == ["0 signet", "1 signet", "2 signets"]
    assert french("show_results", n=1) == "Voir le résultat"


def test_french_spaces_do_not_break() -> None:
    assert translator("fr")("vote_question") == f"Ce résultat vous aide{NARROW}?"
    assert translator("fr")("nothing_for", q="x").startswith(f"Aucun signet ne répond à «{NBSP}x{NBSP}»")


def test_a_value_is_not_a_format() -> None:
    assert translator("en")("as_typed", q="{0} | %s") == "Search for “{0} | %s” as typed"


def test_numbers_and_dates() -> None:
    assert number(1234567, "fr") == f"1{NARROW}234{NARROW}567"
    assert number(1234.5, "en", 1) == "1,234.5"
    assert number(0.25, "fr", 2) == "0,25"
    first = datetime(2015, 3, 1, tzinfo=UTC)
    assert day(first, "fr") == "1er mars 2015"
    assert day(datetime(2015, 3, 11, tzinfo=UTC), "fr") == "11 mars 2015"
    assert day(first, "en") == "1 March 2015"
    assert day(datetime(2009, 8, 14, tzinfo=UTC), "fr") == "14 août 2009"
    assert day(datetime(2009, 11, 1, tzinfo=UTC), "fr", short=True) == "1er nov. 2009"
    assert day(datetime(2009, 11, 14, tzinfo=UTC), "en", short=True) == "14 Nov 2009"


def test_names_of_languages() -> None:
    assert language_name("de", "fr") == "allemand"
    assert language_name("de", "en") == "German"
    assert language_name("xx", "fr") == "xx"


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("", "fr"),
        ("en", "en"),
        ("fr-CA,fr;q=0.9,en;q=0.8", "fr"),
        ("en-GB,en;q=0.9,fr;q=0.8", "en"),
        ("de,en;q=0.5", "en"),
        ("de", "fr"),
        ("fr;q=0.2, en;q=0.7", "en"),
        ("en;q=0", "fr"),
        ("en;q=zzz", "fr"),
        (";;;,,,=", "fr"),
    ],
)
def test_the_language_a_browser_asks_for(header: str, expected: str) -> None:
    assert preferred(header, "fr") == expected


def test_a_colour_is_made_legible_on_both_papers() -> None:
    for color in ("#ffffff", "#000000", "#ff0000", "#ffd700", "#1f5c4d", "#777777", "#00f"):
        for paper in (LIGHT_PAPER, DARK_PAPER):
            shown = legible(color, paper)
            assert contrast(_parse(shown), _parse(paper)) >= CONTRAST - 0.05


def test_a_legible_colour_is_left_alone() -> None:
    assert legible("#1f5c4d", LIGHT_PAPER) == "#1f5c4d"
    assert legible("#92cdb6", DARK_PAPER) == "#92cdb6"
    # White on black has the largest contrast that there is.
    assert contrast((0, 0, 0), (1, 1, 1)) == pytest.approx(21)


@pytest.mark.parametrize("color", ["red", "#12345", "#12345g", "#fff;}body{display:none", ""])
def test_what_is_not_a_colour_is_refused(color: str) -> None:
    with pytest.raises(UsageError, match="is not a colour"):
        accent_css(color)


def test_the_papers_of_the_theme_are_those_of_the_style() -> None:
    style = files("glane_service.pages").joinpath("static/glane.css").read_text("utf-8")
    assert re.findall(r"--paper: (#\w+)", style)[:2] == [LIGHT_PAPER, DARK_PAPER]
