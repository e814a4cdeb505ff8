"""Texts, tags and dates as every importer cleans them."""

from __future__ import annotations

import unicodedata
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glane_indexer.importers.clean import (
    clean_line,
    clean_tags,
    clean_text,
    parse_moment,
    split_tags,
    unescape,
    unquoted,
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ""),
        (" \t\n ", ""),
        ("  one   two\t three ", "one two three"),
        ("one\r\ntwo\rthree", "one\ntwo\nthree"),
        ("one \n two", "one\ntwo"),
        ("one\n\n\n\n\ntwo", "one\n\ntwo"),
        ("one\n \t\n\n two", "one\n\ntwo"),
        ("one\u2028two\u2029three\x85four", "one\ntwo\nthree\nfour"),
        ("a\x00b\x07c\x1bd\x7fe", "abcde"),
        ("a\u200bb\u2060c\ufeffd", "abcd"),
        ("user\u202etxt.exe\u2066x\u2069", "usertxt.exex"),
        # Persian and emoji are written with joiners.
        ("می\u200cخواهم 👩\u200d🌾", "می\u200cخواهم 👩\u200d🌾"),
        ("Pourquoi\u00a0? Ici\u202f: là", "Pourquoi\u00a0? Ici\u202f: là"),
        ("a \u00a0 b", "a b"),
        ("metier\u0301", "metieŕ"),
        ("e\u0301te\u0301", "été"),
        # What stood between a letter and its accent is gone before they are joined.
        ("e\u200b\u0301", "é"),
        ("\u3000全角\u3000文字", "全角 文字"),
    ],
)
def test_clean_text(text: str, expected: str) -> None:
    assert clean_text(text) == expected


@given(
    st.text(st.one_of(st.characters(), st.sampled_from(" \n\r\t\u00a0\u200b\u0301e\u2028")), max_size=40)
)
def test_a_cleaned_text_is_clean(text: str) -> None:
    cleaned = clean_text(text)
    assert clean_text(cleaned) == cleaned
    assert cleaned == cleaned.strip()
    assert "\n\n\n" not in cleaned
    assert unicodedata.is_normalized("NFC", cleaned)
    line = clean_line(text)
    assert clean_line(line) == line
    assert line.splitlines() in ([], [line])


def test_clean_line_joins_lines_and_has_plain_spaces_only() -> None:
    assert clean_line(" Un\n\n titre\u00a0: long ") == "Un titre : long"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", "plain"),
        ("&amp;&#233;&eacute;&#x2019;", "&éé’"),
        ("a &lt;b&gt; c", "a <b> c"),
        ("AT&T & co", "AT&T & co"),
        ("&nosuch;", "&nosuch;"),
        ("&amp;lt;", "&lt;"),
    ],
)
def test_unescape(text: str, expected: str) -> None:
    assert unescape(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('"Le tout."', "Le tout."),
        ('" Le tout. "', "Le tout."),
        ('"Il dit "oui" et part."', 'Il dit "oui" et part.'),
        ('"L\'"avenir" est là."', 'L\'"avenir" est là.'),
        ('""Oui", dit-il."', '"Oui", dit-il.'),
        # Two quotations, and no marks around the whole.
        ('"Oui" et "non"', '"Oui" et "non"'),
        ('"Oui", puis "non", puis "oui"', '"Oui", puis "non", puis "oui"'),
        ('"Oui', '"Oui'),
        ('Oui"', 'Oui"'),
        ('"', '"'),
        ('""', '""'),
        ('"Un pouce: 1" de trop"', '"Un pouce: 1" de trop"'),
        ("", ""),
    ],
)
def test_unquoted(text: str, expected: str) -> None:
    assert unquoted(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ()),
        ("no_tag", ()),
        ("NO_TAG,haie", ("haie",)),
        ("haie, bocage ,, haie", ("haie", "bocage")),
        ("Haie,haie,HAIE", ("Haie",)),
        ('"haie vive",#bocage', ("haie vive", "bocage")),
        ("données  ouvertes,c#", ("données ouvertes", "c#")),
        ("b,a", ("b", "a")),
    ],
)
def test_split_tags(text: str, expected: tuple[str, ...]) -> None:
    assert split_tags(text) == expected


def test_tags_may_have_another_separator() -> None:
    assert split_tags("haie vive;bocage", ";") == ("haie vive", "bocage")
    assert clean_tags(["a\nb", "\u200b", "ete\u0301"]) == ("a b", "eté")


@pytest.mark.parametrize(
    "text",
    [
        "2016-05-03T10:20:00Z",
        "2016-05-03T10:20:00",
        "2016-05-03 10:20:00",
        "2016-05-03 10:20",
        "2016-05-03 10:20:00 UTC",
        "2016-05-03T12:20:00+02:00",
        "2016-05-03 12:20:00 +0200",
        "2016/05/03 10:20:00 +0000",
        "2016/05/03 05:20:00 -0500",
        "  2016-05-03T10:20:00Z\n",
        "Tue, 03 May 2016 10:20:00 GMT",
        "Tue, 3 May 2016 12:20:00 +0200",
        "1462270800",
    ],
)
def test_a_moment_is_read_in_every_form(text: str) -> None:
    assert parse_moment(text) == datetime(2016, 5, 3, 10, 20, tzinfo=UTC)


def test_a_day_is_its_first_moment_and_fractions_are_kept() -> None:
    assert parse_moment("2016-05-03") == datetime(2016, 5, 3, tzinfo=UTC)
    assert parse_moment("2016-05-03T10:20:00.25Z") == datetime(2016, 5, 3, 10, 20, 0, 250_000, UTC)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "soon",
        "2016",
        "12345678",
        "2016-13-01",
        "2016-02-30",
        "31/12/2016",
        "Tue, 99 May 2016 10:20:00 GMT",
        "Mon, 1 Jan 99999999999999999999 00:00:00 +0000",
        "Mon, 1 Jan 2016 00:00:00 +99999999999999",
        "0001-01-01T00:00:00+10:00",
        "\x00",
    ],
)
def test_what_is_no_moment_is_none(text: str) -> None:
    assert parse_moment(text) is None


@given(st.text(st.sampled_from("0123456789-/:+ TZ,.JanMonGMT"), max_size=32))
def test_a_moment_is_in_utc_or_none(text: str) -> None:
    moment = parse_moment(text)
    assert moment is None or moment.tzinfo is UTC
