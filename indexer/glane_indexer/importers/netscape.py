"""Bookmarks as every browser and most services write them: ``NETSCAPE-Bookmark-file-1`` (pure).

A file is cut at its ``<DT>``, ``<DL>`` and ``</DL>``, and each piece is read by itself, so that
a quotation mark or an element that is never closed costs one bookmark, and a file of any size is
read in little memory. Titles and notes are hardly escaped in real files: what is in angle brackets and
is no element of HTML stays. Folders become tags, but for the roots that every browser has.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from selectolax.lexbor import LexborHTMLParser

from glane_indexer.errors import InputError
from glane_indexer.importers.clean import clean_line, clean_text, plain_text
from glane_indexer.importers.folders import is_root
from glane_indexer.importers.record import bookmark, moment, paragraphs, truth
from glane_indexer.importers.source import MAX_LINE, Source
from glane_indexer.importers.table import unix_lines
from glane_indexer.models import Imported, Problem

_CUT = re.compile(r"(?=<(?:dt|/?dl)[\s>])", re.IGNORECASE)
_KIND = re.compile(r"<(/?\w+)")
_LINK = re.compile(r"<a\s", re.IGNORECASE)
_DATED = re.compile(r"<a\s[^<>]*\badd_date=", re.IGNORECASE)
_NOTE = re.compile(r"<dd(?:\s[^<>]*)?>", re.IGNORECASE)
# A link in a note, whose address is to be read beside its text.
_LINKED = re.compile(
    r"""<a\s[^<>]*?\bhref\s*=\s*(?:"([^"<>]*)"|'([^'<>]*)'|([^\s"'<>]+))[^<>]*>([^<>]*)</a\s*>""",
    re.IGNORECASE,
)
_HEADING = re.compile(r"<h3\b", re.IGNORECASE)
# What follows a name in a tag: up to ">", which may stand in a value in quotation marks.
_START = re.compile(r"""(?:[^>"']|"[^"]*"|'[^']*')*+>""")
_END = re.compile(r"</a\s*>|<dd[\s>]|<a\s|<dt[\s>]", re.IGNORECASE)
_CLOSING = re.compile(r"</?(?:dl|dt|dd|p|body|html|h1)\s*/?>\s*$", re.IGNORECASE)
# linkding keeps a note apart inside of the description.
_LINKDING = re.compile(r"\[linkding-notes\](.*?)\[/linkding-notes\]", re.DOTALL)
_QUERY = "place:"
_COMMAS = re.compile(r"""\stags=(?:"[^"<>]*,|'[^'<>]*,)""", re.IGNORECASE)
# Firefox marks the roots, whose names are in its owner's language.
_ROOT = re.compile(r"(?:personal_toolbar|unfiled_bookmarks)_folder", re.IGNORECASE)
_DEEPEST = 200


def recognise(source: Source) -> float:
    """1 for the declaration of the format, .9 for its lists, .6 for links with its attributes."""
    head = source.head.lower()
    if "netscape-bookmark-file-1" in head[:5_000]:
        return 1.0
    if "<dt" in head and _LINK.search(head) and ("<dl" in head or "add_date=" in head):
        return 0.9
    return 0.6 if "<a " in head and 'add_date="' in head else 0.0


def read(source: Source) -> Iterator[Imported]:
    """The bookmarks of a file, each with its folders as tags."""
    reader = _Reader(bool(_COMMAS.search(source.head)))
    for piece in _pieces(source):
        kind = _KIND.match(piece)
        name = kind[1].lower() if kind else ""
        if name == "dl":
            reader.open()
        elif name == "/dl":
            reader.close()
        yield from reader.take(piece)
    if not reader.found:
        yield Problem("line 1", "no bookmarks were found in the file", skipped=False)


def _pieces(source: Source) -> Iterator[str]:
    """The text from each ``<DT>``, ``<DL>`` or ``</DL>`` to the next."""
    rest = ""
    for chunk in source.chunks():
        text = rest + unix_lines(chunk)
        # What was looked at before is not looked at again, but for a mark that two chunks share.
        begin, start = max(1, len(rest) - 8), 0
        for found in _CUT.finditer(text, begin):
            yield text[start : found.start()]
            start = found.start()
        rest = text[start:]
        if len(rest) > MAX_LINE:
            raise InputError(
                f"a bookmark is longer than {MAX_LINE >> 20} MB, which none is",
                where=source.name,
                hint="The file is damaged",
            )
    yield rest


