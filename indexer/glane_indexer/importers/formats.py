"""All formats by their names: what each is, what it carries, how it is recognised and read (pure)."""

from __future__ import annotations

from glane_indexer.importers.bookmark_formats import BOOKMARK_FORMATS
from glane_indexer.importers.highlight_formats import HIGHLIGHT_FORMATS

FORMATS = {item.name: item for item in (*HIGHLIGHT_FORMATS, *BOOKMARK_FORMATS)}
