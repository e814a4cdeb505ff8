"""Graded judgments of a library's results, kept in its catalog: questions, and who judged what.

The catalog is opened for a moment at a time, so that imports and indexing can go on between two
judgments.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median_low
from typing import TYPE_CHECKING, Any

from glane_indexer.catalog.schema import CATALOG_NAME, WAIT_SECONDS, open_file, translated
from glane_indexer.errors import InputError
from glane_indexer.library.locking import writer_lock

if TYPE_CHECKING:
    import duckdb

# 0 not relevant, 1 marginal, 2 good, 3 the answer.
GRADES = (0, 1, 2, 3)
GOOD = 2
MAX_QUESTION = 1000
MAX_QUESTIONS = 2000
MAX_JUDGE = 80


@dataclass(frozen=True, slots=True)
class Judgment:
    """The grade that one judge gave to one bookmark for one question."""

    question: str
    bookmark: str
    judge: str
    grade: int


class Judgments:
    """The judgments of one library.

    Every method raises :class:`CatalogError` where the catalog cannot be used, and those that write
    :class:`LockedError` while another process writes to the library.
    """

    def __init__(self, library: Path) -> None:
        self._library = library

    def questions(self) -> dict[str, str]:
        """The questions by id, in the order in which they were added."""
        with self._reading() as connection:
            rows = connection.execute("SELECT id, text FROM questions ORDER BY rowid").fetchall()
        return {str(identifier): str(text) for identifier, text in rows}

    def add_questions(self, texts: Sequence[str]) -> int:
        """Add questions that are not there yet; how many that were.

        Raises:
            InputError: a question is too long, or there would be too many.
        """
        cleaned = {question_id(text): " ".join(text.split()) for text in texts if text.strip()}
        known = self.questions()
        new = [(key, text) for key, text in cleaned.items() if key not in known]
        if any(len(text) > MAX_QUESTION for _, text in new):
            raise InputError(f"a question has more than {MAX_QUESTION} characters")
        if len(known) + len(new) > MAX_QUESTIONS:
            raise InputError(f"there would be more than {MAX_QUESTIONS} questions")
        if new:
            with self._writing() as connection:
                connection.executemany("INSERT INTO questions VALUES (?, ?)", new)
        return len(new)

    def record(self, judge: str, question: str, bookmark: str, grade: int) -> None:
        """Keep a grade; an earlier one of the same judge is replaced.

        Raises:
            InputError: it is not a grade, or the judge has no name or too long a one.
        """
        if grade not in GRADES:
            raise InputError(f"{grade!r} is not a grade", hint="Grades are 0, 1, 2 and 3")
        if not judge.strip() or len(judge) > MAX_JUDGE:
            raise InputError(f"a judge has a name of 1 to {MAX_JUDGE} characters")
        with self._writing() as connection:
            connection.execute("BEGIN")
            connection.execute(
                "DELETE FROM judgments WHERE question = ? AND bookmark = ? AND judge = ?",
                [question, bookmark, judge],
            )
            now = datetime.now(UTC).replace(tzinfo=None)
            connection.execute(
                "INSERT INTO judgments VALUES (?, ?, ?, ?, ?)", [question, bookmark, judge, grade, now]
            )
            connection.execute("COMMIT")

    def undo(self, judge: str) -> Judgment | None:
        """Take back the judge's last judgment; which one it was, or None."""
        with self._writing() as connection:
            row = connection.execute(
                "DELETE FROM judgments WHERE rowid = (SELECT rowid FROM judgments WHERE judge = ? "
                "ORDER BY judged_at DESC, rowid DESC LIMIT 1) RETURNING question, bookmark, judge, grade",
                [judge],
            ).fetchone()
        return Judgment(*row) if row else None

    def all(self) -> list[Judgment]:
        """Every judgment, the earliest first."""
        with self._reading() as connection:
            rows = connection.execute(
                "SELECT question, bookmark, judge, grade FROM judgments ORDER BY judged_at, rowid"
            ).fetchall()
        return [Judgment(*row) for row in rows]

    def qrels(self) -> dict[str, dict[str, int]]:
        """Question id to bookmark id to grade; of several judges the (lower) median counts."""
        grades: dict[str, dict[str, list[int]]] = {}
        for item in self.all():
            grades.setdefault(item.question, {}).setdefault(item.bookmark, []).append(item.grade)
        return {
            question: {bookmark: median_low(values) for bookmark, values in by_bookmark.items()}
            for question, by_bookmark in grades.items()
        }

    @contextmanager
    def _reading(self) -> Iterator[duckdb.DuckDBPyConnection]:
        with self._opened(read_only=True) as connection:
            yield connection

    @contextmanager
    def _writing(self) -> Iterator[duckdb.DuckDBPyConnection]:
        with (
            writer_lock(self._library, "judging", wait=WAIT_SECONDS),
            self._opened(read_only=False) as connection,
        ):
            yield connection

    @contextmanager
    def _opened(self, read_only: bool) -> Iterator[duckdb.DuckDBPyConnection]:
        connection: Any = open_file(self._library, create=False, read_only=read_only)
        with translated(self._library / CATALOG_NAME), closing(connection):
            yield connection


def question_id(text: str) -> str:
    """The id of a question: the same for the same words."""
    plain = " ".join(text.split()).casefold()
    return f"q-{hashlib.sha256(plain.encode('utf-8', 'replace')).hexdigest()[:10]}"
