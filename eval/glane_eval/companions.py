"""What may stand in a data set's folder beside documents, queries and judgments.

``passages.tsv`` says which passage answers (query-id, url, text), ``unanswerable.jsonl`` holds questions
that nothing in the library answers, ``queries-typos.jsonl`` the queries as they are mistyped.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path

from glane_eval.datasets import read_texts
from glane_eval.files import read_lines
from glane_eval.shown import Expected
from glane_indexer.errors import DatasetError

PASSAGES = "passages.tsv"
UNANSWERABLE = "unanswerable.jsonl"
TYPOS = "queries-typos.jsonl"
HEADER = "query-id\turl\ttext"


@dataclass(frozen=True, slots=True)
class Companions:
    """The further files of a data set; what is empty is not there."""

    passages: dict[str, list[Expected]] = field(default_factory=dict)
    unanswerable: dict[str, str] = field(default_factory=dict)
    typos: dict[str, str] = field(default_factory=dict)


def read_companions(folder: Path, queries: Collection[str]) -> Companions:
    """The further files of a folder, as far as they are there.

    Args:
        queries: ids of the queries that are asked; what is said of others is left out.

    Raises:
        DatasetError: a file is malformed, or says nothing of these queries; says the file and line.
    """
    passages = _passages(folder / PASSAGES) if (folder / PASSAGES).exists() else {}
    typos = read_texts(folder / TYPOS) if (folder / TYPOS).exists() else {}
    for name, read in ((PASSAGES, passages), (TYPOS, typos)):
        if read and not set(queries) & set(read):
            raise DatasetError("it names none of the set's queries", where=str(folder / name))
    return Companions(
        {query: items for query, items in passages.items() if query in queries},
        read_texts(folder / UNANSWERABLE) if (folder / UNANSWERABLE).exists() else {},
        {query: text for query, text in typos.items() if query in queries},
    )


def _passages(path: Path) -> dict[str, list[Expected]]:
    lines = read_lines(path)
    number, header = next(lines, (1, ""))
    if [cell.strip().lower() for cell in header.split("\t")] != HEADER.split("\t"):
        raise DatasetError(
            f"the header is {header[:80]!r}" if header else "the file is empty",
            where=f"{path}:{number}",
            hint="The first line must be query-id, url, text, parted by tabs.",
        )
    found: dict[str, list[Expected]] = {}
    for number, line in lines:
        cells = [cell.strip() for cell in line.split("\t")]
        if len(cells) != 3 or not all(cells):
            raise DatasetError(
                "a line has a query-id, a url and a text, parted by tabs", where=f"{path}:{number}"
            )
        found.setdefault(cells[0], []).append(Expected(cells[1], cells[2]))
    return found
