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
_DASH = re.compile(r"[-–—]")
_TITLE = re.compile(r"(.+?)\s*\(((?:[^()]|\([^()]*\))*)\)")
_NUMBERS = re.compile(r"(\d+)(?:\s*[-–]\s*(\d+))?")
_PLACE = re.compile(
    r"(?i)(?:location|loc\.|locatie|emplacement|position|posici[oó]n|ubicaci[oó]n|posizione|posição|мест[еа]|位置)"
    r"\D{0,12}?(\d[\d\s–-]*)"
)
_NOTE = re.compile(r"(?i)\b(?:note|notiz|nota|notitie|заметка)\b|笔记|筆記|メモ")
_MARK = re.compile(
    r"(?i)\b(?:bookmark|signet|lesezeichen|marcador|segnalibro|bladwijzer|закладка)\b|书签|書籤|ブックマーク"
)
_KINDS = re.compile(
    r"(?i)\b(?:highlight|clip|surlignement|surlignage|surligné|markierung|subrayado|evidenziazione|destaque"
    r"|markering|отрывок)\b|标注|標註|ハイライト"
)
_TIME = re.compile(r"(\d{1,2})[:.h]\s?(\d{2})(?:[:.m]\w*\s?(\d{2}))?")
_MONTHS = (
    ("jan", "ene", "gen", "янв"),
    ("feb", "fév", "fev", "фев"),
    ("mar", "mär", "mrz", "maar", "мар"),
    ("apr", "avr", "abr", "апр"),
    ("may", "mai", "mag", "mei", "мая", "май"),
    ("jun", "juin", "giu", "июн"),
    ("jul", "juil", "lug", "июл"),
    ("aug", "aoû", "aou", "ago", "авг"),
    ("sep", "set", "сен"),
    ("oct", "okt", "out", "ott", "окт"),
    ("nov", "ноя"),
    ("dec", "déc", "dez", "dic", "дек"),
)
# The day of the week that begins like a month, in French, Spanish and Italian.
_TUESDAY = ("mardi", "marte")
# Old devices write "3 December 12 19:51:33"; Chinese and Japanese have the year first.
_SHORT_YEAR = re.compile(r"(?<=[^\W\d_] )(\d\d)(?= \d{1,2}:\d\d)")
_YEAR_FIRST = re.compile(r"(\d{4})年\s?(\d{1,2})月\s?(\d{1,2})日")


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
    marks = any(_DASH.match(line) and _kind(line) for line in lines)
    return 1.0 if marks and any(_END.fullmatch(line.strip()) for line in lines) else 0.0


def read(source: Source) -> Iterator[Imported]:
    """The books with their highlights."""
    works, clippings = Works(), dict[tuple[str, str], list[_Clipping]]()
    for number, lines in _blocks(source):
        where = f"line {number}"
        if len(lines) < 2:
            yield Problem(where, f"this is no clipping: {lines[0][:60]!r}")
            continue
        if not _DASH.match(lines[1]):
            yield Problem(where, "the line below the title does not say what was marked", skipped=False)
            lines.insert(1, "")
        name = clean_line(lines[0])
        found = _TITLE.fullmatch(name)
        key = (found[1], found[2]) if found else (name, "")
        works.work(key, where, title=key[0], contributor=key[1])
        text = "\n".join(lines[2:]).strip()
        kind = _kind(lines[1])
        if not text and kind is _MARK:
            continue
        first, last = _place(lines[1])
        is_note = kind is _NOTE
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


def _kind(line: str) -> re.Pattern[str] | None:
    """Which of the kinds of marks the line under a title names."""
    named = line.split("|")[0]
    return next((kind for kind in (_KINDS, _NOTE, _MARK) if kind.search(named)), None)


def is_note(line: str) -> bool:
    """Whether the line above a text says that it is a note of the reader's, and no highlight."""
    return _kind(line) is _NOTE


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
    year = re.search(r"(?<!\d)(?:19|20)\d\d(?!\d)", text) or _SHORT_YEAR.search(text)
    if not year:
        return None
    first = _YEAR_FIRST.search(text)
    clock = _TIME.search(text, year.end()) or _TIME.search(text)
    hour, minute, second = (int(part or 0) for part in clock.groups()) if clock else (0, 0, 0)
    after = text[clock.end() :].upper() if clock else ""
    if (re.match(r"\s*P\.?\s?M", after) or re.search("下午|午後", text)) and hour < 12:
        hour += 12
    elif re.match(r"\s*A\.?\s?M", after) and hour == 12:
        hour = 0
    words = [word for word in re.findall(r"[^\W\d_]{3,}", text.lower()) if not word.startswith(_TUESDAY)]
    month = next(
        (number for number, names in enumerate(_MONTHS, 1) for word in words if word.startswith(names)), 0
    )
    day = re.search(r"(?<![\d:.])(\d{1,2})(?![\d:])", text[: year.start()]) or re.search(
        r"(?<![\d:.])(\d{1,2})(?![\d:])", text[year.end() :]
    )
    number = int(day[1]) if day else 0
    if first:
        month, number = int(first[2]), int(first[3])
    whole = int(year[0]) + (2000 if len(year[0]) == 2 else 0)
    try:
        return datetime(whole, month, number, hour, minute, second, tzinfo=UTC)
    except ValueError:
        return None
