"""An export imported into an empty library is the same library: for JSONL and Web Annotation, id for id."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glane_indexer.catalog.bookmarks import Catalog
from glane_indexer.exporters.registry import EXPORTS
from glane_indexer.importers.registry import read
from glane_indexer.importers.source import Source
from glane_indexer.library.exporting import export
from glane_indexer.library.importing import import_bytes
from glane_indexer.models import Annotation, Bookmark
from tests.support import little

# Texts as an import makes them: what it would change is changed before it is in a library.
words = st.text(st.sampled_from("aé œ<&>\"'\\`*_#[]()-1.\u00a0🌾"), max_size=12)
texts = st.lists(words, max_size=3).map("\n".join)
moments = st.none() | st.datetimes(datetime(1970, 1, 2), datetime(2100, 1, 1), timezones=st.just(UTC))
annotations = st.builds(
    Annotation,
    text=texts,
    note=texts,
    author=words,
    created_at=moments,
    id=st.sampled_from(["", "", "1", "2"]),
)
bookmarks = st.builds(
    Bookmark,
    title=words,
    url=st.sampled_from(["", "https://a.example/é?x=1&y=%20(2)", "http://b.example/#/x", "about:config"]),
    description=texts,
    tags=st.lists(words, max_size=3).map(tuple),
    contributor=words,
    created_at=moments,
    views=st.integers(0, 9),
    kind=st.sampled_from(["bookmark", "topic"]),
    language=st.sampled_from(["", "fr"]),
    annotations=st.lists(annotations, max_size=4).map(tuple),
    id=st.sampled_from(["", "", "b1", "b 2"]),
    visibility=st.sampled_from(["public", "private"]),
)


@pytest.mark.parametrize("name", ["jsonl", "webannotation"])
@settings(max_examples=60)
@given(found=st.lists(bookmarks, max_size=3))
def test_what_is_written_is_read_back(name: str, found: list[Bookmark]) -> None:
    def again(format: str, given: list[Bookmark]) -> list[Bookmark]:
        data = "".join(EXPORTS[format].write(given)).encode()
        if not given:
            return []
        return [item for item in read(Source(data, "x"))[1] if isinstance(item, Bookmark)]

    # Once through our own format: so they are as they are in a library.
    stored = again("jsonl", found)
    assert again(name, stored) == stored


@pytest.mark.parametrize("name", ["jsonl", "webannotation"])
def test_a_library_through_an_export(name: str, tmp_path: Path) -> None:
    import_bytes(little.LINES, tmp_path / "one", name="little")
    stream = io.StringIO()
    assert export(tmp_path / "one", stream, format=name) == 12
    report = import_bytes(stream.getvalue().encode(), tmp_path / "two", name="export")
    assert (report.bookmarks.added, report.problems) == (12, ())
    assert content(tmp_path / "two") == content(tmp_path / "one")


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("netscape", lambda item: (item.title, item.url, item.created_at, sorted(item.tags))),
        ("csv", lambda item: (item.title, item.url, item.created_at, notes(item), item.description)),
        (
            "beir",
            lambda item: (item.id, item.title, item.url, item.contributor, item.created_at, item.tags),
        ),
        ("markdown", lambda item: (item.title, item.url, [text for text, _ in notes(item)])),
    ],
)
def test_what_the_others_keep(name: str, kept: Callable[[Bookmark], object], tmp_path: Path) -> None:
    import_bytes(little.LINES, tmp_path / "one", name="little")
    stream = io.StringIO()
    export(tmp_path / "one", stream, format=name)
    report = import_bytes(stream.getvalue().encode(), tmp_path / "two", name="export")
    assert not [problem for problem in report.problems if problem.skipped]
    # Those without a url are told by title and contributor, and most formats have no contributor.
    one = {item.url: kept(item) for item in content(tmp_path / "one") if item.url}
    two = {item.url: kept(item) for item in content(tmp_path / "two") if item.url}
    assert one == two


def notes(bookmark: Bookmark) -> list[tuple[str, str]]:
    return [(item.text, item.note) for item in bookmark.annotations]


def content(library: Path) -> list[Bookmark]:
    with Catalog.open(library, read_only=True) as catalog:
        return list(catalog.bookmarks())
