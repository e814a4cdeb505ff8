"""Tables: records of cells between separators, as every CSV export is one (pure).

The records are cut here and not by the ``csv`` module: that one takes everything behind a quotation
mark that is never closed for one field, keeps no count of where a record began, and refuses fields
above a limit that is global to the process. Here a missing mark costs one record, and a file of any
size is read through a window.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from glane_indexer.importers.source import Source
from glane_indexer.models import Problem

Cells = dict[str, str]
_SEPARATORS = ",;\t|"
_PLAIN = {separator: re.compile(f"[{separator}\n]") for separator in _SEPARATORS}
# What Excel writes above a table where a comma is not its separator.
_TOLD = re.compile(f"sep=([{_SEPARATORS}])\n", re.IGNORECASE)
_SCHEME = re.compile(r"\s*[a-z][a-z0-9+.-]*:\S", re.IGNORECASE)
_URL_COLUMNS = ("url", "uri", "href", "link", "source url", "source_url", "address", "lien", "adresse")
# No record is longer than the first; the window holds at least as much beyond it.
_AHEAD = 4 << 20


@dataclass(frozen=True, slots=True)
class Row:
    """One record of a table: where it begins, and its cells by their columns' names in small letters."""

    where: str
    cells: Cells

    def get(self, *names: str) -> str:
        """The first of these columns that has something in it, without blanks around; or ""."""
        return next((cell for name in names if (cell := self.cells.get(name, "").strip())), "")


@dataclass(frozen=True, slots=True)
class Record:
    """One record as it is cut from the text: its cells and where it ends.

    ``unclosed`` is where the quotation mark stands that the end of the text leaves open, or -1;
    ``stray`` says that a cell in quotation marks holds one that is not doubled.
    """

    cells: list[str]
    end: int
    unclosed: int = -1
    stray: bool = False


def unix_lines(text: str) -> str:
    """The text with its lines ended by line feeds only."""
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def header(source: Source) -> tuple[str, list[str]]:
    """The separator of a table, and the names in its first record, in small letters.

    The separator is the one that gives the first record the most cells.
    """
    start = unix_lines(source.head).lstrip("\ufeff\n")
    if start[:1] in ("<", "{", "["):
        return ",", []
    if told := _TOLD.match(start):
        return told[1], _names(cut(start, told.end(), told[1]).cells)
    choices = ((separator, cut(start, 0, separator).cells) for separator in _SEPARATORS)
    separator, cells = max(choices, key=lambda choice: len(choice[1]))
    return separator, _names(cells)


def _names(cells: list[str]) -> list[str]:
    return [" ".join(cell.split()).lower() for cell in cells]


def has_url(cells: Cells) -> bool:
    """Whether the record has an address where its columns say that one is."""
    named = [cells[name] for name in _URL_COLUMNS if name in cells]
    return any(_SCHEME.match(cell) and "\n" not in cell.strip() for cell in named)


def rows(
    source: Source,
    columns: Sequence[str] = (),
    separator: str = "",
    *,
    sound: Callable[[Cells], bool] = has_url,
) -> Iterator[Row | Problem]:
    """The records of a table, and what is wrong with those that are none.

    Args:
        columns: the names of the columns where the table does not begin with them.
        separator: between cells; "" to tell it by the first record.
        sound: whether a record is one that was cut rightly; it is asked where its quotation marks or
            the number of its cells leave a doubt.
    """
    found, names = header(source)
    separator, names = separator or found, list(columns) or names
    window = _Window(source)
    line, runaway = 1, False
    if window.filled() and (told := _TOLD.match(window.text)):
        line, window.position = 2, told.end()
    first = names[0].strip() if names else ""
    while window.filled():
        text, start = window.text, window.position
        # After a quotation mark that nothing closes the next is looked for line by line: to search all
        # that is left for the end of each broken record would take a day on a hostile file.
        record = cut(text, start, separator, most=len(names) if runaway else 0)
        following, cells = record.end, dict(zip(names, record.cells, strict=False))
        if not text[start:following].strip():
            pass
        elif record.unclosed >= 0 or (
            len(record.cells) != len(names) and (record.stray or not sound(cells))
        ):
            runaway = runaway or record.unclosed >= 0
            end = len(text) if runaway else record.end
            following = _next_good(text, start, end, separator, names, sound)
            yield _broken(record, len(names), text, line, start, following)
        elif record.cells[0].strip().lower() != first or _names(record.cells) != names:
            where = f"line {line}"
            if len(record.cells) != len(names):
                rest = "the others are empty" if len(record.cells) < len(names) else "the last are left out"
                message = f"the record has {len(record.cells)} columns, and not {len(names)}; {rest}"
                yield Problem(where, message, skipped=False)
            yield Row(where, dict.fromkeys(names, "") | cells)
        line += text.count("\n", start, following)
        window.position = following


