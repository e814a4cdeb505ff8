"""The sample that comes with Glane: a small watch library, questions on it, and their judgments.

The library is invented: its pages, its people and its figures exist nowhere else, and its urls all lie
under domains reserved for examples. The judgments name bookmarks by url, so that they can be read;
:func:`glane_indexer.identity.identify` turns a url into the id that the index uses.
"""

from __future__ import annotations

import json
from importlib.resources import files

from glane_indexer.errors import InputError

LIBRARY = "library.jsonl"
QUERIES = "queries.jsonl"
QRELS = "qrels.tsv"
QRELS_HEADER = ["query-id", "corpus-id", "score"]


def library_bytes() -> bytes:
    """The bookmarks of the sample, as a file of Glane's own ``jsonl`` format (UTF-8)."""
    return _read(LIBRARY)


def queries() -> dict[str, str]:
    """The questions of the sample by their id, in the order of the file.

    Raises:
        InputError: a line of the installed file is not a question.
    """
    found: dict[str, str] = {}
    for number, line in enumerate(_read(QUERIES).decode().splitlines(), start=1):
        try:
            record = json.loads(line)
            found[str(record["_id"])] = str(record["text"])
        except (ValueError, KeyError, TypeError) as error:
            raise _damaged(QUERIES, number) from error
    return found


def qrels() -> dict[str, dict[str, int]]:
    """The judgments of the sample: question id, then the bookmark's url, then its grade.

    Grades are 3 (the answer), 2 (good), 1 (marginal) and 0 (looks like an answer and is not one). A
    question that nothing in the library answers has grades of 0 only, or is absent.

    Raises:
        InputError: the installed file has another header, or a line that is not a judgment.
    """
    lines = _read(QRELS).decode().splitlines()
    if not lines or lines[0].split("\t") != QRELS_HEADER:
        raise _damaged(QRELS, 1)
    found: dict[str, dict[str, int]] = {}
    for number, line in enumerate(lines[1:], start=2):
        try:
            query, url, grade = line.split("\t")
            found.setdefault(query, {})[url] = int(grade)
        except ValueError as error:
            raise _damaged(QRELS, number) from error
    return found


def _read(name: str) -> bytes:
    return (files("glane_indexer.sample") / name).read_bytes()


def _damaged(name: str, line: int) -> InputError:
    return InputError(
        "the sample that comes with Glane cannot be read",
        where=f"{name}:{line}",
        hint="Install the package again",
    )
