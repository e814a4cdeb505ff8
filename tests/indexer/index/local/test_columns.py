"""Filters and facets over the bookmarks of a generation."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import pytest

from glane_indexer.index.local import columns as columns_module
from glane_indexer.index.local.columns import NO_DATE, Columns, build
from glane_indexer.index.protocol import Filter
from glane_indexer.models import Bookmark

BOOKMARKS = [
    Bookmark(
        "0",
        "https://www.haies.example/a",
        tags=("Bocage", "élagage"),
        contributor="Ada Éloi",
        created_at=datetime(2019, 4, 2, 23, 59, 59, 999_999, UTC),
        language="fr",
    ),
    Bookmark(
        "1",
        "https://blog.haies.example/b",
        tags=("bocage",),
        contributor="Basile",
        created_at=datetime(2019, 4, 3, tzinfo=UTC),
        language="en",
        kind="topic",
    ),
    Bookmark("2", "javascript:alert(1)", contributor="Basile"),
    Bookmark(
        "3",
        "https://autreshaies.example/",
        tags=("elagage", "haie vive"),
        created_at=datetime(1965, 1, 1, tzinfo=UTC),
        language="fr",
    ),
]


def open_columns(bookmarks: list[Bookmark]) -> Columns:
    count = len(bookmarks)
    return Columns([(build(bookmarks), np.arange(count))], count)


def passing(columns: Columns, **filters: Any) -> list[int] | None:
    mask = columns.mask(Filter(**filters))
    return None if mask is None else np.flatnonzero(mask).tolist()


@pytest.fixture
def columns() -> Columns:
    return open_columns(BOOKMARKS)


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({}, None),
        ({"kind": "topic"}, [1]),
        ({"kind": "bookmark"}, [0, 2, 3]),
        ({"tags": ("bocage",)}, [0, 1]),
        ({"tags": ("BOCAGE",)}, [0, 1]),
        ({"tags": ("Élagage",)}, [0, 3]),
        ({"tags": ("elagage",)}, [0, 3]),
        (
            {
                "tags": (
                    "bocage",
                    "elagage",
                )
            },
            [0],
        ),
        ({"tags": ("haie",)}, []),
        ({"tags": ("haie vive",)}, [3]),
        ({"contributor": "ada eloi"}, [0]),
        ({"contributor": "Basile"}, [1, 2]),
        ({"contributor": "nobody"}, []),
        ({"language": "fr"}, [0, 3]),
        ({"site": "haies.example"}, [0, 1]),
        ({"site": "www.Haies.example"}, [0, 1]),
        ({"site": "blog.haies.example"}, [1]),
        ({"site": "example"}, [0, 1, 3]),
        ({"site": "aies.example"}, []),
        ({"after": date(2019, 4, 3)}, [1]),
        ({"after": date(2019, 4, 2)}, [0, 1]),
        ({"before": date(2019, 4, 2)}, [0, 3]),
        ({"before": date(1964, 12, 31)}, []),
        ({"before": date(1965, 1, 1)}, [3]),
        ({"after": date(2019, 4, 2), "before": date(2019, 4, 2)}, [0]),
        ({"after": date(2020, 1, 1), "before": date(2019, 1, 1)}, []),
        ({"after": date.min}, [0, 1, 3]),
        ({"before": date.max}, [0, 1, 3]),
        ({"language": "fr", "tags": ("bocage",), "kind": "bookmark"}, [0]),
    ],
)
def test_mask(columns: Columns, filters: dict[str, Any], expected: list[int] | None) -> None:
    assert passing(columns, **filters) == expected


def test_counts(columns: Columns) -> None:
    assert columns.counts(np.arange(4)) == {
        "kinds": [("bookmark", 3), ("topic", 1)],
        "contributors": [("Basile", 2), ("Ada Éloi", 1)],
        # A site counts the pages of its subdomains, as its filter finds them.
        "sites": [("haies.example", 2), ("autreshaies.example", 1), ("blog.haies.example", 1)],
        "languages": [("fr", 2), ("en", 1)],
        "years": [("2019", 2), ("1965", 1)],
        # Spellings of one tag are one value.
        "tags": [("Bocage", 2), ("elagage", 2), ("haie vive", 1)],
    }


def test_counts_of_some_rows_in_any_order(columns: Columns) -> None:
    counts = columns.counts(np.array([3, 2]))
    assert counts["tags"] == [("elagage", 1), ("haie vive", 1)]
    assert counts["contributors"] == [("Basile", 1)]
    assert counts["years"] == [("1965", 1)]
    assert all(not pairs for pairs in columns.counts(np.array([], np.int64)).values())


def test_the_most_frequent_values_are_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(columns_module, "FACET_VALUES", 2)
    columns = open_columns([Bookmark("T", tags=tags) for tags in ("a", "bc", "cb", "c")])
    assert columns.counts(np.arange(4))["tags"] == [("c", 3), ("b", 2)]


def test_years_are_newest_first_whatever_their_counts() -> None:
    columns = open_columns(
        [Bookmark("T", created_at=datetime(year, 1, 1, tzinfo=UTC)) for year in (2001, 2003, 2001, 2002)],
    )
    assert columns.counts(np.arange(4))["years"] == [("2003", 1), ("2002", 1), ("2001", 2)]


def test_all_tags_and_contributors(columns: Columns) -> None:
    assert dict(columns.all("tags")) == {
        "Bocage": 1,
        "bocage": 1,
        "elagage": 1,
        "haie vive": 1,
        "élagage": 1,
    }
    assert columns.all("contributors") == [("Ada Éloi", 1), ("Basile", 2)]


def test_times_in_seconds(columns: Columns) -> None:
    assert columns.created.tolist() == [1_554_249_599, 1_554_249_600, NO_DATE, -157_766_400]


def test_an_empty_library() -> None:
    columns = open_columns([])
    assert passing(columns, tags=("a",), site="b", contributor="c", kind="topic", after=date.min) == []
    assert columns.counts(np.array([], np.int64))["tags"] == []
    assert (columns.all("tags"), columns.all("contributors")) == ([], [])


def test_a_library_without_tags_dates_or_sites() -> None:
    columns = open_columns([Bookmark("T"), Bookmark("U")])
    assert passing(columns, tags=("a",)) == []
    assert passing(columns, site="haies.example") == []
    assert columns.counts(np.arange(2)) == {
        **{name: [] for name in ("contributors", "sites", "languages", "years", "tags")},
        "kinds": [("bookmark", 2)],
    }


def test_several_segments_are_as_one() -> None:
    parts = [
        (build([BOOKMARKS[3], BOOKMARKS[1]]), np.array([3, -1])),
        (build(BOOKMARKS[:3]), np.array([0, 1, 2])),
    ]
    columns, whole = Columns(parts, 4), open_columns(BOOKMARKS)
    assert columns.counts(None) == whole.counts(None)
    assert columns.counts(np.array([3, 0])) == whole.counts(np.array([3, 0]))
    for filters in ({"tags": ("elagage",)}, {"contributor": "basile"}, {"after": date(2019, 4, 2)}):
        assert passing(columns, **filters) == passing(whole, **filters)
    # A value that only what is superseded has is none.
    assert Columns([(parts[0][0], np.array([0, -1]))], 1).all("tags") == [("elagage", 1), ("haie vive", 1)]


def test_a_very_long_tag_costs_its_own_length() -> None:
    arrays = build(
        [Bookmark("T", tags=("x" * 50_000,)), *(Bookmark("U", tags=(f"t{n}",)) for n in range(2000))]
    )
    assert sum(array.nbytes for array in arrays.values()) < 250_000
