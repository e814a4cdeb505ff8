"""What cells tell of columns: their names, and which way round dates are."""

from __future__ import annotations

import pytest

from glane_indexer.importers.columns import day_first, iso_date, unnamed
from glane_indexer.importers.source import Source


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A,https://a.example/\nB,https://b.example/\n", (",", ["title", "url"])),
        (
            "1;https://a.example/;A;2020-01-02;x y\n2;https://b.example/;B;;x y\n",
            (";", ["column 1", "url", "title", "created", "description"]),
        ),
        ("https://a.example/\nhttps://b.example/x,y\n", ("", [])),
        ("Title,Link\nA,https://a.example/\n", ("", [])),
        ("A,B\nC,D\n", ("", [])),
    ],
)
def test_columns_without_a_header_are_told_by_their_cells(
    text: str, expected: tuple[str, list[str]]
) -> None:
    assert unnamed(Source(text.encode())) == expected


def test_dates_tell_which_of_their_numbers_is_the_day() -> None:
    assert day_first(["03/04/2021", "31/12/19"]) is True
    assert day_first(["03/04/2021", "12/31/19 10:00"]) is False
    assert day_first(["03/04/2021", "2021-01-31", ""]) is None
    # Two orders in one column tell nothing.
    assert day_first(["31/12/19", "12/31/19"]) is None


def test_a_numeric_date_is_written_with_its_year_first() -> None:
    assert iso_date("3/4/2021 10:20", day_first=True) == "2021-04-03 10:20"
    assert iso_date("3/4/2021", day_first=False) == "2021-03-04"
    assert iso_date("31.12.99", day_first=True) == "1999-12-31"
    assert iso_date("2021-03-04", day_first=True) == "2021-03-04"
