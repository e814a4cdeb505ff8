"""Bytes to text, and what was wrong with them (pure)."""

from __future__ import annotations

import codecs
import re

from glane_indexer.errors import InputError
from glane_indexer.models import Problem

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_MULTIBYTE = re.compile(rb"[\xc2-\xf4][\x80-\xbf]+")
_ZIP = b"PK\x03\x04"
# Of a thousand bytes at the start of a text this many at most are control characters.
_CONTROLS = 5


def decode(data: bytes, name: str = "") -> tuple[str, list[Problem]]:
    """The text of a file, and what had to be repaired.

    UTF-8 is expected; a byte order mark is heeded. Where a few bytes are not UTF-8, as where an export
    has cut a long field, they are replaced; a file without any UTF-8 is read as Windows-1252, which
    holds Latin-1.

    Raises:
        InputError: the file is not text.
    """
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            try:
                return data.decode(encoding), []
            except UnicodeDecodeError:
                break
    data = data.removeprefix(codecs.BOM_UTF8)
    _refuse_binary(data, name)
    try:
        return data.decode("utf-8"), []
    except UnicodeDecodeError as error:
        first = data.count(b"\n", 0, error.start) + 1
        byte = data[error.start]
    lossy = data.decode("utf-8", "replace")
    broken = lossy.count("\ufffd") - data.count("\ufffd".encode())
    sound = len(_MULTIBYTE.findall(data))
    if broken <= sound:
        message = f"{broken} byte sequences are not UTF-8, the first one here; they are shown as \ufffd"
        return lossy, [Problem(f"line {first}", message, skipped=False)]
    message = (
        f"the file is not UTF-8 (byte 0x{byte:02X} here); it was read as Windows-1252 (Latin-1). If "
        "letters look wrong, convert the file to UTF-8 and import it again"
    )
    return data.decode("cp1252", "replace"), [Problem(f"line {first}", message, skipped=False)]


def _refuse_binary(data: bytes, name: str) -> None:
    head = data[:4096]
    if data.startswith(_ZIP):
        raise InputError("this is a zip archive", where=name, hint="Unpack it and import the file inside")
    controls = sum(byte < 32 and byte not in b"\t\n\v\f\r" for byte in head)
    # A few NUL or control characters occur in real exports; a binary file is full of them.
    if controls * 1000 > len(head) * _CONTROLS and controls > 1:
        raise InputError(
            "this is a binary file, and not text",
            where=name,
            hint="Glane imports text, HTML, CSV and JSON lines",
        )
