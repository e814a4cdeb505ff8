"""Evernote's export (``.enex``): notes with their texts and the addresses of what was clipped (pure)."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree.ElementTree import Element

from glane_indexer.importers.html_text import page_text
from glane_indexer.importers.record import bookmark
from glane_indexer.importers.source import Source
from glane_indexer.importers.xml_text import local, parsed
from glane_indexer.models import Imported


def recognise(source: Source) -> float:
    """Whether the root is ``en-export``."""
    return 1.0 if "<en-export" in source.head[:2_000].lower() else 0.0


def read(source: Source) -> Iterator[Imported]:
    """The notes."""
    notes = (node for node in parsed(source) if local(node.tag) == "note")
    for number, note in enumerate(notes, start=1):
        yield from bookmark(
            f"note {number}",
            url=_said(note, "source-url"),
            title=_said(note, "title"),
            description=page_text(_said(note, "content")),
            tags=[(child.text or "").strip() for child in note if local(child.tag) == "tag"],
            contributor=_said(note, "author"),
            created=_said(note, "created"),
        )


def _said(note: Element, name: str) -> str:
    found = (node for node in note.iter() if local(node.tag) == name)
    return next((text for node in found if (text := "".join(node.itertext()).strip())), "")
