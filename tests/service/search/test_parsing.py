"""What a question's text means, and what is said of the parts that mean nothing here."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glane_service.search.parsing import MAX_OPERATORS, parse
from glane_service.search.query import Filters


def test_operators_are_taken_out_of_the_text() -> None:
    parsed = parse(
        'protection "sociale des données" -uber tag:travail by:"Anne Dupont" before:2016 after:2010-05'
    )
    assert parsed.text == "protection sociale des données"
    assert parsed.words == ("protection", "sociale", "données")
    assert parsed.phrases == (("sociale", "des", "données"),)
    assert parsed.excluded == (("uber",),)
    assert parsed.filters == Filters(
        tags=("travail",), contributor="Anne Dupont", after=date(2010, 5, 1), before=date(2016, 12, 31)
    )
    assert parsed.notices == ()


def test_a_hyphen_within_a_word_excludes_nothing() -> None:
    parsed = parse("peut-on être auto-entrepreneur ?")
    assert parsed.excluded == ()
    assert parsed.words == ("auto", "entrepreneur", "peuton", "autoentrepreneur")


def test_a_phrase_can_be_excluded() -> None:
    assert parse('emploi -"lean management"').excluded == (("lean", "management"),)


def test_stop_words_count_only_where_there_is_nothing_else() -> None:
    assert parse("les métiers de la ville").words == ("métiers", "ville")
    assert parse("qui est ce").words == ("qui", "est", "ce")


def test_unbalanced_quotes_are_plain_words_and_said() -> None:
    parsed = parse('le "travail gratuit')
    assert parsed.words == ("travail", "gratuit")
    assert parsed.phrases == ()
    assert [notice.code for notice in parsed.notices] == ["unbalanced-quotes"]
    assert "4" in parsed.notices[0].message


def test_a_bad_date_is_plain_words_and_said() -> None:
    parsed = parse("before:hier les métiers")
    assert parsed.words == ("hier", "métiers")
    assert [notice.code for notice in parsed.notices] == ["bad-filter"]


def test_sites_are_compared_without_www() -> None:
    assert parse("site:www.Example.org").filters.site == "example.org"


@given(st.text(max_size=300))
def test_any_text_parses(text: str) -> None:
    parsed = parse(text)
    assert all(parsed.words)


def test_what_is_excluded_is_not_asked_for() -> None:
    parsed = parse('travail -tag:uber -by:"Anne Dupont" -site:example.org')
    assert parsed.text == "travail"
    assert parsed.filters.excluded == (
        ("tag", "uber"),
        ("contributor", "Anne Dupont"),
        ("site", "example.org"),
    )
    assert parsed.filters.to_json() == {
        "excluded": {"tag": ["uber"], "contributor": ["Anne Dupont"], "site": ["example.org"]}
    }
    assert parsed.notices == ()


@pytest.mark.parametrize(
    ("text", "code", "message"),
    [
        ("pain -before:2016", "bad-filter", "-before:: this cannot be excluded. Use -tag:, -by: or"),
        ("tag: pain", "bad-filter", "tag:: there is nothing after the colon (at 1)"),
        ("le pain author:Anne", "unknown-filter", "author: is not understood; write by: (at 9)"),
        ("lang:fr", "unknown-filter", "lang: is not understood (at 1)"),
        ("pain OR farine", "unknown-operator", "OR is searched as a word (at 6)"),
        ("  travail*", "unknown-operator", "travail* is searched without its star (at 3)"),
    ],
)
def test_what_is_not_understood_is_said_with_its_place(text: str, code: str, message: str) -> None:
    (notice,) = parse(text).notices
    assert notice.code == code
    assert message in notice.message


@pytest.mark.parametrize(
    "text", ["à 12:30", "https://example.org/type:a", "pain : recette", "OR 18 carats"]
)
def test_what_only_looks_like_an_operator_is_not_spoken_of(text: str) -> None:
    assert parse(text).notices == ()


def test_the_same_exclusion_twice_is_looked_for_once() -> None:
    assert parse("a -b -b -B").excluded == (("b",),)


def test_operators_have_an_end() -> None:
    parsed = parse("mot " + " ".join(f"-a{number}" for number in range(100)))
    assert len(parsed.excluded) == MAX_OPERATORS
    assert [notice.code for notice in parsed.notices] == ["too-many"]
    assert parsed.text == "mot"
