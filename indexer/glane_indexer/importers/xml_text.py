"""XML from strangers: parsed without entities and external documents, element by element (pure)."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree.ElementTree import Element, ParseError

from glane_indexer.errors import InputError
from glane_indexer.importers.source import MAX_LINE, Source

_DEEPEST = 500


def parsed(source: Source) -> Iterator[Element]:
    """The elements of a document as they are closed; those before a damage come before the error.

    Raises:
        InputError: the XML is damaged, defines entities, or is nested deeper than any export.
    """
    from defusedxml.common import DefusedXmlException
    from defusedxml.ElementTree import DefusedXMLParser

    target, seen, silent = _Builder(), 0, 0
    # An encoding that the file declares is that of its bytes, and here it is text.
    parser = DefusedXMLParser(target=target, encoding="utf-8", forbid_entities=True, forbid_external=True)
    try:
        for chunk in source.chunks(1 << 16):
            parser.feed(chunk.encode("utf-8", "replace"))
            yield from target.taken()
            silent = silent + len(chunk) if target.events == seen else 0
            seen = target.events
            if silent > MAX_LINE:
                raise InputError(f"a tag is longer than {MAX_LINE >> 20} MB, which none of an export is")
        parser.close()
        yield from target.taken()
    except ParseError as error:
        yield from target.taken()
        line = getattr(error, "position", (0, 0))[0]
        raise InputError(f"the XML is damaged: {error}", where=f"line {line}") from None
    except DefusedXmlException:
        raise InputError(
            "the XML defines entities or names other documents, which no export does",
            where=source.name,
            hint="Export the file again from where it comes from",
        ) from None


def local(tag: str) -> str:
    """The name of an element without its namespace."""
    return tag.rsplit("}", 1)[-1]


class _Builder:
    """Builds elements, and forgets each once it was taken and its parent is closed."""

    def __init__(self) -> None:
        self.stack: list[Element] = []
        self.closed: list[Element] = []
        self.last: Element | None = None
        self.parts: list[str] = []
        self.size = self.events = 0

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if len(self.stack) >= _DEEPEST:
            raise InputError(f"elements are nested more than {_DEEPEST} deep, which no export does")
        self._flush()
        node = Element(tag, attributes)
        if self.stack:
            self.stack[-1].append(node)
        self.stack.append(node)
        self.last = None

    def data(self, text: str) -> None:
        self.events += 1
        self.parts.append(text)
        self.size += len(text)
        if self.size > MAX_LINE:
            raise InputError(f"a text is longer than {MAX_LINE >> 20} MB, which none of an export is")

    def end(self, tag: str) -> None:
        self._flush()
        node = self.last = self.stack.pop()
        self.closed.append(node)

    def _flush(self) -> None:
        """Give the text since the last tag to where it belongs."""
        text = "".join(self.parts)
        self.parts.clear()
        self.size, self.events = 0, self.events + 1
        if self.last is not None:
            self.last.tail = text
        elif self.stack:
            self.stack[-1].text = text

    def close(self) -> None:
        """Nothing is left to be done."""

    def taken(self) -> Iterator[Element]:
        """The elements closed since the last call; the children of the root are let go."""
        closed, self.closed = self.closed, []
        yield from closed
        if self.stack:
            done = set(map(id, closed))
            self.stack[0][:] = [child for child in self.stack[0] if id(child) not in done]
