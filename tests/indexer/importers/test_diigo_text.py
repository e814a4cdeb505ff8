"""The saved text of a Diigo group page: what is shown is read, and what is missing is told."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from glane_indexer.importers import diigo_text
from glane_indexer.importers.source import Source
from glane_indexer.models import Annotation, Bookmark, Imported, Missing, Problem

# A page as Diigo's users save them; all of it is invented.
PAGE = """\
Skip to main content

Home/ Haies&Bocage/ Group items matching "haie" in title, tags, annotations or url

Group items matching
in title, tags, annotations or url

Sort By: Relevance | Date Filter: All | Bookmarks | Topics Simple Middle
Ada Bocage

Les haies du canton… un inventaire | Revue des champs - 0 views

  •\x20
    "Un inventaire commune par commune : où l'on a planté, où l'on a arraché."
Ada Bocage

Planter une haie - - guide pratique - - 1,204 views

  • Une haie adulte abrite des oiseaux.
  • Elle coupe aussi le vent.
    Et elle retient l'eau.
  • ...3 more annotations...
  • Trois communes ont replanté.
  • « L'arrachage » a cessé en 1998.
  •\x20
    "Un guide, saison par saison."
Basile Orme

«Arracher pour produire», une idée ancienne | Sillons - 1 view

  • Le remembrement a changé les paysages.
"""
FOOT = """\
Dates du colloque - Haies 2018 - 0 views

  •\x20
    Le colloque a lieu en novembre.
  •\x20
    "Le programme est en ligne."
