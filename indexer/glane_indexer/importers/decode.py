"""Bytes to text, and what was wrong with them (pure)."""

from __future__ import annotations

import codecs
import mmap
import re
from collections.abc import Iterator
from dataclasses import dataclass

from glane_indexer.errors import InputError
from glane_indexer.models import Problem

Buffer = bytes | mmap.mmap

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_MULTIBYTE = re.compile(rb"[\xc2-\xf4][\x80-\xbf]+")
_DECLARED = re.compile(rb"""(?:charset|encoding)=["']?([\w.:-]{2,40})""", re.IGNORECASE)
_ZIP = b"PK\x03\x04"
# Of a thousand bytes at the start of a text this many at most are control characters.
_CONTROLS = 5
_PIECE = 1 << 20
# Fewer letters that are each two by mistake may be meant: somebody writes about "Ã©".
_DOUBLED = 3
# Alphabets that Windows-1252 has no letter of; among Latin ones a guess is worth nothing.
_FOREIGN = frozenset(
    ("cp1251", "koi8_r", "cp932", "shift_jis", "gb18030", "gbk", "big5", "euc_jp", "euc_kr", "cp1253")
)


@dataclass(frozen=True, slots=True)
class Encoding:
    """How bytes are read: behind ``mark`` bytes, by a codec; ``doubled`` where they were encoded twice."""

    name: str
    mark: int = 0
    doubled: bool = False
    problems: tuple[Problem, ...] = ()


def decode(data: bytes, name: str = "") -> tuple[str, list[Problem]]:
    """The text of a file, and what had to be repaired; as :func:`detect` and :func:`decoded`.

    Raises:
        InputError: the file is not text.
    """
    encoding = detect(data, name)
    return "".join(decoded(data, encoding)), list(encoding.problems)


def detect(data: Buffer, name: str = "") -> Encoding:
    """How a file is to be read.

    UTF-8 is expected; a byte order mark is heeded. Where a few bytes are not UTF-8, as where an export
    has cut a long field, they are replaced. A file without any UTF-8 is read as it declares itself
    (``charset=…``), else in an alphabet that charset-normalizer is sure of, else as Windows-1252, which
    holds Latin-1.

    Raises:
        InputError: the file is not text.
    """
    start = data[:4]
    for mark, codec in _BOMS:
        if start.startswith(mark):
            if _sound(data, codec, len(mark)):
                return _checked(data, codec, len(mark))
            break
    mark_size = len(codecs.BOM_UTF8) if start.startswith(codecs.BOM_UTF8) else 0
    head = bytes(data[mark_size : mark_size + 4096])
    if wide := _unmarked_utf16(head):
        return Encoding(wide)
    _refuse_binary(head, name)
    if _sound(data, "utf-8", mark_size):
        return _checked(data, "utf-8", mark_size)
    return _repaired(data, mark_size)


def decoded(data: Buffer, encoding: Encoding, size: int = _PIECE) -> Iterator[str]:
    """The text in pieces; bytes that are none are replaced by U+FFFD."""
    decoder = codecs.getincrementaldecoder(encoding.name)("replace")
    again = codecs.getincrementaldecoder("utf-8")("replace") if encoding.doubled else None
    for start in range(encoding.mark, len(data), size):
        last = start + size >= len(data)
        piece = decoder.decode(_piece(data, start, size), last)
        if again is not None:
            piece = again.decode(_singled(piece) or b"", last)
        if piece:
            yield piece


