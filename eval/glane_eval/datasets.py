"""Evaluation data sets: BEIR folders of documents, queries and judgments.

A folder holds ``corpus.jsonl`` (``_id``, ``title``, ``text``), ``queries.jsonl`` (``_id``, ``text``) and
``qrels.tsv`` (or ``qrels/test.tsv``, as BEIR hands them out), each plain or with ``.gz`` added. A set may
also be judgments only, of a library that is indexed already.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from glane_eval.files import read_lines, read_objects, write_lines
from glane_eval.qrels import Qrels, read_beir_qrels, write_beir_qrels
from glane_indexer.errors import DatasetError

CORPUS = ("corpus.jsonl",)
QUERIES = ("queries.jsonl",)
QRELS = ("qrels.tsv", "qrels/test.tsv")


class Document(NamedTuple):
    """One document of a corpus, and the line of the file it stands on (from 1)."""

    id: str
    title: str
    text: str
    line: int


@dataclass(frozen=True, slots=True)
class Dataset:
    """A data set that :func:`read_dataset` has checked.

    ``queries`` is query id to text, in the order of the file; ``files`` are the paths that were read, the
    corpus first where there is one. ``origin`` says where the judgments come from, where the queries
    carry ``metadata.origin`` (see :mod:`glane_eval.held_out`), else "". ``skipped`` are the lines of
    queries without a text, which public sets do hold: they and their judgments are left out.
    """

    name: str
    folder: Path
    queries: dict[str, str]
    qrels: Qrels
    files: tuple[Path, ...]
    has_corpus: bool
    origin: str = ""
    skipped: tuple[int, ...] = ()

    def judged_queries(self) -> dict[str, str]:
        """The queries that have judgments, in the order of the file: the ones worth running."""
        return {query: text for query, text in self.queries.items() if query in self.qrels}

    def corpus(self) -> Iterator[Document]:
        """The documents, read anew from the file at each call.

        Raises:
            DatasetError: the set has no corpus, or the file has changed and is no longer right.
        """
        if not self.has_corpus:
            raise DatasetError("this data set was opened without its corpus", where=str(self.folder))
        return _read_corpus(self.files[0])

    def corpus_ids(self) -> set[str]:
        """The ids of all documents.

        Raises:
            DatasetError: as :meth:`corpus`.
        """
        return {document.id for document in self.corpus()}

    def content_hash(self) -> str:
        """SHA-256 (hexadecimal) of the files: equal for two sets whose results must be equal."""
        whole = hashlib.sha256()
        for path in self.files:
            with path.open("rb") as stream:
                whole.update(hashlib.file_digest(stream, "sha256").digest())
        return whole.hexdigest()


def read_dataset(folder: Path, *, corpus: bool = True) -> Dataset:
    """Read a BEIR folder and check that its three files belong together.

    Args:
        folder: the folder; its name becomes the name of the set.
        corpus: False for judgments of a library that is indexed elsewhere; ``corpus.jsonl`` is then
            neither needed nor read, and the documents' ids are not checked.

    Raises:
        DatasetError: a file is missing, empty or malformed, an id stands twice, or the judgments name a
            query or a document that is not there. ``where`` is the file and the line.
    """
    if not folder.is_dir():
        raise DatasetError("there is no such folder", where=str(folder), hint="Name a BEIR folder.")
    paths = [_find(folder, CORPUS)] if corpus else []
    paths += [_find(folder, QUERIES), _find(folder, QRELS)]
    read, origin = _read_queries(paths[-2])
    qrels = read_beir_qrels(paths[-1])
    _check_known(qrels, set(read), paths[-1], "query", paths[-2])
    queries = {query: text for query, (_, text) in read.items() if text.strip()}
    skipped = tuple(line for line, text in read.values() if not text.strip())
    if not queries:
        raise DatasetError("no query has a text", where=str(paths[-2]))
    qrels = {query: grades for query, grades in qrels.items() if query in queries}
    name = folder.resolve().name
    dataset = Dataset(name, folder, queries, qrels, tuple(paths), corpus, origin, skipped)
    if corpus:
        documents = (doc for grades in qrels.values() for doc in grades)
        _check_known(documents, dataset.corpus_ids(), paths[-1], "document", paths[0])
    return dataset


def write_judgments(folder: Path, queries: Mapping[str, str], qrels: Qrels, *, origin: str = "") -> None:
    """Write ``queries.jsonl`` and ``qrels.tsv`` that :func:`read_dataset` reads with ``corpus=False``.

    Raises:
        DatasetError: an id holds a tab or a line end.
    """
    metadata: dict[str, Any] = {"metadata": {"origin": origin}} if origin else {}
    rows = ({"_id": query, "text": text, **metadata} for query, text in queries.items())
    write_beir_qrels(folder / QRELS[0], qrels)
    write_lines(folder / QUERIES[0], (json.dumps(row, ensure_ascii=False) for row in rows))


def _find(folder: Path, names: tuple[str, ...]) -> Path:
    for name in names:
        for path in (folder / name, folder / f"{name}.gz"):
            if path.is_file():
                return path
    raise DatasetError(
        "the data set has no such file",
        where=str(folder / names[0]),
        hint=f"Looked for {', '.join(names)}, also with .gz.",
    )


def _read_corpus(path: Path) -> Iterator[Document]:
    seen: set[str] = set()
    for number, record in read_objects(path):
        where = f"{path}:{number}"
        identifier = _identifier(record, seen, "document", where)
        # Public sets do hold documents without any text; they cannot be found, and that is no error.
        title, text = (_text(record, name, where) for name in ("title", "text"))
        yield Document(identifier, title, text, number)
    if not seen:
        raise DatasetError("the file holds no document", where=str(path))


def read_texts(path: Path) -> dict[str, str]:
    """The queries of a file by id, in its order; those without a text are left out.

    Raises:
        DatasetError: the file is missing, empty or malformed, or an id stands twice.
    """
    return {query: text for query, (_, text) in _read_queries(path)[0].items() if text.strip()}


def _read_queries(path: Path) -> tuple[dict[str, tuple[int, str]], str]:
    """Query id to line and text, and where the queries say that they come from."""
    queries: dict[str, tuple[int, str]] = {}
    origins: dict[str, None] = {}
    seen: set[str] = set()
    for number, record in read_objects(path):
        where = f"{path}:{number}"
        identifier = _identifier(record, seen, "query", where)
        queries[identifier] = number, _text(record, "text", where)
        metadata = record.get("metadata")
        if isinstance(metadata, dict) and isinstance(metadata.get("origin"), str):
            origins[metadata["origin"]] = None
    if not queries:
        raise DatasetError("the file holds no query", where=str(path))
    return queries, ", ".join(filter(None, origins))


def _identifier(record: dict[str, Any], seen: set[str], what: str, where: str) -> str:
    """The record's ``_id``, without white space around it, as the importer of BEIR files takes it."""
    value = record.get("_id")
    if isinstance(value, bool) or not isinstance(value, (str, int)) or not str(value).strip():
        raise DatasetError(f"the {what} has no _id", where=where)
    identifier = str(value).strip()
    if identifier in seen:
        raise DatasetError(f"the {what} {identifier!r} stands twice in the file", where=where)
    seen.add(identifier)
    return identifier


def _text(record: dict[str, Any], name: str, where: str) -> str:
    value = record.get(name)
    if name not in record and name == "text":
        raise DatasetError("the field text is missing", where=where)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise DatasetError(f"the field {name} is not a text", where=where)
    # JSON can say half of a surrogate pair, which no encoder and no file takes.
    return value.encode("utf-8", "replace").decode("utf-8")


def _check_known(judged: Iterable[str], known: set[str], qrels: Path, what: str, file: Path) -> None:
    unknown = set(judged) - known
    if unknown:
        # Errors are rare: the judgments are read again for the line, instead of keeping all line numbers.
        column = 0 if what == "query" else 1
        cells = ((number, row.split("\t")[column].strip()) for number, row in read_lines(qrels))
        line, first = next((number, cell) for number, cell in cells if number > 1 and cell in unknown)
        others = f" (and {len(unknown) - 1} more)" if len(unknown) > 1 else ""
        raise DatasetError(
            f"the {what} {first!r}{others} is judged, but it is not in {file.name}", where=f"{qrels}:{line}"
        )
