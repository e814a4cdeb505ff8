"""What is evaluated: judged questions, and the library that has to answer them."""

from __future__ import annotations

import codecs
import gzip
import hashlib
import json
import logging
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from glane_eval.companions import Companions, read_companions
from glane_eval.datasets import QUERIES, Dataset, read_dataset
from glane_eval.qrels import Qrels
from glane_indexer.encoder.base import Encoder
from glane_indexer.errors import DatasetError
from glane_indexer.settings import Settings

SAMPLE = "sample"
LIBRARY_FILE = "library.jsonl"
CATALOG = "catalog.duckdb"

logger = logging.getLogger("glane")
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Source:
    """Judged questions with what their documents come from.

    ``corpus`` is a file to build a library of, with its format and a hash of its content; or
    ``library`` is one that exists. Both are None for questions to a service elsewhere. ``companions`` are
    the further files of the set, and ``skipped`` counts its questions that have no text.
    """

    name: str
    queries: dict[str, str]
    qrels: Qrels
    origin: str = ""
    corpus: bytes | None = None
    format: str = ""
    key: str = ""
    library: Path | None = None
    companions: Companions = field(default_factory=Companions)
    skipped: int = 0


def open_source(dataset: str, *, corpus: bool = True, within: Path | None = None) -> Source:
    """The source of that name or folder.

    Args:
        dataset: ``sample``; the folder of a library with judgments; a folder with ``queries.jsonl``,
            ``qrels.tsv`` and either BEIR's ``corpus.jsonl`` or a library exported as ``library.jsonl``.
        corpus: False where the documents are in another library or service.
        within: a folder of data sets, in which one is looked for that is not found from here.

    Raises:
        DatasetError: it is none of these, or something in it is wrong; says the file and line.
    """
    folder = Path(dataset)
    if dataset == SAMPLE and not folder.exists():
        return _sample()
    if within and not folder.exists() and (within / dataset).is_dir():
        folder = within / dataset
    if (folder / CATALOG).exists():
        return _library(folder)
    exported = folder / LIBRARY_FILE
    if corpus and exported.exists():
        return _read(read_dataset(folder, corpus=False), exported.read_bytes(), "jsonl")
    found = read_dataset(folder, corpus=corpus)
    if not corpus:
        return _read(found)
    path = found.files[0]
    data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    return _read(found, _with_texts(data, path), "beir")


def _with_texts(data: bytes, path: Path) -> bytes:
    """The documents of a BEIR corpus that have a title or a text: public sets hold some that have neither,
    which nothing can find."""
    lines = [line for line in data.split(b"\n") if line.strip()]
    records = [json.loads(line.removeprefix(codecs.BOM_UTF8)) for line in lines]
    held = [any(str(record.get(name) or "").strip() for name in ("title", "text")) for record in records]
    if all(held):
        return data
    logger.warning("%s: documents without a text are left out: %d", path, held.count(False))
    return b"".join(line + b"\n" for line, holds in zip(lines, held, strict=True) if holds)


def _read(found: Dataset, data: bytes | None = None, format: str = "") -> Source:
    """The source of a data set, with the documents of these bytes."""
    if found.skipped:
        logger.warning(
            "%s: questions without a text are skipped, on line %s",
            found.folder / QUERIES[0],
            ", ".join(map(str, found.skipped)),
        )
    queries = found.judged_queries()
    return Source(
        found.name,
        queries,
        found.qrels,
        found.origin,
        data,
        format,
        content_key(data) if data else "",
        companions=read_companions(found.folder, queries),
        skipped=len(found.skipped),
    )


def library_of(source: Source, settings: Settings, encoder: Encoder, progress: Progress) -> Path:
    """The library of a source, indexed with this encoder; built once, and kept in the cache.

    Raises:
        GlaneError: it cannot be imported or indexed.
    """
    from glane_indexer.index.build import build_generation
    from glane_indexer.library.importing import import_bytes

    if source.library is not None:
        return source.library
    if source.corpus is None:
        raise DatasetError(
            "there is no library to ask", hint="Name one with --library, or a service with --url"
        )
    folder = settings.cache / "eval" / f"{source.name}-{source.key}"
    done = folder / "imported"
    if not done.exists():
        shutil.rmtree(folder, ignore_errors=True)
        report = import_bytes(
            source.corpus,
            folder,
            format=source.format,
            name=source.name,
            progress=progress,
        )
        if report.bookmarks.skipped:
            raise DatasetError(
                f"{report.bookmarks.skipped} documents of the corpus cannot be imported, the first because "
                f"{report.problems[0].message}",
                where=report.problems[0].where,
            )
        done.touch()
    build_generation(folder, encoder, progress=progress)
    return folder


def _sample() -> Source:
    from glane_indexer.identity import identify
    from glane_indexer.models import Bookmark
    from glane_indexer.sample import load

    data = load.library_bytes()
    queries = load.queries()
    qrels = {
        query: {identify(Bookmark("", url)).id: grade for url, grade in grades.items()}
        for query, grades in load.qrels().items()
    }
    judged = {query: text for query, text in queries.items() if query in qrels}
    return Source(SAMPLE, judged, qrels, "", data, "jsonl", content_key(data))


def _library(folder: Path) -> Source:
    """A library with judgments of its own."""
    from glane_indexer.catalog.judgments import Judgments

    judgments = Judgments(folder)
    qrels = judgments.qrels()
    if not qrels:
        raise DatasetError(
            "nobody has judged anything in this library yet",
            where=str(folder),
            hint="Run `glane-eval judge`, or `glane-eval make-set` for a set without judging",
        )
    texts = judgments.questions()
    queries = {query: texts[query] for query in qrels if query in texts}
    return Source(folder.resolve().name, queries, qrels, "judgments of this library", library=folder)


def content_key(data: bytes) -> str:
    """A short name for a corpus of these bytes."""
    return hashlib.sha256(data).hexdigest()[:16]
