"""What a model says, sentence by sentence, each with the numbers of the passages it names (pure)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

_CITATIONS = re.compile(r"\s*\[\s*(\d{1,3}(?:\s*[,;–-]\s*\d{1,3})*)\s*\]")
# A sentence ends where its mark, closing quotes and citations are followed by the beginning of another.
_END = re.compile(
    r"""[.!?…]["'»”’)]*(?:\s*\[[\d\s,;–-]+\])*(?=\s+[^\s\[a-zà-ÿ])|\]\s*(?=\n)|[.!?…:](?=\s*\n)|\n\s*\n"""
)
_BULLET = re.compile(r"^\s*(?:[-*•]|#+|\d+[.)])\s+")
_NUMBER = re.compile(r"\s*\d{1,3}\.")
# A model that never ends a sentence is not waited for.
MAX_SENTENCE = 2000


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence without its citations, and the numbers that it cites, in order, each once."""

    text: str
    sources: tuple[int, ...]


def sentences(parts: Iterable[str]) -> Iterator[Sentence]:
    """The sentences of a text that arrives in parts, each as soon as the next one begins."""
    waiting = ""
    for part in parts:
        waiting += part
        while True:
            end = _END.search(waiting)
            if end is not None and _NUMBER.fullmatch(waiting[: end.end()]):
                # The number of an item, not a sentence.
                end = _END.search(waiting, end.end())
            if end is None and len(waiting) <= MAX_SENTENCE:
                break
            place = end.end() if end is not None else len(waiting)
            yield from _read(waiting[:place])
            waiting = waiting[place:]
    yield from _read(waiting)


def _read(text: str) -> Iterator[Sentence]:
    numbers = [number for found in _CITATIONS.finditer(text) for number in _numbers(found[1])]
    said = " ".join(_BULLET.sub("", _CITATIONS.sub("", text)).split())
    if any(char.isalnum() for char in said):
        yield Sentence(said, tuple(dict.fromkeys(numbers)))


def _numbers(text: str) -> Iterator[int]:
    for item in re.split(r"[,;]", text):
        first, *last = (int(number) for number in re.split(r"[–-]", item))
        yield from range(first, last[0] + 1) if last and first < last[0] < first + 20 else [first, *last]