def split_cells(text: str, separator: str = ",") -> list[str]:
    """The cells of one line; a cell in quotation marks may hold the separator."""
    return cut(text.replace("\n", " "), 0, separator).cells


def cut(text: str, start: int, separator: str, most: int = 0) -> Record:
    """The record that begins at ``start``.

    With ``most`` it is only a trial: it is given up at the first stray quotation mark, and where it
    has more cells than that.
    """
    newline = text.find("\n", start)
    end = newline if newline >= 0 else len(text)
    if text.find('"', start, end) < 0:
        return Record(text[start:end].split(separator), min(end + 1, len(text)))
    cells: list[str] = []
    position, stray = start, False
    plain = _PLAIN[separator]
    while True:
        if text.startswith('"', position):
            opened, parts = position, list[str]()
            position += 1
            while True:
                quote = text.find('"', position)
                if quote < 0:
                    cells.append("".join([*parts, text[position:]]))
                    return Record(cells, len(text), opened, stray)
                behind = text[quote + 1 : quote + 2]
                if behind in ("", "\n", separator):
                    parts.append(text[position:quote])
                    position = quote + 1
                    break
                stray = stray or behind != '"'
                if stray and most:
                    return Record(cells, position, opened, stray)
                parts.append(text[position : quote + 1])
                position = quote + (2 if behind == '"' else 1)
            cells.append("".join(parts))
        else:
            found = plain.search(text, position)
            cells.append(text[position : found.start() if found else len(text)])
            position = found.start() if found else len(text)
        if position >= len(text) or text[position] == "\n" or (most and len(cells) > most):
            return Record(cells, min(position + 1, len(text)), -1, stray)
        position += 1


class _Window:
    """A part of a text that is moved along it, at least one record ahead."""

    def __init__(self, source: Source) -> None:
        self.chunks = source.chunks()
        self.text, self.position, self.ended = "", 0, False
        self.held = ""

    def filled(self) -> bool:
        """Make sure that a whole record lies behind the position; whether anything does."""
        if not self.ended and len(self.text) - self.position < _AHEAD:
            parts = [self.text[self.position :]]
            size = len(parts[0])
            while size < 2 * _AHEAD and not self.ended:
                chunk = next(self.chunks, None)
                self.ended = chunk is None
                piece = self.held + (chunk or "")
                # A carriage return and its line feed may lie in two chunks.
                self.held = "\r" if piece.endswith("\r") and not self.ended else ""
                parts.append(unix_lines(piece.removesuffix("\r") if self.held else piece))
                size += len(parts[-1])
            self.text, self.position = "".join(parts), 0
        return self.position < len(self.text)


def _broken(record: Record, width: int, text: str, line: int, start: int, end: int) -> Problem:
    """What is wrong with a record, and the lines that are left out for it."""
    last = line + text.count("\n", start, end - 1)
    skipped = f"; lines {line} to {last} are skipped" if last > line else ""
    if record.unclosed >= 0 and not record.stray:
        opened = line + text.count("\n", start, record.unclosed)
        return Problem(f"line {opened}", f"a quotation mark opened here is never closed{skipped}")
    if record.stray:
        return Problem(f"line {line}", f"a quotation mark in the record is missing or not doubled{skipped}")
    return Problem(f"line {line}", f"the record has {len(record.cells)} columns, and not {width}{skipped}")


def _next_good(
    text: str, start: int, end: int, separator: str, names: list[str], sound: Callable[[Cells], bool]
) -> int:
    """Where, after the first line of a broken record, a good one begins; ``end`` where none does.

    A missing quotation mark makes one record of several; only the one that lacks it is to be lost.
    """
    newline = text.find("\n", start, end)
    while 0 <= newline < end - 1:
        trial = cut(text, newline + 1, separator, most=len(names))
        if (
            trial.unclosed < 0
            and len(trial.cells) == len(names)
            and sound(dict(zip(names, trial.cells, strict=True)))
        ):
            return newline + 1
        newline = text.find("\n", newline + 1, end)
    return end
