"""Text files of judgments and runs: read line by line, plain or gzip, and written all or nothing."""

from __future__ import annotations

import codecs
import gzip
import json
import os
import tempfile
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from glane_indexer.errors import DatasetError


def read_lines(path: Path) -> Iterator[tuple[int, str]]:
    """The non-blank lines of a UTF-8 text file (gzip if its name ends in ``.gz``), from line 1.

    A byte order mark and Windows line ends are taken off. Only a line feed ends a line: U+2028 and the
    like stand inside JSON texts.

    Raises:
        DatasetError: the file is missing, is no text in UTF-8, or its compression is damaged.
    """
    number = 0
    try:
        with gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as stream:
            for number, raw in enumerate(stream, start=1):
                line = raw.decode("utf-8").rstrip("\r\n")
                if number == 1:
                    line = line.removeprefix("\ufeff")
                if line.strip():
                    yield number, line
    except FileNotFoundError:
        raise DatasetError("there is no such file", where=str(path)) from None
    except UnicodeDecodeError as error:
        raise DatasetError(
            f"this line is not UTF-8 ({error.reason})",
            where=f"{path}:{max(number, 1)}",
            hint="Save the file as UTF-8.",
        ) from error
    except (OSError, EOFError, zlib.error) as error:
        raise DatasetError(f"the file cannot be read: {error}", where=f"{path}:{number + 1}") from error


def read_objects(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """The objects of a JSON Lines file, with their line numbers.

    Raises:
        DatasetError: as :func:`read_lines`, or a line is not a JSON object.
    """
    for number, line in read_lines(path):
        where = f"{path}:{number}"
        try:
            record = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise DatasetError(f"this line is not JSON: {error}", where=where) from error
        if not isinstance(record, dict):
            raise DatasetError("this line is not a JSON object", where=where)
        yield number, record


def write_lines(path: Path, lines: Iterable[str]) -> None:
    """Write lines to a UTF-8 file; whoever reads it finds the old file or the whole new one.

    The folder is made where it is missing. Where ``lines`` raises, the old file stays. A text that begins
    with U+FEFF gets a byte order mark, lest its own first character be read as one.

    Raises:
        DatasetError: a line holds half a surrogate pair, which UTF-8 cannot say.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with open(handle, "wb") as stream:  # noqa: PTH123 (a descriptor)
            for number, line in enumerate(lines, start=1):
                if number == 1 and line.startswith("\ufeff"):
                    stream.write(codecs.BOM_UTF8)
                stream.write(_encoded(f"{line}\n", f"{path}:{number}"))
            stream.flush()
            os.fsync(stream.fileno())
        # mkstemp makes files that only their owner can read; these are as public as any output.
        umask = os.umask(0)
        os.umask(umask)
        Path(name).chmod(0o666 & ~umask)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _encoded(text: str, where: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise DatasetError(
            f"half a surrogate pair cannot be written: {text[error.start : error.end]!r}",
            where=where,
            hint="Give the query or document an id of whole characters.",
        ) from error