class _Reader:
    """The folders that are open, and the line and the bookmark that is read."""

    def __init__(self, commas: bool) -> None:
        self.commas = commas
        self.folders: list[str] = []
        self.pending = ""
        self.line, self.found = 1, 0

    def open(self) -> None:
        if len(self.folders) < _DEEPEST:
            self.folders.append(self.pending)
        self.pending = ""

    def close(self) -> None:
        if self.folders:
            self.folders.pop()

    def take(self, piece: str) -> Iterator[Imported]:
        """The bookmarks of a piece: one, but where the marks between them are missing."""
        line = self.line
        self.line += piece.count("\n")
        heading = _HEADING.search(piece)
        link = _LINK.search(piece)
        if heading and not (link and link.start() < heading.start()):
            self.pending = _folder(piece[heading.start() :])
            # A note of a folder may hold links; a folder's own name holds none.
            described = _NOTE.search(piece, heading.start())
            if link and described and described.start() < link.start():
                link = _DATED.search(piece, described.end())
        while link:
            tag, begin = _tag(piece, link.start())
            end = _END.search(piece, begin)
            stop = end.start() if end else len(piece)
            note = _NOTE.match(piece, end.start()) if end else None
            if end and piece[end.start() : end.end()].lower().startswith("</a"):
                following = _NOTE.search(piece, end.end())
                link = _LINK.search(piece, end.end())
                note = following if following and not (link and link.start() < following.start()) else None
            else:
                link = _LINK.search(piece, end.start()) if end else None
            body = ""
            if note:
                # Where the marks between bookmarks are missing, a dated link is one, and no part of a note.
                link = _DATED.search(piece, note.end())
                body = piece[note.end() : link.start() if link else len(piece)]
            where = f"line {line + piece.count(chr(10), 0, begin)}"
            yield from self.bookmark(tag, piece[begin:stop], body, where)

    def bookmark(self, tag: str, title: str, note: str, where: str) -> Iterator[Imported]:
        """The bookmark of a link."""
        values = _attributes(tag)
        url = (values.get("href") or values.get("feedurl") or "").strip()
        if not url and not title.strip():
            return
        if url.lower().startswith(_QUERY):
            yield Problem(where, f"a query of Firefox's own, and no page: {url[:60]}")
            return
        self.found += 1
        tags = [
            *self.folders,
            *_tags(values, self.commas),
            *(["toread"] if truth(values.get("toread")) else []),
        ]
        body, aside = _body(note or values.get("description", ""))
        written = values.get("add_date") or values.get("time_added") or values.get("last_modified") or ""
        added = moment(written)
        if written.strip("0 ") and added is None:
            yield Problem(where, f"ADD_DATE is {written[:40]!r}, which is not a date", skipped=False)
        yield from bookmark(
            where,
            url=url,
            title=clean_line(plain_text(title)),
            description=paragraphs(body, aside),
            tags=[name for name in tags if name and not is_root(name)],
            created=added,
            private=truth(values.get("private")),
        )


def _tag(piece: str, start: int) -> tuple[str, int]:
    """The tag that begins at ``start``, and where what it holds begins."""
    found = _START.match(piece, start)
    # A value that is never closed: the tag ends at the first ">", or with its line.
    end = found.end() if found else piece.find(">", start) + 1 or piece.find("\n", start) + 1 or len(piece)
    return piece[start:end], end


def _attributes(tag: str) -> dict[str, str]:
    link = LexborHTMLParser(tag).css_first("a")
    return {name.lower(): value or "" for name, value in link.attributes.items()} if link else {}


def _folder(piece: str) -> str:
    tag, begin = _tag(piece, 0)
    if _ROOT.search(tag):
        return ""
    stop = piece.lower().find("</h3", begin)
    return clean_line(plain_text(piece[begin : stop if stop >= 0 else len(piece)].split("\n", 1)[0]))


def _tags(values: dict[str, str], commas: bool) -> list[str]:
    """Tags between commas; between spaces where the file has no comma between any."""
    text = values.get("tags") or values.get("labels") or ""
    return text.split(",") if commas or "," in text else text.split()


def _body(note: str) -> tuple[str, str]:
    """A description and the note that linkding keeps apart in it."""
    while (closing := _CLOSING.search(note)) is not None:
        note = note[: closing.start()]
    note = _LINKED.sub(_with_address, note)
    apart = "\n\n".join(found.strip() for found in _LINKDING.findall(note))
    return clean_text(plain_text(_LINKDING.sub("", note)), indented=True), plain_text(apart)


def _with_address(link: re.Match[str]) -> str:
    url, text = link[1] or link[2] or link[3] or "", link[4]
    return text if not url or url in text else f"{text} ({url})"
