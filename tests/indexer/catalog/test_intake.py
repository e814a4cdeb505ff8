"""Several imports into one library: what becomes of their records, and how one of them goes again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glane_indexer.catalog import intake as intake_module
from glane_indexer.catalog.bookmarks import Catalog
from glane_indexer.catalog.intake import Intake, Merge, UpsertCounts
from glane_indexer.errors import NotFoundError
from glane_indexer.identity import page_id
from glane_indexer.models import Annotation, Bookmark
from tests.support import earlier

PAGE = "https://haies.example/a"
BROWSER = Bookmark("Haies - example", "http://haies.example/a/", tags=("Favoris",), where="line 7")
DIIGO = Bookmark(
    "Les haies",
    PAGE,
    description="Un guide.",
    tags=("haie",),
    created_at=datetime(2019, 4, 2, tzinfo=UTC),
    annotations=(Annotation("Une haie abrite des oiseaux."),),
    where="line 2",
)
READWISE = Bookmark(
    "Untitled",
    PAGE,
    annotations=(Annotation("Une haie abrite des oiseaux.", "À relire"), Annotation("Elle coupe le vent.")),
    where="row 5",
)
OTHER = Bookmark("Le vent", "https://vent.example/", where="line 8")


def take(catalog: Catalog, *records: Bookmark) -> Intake:
    """One import of these records, recorded."""
    with catalog.transaction():
        intake = Intake(
            catalog, catalog.new_import_id(), language=lambda bookmark: bookmark.title[:2].lower()
        )
        intake.take(records)
        catalog.record_import("jsonl", "file", datetime.now(UTC), {})
    return intake


def library(folder: Path, *imports: tuple[Bookmark, ...]) -> list[Bookmark]:
    with Catalog.open(folder, create=True) as catalog:
        for records in imports:
            take(catalog, *records)
        return list(catalog.bookmarks())


def test_one_page_of_three_sources_is_one_bookmark(tmp_path: Path) -> None:
    first, second = sorted(
        library(tmp_path, (BROWSER, OTHER), (DIIGO,), (READWISE,)), key=lambda item: item.url
    )
    assert second.title == "Le vent"
    assert replace(first, annotations=()) == Bookmark(
        id=page_id(PAGE),
        title="Les haies",
        url=PAGE,
        description="Un guide.",
        tags=("Favoris", "haie"),
        created_at=datetime(2019, 4, 2, tzinfo=UTC),
        language="le",
    )
    assert [(item.text, item.note) for item in first.annotations] == [
        ("Une haie abrite des oiseaux.", "À relire"),
        ("Elle coupe le vent.", ""),
    ]


def test_after_an_undo_the_library_is_what_the_other_imports_give(tmp_path: Path) -> None:
    three = ((BROWSER, OTHER), (DIIGO,), (READWISE,))
    library(tmp_path / "all", *three)
    for place in range(3):
        expected = library(tmp_path / f"without{place}", *three[:place], *three[place + 1 :])
        folder = tmp_path / f"undone{place}"
        library(folder, *three)
        with Catalog.open(folder) as catalog:
            catalog.undo(f"{place + 1:06d}", language=lambda bookmark: bookmark.title[:2].lower())
            assert list(catalog.bookmarks()) == expected
            assert [record.undone_at is not None for record in catalog.imports()] == [
                number == place for number in range(3)
            ]


records = st.builds(
    Bookmark,
    title=st.sampled_from(["", "Untitled", "One", "Two", "deux mots"]),
    url=st.sampled_from(["https://a.example", "http://a.example/", "https://b.example/#/x", ""]),
    description=st.sampled_from(["", "One text", "text", "Other"]),
    tags=st.lists(st.sampled_from(["x", "X", "y"]), max_size=2).map(tuple),
    contributor=st.sampled_from(["", "Ada", "Bob"]),
    created_at=st.none() | st.datetimes(timezones=st.just(UTC)),
    visibility=st.sampled_from(["public", "private"]),
    annotations=st.lists(
        st.builds(
            Annotation,
            text=st.sampled_from(["Quoted", "Other  text", "Other text"]),
            note=st.sampled_from(["", "A note"]),
            author=st.sampled_from(["", "Ada"]),
            id=st.sampled_from(["", "", "1", "2"]),
        ),
        max_size=3,
    ).map(tuple),
)
# Those without a url have titles of their own: how a title brings one to a page is tested apart.
records = records.filter(lambda item: bool(item.url)) | records.map(
    lambda item: replace(item, url="", title="Alone")
)


@pytest.fixture(scope="module")
def catalogs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Catalog, Catalog]]:
    """Two libraries for many examples: to make one takes longer than all that is done with it."""
    folder = tmp_path_factory.mktemp("undo")
    with Catalog.open(folder / "1", create=True) as one, Catalog.open(folder / "2", create=True) as two:
        yield one, two


@settings(max_examples=15)
@given(st.lists(st.lists(records, max_size=5).map(tuple), min_size=1, max_size=4), st.data())
def test_whatever_was_imported_an_undo_leaves_what_the_others_give(
    catalogs: tuple[Catalog, Catalog], imports: list[tuple[Bookmark, ...]], data: st.DataObject
) -> None:
    place = data.draw(st.integers(0, len(imports) - 1))
    with_all, with_others = catalogs
    for catalog in catalogs:
        catalog.delete([bookmark.id for bookmark in catalog.bookmarks()])
    for number, taken in enumerate(imports):
        take(with_all, *taken)
        if number == place:
            undone = with_all.imports()[-1].id
        else:
            take(with_others, *taken)
    with_all.undo(undone, language=lambda bookmark: bookmark.title[:2].lower())
    assert list(with_all.bookmarks()) == list(with_others.bookmarks())


def test_what_is_in_a_file_more_than_once_is_merged_and_told_with_its_lines(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake_module, "CHUNK", 3)
    again = [replace(DIIGO, tags=(f"t{line}",), where=f"line {line}") for line in (3, 9, 12)]
    filler = [Bookmark(f"Page {n}", f"https://{n}.example", where=f"line {n}") for n in (4, 5, 6)]
    with Catalog.open(tmp_path, create=True) as catalog:
        intake = take(catalog, DIIGO, again[0], *filler, *again[1:])
        assert intake.counts == UpsertCounts(added=4, merged=3, annotations_added=1)
        page = page_id(PAGE)
        assert intake.merges == [Merge(f"line {line}", "line 2", page) for line in (3, 9, 12)]
        found = catalog.bookmark(page)
        assert found is not None
        assert found.tags == ("haie", "t3", "t9", "t12")
        assert len(catalog.contributions(page)) == 1
        assert take(catalog, DIIGO, *filler).counts == UpsertCounts(merged=1, unchanged=3)


def test_what_another_import_knew_is_merged_and_never_unchanged(tmp_path: Path) -> None:
    with Catalog.open(tmp_path, create=True) as catalog:
        take(catalog, DIIGO, OTHER)
        bare = replace(DIIGO, tags=(), annotations=(), where="line 40")
        intake = take(catalog, bare, OTHER, replace(OTHER, title="Vents", url="https://bise.example"))
        assert intake.counts == UpsertCounts(added=1, merged=1, unchanged=1)
        assert intake.merges == [Merge("line 40", "import 000001", page_id(PAGE))]
        intake = take(catalog, READWISE)
        assert intake.counts == UpsertCounts(updated=1, annotations_added=1)
        assert intake.merges == [Merge("row 5", "import 000002", page_id(PAGE))]


def test_what_was_edited_by_hand_stays_when_its_import_is_undone(tmp_path: Path) -> None:
    with Catalog.open(tmp_path, create=True) as catalog:
        take(catalog, BROWSER, OTHER)
        take(catalog, DIIGO)
        edited = Bookmark("Mine", PAGE, tags=("à moi",), id=page_id(PAGE), language="fr")
        catalog.replace(edited)
        take(catalog, READWISE)
        assert catalog.undo("000001") == (0, 1)
        catalog.undo("000003")
        assert list(catalog.bookmarks()) == [edited]


def test_only_an_import_that_is_there_can_be_undone(tmp_path: Path) -> None:
    with Catalog.open(tmp_path, create=True) as catalog:
        take(catalog, OTHER)
        with pytest.raises(NotFoundError, match="000002: there is no such import"):
            catalog.undo("000002")
        assert catalog.undo("000001") == (0, 1)
        with pytest.raises(NotFoundError, match="000001: this import was taken back before"):
            catalog.undo("000001")
        # Its number is not given again, and it can be imported again.
        assert take(catalog, OTHER).counts.added == 1
        assert [record.id for record in catalog.imports()] == ["000001", "000002"]


def test_a_record_without_a_url_goes_with_the_page_of_its_title_and_without_it_alone(
    tmp_path: Path,
) -> None:
    kindle = Bookmark("Les haies", annotations=(Annotation("Elle coupe le vent."),))
    with Catalog.open(tmp_path / "a", create=True) as catalog:
        take(catalog, BROWSER)
        take(catalog, DIIGO)
        take(catalog, kindle)
        (found,) = catalog.bookmarks()
        assert [item.text for item in found.annotations][1:] == ["Elle coupe le vent."]
        catalog.undo("000002", language=lambda bookmark: bookmark.title[:2].lower())
        left = list(catalog.bookmarks())
    assert left == library(tmp_path / "b", (BROWSER,), (kindle,))


def test_of_a_live_record_only_the_last_word_counts_and_its_absence_too(tmp_path: Path) -> None:
    with Catalog.open(tmp_path, create=True) as catalog:
        take(catalog, BROWSER)
        before = list(catalog.bookmarks())
        for title, url in (("One", PAGE), ("Two", PAGE), ("Moved", "https://b.example")):
            with catalog.transaction():
                intake = Intake(catalog, catalog.new_import_id())
                intake.take_live({"live:7": [Bookmark(title, url, tags=(title,))]})
                catalog.record_import("live", "live", datetime.now(UTC), {})
        moved = catalog.bookmark(page_id("https://b.example"))
        assert moved is not None
        assert moved.tags == ("Moved",)
        assert [item for item in catalog.bookmarks() if item != moved] == before
        with catalog.transaction():
            intake = Intake(catalog, catalog.new_import_id())
            intake.take_live({}, ["live:7"])
            catalog.record_import("live", "live", datetime.now(UTC), {})
        assert intake.counts.deleted == 1
        assert list(catalog.bookmarks()) == before
        # An absence is taken back like anything else.
        catalog.undo("000005")
        assert catalog.bookmark(moved.id) == moved
        catalog.undo("000004")
        found = catalog.bookmark(page_id(PAGE))
        assert found is not None
        assert found.tags == ("Favoris", "Two")


def test_a_library_of_version_0_1_keeps_its_ids(tmp_path: Path) -> None:
    folder = earlier.version_01(tmp_path)
    with Catalog.open(folder) as catalog:
        before = {bookmark.url: bookmark.id for bookmark in catalog.bookmarks() if bookmark.url}
        www = [url for url in before if "://www." in url]
        assert www
        for url, id in before.items():
            intake = take(catalog, Bookmark("Again", url, where="line 1"))
            assert intake.counts.added == 0
            assert intake.merges[0].id == id
        intake = take(catalog, *(Bookmark("Bare", url.replace("://www.", "://")) for url in www))
        assert intake.counts.added == len(www)
