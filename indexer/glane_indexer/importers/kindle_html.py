"""The notebook of a book that Kindle's programs export as HTML: its highlights and notes (pure).

A note follows the highlight that it is on. Places in the book and colours are left out.
"""

from __future__ import annotations

from collections.abc import Iterator

from glane_indexer.importers.clean import clean_line, clean_text
from glane_indexer.importers.html_text import parsed_html
from glane_indexer.importers.kindle import is_note
from glane_indexer.importers.record import annotation, bookmark
from glane_indexer.importers.source import Source
from glane_indexer.models import Annotation, Imported, Problem

_PARTS = ("bookTitle", "authors", "sectionHeading", "noteHeading", "noteText")


def recognise(source: Source) -> float:
    """Whether the page has the classes of a notebook."""
    head = source.head.replace("'", '"')
    return 1.0 if 'class="bookTitle"' in head and 'class="noteHeading"' in head else 0.0


def read(source: Source) -> Iterator[Imported]:
    """The book with its highlights."""
    title = author = ""
    kept: list[Annotation | None] = []
    marked, noting = "", False
    for part, said in _parts(source.text):
        if part == "bookTitle":
            title = title or clean_line(said)
        elif part == "authors":
            author = author or clean_line(said)
        elif part == "noteHeading":
            noting = is_note(said)
        elif part == "noteText" and noting:
            kept.append(annotation(marked, said))
            marked, noting = "", False
        elif part == "noteText":
            kept.append(annotation(marked))
            marked = said
    kept.append(annotation(marked))
    if not any(kept):
        yield Problem("line 1", "there are no highlights in this notebook", skipped=False)
    yield from bookmark("line 1", title=title, contributor=author, annotations=kept)


def _parts(html: str) -> Iterator[tuple[str, str]]:
    """The class and the text of each part, in their order.

    Headings are closed wrongly, so that a part may lie in the one before it: it ends where the next begins.
    """
    part, texts = "", list[str]()
    for node in parsed_html(html).root.traverse(include_text=True):  # type: ignore[union-attr]
        if node.tag == "-text":
            texts.append(node.text(deep=False))
            continue
        names = (node.attributes.get("class") or "").split()
        if found := next((name for name in names if name in _PARTS), ""):
            if part:
                yield part, clean_text("".join(texts))
            part, texts = found, []
    if part:
        yield part, clean_text("".join(texts))
