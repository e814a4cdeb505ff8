"""The judged questions of the sample, put into a library that holds the sample."""

from __future__ import annotations

from pathlib import Path

from glane_indexer.catalog.judgments import Judgments, question_id
from glane_indexer.identity import identify
from glane_indexer.models import Bookmark
from glane_indexer.sample.load import qrels, queries

JUDGE = "sample"


def add_judgments(library: Path) -> None:
    """Make the library know the sample's questions and where their answers are.

    Raises:
        CatalogError: the library has no catalog, or it cannot be used.
        LockedError: another process writes to the library.
    """
    texts, judged = queries(), qrels()
    judgments = Judgments(library)
    judgments.add_questions(list(texts.values()))
    judgments.record_all(
        JUDGE,
        {
            question_id(texts[name]): {
                identify(Bookmark("", url)).id: grade for url, grade in grades.items()
            }
            for name, grades in judged.items()
            if name in texts
        },
    )
