"""Ids and addresses: what makes two bookmarks one, and which urls may become a link."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from glane_indexer.identity import (
    MAX_URL,
    canonical_url,
    first_edition_id,
    identify,
    page_id,
    safe_url,
    second_id,
)
from glane_indexer.models import Annotation, Bookmark

PAGE = "https://haies.example/a/page?x=1&y=2"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://Haies.Example/a/", "https://haies.example/a"),
        ("http://WWW.haies.example/a", "https://www.haies.example/a"),
        ("https://m.haies.example/a", "https://m.haies.example/a"),
        ("HTTPS://haies.example:443/a", "https://haies.example/a"),
        ("http://haies.example:80/a", "https://haies.example/a"),
        ("https://haies.example:8443/a", "https://haies.example:8443/a"),
        ("https://haies.example", "https://haies.example"),
        ("https://haies.example/", "https://haies.example"),
        ("https://haies.example./a", "https://haies.example/a"),
        ("  https://haies.example/a \n", "https://haies.example/a"),
        ("https://haies.example/a#part-2", "https://haies.example/a"),
        ("https://haies.example/#!/a", "https://haies.example#!/a"),
        ("https://haies.example/#/a/", "https://haies.example#/a"),
        ("https://haies.example/#/", "https://haies.example"),
        ("https://haies.example/a#:~:text=une%20haie", "https://haies.example/a"),
        ("https://haies.example/a?_hsenc=x&b=1&mkt_tok=y", "https://haies.example/a?b=1"),
        ("https://haies.example/A?B=C", "https://haies.example/A?B=C"),
        ("https://haies.example/a?utm_source=x&utm_medium=y", "https://haies.example/a"),
        ("https://haies.example/a?fbclid=x&page=2&gclid=y", "https://haies.example/a?page=2"),
        ("https://haies.example/a?page=2&empty=", "https://haies.example/a?page=2&empty="),
        ("https://haies.example/a?page=2&empty=&xtor=RSS-1", "https://haies.example/a?page=2&empty="),
        # Only a parameter's own name counts: this one merely ends like one that tracks.
        ("https://haies.example/a?my_utm_source=x", "https://haies.example/a?my_utm_source=x"),
        ("https://éa.example/é", "https://éa.example/é"),
        ("javascript:alert(1)", "javascript:alert(1)"),
        ("mailto:a@b.example", "mailto:a@b.example"),
        ("https:///a", "https:///a"),
        ("https://haies.example:port/a", "https://haies.example:port/a"),
        ("https://[::1", "https://[::1"),
        ("haies.example/a", "haies.example/a"),
        ("", ""),
    ],
)
def test_canonical_url(url: str, expected: str) -> None:
    assert canonical_url(url) == expected
    assert canonical_url(expected) == expected


@pytest.mark.parametrize("query", ["q=été", "q=a%20b", "q=a+b", "q=%C3%A9", "flag", "a=1;b=2", "q=a,b:c/d"])
def test_a_tracking_parameter_leaves_the_others_as_they_are_written(query: str) -> None:
    plain = canonical_url(f"https://haies.example/a?{query}")
    assert plain == f"https://haies.example/a?{query}"
    assert canonical_url(f"https://haies.example/a?{query}&utm_source=feed") == plain
    assert canonical_url(f"https://haies.example/a?utm_source=feed&{query}&fbclid=1") == plain


def test_an_address_in_brackets_stays_one_and_differs_from_another_port() -> None:
    assert canonical_url("http://[2001:db8::1]/a") == "https://[2001:db8::1]/a"
    assert canonical_url("http://[2001:db8::1]:8080/a") == "https://[2001:db8::1]:8080/a"


@pytest.mark.parametrize(
    "url",
    [
        "https://haies.example",
        "HTTP://haies.example/a?b=c#d",
        "http://localhost:8000/",
        "https://haies.example:65535/",
        "https://éa.example/é–’",
        "http://[2001:db8::1]/",
        "https://haies.example/" + "a" * (MAX_URL - 22),
    ],
)
def test_a_page_may_become_a_link(url: str) -> None:
    assert safe_url(url) == url


@pytest.mark.parametrize(
    "url",
    [
        "",
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        " javascript:alert(1)",
        "java\tscript:alert(1)",
        "javascript://haies.example/%0aalert(1)",
        "data:text/html,<script>alert(1)</script>",
        "vbscript:msgbox(1)",
        "file:///etc/passwd",
        "ftp://haies.example/",
        "//haies.example/",
        "haies.example",
        "http:haies.example",
        "http:/haies.example",
        "https://",
        "https:///a",
        "https://:80/",
        "https://?q",
        "https://haies.example:port/",
        "https://haies.example:99999/",
        "https://haies.example:-1/",
        "https://haies.example:0/",
        "https://[::1/",
        "https://haies.example/a\tb",
        "https://haies.example/a\nb",
        "https://haies.example/a b",
        "\thttps://haies.example/",
        " https://haies.example/",
        "https://haies.example/\x00",
        "https://haies.example/\x7f",
        'https://haies.example/"onmouseover="alert(1)',
        "https://haies.example/<b>",
        "https:\\\\haies.example/",
        "https://haies.example\\@evil.example/",
        "https://haies.example/" + "a" * 10_000,
    ],
)
def test_what_is_no_page_never_becomes_a_link(url: str) -> None:
    assert safe_url(url) == ""


def test_an_id_is_sixteen_digits_and_the_same_for_all_ways_to_write_the_url() -> None:
    ids = {
        identify(Bookmark("A title", url)).id
        for url in (
            PAGE,
            "http://Haies.example:80/a/page/?x=1&y=2",
            f"{PAGE}#part",
            f"{PAGE}&utm_campaign=spring",
            "https://haies.example/a/page?fbclid=1&x=1&y=2",
        )
    }
    assert len(ids) == 1
    assert re.fullmatch(r"[0-9a-f]{16}", ids.pop())


def test_an_id_is_the_one_it_has_always_been() -> None:
    # Change this and every link into every library breaks.
    assert identify(Bookmark("A title", "https://haies.example/")).id == "f69bdc802c8a3ee1"


def test_routes_and_hosts_are_pages_of_their_own_and_what_version_0_1_made_of_them_is_known() -> None:
    pages = ("https://haies.example", "https://www.haies.example", "https://haies.example/#/a")
    assert len({page_id(url) for url in pages}) == 3
    # Version 0.1 gave all of them the id of the first.
    assert {first_edition_id(url) for url in pages} == {page_id(pages[0])}
    assert first_edition_id(f"{pages[0]}#!/a") == page_id(f"{pages[0]}#!/a")
    assert len({page_id(pages[0]), second_id(pages[0]), page_id(pages[0], "other")}) == 3


def test_only_the_url_tells_bookmarks_apart_where_there_is_one() -> None:
    first = identify(Bookmark("A title", PAGE, contributor="Ada", tags=("x",)))
    assert identify(Bookmark("Another", PAGE, contributor="Bob", views=3)).id == first.id
    assert identify(Bookmark("A title", PAGE + "3", contributor="Ada")).id != first.id


def test_without_a_url_title_and_contributor_tell() -> None:
    first = identify(Bookmark("Un  titre\u00a0: court", contributor="Ada")).id
    assert identify(Bookmark("Un titre : court", contributor="Ada")).id == first
    assert identify(Bookmark("Un titre : court", contributor="Bob")).id != first
    assert identify(Bookmark("Un titre : long", contributor="Ada")).id != first


def test_two_libraries_have_ids_of_their_own_and_given_ids_stay() -> None:
    bookmark = Bookmark("A title", PAGE)
    assert identify(bookmark, "one").id != identify(bookmark, "two").id
    given = replace(bookmark, id="doc 1", annotations=(Annotation("Text", id="mine"),))
    assert identify(given) == given


def test_identifying_again_changes_nothing() -> None:
    once = identify(Bookmark("A title", PAGE, annotations=(Annotation("One"), Annotation("Two"))))
    assert identify(once) == once


def _annotation_ids(*annotations: Annotation, contributor: str = "Ada") -> list[str]:
    bookmark = identify(Bookmark("A title", PAGE, contributor=contributor, annotations=annotations))
    return [annotation.id for annotation in bookmark.annotations]


def test_an_annotation_id_does_not_depend_on_its_place_or_on_its_neighbours() -> None:
    one, two, three = Annotation("One"), Annotation("Two"), Annotation("Three")
    first = _annotation_ids(one, two, three)
    assert len(set(first)) == 3
    assert _annotation_ids(three, one) == [first[2], first[0]]


def test_an_annotation_is_told_by_text_and_author() -> None:
    (plain,) = _annotation_ids(Annotation("Le texte"))
    same = _annotation_ids(
        Annotation("Le  texte"),
        Annotation("Le\u00a0texte"),
        Annotation("Le texte", note="with a note"),
        Annotation("Le texte", author="Ada"),
    )
    assert set(same) == {plain}
    others = _annotation_ids(Annotation("Le texte", author="Bob"), Annotation("le texte"))
    assert len({plain, *others}) == 3


def test_a_note_without_a_text_is_told_by_the_note() -> None:
    ids = _annotation_ids(Annotation("", note="One"), Annotation("", note="Two"), Annotation("One"))
    assert len(set(ids)) == 3


def test_the_same_text_on_two_pages_is_two_annotations() -> None:
    ids = {
        identify(Bookmark("T", url, annotations=(Annotation("One"),))).annotations[0].id
        for url in (PAGE, PAGE + "3")
    }
    assert len(ids) == 2


def test_halves_of_a_surrogate_pair_have_an_id_too() -> None:
    assert len(identify(Bookmark("\ud800", annotations=(Annotation("\udfff"),))).id) == 16
