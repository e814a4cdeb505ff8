"""What an importer is given: the bytes of a file and its name, and views of them that are made once."""

from __future__ import annotations

import codecs
import mmap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from glane_indexer.errors import InputError
from glane_indexer.importers.decode import Encoding, decoded, detect
from glane_indexer.importers.json_text import partial
from glane_indexer.models import Problem

if TYPE_CHECKING:
    from glane_indexer.importers.archive import Members

# Enough to see a page's first items behind its menus.
HEAD_CHARS = 200_000
# A text that is read as a whole takes up to four bytes a character, and what is made of it beside that.
MAX_TEXT = 64 << 20
MAX_LINE = 16 << 20
_CHUNK = 1 << 20
# A zip archive, a SQLite database, Firefox's compressed JSON, Apple's property list.
_PACKED = (b"PK\x03\x04", b"SQLite format 3\0", b"mozLz40\0", b"bplist00")


@dataclass(frozen=True)
class Source:
    """One file, or one member of an archive.

    ``content`` may be a memory map, so that a large file is not held in memory; ``columns`` are the
    names that the user gave to the columns of a table of their own (``--map title=Titre``);
    ``folder`` are the files of a folder, which has no content of its own.
    """

    content: bytes | mmap.mmap
    name: str = ""
    columns: Mapping[str, str] = field(default_factory=dict)
    folder: Members | None = None

    def starts_with(self, *marks: bytes) -> bool:
        """Whether the content begins with one of these bytes."""
        return bytes(self.content[: max(map(len, marks))]).startswith(marks)

    @cached_property
    def members(self) -> Members:
        """The files in an archive or a folder; none in any other source.

        Raises:
            InputError: the archive is damaged, or holds what no export does.
        """
        from glane_indexer.importers.archive import members

        return self.folder if self.folder is not None else members(self)

    @cached_property
    def encoding(self) -> Encoding:
        """How the bytes are to be read as text.

        Raises:
            InputError: they are no text.
        """
        return detect(self.content, self.name)

    @property
    def problems(self) -> list[Problem]:
        """What had to be repaired to read the bytes as text."""
        return list(self.encoding.problems)

    @cached_property
    def head(self) -> str:
        """The first 200,000 characters; "" where the content is packed.

        Raises:
            InputError: the content is no text.
        """
        if self.is_packed():
            return ""
        return next(self.chunks(HEAD_CHARS * 2), "")[:HEAD_CHARS]

    @cached_property
    def document(self) -> Any:
        """The JSON value that the head begins, up to where it is cut; None where it is no JSON."""
        return partial(self.head) if self.head.lstrip("\ufeff \t\r\n")[:1] in ("{", "[") else None

    @cached_property
    def text(self) -> str:
        """The whole text.

        Raises:
            InputError: the content is no text, or more than is read at a time.
        """
        if len(self.content) > MAX_TEXT:
            raise InputError(
                f"the file has {len(self.content) / 1e6:,.0f} MB, and at most {MAX_TEXT >> 20} MB "
                "of this format are read at a time",
                where=self.name,
                hint="Export it in parts and import them one after another",
            )
        return "".join(self.chunks())

    def chunks(self, size: int = _CHUNK) -> Iterator[str]:
        """The text in pieces of about a megabyte.

        Raises:
            InputError: the content is no text.
        """
        return decoded(self.content, self.encoding, size)

    def lines(self) -> Iterator[tuple[int, str]]:
        """The number and the text of each line, without its end.

        Raises:
            InputError: the content is no text, or a line is longer than any record.
        """
        number, rest = 1, ""
        for chunk in self.chunks():
            *whole, rest = (rest + chunk).split("\n")
            for line in whole:
                yield number, line.removesuffix("\r")
                number += 1
            if len(rest) > MAX_LINE:
                raise InputError(
                    f"the line is longer than {MAX_LINE >> 20} MB, and no record of this format is",
                    where=f"{self.name}: line {number}" if self.name else f"line {number}",
                    hint="The file is damaged or is in another format",
                )
        if rest:
            yield number, rest.removesuffix("\r")

    def is_empty(self) -> bool:
        """Whether there is nothing but blanks."""
        if self.is_packed():
            return False
        head = bytes(self.content[:4096]).removeprefix(codecs.BOM_UTF8)
        return len(self.content) <= 4096 and (not head.strip() or not self.head.strip())

    def is_packed(self) -> bool:
        """Whether the content is no text, but files or a database to be opened."""
        return self.folder is not None or self.starts_with(*_PACKED)
