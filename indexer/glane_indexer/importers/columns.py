"""What the cells of a table tell of its columns: their names, and which way round dates are (pure)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import islice

from glane_indexer.importers.record import moment
from glane_indexer.importers.source import Source
from glane_indexer.importers.table import cut, unix_lines

# Rows that are looked at.
_SAMPLE = 50
_SEPARATORS = ",;\t"
_ADDRESS = re.compile(r"https?://\S+", re.IGNORECASE)
_NUMERIC = re.compile(r"\s*(\d{1,2})([/.-])(\d{1,2})\2(\d{4}|\d{2})(?!\d)(.*)", re.DOTALL)
# Two digits of a year are of this century up to here, as POSIX has it.
_CENTURY = 68


def unnamed(source: Source) -> tuple[str, list[str]]:
    """The separator and the names of the columns of a table without a header; no names where it is none.

    It is one where each of its first records has as many cells as the others, and one column is of
    addresses. The texts that differ most are titles, one of dates is the date, and the first of the others
    the description; those that remain are numbered.
    """
    text = unix_lines(source.head).lstrip("\ufeff\n")
    if text[:1] in ("<", "{", "["):
        return "", []
    for separator in _SEPARATORS:
        records = list(islice(_records(text, separator, len(source.head) < len(source.content)), _SAMPLE))
        width = len(records[0]) if records else 0
        if width < 2 or any(len(record) != width for record in records):
            continue
        columns = list(zip(*records, strict=True))
        is_address = [all(_ADDRESS.fullmatch(cell.strip()) for cell in column) for column in columns]
        if any(is_address):
            return separator, _named(columns, is_address.index(True))
    return "", []


def _records(text: str, separator: str, is_part: bool) -> Iterable[list[str]]:
    position = 0
    while position < len(text):
        record = cut(text, position, separator)
        position = record.end
        # The last one may go on behind what is shown.
        if record.unclosed < 0 and not (is_part and position >= len(text)) and any(record.cells):
            yield record.cells


def _named(columns: Sequence[Sequence[str]], address: int) -> list[str]:
    names = [f"column {number}" for number in range(1, len(columns) + 1)]
    names[address] = "url"
    rest = [place for place in range(len(columns)) if place != address]
    filled = {place: [cell for cell in columns[place] if cell.strip()] for place in rest}
    dates = [place for place in rest if filled[place] and all(map(moment, filled[place]))]
    texts = [place for place in rest if place not in dates and any(map(_has_letters, filled[place]))]
    if dates:
        names[dates[0]] = "created"
    if texts:
        # Titles are there, and differ from row to row.
        title = max(texts, key=lambda place: (len(set(filled[place])), -place))
        names[title] = "title"
        others = [place for place in texts if place != title]
        if others:
            names[others[0]] = "description"
    return names


def _has_letters(cell: str) -> bool:
    return any(character.isalpha() for character in cell)


def day_first(dates: Iterable[str]) -> bool | None:
    """Whether dates such as 3/4/2021 begin with the day; None where they do not tell."""
    found = [match for match in map(_NUMERIC.match, dates) if match]
    day = any(int(match[1]) > 12 for match in found)
    month = any(int(match[3]) > 12 for match in found)
    return None if day == month else day


def iso_date(text: str, *, day_first: bool) -> str:
    """A numeric date with its year first, where it is one."""
    found = _NUMERIC.match(text)
    if not found:
        return text
    day, month = (found[1], found[3]) if day_first else (found[3], found[1])
    year = int(found[4])
    if len(found[4]) == 2:
        year += 2000 if year <= _CENTURY else 1900
    return f"{year:04}-{int(month):02}-{int(day):02}{found[5]}"
