"""Kindle's ``My Clippings.txt``, in the languages of its menus (pure).

A book is a bookmark without an address, its author the contributor. A note belongs to the highlight in
whose range it lies; a bookmark of the device holds no text, and counts only for the book.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

from glane_indexer.importers.clean import clean_line
from glane_indexer.importers.record import Works, annotation
from glane_indexer.importers.source import Source
from glane_indexer.models import Imported, Problem

_END = re.compile(r"={8,}")
_TITLE = re.compile(r"(.+?)\s*\(((?:[^()]|\([^()]*\))*)\)")
_NUMBERS = re.compile(r"(\d+)(?:\s*[-–]\s*(\d+))?")
_PLACE = re.compile(
    r"(?i)(?:location|loc\.|emplacement|position|posici[oó]n|posizione|posição|位置)\D{0,12}?(\d[\d\s–-]*)"
)
_NOTE = re.compile(r"(?i)\b(?:note|notiz|nota|笔记)\b")
_MARK = re.compile(r"(?i)\b(?:bookmark|signet|lesezeichen|marcador|segnalibro)\b")
_KINDS = re.compile(
    r"(?i)\b(?:highlight|clip|bookmark|note|surlignement|surligné|signet|markierung|notiz|lesezeichen"
    r"|subrayado|nota|marcador|evidenziazione|segnalibro|destaque)\b"
)
_TIME = re.compile(r"(\d{1,2})[:.h]\s?(\d{2})(?:[:.m]\w*\s?(\d{2}))?")
_MONTHS = (
    ("jan", "ene", "gen"),
    ("feb", "fév", "fev"),
    ("mar", "mär", "mrz"),
    ("apr", "avr", "abr"),
    ("may", "mai", "mag"),
    ("jun", "juin", "giu"),
    ("jul", "juil", "lug"),
    ("aug", "aoû", "aou", "ago"),
    ("sep", "set"),
    ("oct", "okt", "out", "ott"),
    ("nov",),
    ("dec", "déc", "dez", "dic"),
)


@dataclass(slots=True)
class _Clipping:
    """A highlight or a note while the file is read."""

    first: int
    last: int
    text: str
    is_note: bool
    created: datetime | None
    notes: list[str] = field(default_factory=list)


def recognise(source: Source) -> float:
    """Whether blocks end with a row of equals signs, and begin with a title and what kind of mark it is."""
    lines = source.head[:20_000].lstrip("\ufeff").splitlines()
    marks = [line for line in lines if line.startswith("- ") and _KINDS.search(line)]
    return 1.0 if marks and any(_END.fullmatch(line.strip()) for line in lines) else 0.0


def read(source: Source) -> Iterator[Imported]:
    """The books with their highlights."""
    works, clippings = Works(), dict[tuple[str, str], list[_Clipping]]()
    for number, lines in _blocks(source):
        where = f"line {number}"
        if len(lines) < 2 or not lines[1].startswith("-"):
            yield Problem(where, f"this is no clipping: {lines[0][:60]!r}")
            continue
        name = clean_line(lines[0])
        found = _TITLE.fullmatch(name)
        key = (found[1], found[2]) if found else (name, "")
        works.work(key, where, title=key[0], contributor=key[1])
        text = "\n".join(lines[2:]).strip()
        if not text and _MARK.search(lines[1]):
            continue
        first, last = _place(lines[1])
        is_note = bool(_NOTE.search(lines[1])) and not re.search(r"(?i)highlight|surlign", lines[1])
        clippings.setdefault(key, []).append(_Clipping(first, last, text, is_note, _moment(lines[1])))
    for key, found_here in clippings.items():
        for note in [item for item in found_here if item.is_note]:
            around = [
                item for item in found_here if not item.is_note and item.first <= note.last <= item.last
            ]
            if around and note.last:
                around[-1].notes.append(note.text)
                found_here.remove(note)
        works[key].annotations += [
            annotation("", item.text, created=item.created)
            if item.is_note
            else annotation(item.text, "\n\n".join(item.notes), created=item.created)
            for item in found_here
        ]
    yield from works.bookmarks()


def _blocks(source: Source) -> Iterator[tuple[int, list[str]]]:
    """The lines of each clipping, and the number of the first."""
    begin, lines = 1, list[str]()
    for number, line in source.lines():
        if _END.fullmatch(line.strip()):
            if any(lines):
                yield begin, lines
            lines = []
            continue
        if not lines:
            begin = number
            line = line.lstrip("\ufeff")
        if line.strip() or lines:
            lines.append(line.rstrip())
    if any(lines):
        yield begin, lines


def _place(line: str) -> tuple[int, int]:
    """The range of a clipping in the book; its page where there is no other; zeros where there is none."""
    found = _PLACE.search(line)
    numbers = _NUMBERS.search(found[1] if found else line.split("|")[0])
    if not numbers:
        return 0, 0
    first, last = numbers[1], numbers[2] or numbers[1]
    # "1234-36" is 1234 to 1236.
    last = first[: len(first) - len(last)] + last if len(last) < len(first) else last
    return int(first[:12]), int(last[:12])


def _moment(line: str) -> datetime | None:
    """The day and time at the end of a line, whose month is in one of the languages."""
    text = line.rsplit("|", 1)[-1]
    year = re.search(r"(?<!\d)(?:19|20)\d\d(?!\d)", text)
    if not year:
        return None
    clock = _TIME.search(text, year.end()) or _TIME.search(text)
    hour, minute, second = (int(part or 0) for part in clock.groups()) if clock else (0, 0, 0)
    after = text[clock.end() :].upper() if clock else ""
    if re.match(r"\s*P\.?\s?M", after) and hour < 12:
        hour += 12
    elif re.match(r"\s*A\.?\s?M", after) and hour == 12:
        hour = 0
    words = re.findall(r"[^\W\d_]{3,}", text.lower())
    month = next(
        (number for number, names in enumerate(_MONTHS, 1) for word in words if word.startswith(names)), 0
    )
    day = re.search(r"(?<![\d:.])(\d{1,2})(?![\d:])", text[: year.start()]) or re.search(
        r"(?<![\d:.])(\d{1,2})(?![\d:])", text[year.end() :]
    )
    try:
        return datetime(int(year[0]), month, int(day[1]) if day else 0, hour, minute, second, tzinfo=UTC)
    except ValueError:
        return None
