"""Where each passage is from."""

from __future__ import annotations

from pathlib import Path

from glane_indexer.identity import identify
from glane_indexer.index.local.rows import ANNOTATION, DESCRIPTION, TITLE, PassageRows
from glane_indexer.models import Annotation, Bookmark
from glane_indexer.passages import passages_of, source_text

LONG = "Une haie adulte abrite des oiseaux et des hérissons. " * 20
BOOKMARKS = [
    identify(Bookmark("Premier", description="Un texte.", annotations=(Annotation("A"), Annotation("B")))),
    Bookmark("", id="empty"),
    identify(Bookmark("Troisième", annotations=(Annotation("", note="N"), Annotation(LONG)))),
]
KINDS = {TITLE: "title", DESCRIPTION: "description", ANNOTATION: "annotation"}


def test_the_rows_of_some_bookmarks() -> None:
    passages = [passages_of(bookmark) for bookmark in BOOKMARKS]
    assert [len(group) for group in passages] == [4, 0, 5]
    rows = PassageRows.of(BOOKMARKS, passages)
    assert rows.bookmark.tolist() == [0, 0, 0, 0, 2, 2, 2, 2, 2]
    assert rows.kind.tolist() == [TITLE, DESCRIPTION, ANNOTATION, ANNOTATION, TITLE] + [ANNOTATION] * 4
    # The last bookmark's first annotation is a note alone; its second one is in three pieces.
    assert rows.annotation.tolist() == [-1, -1, 0, 1, -1, 0, 1, 1, 1]
    assert rows.first.tolist() == [0, 4, 4]
    assert rows.last.tolist() == [4, 4, 9]
    # A sentence has 52 characters and a space: the pieces hold seven, six and seven of them.
    assert rows.start.tolist() == [0, 0, 0, 0, 0, 0, 0, 7 * 53, 13 * 53]
    assert rows.length.tolist() == [7, 9, 1, 1, 9, 1, 7 * 53 - 1, 6 * 53 - 1, 7 * 53 - 1]


def test_every_row_leads_to_the_text_of_its_passage() -> None:
    passages = [passages_of(bookmark) for bookmark in BOOKMARKS]
    rows = PassageRows.of(BOOKMARKS, passages)
    flat = [passage for group in passages for passage in group]
    for row, passage in enumerate(flat):
        bookmark = BOOKMARKS[rows.bookmark[row]]
        source = source_text(bookmark, KINDS[rows.kind[row]], int(rows.annotation[row]))  # type: ignore[arg-type]
        start = rows.start[row]
        assert source[start : start + rows.length[row]] == passage.text
        assert rows.first[rows.bookmark[row]] <= row < rows.last[rows.bookmark[row]]


def test_saved_rows_are_read_back(tmp_path: Path) -> None:
    for bookmarks in (BOOKMARKS, []):
        rows = PassageRows.of(bookmarks, [passages_of(bookmark) for bookmark in bookmarks])
        rows.save(tmp_path / "rows.npz")
        found = PassageRows.load(tmp_path / "rows.npz")
        for name in PassageRows.__slots__:
            assert getattr(found, name).tolist() == getattr(rows, name).tolist()
            assert getattr(found, name).dtype == getattr(rows, name).dtype
