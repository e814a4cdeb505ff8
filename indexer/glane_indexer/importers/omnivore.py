"""Omnivore's export: metadata as JSON, alone or in its archive with ``highlights/*.md`` (pure)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from glane_indexer.importers.json_text import elements
from glane_indexer.importers.markdown import BACK
from glane_indexer.importers.record import annotation, bookmark, dict_of, list_of, names_of, text_of
from glane_indexer.importers.source import Source
from glane_indexer.models import Annotation, Imported, Problem

_PARAGRAPHS = re.compile(r"\n[ \t]*\n\s*")


def recognise(source: Source) -> float:
    """Whether the first record has Omnivore's names, or the archive has its files."""
    names = [PurePosixPath(name) for name in source.members.names]
    if names:
        return 1.0 if any(_is_metadata(name) for name in names) else 0.0
    first = dict_of(next(iter(list_of(source.document)), None))
    return 1.0 if {"slug", "url", "savedAt"} <= first.keys() else 0.0


def read(source: Source) -> Iterator[Imported]:
    """The pages, with the highlights of an archive."""
    if not source.members.names:
        yield from _pages(source, {})
        return
    highlights: dict[str, list[Annotation | None]] = {}
    for name in map(PurePosixPath, source.members.names):
        if name.parent.name == "highlights" and name.suffix == ".md":
            member = source.members.source(str(name))
            yield from member.problems
            highlights[name.stem] = list(_highlights(member.text))
    for name in map(PurePosixPath, source.members.names):
        if _is_metadata(name):
            member = source.members.source(str(name))
            yield from member.problems
            yield from _pages(member, highlights)
    for slug, kept in highlights.items():
        if any(kept):
            yield Problem(
                f"highlights/{slug}.md", "no page of the export has these highlights", skipped=False
            )
            yield from bookmark(f"highlights/{slug}.md", title=slug.replace("-", " "), annotations=kept)


def _highlights(text: str) -> Iterator[Annotation | None]:
    """The highlights of a page, as Omnivore writes them.

    A quote begins with ``>`` and goes on to the next empty line, whether its other lines begin so or not;
    its labels and the note on it follow as paragraphs. A note on the page stands alone.
    """
    quoted, notes = "", list[str]()
    for paragraph in _PARAGRAPHS.split(text.strip()):
        if paragraph.startswith(">"):
            yield annotation(quoted, "\n\n".join(notes))
            lines = (line.removeprefix(">").removeprefix(" ") for line in paragraph.split("\n"))
            quoted, notes = BACK.sub("", "\n".join(lines).strip()), []
        else:
            notes.append(paragraph)
    yield annotation(quoted, "\n\n".join(notes))


def _is_metadata(name: PurePosixPath) -> bool:
    return name.name.startswith("metadata_") and name.suffix == ".json"


def _pages(source: Source, highlights: dict[str, list[Annotation | None]]) -> Iterator[Imported]:
    for item in elements(source.text):
        if isinstance(item, Problem):
            yield item
            continue
        page = dict_of(item[1])
        own = [dict_of(entry) for entry in list_of(page.get("highlights"))]
        yield from bookmark(
            item[0],
            url=page.get("url") or page.get("originalUrl"),
            title=page.get("title"),
            description=page.get("description"),
            tags=names_of(page.get("labels"), "name"),
            contributor=page.get("author"),
            created=page.get("savedAt"),
            annotations=[
                *(annotation(entry.get("quote"), entry.get("annotation")) for entry in own),
                *highlights.pop(text_of(page.get("slug")), ()),
            ],
        )
