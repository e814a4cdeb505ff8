"""W3C Web Annotations (JSON-LD): single, as a list, or in pages and collections (pure).

One bookmark a target. The exact quote becomes the annotation; bodies become its note, or tags where
their purpose is tagging.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from glane_indexer.importers import own_annotations
from glane_indexer.importers.json_text import elements
from glane_indexer.importers.record import Works, annotation, dict_of, list_of, paragraphs, text_of
from glane_indexer.importers.source import Source
from glane_indexer.models import Imported, Problem


def recognise(source: Source) -> float:
    """Whether the context or the type is that of the model."""
    document: Any = source.document
    first = dict_of(document[0] if isinstance(document, list) and document else document)
    context = str(first.get("@context", ""))[:500]
    kinds = [text_of(kind) for kind in _listed(first.get("type"))]
    named = any(kind in ("Annotation", "AnnotationPage", "AnnotationCollection") for kind in kinds)
    if "ns/anno" in context:
        return 1.0
    return 0.9 if named and {"target", "items", "first"} & first.keys() else 0.0


def read(source: Source) -> Iterator[Imported]:
    """The annotated pages."""
    if f'"{own_annotations.MARK}"' in source.head:
        yield from own_annotations.read(source)
        return
    works = Works()
    for item in elements(source.text, "items"):
        if isinstance(item, Problem):
            yield item
            continue
        where, value = item[0], dict_of(item[1])
        first = dict_of(value.get("first"))
        for entry in map(dict_of, list_of(first.get("items")) or [value]):
            yield from _take(works, where, entry)
    yield from works.bookmarks()


def _take(works: Works, where: str, entry: dict[str, Any]) -> Iterator[Imported]:
    creator = _name(entry.get("creator"))
    tags, notes = list[object](), list[object]()
    for body in _listed(entry.get("body") or entry.get("bodyValue")):
        inner = dict_of(body)
        value = body if isinstance(body, str) else inner.get("value")
        purposes = [*_listed(inner.get("purpose")), *_listed(entry.get("motivation"))]
        (tags if "tagging" in purposes[:1] else notes).append(value)
    targets = _listed(entry.get("target"))
    if not targets:
        yield Problem(where, "the annotation has no target")
    for target in targets:
        inner = dict_of(target)
        source = inner.get("source") if inner else target
        address = text_of(source) or text_of(dict_of(source).get("id")) or text_of(inner.get("id"))
        titles = (dict_of(source).get("title"), inner.get("title"), dict_of(source).get("name"))
        title = next(filter(None, map(text_of, titles)), "")
        work = works.work(address or where, where, url=address, title=title)
        work.tags += tags
        quoted = next(
            (
                text_of(selector.get("exact"))
                for selector in map(dict_of, _selectors(inner.get("selector")))
                if selector.get("exact")
            ),
            "",
        )
        if quoted or any(map(text_of, notes)):
            created = entry.get("created") or entry.get("modified")
            work.annotations.append(annotation(quoted, paragraphs(*notes), creator, created))


def _selectors(value: object) -> Iterator[object]:
    """The selectors, and those that refine them."""
    stack = list(reversed(_listed(value)))
    for _ in range(100):
        if not stack:
            return
        selector = stack.pop()
        yield selector
        stack += _listed(dict_of(selector).get("refinedBy")) + _listed(dict_of(selector).get("items"))


def _listed(value: object) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _name(value: object) -> str:
    first = next(iter(_listed(value)), None)
    inner = dict_of(first)
    return text_of(first) or next(
        (text for key in ("name", "nickname", "id") if (text := text_of(inner.get(key)))), ""
    )