1 - 20 of 112 Next › Last »
Showing 20 items per page
"""
CHROME = re.compile(
    r"skip to main|group items|title, tags, annotations|sort by|more annotation|\d views?$|"
    r"1 - 20 of|showing \d+ items|next ›|^home/",
    re.IGNORECASE,
)
AROUND = set(
    re.findall(
        r"\w+",
        "skip main content home group items matching title tags annotations sort relevance date filter "
        "bookmarks topics simple middle next last showing page views view more travail haies bocage "
        "métier haie",
    )
)
REAL = Path(__file__).parents[4] / "shared/data/diigo/tic-travail-metier.txt"


def looks_like(text: str) -> bool:
    return diigo_text.recognise(Source(text.encode("utf-8", "surrogatepass"))) > 0


def read(text: str) -> Iterator[Imported]:
    return diigo_text.read(Source(text.encode("utf-8", "surrogatepass")))


def parts(text: str) -> tuple[list[Bookmark], list[Missing], list[Problem]]:
    items = list(read(text))
    return (
        [item for item in items if isinstance(item, Bookmark)],
        [item for item in items if isinstance(item, Missing)],
        [item for item in items if isinstance(item, Problem)],
    )


def test_every_item_of_a_page() -> None:
    bookmarks, missing, problems = parts(PAGE + "Ada Bocage\n\n" + FOOT)
    assert bookmarks == [
        Bookmark(
            "Les haies du canton… un inventaire | Revue des champs",
            contributor="Ada Bocage",
            description="Un inventaire commune par commune : où l'on a planté, où l'on a arraché.",
        ),
        Bookmark(
            "Planter une haie - - guide pratique",
            contributor="Ada Bocage",
            views=1204,
            description="Un guide, saison par saison.",
            annotations=(
                Annotation("Une haie adulte abrite des oiseaux."),
                Annotation("Elle coupe aussi le vent.\nEt elle retient l'eau."),
                Annotation("Trois communes ont replanté."),
                Annotation("« L'arrachage » a cessé en 1998."),
            ),
        ),
        Bookmark(
            "«Arracher pour produire», une idée ancienne | Sillons",
            contributor="Basile Orme",
            views=1,
            annotations=(Annotation("Le remembrement a changé les paysages."),),
        ),
        Bookmark(
            "Dates du colloque - Haies 2018",
            contributor="Ada Bocage",
            description='Le colloque a lieu en novembre.\n\n"Le programme est en ligne."',
        ),
    ]
    # Of the 3 folded highlights 2 follow; of the 20 items 4 are there.
    assert missing == [Missing("line 22", annotations=1), Missing("line 40", bookmarks=16)]
    assert problems == []


@pytest.mark.parametrize(
    ("page", "bookmarks", "contributors", "descriptions", "annotations", "missing"),
    [
        pytest.param(PAGE + "Ada Bocage\n\n" + FOOT, 4, 2, 3, 5, (16, 1), id="invented"),
        *(
            [pytest.param(REAL.read_text("utf-8"), 19, 3, 15, 124, (1, 0), id="real")]
            if REAL.exists()
            else []
        ),
    ],
)
def test_nothing_of_a_page_is_lost_and_nothing_around_it_kept(
    page: str, bookmarks: int, contributors: int, descriptions: int, annotations: int, missing: object
) -> None:
    found, announced, problems = parts(page)
    assert len(found) == bookmarks
    assert len({item.contributor for item in found}) == contributors
    assert sum(bool(item.description) for item in found) == descriptions
    assert sum(len(item.annotations) for item in found) == annotations
    assert missing == (
        sum(item.bookmarks for item in announced),
        sum(item.annotations for item in announced),
    )
    assert problems == []
    texts = [
        text
        for item in found
        for text in (item.title, item.description, item.contributor, *(a.text for a in item.annotations))
    ]
    assert [text for text in texts if CHROME.search(text)] == []
    # All words of the page are words of a bookmark, or the page's own.
    words = set(re.findall(r"\w{4,}", " ".join(texts)))
    lost = {word.lower() for word in re.findall(r"\w{4,}", page) if word not in words}
    assert lost - AROUND == set()


if REAL.exists():

    def test_the_longest_item_of_the_real_page() -> None:
        found, _, _ = parts(REAL.read_text("utf-8"))
        (longest,) = [item for item in found if "protection sociale" in item.title.lower()]
        # 3 before the fold, and the 42 that it announces.
        assert len(longest.annotations) == 45
        assert [item for item in found if len(item.annotations) > 15] == [longest]


def test_an_item_without_a_contributor_has_none() -> None:
    found, _, problems = parts("Un titre - 3 views\n\n  • Un passage\n\nUn autre - 0 views\n  • Deux\n")
    assert [(item.title, item.contributor, item.views) for item in found] == [
        ("Un titre", "", 3),
        ("Un autre", "", 0),
    ]
    assert problems == []


def test_a_stray_line_is_told_and_is_no_contributor() -> None:
    page = "Une publicité\nAda\nUn titre - 0 views\n  • Un passage\nEncore une ligne\n"
    (found,), missing, problems = parts(page)
    assert found == Bookmark("Un titre", contributor="Ada", annotations=(Annotation("Un passage"),))
    assert missing == []
    assert [(item.where, item.message) for item in problems] == [
        ("line 1", "neither a bookmark nor part of one: 'Une publicité'"),
        ("line 5", "neither a bookmark nor part of one: 'Encore une ligne'"),
    ]


def test_text_under_a_title_that_belongs_to_nothing_is_told() -> None:
    (found,), _, problems = parts("Un titre - 0 views\n    en retrait\n  • Un passage\n")
    assert found.annotations == (Annotation("Un passage"),)
    assert [item.where for item in problems] == ["line 2"]


def test_a_bullet_before_any_title_is_told() -> None:
    found, _, problems = parts("  • Un passage sans titre\n\nUn titre - 0 views\n  • Un passage\n")
    assert [item.annotations for item in found] == [(Annotation("Un passage"),)]
    assert [item.where for item in problems] == ["line 1"]


def test_a_line_between_two_bullets_costs_neither() -> None:
    (found,), _, problems = parts("Un titre - 0 views\n  • Un\nUne publicité\n  • Deux\n")
    assert found == Bookmark("Un titre", annotations=(Annotation("Un"), Annotation("Deux")))
    assert [item.where for item in problems] == ["line 3"]


def test_a_url_and_tags_below_the_title_are_read() -> None:
    page = "Ada\nUn titre - 0 views\nhttps://haies.example/a\nTags: haie vive, bocage\n  • Un passage\n"
    (found,), _, problems = parts(page)
    assert (found.url, found.tags) == ("https://haies.example/a", ("haie vive", "bocage"))
    assert problems == []
    (found,), _, _ = parts("Un titre - 0 views\n  tags: haie bocage\n")
    assert found.tags == ("haie", "bocage")


def test_a_url_within_a_highlight_stays_there() -> None:
    (found,), _, _ = parts("Un titre - 0 views\n  • Voir\n    https://haies.example/a\n")
    assert (found.url, found.annotations) == ("", (Annotation("Voir\nhttps://haies.example/a"),))


@pytest.mark.parametrize(
    ("after", "missing"),
    [("", 2), ("  • Un\n", 1), ("  • Un\n  • Deux\n", 0), ("  • Un\n  • Deux\n  • Trois\n", 0)],
)
def test_a_fold_counts_what_follows_it(after: str, missing: int) -> None:
    _, found, _ = parts(f"Un titre - 0 views\n  • Zéro\n  • ...2 more annotations...\n{after}")
    assert sum(item.annotations for item in found) == missing
    assert [item.where for item in found] == (["line 3"] if missing else [])


@pytest.mark.parametrize("text", ["", "\n\n", "Skip to main content\n", "1 - 20 of 112\n"])
def test_a_page_without_items_holds_none(text: str) -> None:
    found, _, problems = parts(text)
    assert (found, problems) == ([], [])


def test_windows_line_ends_and_a_byte_order_mark_change_nothing() -> None:
    assert list(read("\ufeff" + PAGE.replace("\n", "\r\n"))) == list(read(PAGE))


@pytest.mark.parametrize("filler", ["- ", "--", "  x", "1 - ", "all | ", "• "])
def test_a_very_long_line_takes_no_longer_than_it_is(filler: str) -> None:
    started = time.process_time()
    list(read(f"Un titre - 0 views\n{filler * 50_000}\n  • Un passage\n"))
    looks_like(filler * 50_000)
    # In proportion, it is some hundredths of a second; with the square it was a minute.
    assert time.process_time() - started < 3


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (PAGE, True),
        ("Un titre - 0 views\n\n  • Un passage\n", True),
        ("Un titre - 0 views\nSort By: Relevance | Date\n", True),
        ("Un titre - 0 views\n", False),
        ("  • Un passage\n", False),
        ("<html>\nUn titre - 0 views\n  • Un passage\n", False),
        ("title,url,tags\n", False),
        ("", False),
    ],
)
def test_looks_like(text: str, expected: bool) -> None:
    assert looks_like(text) is expected
