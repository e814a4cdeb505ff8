"""Zotero's exports: CSL JSON, RDF, and the API's JSON with annotations and notes (pure)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from xml.etree.ElementTree import Element

from glane_indexer.importers.json_text import elements
from glane_indexer.importers.record import (
    annotation,
    bookmark,
    dict_of,
    list_of,
    names_of,
    paragraphs,
    text_of,
)
from glane_indexer.importers.source import Source
from glane_indexer.importers.xml_text import local, parsed
from glane_indexer.models import Annotation, Imported, Problem

_RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
_PARTS = ("annotation", "note", "attachment")


def recognise_csl(source: Source) -> float:
    """Whether the first item has the names of CSL."""
    document: Any = source.document
    if isinstance(document, dict):
        document = document.get("items")
    first = dict_of(next(iter(list_of(document)), None))
    own = {"issued", "container-title", "accessed", "URL", "DOI", "citation-key", "author"} & first.keys()
    return 0.9 if {"id", "type", "title"} <= first.keys() and own and "url" not in first else 0.0


def read_csl(source: Source) -> Iterator[Imported]:
    """The items."""
    for item in elements(source.text, "items"):
        if isinstance(item, Problem):
            yield item
            continue
        values = dict_of(item[1])
        doi = text_of(values.get("DOI"))
        yield from bookmark(
            item[0],
            url=values.get("URL") or (f"https://doi.org/{doi}" if doi else ""),
            title=values.get("title"),
            description=paragraphs(values.get("abstract"), values.get("note")),
            tags=text_of(values.get("keyword")).split(","),
            contributor=", ".join(_csl_name(name) for name in list_of(values.get("author"))),
            created=_csl_date(values.get("accessed")),
            language=values.get("language"),
        )


def recognise_api(source: Source) -> float:
    """Whether the first item has its data as Zotero's API gives it."""
    document: Any = source.document
    # "Better BibTeX JSON" has its items beside its collections.
    document = document.get("items") if isinstance(document, dict) else document
    first = dict_of(next(iter(list_of(document)), None))
    return 1.0 if "itemType" in dict_of(first.get("data")) or {"itemType", "key"} <= first.keys() else 0.0


def read_api(source: Source) -> Iterator[Imported]:
    """The items, each with the annotations and notes on it and on what is attached to it."""
    items: dict[str, tuple[str, dict[str, Any]]] = {}
    for item in elements(source.text, "items"):
        if isinstance(item, Problem):
            yield item
            continue
        record = dict_of(item[1])
        values = dict_of(record.get("data")) or record
        items[text_of(values.get("key")) or item[0]] = (item[0], values)
    parts: dict[str, list[Annotation | None]] = {}
    for key, (_, values) in items.items():
        kind = values.get("itemType")
        if kind in ("annotation", "note"):
            text, note = values.get("annotationText"), values.get("annotationComment") or values.get("note")
            author = values.get("annotationAuthorName")
            parts.setdefault(_root(key, items), []).append(
                annotation(text, note, author, values.get("dateAdded") or values.get("dateModified"))
            )
    for key, (where, values) in items.items():
        kind, parent = values.get("itemType"), text_of(values.get("parentItem"))
        if (kind in _PARTS and (parent in items or kind == "annotation")) and key not in parts:
            continue
        tags = names_of(values.get("tags"), "tag")
        doi = text_of(values.get("DOI"))
        creators = ", ".join(_csl_name(name) for name in list_of(values.get("creators")))
        yield from bookmark(
            where,
            url=values.get("url") or (f"https://doi.org/{doi}" if doi else ""),
            title=values.get("title") or values.get("shortTitle") or values.get("caseName"),
            description=values.get("abstractNote"),
            tags=tags,
            contributor=creators,
            created=values.get("dateAdded"),
            language=values.get("language"),
            annotations=[*parts.get(key, ()), *_enclosed(values)],
        )


def _enclosed(values: dict[str, Any]) -> Iterator[Annotation | None]:
    """The notes in an item, and the annotations in what is attached to it, as Better BibTeX writes them."""
    for note in map(dict_of, list_of(values.get("notes"))):
        yield annotation("", note.get("note"), created=note.get("dateAdded"))
    for attached in map(dict_of, list_of(values.get("attachments"))):
        for mark in map(dict_of, list_of(attached.get("annotations"))):
            author, created = mark.get("annotationAuthorName"), mark.get("dateAdded")
            yield annotation(mark.get("annotationText"), mark.get("annotationComment"), author, created)


