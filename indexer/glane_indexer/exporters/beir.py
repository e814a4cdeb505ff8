"""A library as the corpus of a BEIR dataset: a document a line, everything else as metadata (pure)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from glane_indexer.exporters.texts import with_highlights
from glane_indexer.models import Bookmark


def write(bookmarks: Iterable[Bookmark]) -> Iterator[str]:
    """``corpus.jsonl``, a bookmark a line: its description and annotations are the text."""
    for bookmark in bookmarks:
        metadata = {
            "url": bookmark.url,
            "tags": list(bookmark.tags),
            "contributor": bookmark.contributor,
            "created_at": bookmark.created_at.isoformat() if bookmark.created_at else None,
            "views": bookmark.views,
            "kind": bookmark.kind,
            "language": bookmark.language,
            "visibility": bookmark.visibility,
        }
        record = {
            "_id": bookmark.id,
            "title": bookmark.title,
            "text": with_highlights(bookmark),
            "metadata": {name: value for name, value in metadata.items() if value},
        }
        yield json.dumps(record, ensure_ascii=False) + "\n"
