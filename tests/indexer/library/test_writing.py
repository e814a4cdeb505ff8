"""Changes: what each makes of a bookmark, which are refused, and that each is applied once."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from glane_indexer.catalog.bookmarks import Catalog
from glane_indexer.errors import ConflictError, InputError, NotFoundError
from glane_indexer.importers.jsonl import record_of
from glane_indexer.library import applying, changes
from glane_indexer.library.applying import applied_seq, apply_pending
from glane_indexer.library.importing import import_bytes
from glane_indexer.library.journal import JOURNAL
from glane_indexer.library.writing import PreconditionError, Request, Writer
from glane_indexer.models import Annotation, Bookmark
from tests.support import little

PAGE = {"id": "p1", "title": "Le vélo au travail", "url": "https://velo.example/", "created_at": None}


@pytest.fixture
def library(tmp_path: Path) -> Path:
    import_bytes(little.LINES, tmp_path, format="jsonl", name="little")
    return tmp_path


def stored(library: Path, id: str) -> Bookmark | None:
    with Catalog.open(library, read_only=True) as catalog:
        return catalog.bookmark(id)


def after(library: Path, id: str) -> Bookmark:
    """The bookmark with all changes applied, which must be what the writer foresaw."""
    writer = Writer(library)
    foreseen = writer.bookmark(id)
    apply_pending(library, writer.journal)
    found = stored(library, id)
    assert found == foreseen == writer.bookmark(id)
    assert found is not None
    return found


def test_a_new_bookmark_goes_into_a_new_library(tmp_path: Path) -> None:
    writer = Writer(tmp_path)
    entry = writer.save([PAGE])
    assert (entry.seq, entry.ids) == (1, ("p1",))
    assert not (tmp_path / "catalog.duckdb").exists()
    assert after(tmp_path, "p1") == Bookmark(
        "Le vélo au travail", "https://velo.example/", language="fr", id="p1"
    )
    assert applied_seq(tmp_path) == 1


def test_what_has_no_id_and_no_date_gets_them(tmp_path: Path) -> None:
    writer = Writer(tmp_path)
    record = {"title": "Page", "url": "https://velo.example/a"}
    entry = writer.save([record])
    found = after(tmp_path, entry.ids[0])
    assert found.created_at is not None
    assert changes.now()[:10] == found.created_at.isoformat()[:10]
    # Again: the same bookmark, and its date is that of the first time.
    assert writer.save([{**record, "title": "Une page"}]).ids == entry.ids
    assert after(tmp_path, entry.ids[0]) == replace(found, title="Une page")


def test_saving_merges_as_an_import_does(library: Path) -> None:
    Writer(library).save([{"id": "b07", "title": "Bicis", "annotations": [{"text": "Otra frase."}]}])
    old = little.BOOKMARKS[6]
    found = after(library, "b07")
    assert (found.title, found.tags, found.created_at) == ("Bicis", old.tags, old.created_at)
    assert [item.text for item in found.annotations] == [old.annotations[0].text, "Otra frase."]


def test_putting_replaces_everything(library: Path) -> None:
    Writer(library).put("b07", {"title": "Bicis", "language": "es", "created_at": None})
    assert after(library, "b07") == Bookmark("Bicis", language="es", id="b07")


def test_patching_changes_what_is_named(library: Path) -> None:
    Writer(library).patch("b07", {"tags": ["bici"], "views": 9, "contributor": None})
    old = little.BOOKMARKS[6]
    assert after(library, "b07") == replace(old, tags=("bici",), views=9, contributor="")
    Writer(library).patch("b07", {"visibility": "private"})
    assert after(library, "b07").visibility == "private"
    Writer(library).patch("b07", {"visibility": "public"})
    assert after(library, "b07").visibility == "public"


def test_the_language_follows_the_text(library: Path) -> None:
    Writer(library).patch("b06", {"title": "Faire pousser des tomates sur un balcon", "annotations": []})
    assert after(library, "b06").language == "fr"


def test_annotations_are_added_once(library: Path) -> None:
    note = {"text": "Un carril bici protegido salva vidas.", "note": "Sí"}
    Writer(library).annotate("b07", [note, {"text": "Nada más."}])
    Writer(library).annotate("b07", [{"text": "Nada más."}])
    texts = [(item.text, item.note) for item in after(library, "b07").annotations]
    # The one that was there already has its note now.
    assert texts == [("Un carril bici protegido salva vidas.", "Sí"), ("Nada más.", "")]


def test_deleting(library: Path) -> None:
    writer = Writer(library)
    writer.delete("b07")
    assert writer.bookmark("b07") is None
    with pytest.raises(NotFoundError):
        writer.delete("b07")
    apply_pending(library, writer.journal)
    assert stored(library, "b07") is None
    with pytest.raises(NotFoundError):
        writer.patch("b07", {"title": "x"})
    writer.put("b07", {"title": "Back"})
    assert after(library, "b07").title == "Back"


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"views": -1}, "views"),
        ({"kind": "x"}, "kind"),
        ({"colour": "red"}, "colour"),
        ({"title": None, "url": None}, "neither"),
        ({"annotations": [{"note": 3}]}, "annotation 1"),
        ({"created_at": "yesterday"}, "created_at"),
    ],
)
def test_what_cannot_be_applied_is_not_accepted(
    library: Path, fields: dict[str, Any], message: str
) -> None:
    writer = Writer(library)
    with pytest.raises(InputError, match=message):
        writer.patch("b07", fields)
    assert writer.journal.last() == 0


def test_one_bad_record_of_many_is_named(library: Path) -> None:
    with pytest.raises(InputError) as caught:
        Writer(library).save([{"title": "a"}, {"title": 3}])
    assert caught.value.where == "/1"


def test_a_change_of_what_has_changed_is_refused(library: Path) -> None:
    writer = Writer(library)
    seen = writer.bookmark("b07")
    assert seen is not None
    tag = changes.etag(seen)
    writer.patch("b07", {"title": "Uno"}, Request(match=(tag,)))
    with pytest.raises(PreconditionError) as caught:
        writer.patch("b07", {"title": "Dos"}, Request(match=(tag,)))
    assert caught.value.etag == changes.etag(after(library, "b07"))
    with pytest.raises(PreconditionError):
        writer.put("b07", {"title": "Tres"}, Request(absent=True))
    with pytest.raises(PreconditionError):
        writer.put("new", {"title": "Tres"}, Request(match=("*",)))
    writer.put("new", {"title": "Tres"}, Request(absent=True))
    assert after(library, "b07").title == "Uno"


def test_a_repeated_request_is_answered_as_the_first_time(library: Path) -> None:
    writer = Writer(library)
    once = Request(key="k", digest="d")
    assert writer.delete("b07", once) == writer.delete("b07", once)
    with pytest.raises(ConflictError):
        writer.delete("b08", Request(key="k", digest="e"))


def test_changes_are_applied_in_their_order_and_once(library: Path) -> None:
    writer = Writer(library)
    for number in range(30):
        writer.save([{"title": f"t{number}", "id": "same"}, {"title": "x", "id": f"n{number}"}])
        if number % 3 == 0:
            writer.delete(f"n{number}")
    assert apply_pending(library, writer.journal) == applying.Applied(40, 40)
    assert apply_pending(library, writer.journal) == applying.Applied(40, 0)
    with Catalog.open(library, read_only=True) as catalog:
        assert catalog.counts()["bookmarks"] == 12 + 1 + 20
    assert after(library, "same").title == "t29"


def test_what_was_applied_leaves_the_journal(library: Path) -> None:
    writer = Writer(library)
    writer.save([PAGE])
    apply_pending(library, writer.journal)
    writer.journal.trim(1, force=True)
    assert "vélo".encode() not in (library / JOURNAL).read_bytes()
    # The bookmark is read from the catalog alone, and the numbers go on.
    assert writer.bookmark("p1") is not None
    assert writer.patch("p1", {"title": "y"}).seq == 2
    assert after(library, "p1").title == "y"


def test_without_its_journal_a_library_goes_on_counting(library: Path) -> None:
    writer = Writer(library)
    writer.save([PAGE])
    apply_pending(library, writer.journal)
    (library / JOURNAL).unlink()
    assert Writer(library).patch("p1", {"title": "y"}).seq == 2
    assert after(library, "p1").title == "y"


def test_an_exported_line_is_taken_as_it_is(library: Path) -> None:
    for bookmark in little.BOOKMARKS:
        Writer(library).put(bookmark.id, json.loads(json.dumps(record_of(bookmark))))
    apply_pending(library, Writer(library).journal)
    with Catalog.open(library, read_only=True) as catalog:
        found = {item.id: item for item in catalog.bookmarks()}
    for bookmark in little.BOOKMARKS:
        authors = tuple(Annotation(**_facts(item)) for item in bookmark.annotations)
        assert replace(found[bookmark.id], language=bookmark.language) == replace(
            bookmark, annotations=authors
        )


def _facts(item: Annotation) -> dict[str, Any]:
    return {name: getattr(item, name) for name in ("text", "note", "author", "created_at", "id")}
