"""What each import says of each bookmark is kept, so that it can be taken back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import reduce
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glane_indexer.catalog import rows
from glane_indexer.catalog.bookmarks import Catalog
from glane_indexer.catalog.imports import Contribution
from glane_indexer.catalog.merge import merge, storable
from glane_indexer.identity import identify
from glane_indexer.models import Annotation, Bookmark

HEDGES = Bookmark(
    "Haies", "https://haies.example/a", tags=("bocage",), annotations=(Annotation("Une haie"),)
)
PLAIN = Bookmark("Plain", "https://haies.example/b")
ID = identify(HEDGES).id


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    with Catalog.open(tmp_path, create=True) as opened:
        yield opened


def folded(contributions: list[Contribution]) -> Bookmark:
    return reduce(
        lambda before, item: item.bookmark if item.whole else merge(before, item.bookmark),
        contributions[1:],
        contributions[0].bookmark,
    )


def test_a_bookmark_is_what_its_contributions_give(catalog: Catalog) -> None:
    second = replace(HEDGES, title="Les haies", tags=(), annotations=(Annotation("Un talus"),))
    catalog.upsert([HEDGES, PLAIN], source="000001")
    catalog.upsert([second], source="000002")
    catalog.upsert([HEDGES], source="000003")
    said = catalog.contributions(ID)
    assert [(item.import_id, item.whole, item.bookmark) for item in said] == [
        ("000001", False, identify(HEDGES)),
        ("000002", False, identify(second)),
        ("000003", False, identify(HEDGES)),
    ]
    assert folded(said) == catalog.bookmark(ID)
    assert catalog.contributed("000001") == sorted([ID, identify(PLAIN).id])
    assert catalog.contributed("000002") == [ID]


def test_what_came_unchanged_is_remembered_and_kept_once(catalog: Catalog) -> None:
    catalog.upsert([HEDGES], source="000001")
    catalog.upsert([HEDGES], source="000002")
    assert [item.import_id for item in catalog.contributions(ID)] == ["000001", "000002"]
    assert catalog._rows("SELECT count(*) FROM versions") == [(1,)]


def test_an_edit_stands_in_the_place_of_all_before_it(catalog: Catalog) -> None:
    catalog.upsert([HEDGES], source="000001")
    edited = identify(replace(HEDGES, tags=(), visibility="private"))
    catalog.replace(edited)
    assert [item.whole for item in catalog.contributions(ID)] == [False, True]
    assert folded(catalog.contributions(ID)) == catalog.bookmark(ID) == edited


def test_of_what_is_deleted_nothing_is_kept(catalog: Catalog) -> None:
    catalog.upsert([HEDGES, PLAIN], source="000001")
    assert catalog.delete([ID]) == 1
    assert catalog.contributions(ID) == []
    assert catalog.contributed("000001") == [identify(PLAIN).id]
    assert catalog._rows("SELECT bookmark FROM versions WHERE bookmark LIKE '%Haies%'") == []


texts = st.text(max_size=8)
bookmarks = st.builds(
    Bookmark,
    title=texts,
    url=texts,
    tags=st.lists(texts, max_size=2).map(tuple),
    created_at=st.none() | st.datetimes(),
    annotations=st.lists(st.builds(Annotation, texts, texts, created_at=st.datetimes()), max_size=2).map(
        tuple
    ),
    visibility=st.sampled_from(["public", "private"]),
)


@given(bookmarks)
def test_a_version_is_given_back_exactly(bookmark: Bookmark) -> None:
    bookmark = storable(identify(bookmark))
    (text,) = rows.version_columns([bookmark])["bookmark"]
    assert rows.from_version(text) == bookmark
