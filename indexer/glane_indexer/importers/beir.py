"""A BEIR corpus as a library: each document becomes a bookmark, its text the description (pure).

What a corpus says of a document besides (``metadata``, or beside its text) is kept."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from glane_indexer.importers.clean import clean_line, clean_text
from glane_indexer.importers.lines import first_object, objects
from glane_indexer.importers.record import bookmark, dict_of, names_of, text_of
from glane_indexer.importers.source import Source
from glane_indexer.models import Bookmark, Imported, Problem


def recognise(source: Source) -> float:
    """Whether the first line is a JSON object with BEIR's ``_id`` and ``text``."""
    record = first_object(source)
    return float("_id" in record and "text" in record)


def read(source: Source) -> Iterator[Imported]:
    """The documents of ``corpus.jsonl``, with their own ids, and the lines that are none."""
    for item in objects(source):
        if isinstance(item, Problem):
            yield item
            continue
        where, record = item
        title, body = (record.get(name) or "" for name in ("title", "text"))
        # Ids that are numbers begin at 0.
        identifier = "" if record.get("_id") is None else record["_id"]
        if (
            not isinstance(identifier, (str, int))
            or not isinstance(title, str)
            or not isinstance(body, str)
        ):
            yield Problem(where, "_id, title or text is not a text")
            continue
        name, text = clean_line(title), clean_text(body)
        if not str(identifier).strip() or not (name or text):
            yield Problem(where, "the record has no _id, or neither a title nor a text")
            continue
        for made in _with_metadata(where, record, name, text):
            yield replace(made, id=str(identifier).strip()) if isinstance(made, Bookmark) else made


def _with_metadata(where: str, record: dict[str, Any], title: str, text: str) -> Iterator[Imported]:
    """The document with what its metadata say of it: url, description, tags, date and more."""
    metadata = {**dict_of(record.get("metadata"))}
    values = {
        **{name: value for name, value in record.items() if name not in ("title", "text")},
        **metadata,
    }
    described = clean_text(text_of(values.get("description")))
    date = next(
        (values[name] for name in ("created_at", "created", "date", "timestamp") if values.get(name)), None
    )
    yield from bookmark(
        where,
        url=values.get("url") or values.get("uri") or values.get("link"),
        title=title or text.split("\n", 1)[0][:120],
        description=text if described in text else f"{described}\n\n{text}",
        tags=names_of(values.get("tags") or values.get("keywords"), "name"),
        contributor=values.get("contributor") or values.get("author"),
        created=date,
        language=values.get("language") or values.get("lang"),
    )
