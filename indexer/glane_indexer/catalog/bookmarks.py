"""The catalog: the one file that everything else in a library can be rebuilt from."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from glane_indexer.catalog import rows as rows
from glane_indexer.catalog.embeddings import EmbeddingTable
from glane_indexer.catalog.imports import ImportTable
from glane_indexer.catalog.inspection import Inspection
from glane_indexer.catalog.intake import CHUNK, Intake, UpsertCounts, chunks, recombine, separate
from glane_indexer.catalog.judgments import GOOD
from glane_indexer.catalog.merge import storable, without_repeats
from glane_indexer.catalog.schema import CATALOG_NAME, new_content_version, open_file
from glane_indexer.errors import NotFoundError
from glane_indexer.identity import identify
from glane_indexer.models import Bookmark, Passage

if TYPE_CHECKING:
    import duckdb


class Catalog(EmbeddingTable, ImportTable, Inspection):
    """An open catalog; make one with :meth:`open`. Not for several threads at once.

    Whoever writes holds the library's writer lock. Every method raises :class:`CatalogError` when the
    file cannot be read or written after all.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection, path: Path) -> None:
        super().__init__(connection, path)
        self._library = self._meta("library")

    @classmethod
    def open(cls, library: Path, *, create: bool = False, read_only: bool = False) -> Catalog:
        """Open the catalog of a library folder; close it, or use it as a context manager.

        A catalog open for writing cannot be opened by another process, not even to read.

        Args:
            library: the library folder.
            create: make folder and catalog where there are none.
            read_only: for reading beside other readers.

        Raises:
            CatalogError: there is none (and ``create`` is off), it is damaged or no catalog, its
                schema is of a newer version, or another process has it open.
        """
        return cls(open_file(library, create=create, read_only=read_only), library / CATALOG_NAME)

    # Bookmarks

    def upsert(
        self,
        bookmarks: Iterable[Bookmark],
        *,
        source: str = "",
        language: Callable[[Bookmark], str] | None = None,
    ) -> UpsertCounts:
        """Add bookmarks, and unite each with what is there of its page, in one transaction.

        :func:`glane_indexer.catalog.merge.merge` has the rules. The same bookmarks again change nothing.

        Args:
            bookmarks: with ids or without; :func:`glane_indexer.catalog.resolve.resolve` fills them in.
            source: the id of the import that brings them (:meth:`new_import_id`), which each of these
                bookmarks remembers, changed by it or not.
            language: the language of a bookmark that has none, as an ISO 639-1 code, or "".
        """
        with self.transaction():
            intake = Intake(self, source, language=language)
            intake.take(bookmarks)
        return intake.counts

    def undo(self, import_id: str, *, language: Callable[[Bookmark], str] | None = None) -> tuple[int, int]:
        """Take an import back: the library is what the others give, and what was edited by hand stays.

        How many bookmarks changed, and how many are deleted, since nothing else speaks of them.

        Raises:
            NotFoundError: there is no such import, or it was taken back before.
        """
        with self.transaction():
            known = {item.id: item for item in self.imports()}
            if import_id not in known or known[import_id].undone_at:
                raise NotFoundError(
                    "this import was taken back before"
                    if import_id in known
                    else "there is no such import",
                    where=import_id,
                    hint="`glane imports` lists them",
                )
            ids = self.contributed(import_id)
            self._take_back(import_id)
            if known[import_id].format.startswith("sync "):
                self.forget_source(known[import_id].file)
            return recombine(self, [*ids, *separate(self, ids)], language)

    def replace(self, bookmark: Bookmark) -> bool:
        """Make this the whole of the bookmark with its id; whether anything changed by it."""
        new, _ = without_repeats(storable(identify(bookmark, self._library)))
        with self.transaction():
            old = self.bookmark(new.id)
            if new == old:
                return False
            self._write([new], [new.id] if old else [])
            self._contribute([new], "", whole=True)
        return True

    def apply(self, whole: Sequence[Bookmark], gone: Sequence[str], seq: int) -> None:
        """Make each of ``whole`` all of its bookmark, delete those ``gone``, and note the change ``seq``.

        All in one transaction, so that the number and what it stands for are never apart.
        """
        ids = [*gone, *(bookmark.id for bookmark in whole)]
        with self.transaction():
            self._write(whole, [bookmark.id for bookmark in self.bookmarks_of(ids)])
            self._contribute(whole, "", whole=True)
            self._forget(gone)
            self.set_seq(seq)

    def delete(self, ids: Iterable[str]) -> int:
        """Delete bookmarks with their annotations; how many there were."""
        deleted = 0
        with self.transaction():
            for part in chunks(sorted(set(ids))):
                known = [bookmark.id for bookmark in self._fetch(part)]
                self._write([], known)
                self._forget(known)
                deleted += len(known)
        return deleted

    def bookmark(self, id: str) -> Bookmark | None:
        """The bookmark with this id, or None."""
        found = self._fetch([id])
        return found[0] if found else None

    def bookmarks(self) -> Iterator[Bookmark]:
        """All bookmarks in order of id, a chunk in memory at a time.

        Each chunk is a query of its own, so embeddings may be stored while this runs.
        """
        last = ""
        while True:
            found = self._rows("SELECT * FROM bookmarks WHERE id > ? ORDER BY id LIMIT ?", [last, CHUNK])
            if not found:
                return
            first, last = found[0][0], found[-1][0]
            yield from rows.from_rows(
                found,
                self._rows(
                    "SELECT * FROM annotations WHERE bookmark_id BETWEEN ? AND ? "
                    "ORDER BY bookmark_id, position",
                    [first, last],
                ),
            )

    def counts(self) -> dict[str, int]:
        """How many ``bookmarks``, ``annotations``, ``descriptions`` and ``contributors`` there are."""
        ((bookmarks, descriptions, contributors, annotations),) = self._rows(
            "SELECT count(*), count(*) FILTER (trim(description) <> ''), "
            "count(DISTINCT nullif(contributor, '')), (SELECT count(*) FROM annotations) "
            "FROM bookmarks"
        )
        return {
            "bookmarks": bookmarks,
            "annotations": annotations,
            "descriptions": descriptions,
            "contributors": contributors,
        }

    def hashes(self) -> dict[str, str]:
        """The content hash of every bookmark by id (see :func:`glane_indexer.identity.content_hash`)."""
        return dict(self._rows("SELECT id, hash FROM bookmarks ORDER BY id"))

    def bookmarks_of(self, ids: Sequence[str]) -> list[Bookmark]:
        """The bookmarks with these ids, as far as there are any, in order of id."""
        return [bookmark for part in chunks(sorted(set(ids))) for bookmark in self._fetch(part)]

    def seq(self) -> int:
        """The last change of the journal that is in here; 0 before the first."""
        return int(self._meta("seq") or 0)

    def set_seq(self, seq: int) -> None:
        """Note, in the transaction that brings it, the last change of the journal that is in here."""
        with self.transaction():
            self._run("DELETE FROM meta WHERE key = 'seq'")
            self._run("INSERT INTO meta VALUES ('seq', ?)", [str(seq)])

    def content_version(self) -> str:
        """A name for the present content: another one after every change of any bookmark."""
        return self._meta("content_version")

    def good_questions(self) -> list[tuple[str, list[str]]]:
        """The questions that judges found a good answer to here, each with the ids of these bookmarks."""
        return [
            (str(text), list(answers))
            for text, answers in self._rows(
                "SELECT questions.text, list_sort(list(DISTINCT bookmarks.id)) FROM questions "
                "JOIN judgments ON judgments.question = questions.id "
                "JOIN bookmarks ON bookmarks.id = judgments.bookmark "
                "WHERE judgments.grade >= ? GROUP BY questions.text ORDER BY questions.text",
                [GOOD],
            )
        ]

    def keep_passages(self, ids: Sequence[str]) -> None:
        """Forget the passages of all bookmarks but these."""
        with self.transaction():
            if ids:
                with self._staged({"id": ids}):
                    self._run("DELETE FROM passages WHERE bookmark_id NOT IN (SELECT id FROM staged)")
            else:
                self._run("DELETE FROM passages")

    def replace_passages(self, ids: Sequence[str], passages: Sequence[Sequence[Passage]]) -> None:
        """Note the passages of some bookmarks, as they were cut for the last index.

        Nothing reads them back; they are for queries on the catalog, joined to the embeddings by hash.
        """
        with self.transaction():
            if ids:
                with self._staged({"id": ids}):
                    self._run("DELETE FROM passages WHERE bookmark_id IN (SELECT id FROM staged)")
            for part in chunks(passages):
                columns = rows.passage_columns(part)
                if columns["hash"]:
                    with self._staged(columns):
                        self._run(
                            "INSERT INTO passages SELECT bookmark_id, position, kind, annotation_id, "
                            "start, length, hash FROM staged"
                        )

    # Below: SQL

    def _fetch(self, ids: Sequence[str]) -> list[Bookmark]:
        """The bookmarks with these ids, as far as there are any, in order of id."""
        with self._staged({"id": ids}):
            found = self._rows("SELECT * FROM bookmarks SEMI JOIN staged USING (id) ORDER BY id")
            annotations = self._rows(
                "SELECT * FROM annotations WHERE bookmark_id IN (SELECT id FROM staged) "
                "ORDER BY bookmark_id, position"
            )
        return rows.from_rows(found, annotations)

    def _urls_of(self, ids: Sequence[str]) -> dict[str, str]:
        """The urls of the bookmarks with these ids, as far as there are any, by id."""
        if not ids:
            return {}
        with self._staged({"id": ids}):
            return dict(self._rows("SELECT id, url FROM bookmarks SEMI JOIN staged USING (id)"))

    def _aliases_of(self, pages: Sequence[str]) -> dict[str, str]:
        """The ids of the bookmarks of these pages, by the id of the page, where the two differ."""
        if not pages:
            return {}
        with self._staged({"page": pages}):
            return dict(
                self._rows(
                    "SELECT page, min(bookmark_id) FROM aliases SEMI JOIN staged USING (page) GROUP BY page"
                )
            )

    def _titles_of(self, titles: Sequence[str]) -> dict[str, str]:
        """The ids of the pages with one of these titles, by title, where a single one has it."""
        if not titles:
            return {}
        with self._staged({"title": titles}):
            return dict(
                self._rows(
                    "SELECT title, min(id) FROM bookmarks SEMI JOIN staged USING (title) "
                    "WHERE url <> '' AND kind = 'bookmark' GROUP BY title HAVING count(*) = 1"
                )
            )

    def _write(self, bookmarks: Sequence[Bookmark], gone: Sequence[str]) -> None:
        """Delete the bookmarks with the ids ``gone``, then insert these."""
        if gone:
            with self._staged({"id": gone}):
                self._run("DELETE FROM bookmarks WHERE id IN (SELECT id FROM staged)")
                self._run("DELETE FROM annotations WHERE bookmark_id IN (SELECT id FROM staged)")
                self._run("DELETE FROM aliases WHERE bookmark_id IN (SELECT id FROM staged)")
        if bookmarks:
            with self._staged(rows.bookmark_columns(bookmarks)):
                self._run(rows.INSERT_BOOKMARKS)
        if any(bookmark.annotations for bookmark in bookmarks):
            with self._staged(rows.annotation_columns(bookmarks)):
                self._run(rows.INSERT_ANNOTATIONS)
        aliases = rows.alias_columns((bookmark.id, bookmark.url) for bookmark in bookmarks)
        if aliases["page"]:
            with self._staged(aliases):
                self._run("INSERT INTO aliases SELECT page, bookmark_id FROM staged")
        if gone or bookmarks:
            self._run("UPDATE meta SET value = ? WHERE key = 'content_version'", [new_content_version()])
