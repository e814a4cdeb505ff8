"""The lines of the journal: one change each, which can be told from a damaged one (pure)."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from glane_indexer.errors import JournalError

FORMAT = 1
LOST: dict[str, Any] = {"op": "lost"}


@dataclass(frozen=True, slots=True)
class Draft:
    """A change that is to be written: what it does, and the ids of the bookmarks that it does it to."""

    change: dict[str, Any]
    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """A change in the journal; ``seq`` counts up by one from entry to entry.

    ``key`` names the request that asked for it: another one with the same key and the same ``digest`` is
    the same request.
    """

    seq: int
    ids: tuple[str, ...]
    change: dict[str, Any] = field(default_factory=dict)
    at: str = ""
    key: str = ""
    digest: str = ""


def read_lines(data: bytes, where: str, start: int = 0) -> Iterator[tuple[int, dict[str, Any], int]]:
    """The number, the object and the size in bytes of each line; a torn tail is left out.

    Raises:
        JournalError: a whole line is not what was written; says at which byte.
    """
    place = 0
    while place < len(data):
        stop = data.find(b"\n", place)
        line = data[place:] if stop < 0 else data[place:stop]
        parsed = _parsed(line)
        if parsed is None:
            # JSON has no zero byte: where one stands, the power failed before the line was on the disk.
            if b"\0" in line or (stop < 0 and _parsed(line[:-1]) is None):
                return
            raise JournalError(
                "a change in the journal is damaged",
                where=f"{where}, byte {start + place}",
                hint="Run `glane repair`, which keeps the rest and sets this aside",
            )
        yield *parsed, len(line) + 1
        place += len(line) + 1


def sound_entries(data: bytes) -> tuple[int, list[Entry]]:
    """The number that a damaged journal goes on from, and the changes in it that are whole."""
    lines = [parsed for line in data.split(b"\n") if (parsed := _parsed(line)) is not None]
    heads = [seq for seq, record in lines if "journal" in record]
    entries = [entry_of({**record, "seq": seq}) for seq, record in lines if "change" in record]
    base = heads[0] if heads else min((entry.seq for entry in entries), default=1) - 1
    return base, [entry for entry in entries if entry.seq > base]


def lost_entry(seq: int) -> Entry:
    """What stands in the place of a change that cannot be read any more."""
    return Entry(seq, (), LOST, datetime.now(UTC).isoformat(timespec="seconds"))


def _parsed(line: bytes) -> tuple[int, dict[str, Any]] | None:
    try:
        checksum, text = line[:8], line[9:]
        if line[8:9] != b" " or int(checksum, 16) != zlib.crc32(text):
            return None
        number, _, body = text.partition(b" ")
        return int(number), json.loads(body)
    except ValueError:
        return None


def line_of(entry: Entry) -> bytes:
    """The line of a change."""
    return _line(entry.seq, _record(entry) | {"change": entry.change})


def head_line(base: int, receipts: Sequence[Entry]) -> bytes:
    """The first line of a file whose changes follow ``base``; of the receipts without their changes."""
    known = [_record(entry) | {"seq": entry.seq} for entry in receipts]
    return _line(base, {"journal": FORMAT, "receipts": known})


def _line(seq: int, record: dict[str, Any]) -> bytes:
    body = json.dumps(record, ensure_ascii=False, separators=(",", ":"))
    text = f"{seq} {body}".encode("utf-8", "replace")
    return b"%08x %b\n" % (zlib.crc32(text), text)


def _record(entry: Entry) -> dict[str, Any]:
    record: dict[str, Any] = {"at": entry.at, "ids": entry.ids}
    if entry.key:
        record |= {"key": entry.key, "digest": entry.digest}
    return record


def entry_of(record: dict[str, Any]) -> Entry:
    """The change, or the receipt of one, of a line's object."""
    return Entry(
        int(record["seq"]),
        tuple(record["ids"]),
        record.get("change", {}),
        record["at"],
        record.get("key", ""),
        record.get("digest", ""),
    )


def receipts_of(head: dict[str, Any], where: str) -> list[dict[str, Any]]:
    """The receipts in the first line of a file.

    Raises:
        JournalError: it is the first line of no journal.
    """
    if head.get("journal") != FORMAT:
        raise JournalError(
            "this is not a journal that this Glane can read", where=where, hint="Update Glane"
        )
    receipts: list[dict[str, Any]] = head["receipts"]
    return receipts


def age(at: str) -> timedelta:
    """How long ago that moment was."""
    return datetime.now(UTC) - datetime.fromisoformat(at)