def recognise_rdf(source: Source) -> float:
    """Whether it is RDF with Zotero's or its bibliography's names."""
    head = source.head[:5_000]
    return 1.0 if "<rdf:RDF" in head and ("zotero.org" in head or "purl.org/net/biblio" in head) else 0.0


def read_rdf(source: Source) -> Iterator[Imported]:
    """The items, with the notes on them; what belongs to no item is a bookmark by itself."""
    memos, attached = dict[str, str](), dict[str, Element]()
    items: list[Element] = []
    for node in parsed(source):
        if local(node.tag) == "Memo":
            memos[node.get(f"{_RDF}about", "")] = _value(node, "value")
        elif local(node.tag) == "Attachment":
            attached[node.get(f"{_RDF}about", "")] = node
        elif _is_item(node):
            items.append(node)
    linked = [(node, _links(node, "isReferencedBy"), _links(node, "link")) for node in items]
    known = {link for _, notes, files in linked for link in (*notes, *files)}
    linked += [(node, [], []) for key, node in attached.items() if key not in known and _address(node)]
    for number, (node, notes, files) in enumerate(linked, start=1):
        subjects = [_text(child) for child in node if local(child.tag) == "subject"]
        about = node.get(f"{_RDF}about", "")
        url = _address(node) or (about if about.startswith(("http:", "https:")) else "")
        url = url or next(
            filter(None, (_address(attached[link]) for link in files if link in attached)), ""
        )
        names = [
            " ".join(filter(None, (_value(person, "givenName"), _value(person, "surname"))))
            for person in node.iter()
            if local(person.tag) == "Person"
        ]
        yield from bookmark(
            f"item {number}",
            url=url,
            title=_value(node, "title", deep=False),
            description=_value(node, "abstract", deep=False),
            tags=subjects,
            contributor=", ".join(names),
            created=_value(node, "dateSubmitted", deep=False),
            language=_value(node, "language", deep=False),
            annotations=[annotation("", memos[link]) for link in notes if link in memos],
        )
    for key, memo in memos.items():
        if key not in known:
            yield from bookmark(f"note {key}", annotations=[annotation("", memo)])


def _links(node: Element, name: str) -> list[str]:
    """What an element names under ``name``."""
    return [link.get(f"{_RDF}resource", "") for link in node if local(link.tag) == name]


def _is_item(node: Element) -> bool:
    names = {local(child.tag) for child in node}
    return "itemType" in names and "attachment" not in (_value(node, "itemType", deep=False),)


def _value(node: Element, name: str, *, deep: bool = True) -> str:
    found = node.iter() if deep else iter(node)
    return next((text for child in found if local(child.tag) == name and (text := _text(child))), "")


def _text(node: Element) -> str:
    return "".join(node.itertext()).strip()


def _address(node: Element) -> str:
    """What stands in ``dc:identifier/dcterms:URI/rdf:value``."""
    return next((_text(child) for child in node.iter() if local(child.tag) == "URI" and _text(child)), "")


def _root(key: str, items: dict[str, tuple[str, dict[str, Any]]]) -> str:
    """The item above all others that an annotation or a note belongs to."""
    for _ in range(10):
        parent = text_of(items[key][1].get("parentItem"))
        if parent not in items:
            return key
        key = parent
    return key


def _csl_name(value: object) -> str:
    name = dict_of(value)
    parts = (name.get("given") or name.get("firstName"), name.get("family") or name.get("lastName"))
    whole = " ".join(filter(None, map(text_of, parts)))
    return whole or text_of(name.get("literal") or name.get("name"))


def _csl_date(value: object) -> str:
    parts = list_of(next(iter(list_of(dict_of(value).get("date-parts"))), None))
    numbers = [int(text) for text in map(text_of, parts) if text.isdigit()]
    if len(numbers) < 3 or len(numbers) != len(parts):
        return ""
    return f"{numbers[0]:04}-{numbers[1]:02}-{numbers[2]:02}"
