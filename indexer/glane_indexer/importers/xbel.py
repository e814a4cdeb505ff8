"""XBEL, the XML of bookmarks that Konqueror, Floccus, buku and others write; folders become tags (pure)."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree.ElementTree import Element

from glane_indexer.errors import InputError
from glane_indexer.importers.folders import is_root
from glane_indexer.importers.record import bookmark
from glane_indexer.importers.source import Source
from glane_indexer.importers.xml_text import local, parsed
from glane_indexer.models import Imported, Problem


def recognise(source: Source) -> float:
    """Whether the root is ``xbel``."""
    return 1.0 if "<xbel" in source.head[:2_000].lower() else 0.0


def read(source: Source) -> Iterator[Imported]:
    """The bookmarks of all folders; of a damaged file, those before the damage."""
    found: dict[int, tuple[Element, list[str]]] = {}
    damage: InputError | None = None
    try:
        for node in parsed(source):
            # What is in a folder is closed before it.
            if local(node.tag) == "bookmark":
                found[id(node)] = (node, [])
            elif local(node.tag) == "folder" and not is_root(name := _said(node, "title")):
                for inner in node.iter():
                    if id(inner) in found:
                        found[id(inner)][1].insert(0, name)
    except InputError as error:
        damage = error
    for number, (node, folders) in enumerate(found.values(), start=1):
        yield from bookmark(
            f"bookmark {number}",
            url=node.get("href"),
            title=_said(node, "title"),
            description=_said(node, "desc"),
            tags=[*folders, *(node.get("tags") or "").split(",")],
            created=node.get("added"),
        )
    if damage:
        raise damage
    if not found:
        yield Problem("line 1", "there are no bookmarks in this file")


def _said(node: Element, name: str) -> str:
    return next(("".join(child.itertext()).strip() for child in node if local(child.tag) == name), "")
