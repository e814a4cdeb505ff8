"""Hypothes.is annotations: the client's export, the API's answers, single annotations (pure).

One bookmark a page. The quote becomes the annotation, its comment the note; an annotation of the page
as a whole has only a note, and a reply follows the note that it answers, behind its author's name.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from glane_indexer.importers.json_text import elements
from glane_indexer.importers.record import Works, annotation, dict_of, list_of, names_of, text_of
from glane_indexer.importers.source import Source
from glane_indexer.models import Imported, Problem

_LISTS = ("annotations", "rows")


@dataclass(slots=True)
class _Entry:
    """An annotation with the replies to it."""

    where: str
    values: dict[str, Any]
    replies: list[dict[str, Any]] = field(default_factory=list)


def recognise(source: Source) -> float:
    """Whether the first record is an annotation as Hypothes.is writes it."""
    document: Any = source.document
    if isinstance(document, dict):
        if {"export_userid", "client_version"} & document.keys() and "annotations" in document:
            return 1.0
        document = next((document[name] for name in _LISTS if document.get(name)), document)
    first = dict_of(document[0] if isinstance(document, list) and document else document)
    return 1.0 if {"uri", "user"} <= first.keys() and {"target", "text", "group"} & first.keys() else 0.0


def read(source: Source) -> Iterator[Imported]:
    """The annotated pages."""
    entries: dict[str, _Entry] = {}
    for item in elements(source.text, *_LISTS):
        if isinstance(item, Problem):
            yield item
            continue
        where, values = item[0], dict_of(item[1])
        entries[text_of(values.get("id")) or where] = _Entry(where, values)
    works = Works()
    for key, entry in entries.items():
        values = entry.values
        # The first of the references is the annotation that a thread is about.
        thread = next(
            (name for name in map(text_of, list_of(values.get("references"))) if name in entries), ""
        )
        if thread and thread != key:
            entries[thread].replies.append(values)
            continue
        url = values.get("uri") or next((target.get("source") for target in _targets(values)), "")
        document = dict_of(values.get("document"))
        work = works.work(text_of(url) or key, entry.where, url=url, title=_title(document))
        work.tags += names_of(values.get("tags"))
        readers = [text_of(name) for name in list_of(dict_of(values.get("permissions")).get("read"))]
        # One that only its author may read makes the page private: nothing of it may leak.
        work.private |= bool(readers) and not any(name.startswith("group:") for name in readers)
    for key, entry in entries.items():
        values = entry.values
        if any(name in entries and name != key for name in map(text_of, list_of(values.get("references")))):
            continue
        url = values.get("uri") or next((target.get("source") for target in _targets(values)), "")
        notes = [text_of(values.get("text")), *map(_reply, sorted(entry.replies, key=_created))]
        note = "\n\n".join(text for text in notes if text.strip())
        quoted = "\n".join(filter(None, (_quote(target) for target in _targets(values)))) or values.get(
            "quote"
        )
        works[text_of(url) or key].annotations.append(
            annotation(quoted, note, _user(values), values.get("created") or values.get("updated"))
        )
    yield from works.bookmarks()


def _targets(values: dict[str, Any]) -> list[dict[str, Any]]:
    return [dict_of(target) for target in list_of(values.get("target"))]


def _quote(target: dict[str, Any]) -> str:
    selectors = [dict_of(selector) for selector in list_of(target.get("selector"))]
    return next((text_of(item.get("exact")) for item in selectors if item.get("exact")), "")


def _title(document: dict[str, Any]) -> str:
    title = document.get("title")
    return text_of(title) or next(map(text_of, list_of(title)), "")


def _user(values: dict[str, Any]) -> str:
    """The name in ``acct:name@hypothes.is``, or the one that its owner shows."""
    shown = text_of(dict_of(values.get("user_info")).get("display_name"))
    return shown or text_of(values.get("user")).removeprefix("acct:").split("@", 1)[0]


def _reply(values: dict[str, Any]) -> str:
    text = text_of(values.get("text")).strip()
    return f"{_user(values)}: {text}" if text else ""


def _created(values: dict[str, Any]) -> str:
    return text_of(values.get("created"))
