"""How bookmarks come into an open catalog, and how what an import said goes out of it again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeVar

from glane_indexer.catalog.merge import Contribution, combined, merge, storable, without_repeats
from glane_indexer.catalog.resolve import page_of, resolve, title_of
from glane_indexer.identity import annotation_id
from glane_indexer.models import Annotation, Bookmark

if TYPE_CHECKING:
    from glane_indexer.catalog.bookmarks import Catalog

# Bookmarks taken in at a time: enough for bulk speed, and some tens of megabytes at most.
CHUNK = 2000

Effect = Literal["added", "updated", "merged", "unchanged"]
Language = Callable[[Bookmark], str]
_Item = TypeVar("_Item")


@dataclass(slots=True)
class UpsertCounts:
    """What taking bookmarks in did.

    ``added``, ``updated``, ``merged`` and ``unchanged`` add up to the records that came in. A record is
    merged where an earlier one of the same import is of its page, or where other imports knew all that it
    says; it is unchanged only where just the same was imported before. ``duplicates`` are repeats of an
    annotation inside one record: a property of what came in, the same at every import.
    """

    added: int = 0
    updated: int = 0
    merged: int = 0
    unchanged: int = 0
    annotations_added: int = 0
    duplicates: int = 0
    deleted: int = 0


class Merge(NamedTuple):
    """A record that was put together with another account of its page, and where that one came from.

    Both places are in words; ``into`` is one of the same file, or an import.
    """

    where: str
    into: str
    id: str


class _Place(NamedTuple):
    """What one record of a source is about: a bookmark, and for a live source which record it is."""

    id: str
    key: str


class Intake:
    """One import into an open catalog, inside a transaction of the caller's.

    Args:
        source: the id of the import (:meth:`Catalog.new_import_id`), which every bookmark remembers.
        language: the language of a bookmark of which no source tells it, as an ISO 639-1 code, or "".
        changed: called with each bookmark that the import changes, and how.
    """

    def __init__(
        self,
        catalog: Catalog,
        source: str = "",
        *,
        language: Language | None = None,
        changed: Callable[[Effect, Bookmark], None] | None = None,
    ) -> None:
        self._catalog, self._source = catalog, source
        self._language, self._changed = language, changed
        self._seen: dict[_Place, tuple[str, Effect]] = {}
        self._own_ids: set[str] = set()
        self.counts = UpsertCounts()
        self.merges: list[Merge] = []

    def take(self, records: Iterable[Bookmark]) -> None:
        """Take bookmarks in, a chunk in memory at a time."""
        for part in chunks(records):
            self._take(part, [""] * len(part))

    def take_live(self, records: Mapping[str, Sequence[Bookmark]], gone: Sequence[str] = ()) -> None:
        """Take the present words of a live source's records, by key, and that it has some no more.

        What a record said before goes, also where it was of another page then.
        """
        pairs = [(bookmark, key) for key, bookmarks in records.items() for bookmark in bookmarks]
        before = self._catalog._ids_of_keys([*records, *gone])
        for part in chunks(pairs):
            self._take([bookmark for bookmark, _ in part], [key for _, key in part])
        left = [(id, key) for id, key in before if _Place(id, key) not in self._seen]
        if left:
            self._catalog._contribute_absence(left, self._source)
            updated, deleted = recombine(self._catalog, dict.fromkeys(id for id, _ in left), self._language)
            self.counts.updated += updated
            self.counts.deleted += deleted

    def _take(self, records: Sequence[Bookmark], keys: Sequence[str]) -> None:
        catalog = self._catalog
        incoming: dict[_Place, Bookmark] = {}
        wheres: dict[_Place, list[str]] = {}
        for given, key, record in zip(records, keys, self._resolved(records), strict=True):
            bookmark, repeats = without_repeats(record)
            self.counts.duplicates += repeats
            place = _Place(bookmark.id, key)
            known = incoming.get(place)
            incoming[place] = merge(known, bookmark, newer=False) if known else bookmark
            wheres.setdefault(place, []).append(given.where)
        of_id: dict[str, list[_Place]] = {}
        for place in incoming:
            of_id.setdefault(place.id, []).append(place)
        stored = {bookmark.id: bookmark for bookmark in catalog._fetch(list(of_id))}
        said = catalog._contributions_of(list(of_id))
        written = []
        for id, places in of_id.items():
            old, others = stored.get(id), []
            for item in said.get(id, ()):
                place = _Place(id, item.key)
                if self._source and item.import_id == self._source and place in incoming:
                    if not item.key and item.bookmark:
                        # An earlier record of this import: they are one account of the page.
                        incoming[place] = merge(item.bookmark, incoming[place], newer=False)
                else:
                    others.append(item)
            own = [Contribution(0, self._source, False, incoming[place], place.key) for place in places]
            new = combined([*others, *own]) or incoming[places[0]]
            new = _with_language(new, old, self._language)
            if new != old:
                written.append(new)
                self.counts.annotations_added += len(new.annotations) - (len(old.annotations) if old else 0)
            effects = [
                self._count(place, wheres[place], others, incoming[place], old, new) for place in places
            ]
            if self._changed and new != old:
                self._changed(effects[0], new)
        catalog._write(written, [bookmark.id for bookmark in written if bookmark.id in stored])
        catalog._contribute(
            list(incoming.values()), self._source, whole=False, keys=[place.key for place in incoming]
        )

    def _resolved(self, records: Sequence[Bookmark]) -> list[Bookmark]:
        records = [storable(record) for record in records]
        pages = {page_of(record) for record in records}
        aliases = self._catalog._aliases_of(sorted(pages))
        titles = self._catalog._titles_of(sorted({title_of(record) for record in records} - {""}))
        known = {*pages, *aliases.values(), *titles.values(), *(record.id for record in records)} - {""}
        stored = self._catalog._urls_of(sorted(known))
        resolved = resolve(records, stored, aliases, titles, self._own_ids)
        self._own_ids.update(
            bookmark.id for record, bookmark in zip(records, resolved, strict=True) if record.id
        )
        return resolved

    def _count(
        self,
        place: _Place,
        wheres: Sequence[str],
        others: Sequence[Contribution],
        bookmark: Bookmark,
        old: Bookmark | None,
        new: Bookmark,
    ) -> Effect:
        """Count what became of the records of one page in a chunk."""
        before = self._seen.get(place)
        first = before[0] if before else wheres[0]
        again = wheres if before else wheres[1:]
        self.counts.merged += len(again)
        self.merges += [Merge(where, first, place.id) for where in again]
        effect: Effect
        if before and before[1] in ("added", "updated"):
            return before[1]
        if old is None:
            effect = "added"
        elif new != old:
            effect = "updated"
        else:
            effect = "unchanged" if any(item.bookmark == bookmark for item in others) else "merged"
        if before:
            setattr(self.counts, before[1], getattr(self.counts, before[1]) - 1)
        elif others and effect != "unchanged":
            into = f"import {others[-1].import_id}" if others[-1].import_id else "the library"
            self.merges.append(Merge(first, into, place.id))
        setattr(self.counts, effect, getattr(self.counts, effect) + 1)
        self._seen[place] = (first, effect)
        return effect


def recombine(catalog: Catalog, ids: Iterable[str], language: Language | None) -> tuple[int, int]:
    """Bring bookmarks to what is still said of them: how many changed, and of how many nothing is said."""
    updated = deleted = 0
    for part in chunks(ids):
        stored = {bookmark.id: bookmark for bookmark in catalog._fetch(part)}
        said = catalog._contributions_of(part)
        written, gone = [], []
        for id in part:
            old, new = stored.get(id), combined(said.get(id, ()))
            if new is None:
                gone += [id] if old else []
            elif (new := _with_language(new, old, language)) != old:
                written.append(new)
        catalog._write(written, [*gone, *(bookmark.id for bookmark in written if bookmark.id in stored)])
        updated += len(written)
        deleted += len(gone)
    return updated, deleted


def separate(catalog: Catalog, ids: Iterable[str]) -> list[str]:
    """Move what was told by a title alone out of bookmarks that have this title no more.

    Such a record came to a page by the title that an import gave it, and this import was taken back. The
    ids of the bookmarks that the records are then.
    """
    others: dict[str, None] = {}
    for part in chunks(ids):
        for id, said in catalog._contributions_of(part).items():
            titles: set[str] = set()
            for item in said:
                bookmark = item.bookmark
                if bookmark is None or bookmark.url or item.whole:
                    titles |= {bookmark.title} if bookmark else set()
                elif title_of(bookmark) not in titles and page_of(bookmark) != id:
                    alone = resolve(
                        [replace(bookmark, id="", annotations=_unnamed(bookmark, id))], {}, {}, {}, ()
                    )
                    catalog._withdraw(id, item)
                    catalog._contribute(alone, item.import_id, whole=False, keys=[item.key])
                    others[alone[0].id] = None
    return list(others)


def _unnamed(bookmark: Bookmark, id: str) -> tuple[Annotation, ...]:
    """The annotations without the ids that they have from their bookmark."""
    return tuple(
        replace(item, id="") if item.id == annotation_id(id, item, bookmark.contributor) else item
        for item in bookmark.annotations
    )


def chunks(items: Iterable[_Item]) -> Iterator[list[_Item]]:
    """The items, :data:`CHUNK` at a time."""
    pending = iter(items)
    while part := list(islice(pending, CHUNK)):
        yield part


def _with_language(bookmark: Bookmark, old: Bookmark | None, language: Language | None) -> Bookmark:
    """The bookmark with a language where no source has told it: the same for the same texts."""
    if bookmark.language:
        return bookmark
    if old is not None:
        kept = replace(bookmark, language=old.language)
        if kept == old or language is None:
            return kept
    return replace(bookmark, language=language(bookmark)) if language else bookmark
