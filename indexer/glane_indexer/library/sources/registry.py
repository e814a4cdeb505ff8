"""The live sources that Glane knows."""

from __future__ import annotations

from glane_indexer.library.sources import (
    diigo,
    feed,
    hypothesis,
    karakeep,
    linkding,
    pinboard,
    raindrop,
    readwise,
    zotero,
)

SOURCES = {
    module.SOURCE.name: module.SOURCE
    for module in (readwise, hypothesis, karakeep, linkding, raindrop, pinboard, diigo, zotero, feed)
}
