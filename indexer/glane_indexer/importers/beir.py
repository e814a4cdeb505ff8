"""A BEIR corpus as a library: each document becomes a bookmark, its text the description (pure)."""

from __future__ import annotations

from collections.abc import Iterator

from glane_indexer.importers.clean import clean_line, clean_text
from glane_indexer.importers.lines import first_object, objects
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
        name, description = clean_line(title), clean_text(body)
        if not str(identifier).strip() or not (name or description):
            yield Problem(where, "the record has no _id, or neither a title nor a text")
        else:
            yield Bookmark(
                id=str(identifier).strip(),
                title=name or description.split("\n", 1)[0][:120],
                description=description,
            )
