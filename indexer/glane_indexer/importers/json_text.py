"""JSON that may be cut or damaged: what comes before the damage is kept (pure)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from glane_indexer.models import Problem

# Real exports have line ends inside of strings.
_DECODER = json.JSONDecoder(strict=False)
_TOKENS = re.compile(r'"(?:[^"\\]+|\\.)*+"|["\[\]{},]', re.DOTALL)
_BLANKS = re.compile(r"[\s,\ufeff\x00]*")
_NEXT = re.compile(r"\{\s*\"")
# How many places behind the damage are tried for the next sound record.
_TRIALS = 2_000
# Scripts join pages, which are lists, into a list of lists.
_NESTED = 2


def partial(text: str) -> Any:
    """The first value of a text; of one that is cut, what is whole before the cut; None for no JSON."""
    return salvaged(text)[0]


def salvaged(text: str) -> tuple[Any, str]:
    """A document as :func:`partial` reads it, and what is wrong with it, or ""."""
    start = _skipped(text, 0)
    try:
        return _DECODER.raw_decode(text, start)[0], ""
    except json.JSONDecodeError as error:
        return _closed(text[start : error.pos]), _reason(error)
    except (ValueError, RecursionError) as error:
        return None, _reason(error)


def elements(text: str, *keys: str) -> Iterator[tuple[str, Any] | Problem]:
    """The records of a document, each with its place in words, and a problem for each damage.

    The records are the elements of the list that the document is, or of the lists under ``keys`` of the
    object that it is; an object without such a list is a record itself. Documents may follow each other,
    as where pages or lines were joined.
    """
    walk = _Walk(text)
    while (position := _skipped(text, walk.position)) < len(text):
        walk.position = position
        if text[position] == "[":
            yield from walk.list(_NESTED)
        elif text[position] == "{" and keys:
            yield from walk.object(keys)
        else:
            yield from walk.value()


class _Walk:
    """A position in a text, and the records that were read on the way there."""

    def __init__(self, text: str) -> None:
        self.text, self.position, self.count = text, 0, 0
        self.fields: set[str] = set()
        self.trials = 0

    def list(self, nested: int) -> Iterator[tuple[str, Any] | Problem]:
        """The elements of a list, and of the lists in it as deep as ``nested``."""
        self.position += 1
        while True:
            self.position = _skipped(self.text, self.position)
            if self.position >= len(self.text):
                yield Problem(f"record {self.count}", "the file ends in the middle, after this record")
                return
            if self.text[self.position] == "]":
                self.position += 1
                return
            if self.text[self.position] == "[" and nested:
                yield from self.list(nested - 1)
            else:
                yield from self.value()

    def value(self) -> Iterator[tuple[str, Any] | Problem]:
        self.count += 1
        where = f"record {self.count}"
        try:
            value, self.position = _DECODER.raw_decode(self.text, self.position)
        except (ValueError, RecursionError) as error:
            at = error.pos if isinstance(error, json.JSONDecodeError) else self.position
            whole = _closed(self.text[self.position : at])
            kept = bool(whole) and isinstance(whole, dict)
            rest = "; what stands before it is kept" if kept else ""
            yield Problem(where, f"the JSON is damaged here: {_reason(error)}{rest}", skipped=not kept)
            if kept:
                yield where, whole
            self._resume(at)
            return
        if isinstance(value, dict) and not self.fields:
            self.fields = set(value)
        yield where, value

    def object(self, keys: tuple[str, ...]) -> Iterator[tuple[str, Any] | Problem]:
        """The elements of its lists under ``keys``; the object as a whole where it has none."""
        start, found = self.position, False
        self.position += 1
        while True:
            self.position = _skipped(self.text, self.position)
            if self.text[self.position : self.position + 1] == "}":
                self.position += 1
                break
            try:
                key, self.position = _DECODER.raw_decode(self.text, self.position)
                self.position = _skipped(self.text, self.text.index(":", self.position) + 1)
                if key in keys and self.text[self.position : self.position + 1] == "[":
                    found = True
                    yield from self.list(_NESTED)
                else:
                    _, self.position = _DECODER.raw_decode(self.text, self.position)
            except (ValueError, RecursionError, TypeError) as error:
                at = error.pos if isinstance(error, json.JSONDecodeError) else self.position
                if found:
                    yield Problem(f"record {self.count}", f"the JSON is damaged after it: {_reason(error)}")
                    self._resume(max(at, self.position))
                    return
                break
        if not found:
            self.position = start
            yield from self.value()

    def _resume(self, start: int) -> None:
        """Go on behind a damage, at the next object that has the fields of the first record."""
        for found in _NEXT.finditer(self.text, start):
            self.trials += 1
            if self.trials > _TRIALS:
                break
            try:
                value, _ = _DECODER.raw_decode(self.text, found.start())
            except (ValueError, RecursionError):
                continue
            if self.fields and len(self.fields & set(value)) * 2 > len(self.fields):
                self.position = found.start()
                return
        self.position = len(self.text)


def _skipped(text: str, position: int) -> int:
    found = _BLANKS.match(text, position)
    return found.end() if found else position


def _reason(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg} (line {error.lineno}, column {error.colno})"
    return "it is nested too deeply" if isinstance(error, RecursionError) else str(error)[:80]


def _closed(text: str) -> Any:
    """The value that a text begins, up to the last part of it that is whole."""
    stack: list[str] = []
    end, closers = 0, ""
    for token in _TOKENS.finditer(text):
        sign = token[0]
        if sign in "[{":
            stack.append("]" if sign == "[" else "}")
            if len(stack) > 500:
                return None
        elif sign in "]}":
            if not stack or stack.pop() != sign:
                break
            end, closers = token.end(), "".join(reversed(stack))
        elif sign == ",":
            end, closers = token.start(), "".join(reversed(stack))
        elif sign == '"':
            break
    try:
        return _DECODER.decode(text[:end] + closers)
    except (ValueError, RecursionError):
        return None