def _piece(data: Buffer, start: int, size: int) -> bytes:
    """Some bytes; of a memory map what lies before them is let go, so that it takes no memory."""
    if isinstance(data, mmap.mmap) and hasattr(data, "madvise") and start >= mmap.PAGESIZE:
        data.madvise(mmap.MADV_DONTNEED, 0, start // mmap.PAGESIZE * mmap.PAGESIZE)
    return data[start : start + size]


def _sound(data: Buffer, codec: str, start: int) -> bool:
    decoder = codecs.getincrementaldecoder(codec)("strict")
    try:
        for position in range(start, len(data), _PIECE):
            decoder.decode(_piece(data, position, _PIECE), position + _PIECE >= len(data))
    except UnicodeDecodeError:
        return False
    return True


def _checked(data: Buffer, codec: str, mark: int) -> Encoding:
    """The encoding of sound text, which may have been encoded twice."""
    plain = Encoding(codec, mark)
    again = codecs.getincrementaldecoder("utf-8")("strict")
    letters = pieces = 0
    try:
        for piece in decoded(data, plain):
            if piece.isascii():
                continue
            single = _singled(piece)
            if single is None:
                return plain
            found = again.decode(single)
            pieces += 1
            letters += sum(1 for character in found if character > "\x7f")
        again.decode(b"", True)
    except UnicodeDecodeError:
        return plain
    if letters < _DOUBLED:
        return plain
    message = (
        f"the text was encoded as UTF-8 twice, all {letters} of its letters with an accent and other "
        "characters alike; it is repaired"
    )
    return Encoding(codec, mark, doubled=True, problems=(Problem("line 1", message, skipped=False),))


def _singled(text: str) -> bytes | None:
    """The bytes that somebody took for Windows-1252 to make this text; None if nobody did."""
    try:
        return text.encode("cp1252", "glane-controls")
    except UnicodeEncodeError:
        return None


def _as_controls(error: UnicodeError) -> tuple[bytes, int]:
    # Five bytes have no letter in Windows-1252, and stay control characters.
    if isinstance(error, UnicodeEncodeError):
        characters = error.object[error.start : error.end]
        if all("\x80" <= character <= "\x9f" for character in characters):
            return characters.encode("latin-1"), error.end
    raise error


codecs.register_error("glane-controls", _as_controls)


def _repaired(data: Buffer, mark: int) -> Encoding:
    first, byte, broken, sound = _broken(data, mark)
    if broken <= sound:
        message = f"{broken} byte sequences are not UTF-8, the first one here; they are shown as \ufffd"
        return Encoding("utf-8", mark, problems=(Problem(f"line {first}", message, skipped=False),))
    codec = _declared(data) or _guessed(bytes(data[mark : mark + 65_536]))
    if codec:
        message = f"the file is not UTF-8 (byte 0x{byte:02X} here); it was read as {codec}"
    else:
        codec = "cp1252"
        message = (
            f"the file is not UTF-8 (byte 0x{byte:02X} here); it was read as Windows-1252 (Latin-1). If "
            "letters look wrong, convert the file to UTF-8 and import it again"
        )
    return Encoding(codec, mark, problems=(Problem(f"line {first}", message, skipped=False),))


def _broken(data: Buffer, mark: int) -> tuple[int, int, int, int]:
    """The line and the byte of the first fault, the number of faults, and of sound letters beside."""
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    strict = codecs.getincrementaldecoder("utf-8")("strict")
    line, byte, faults, sound, found = 1, 0, 0, 0, False
    for start in range(mark, len(data), _PIECE):
        piece, last = _piece(data, start, _PIECE), start + _PIECE >= len(data)
        if not found:
            try:
                strict.decode(piece, last)
                line += piece.count(b"\n")
            except UnicodeDecodeError as error:
                found, whole = True, error.object
                line += whole.count(b"\n", 0, error.start)
                byte = whole[error.start]
        faults += decoder.decode(piece, last).count("\ufffd") - piece.count("\ufffd".encode())
        sound += len(_MULTIBYTE.findall(piece))
    return line, byte, faults, sound


def _declared(data: Buffer) -> str:
    """The encoding that an HTML or XML file says it has, where it is another than UTF-8 and holds."""
    found = _DECLARED.search(bytes(data[:2048]))
    name = found[1].decode() if found else ""
    try:
        # What is no encoding of text, as "uu" is none, cannot be one here.
        "".encode(name or "ascii")
        codec = codecs.lookup(name).name if name else ""
    except (LookupError, UnicodeError):
        return ""
    odd = ("utf-8", "ascii", "iso8859-1", "cp1252", "idna", "punycode", "")
    return (
        "" if codec in odd or "utf" in codec or "escape" in codec or not _sound(data, codec, 0) else codec
    )


def _guessed(sample: bytes) -> str:
    """A codec of another alphabet that charset-normalizer is sure of, or ""."""
    from charset_normalizer import from_bytes

    best = from_bytes(sample).best()
    sure = best is not None and best.chaos < 0.1 and best.coherence > 0.3
    return best.encoding if best and sure and best.encoding in _FOREIGN else ""


def _unmarked_utf16(head: bytes) -> str:
    """UTF-16 without its mark is told by the zero of every second byte of a text in Latin letters."""
    even, odd = head[0::2], head[1::2]
    for codec, zeros, others in (("utf-16-le", odd, even), ("utf-16-be", even, odd)):
        if len(head) >= 8 and zeros.count(0) > 0.7 * len(zeros) and others.count(0) == 0:
            return codec
    return ""


def _refuse_binary(head: bytes, name: str) -> None:
    if head.startswith(_ZIP):
        raise InputError("this is a zip archive", where=name, hint="Unpack it and import the file inside")
    controls = sum(byte < 32 and byte not in b"\t\n\v\f\r" for byte in head)
    # A few NUL or control characters occur in real exports; a binary file is full of them.
    if controls * 1000 > len(head) * _CONTROLS and (controls > 2 or controls == len(head)):
        raise InputError(
            "this is a binary file, and not text",
            where=name,
            hint="Glane imports text, HTML, CSV, JSON, XML and archives of these",
        )
