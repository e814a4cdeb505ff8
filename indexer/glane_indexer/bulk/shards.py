"""Which texts of a library one of many machines embeds."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from glane_indexer.encoder.base import Encoder
from glane_indexer.errors import UsageError
from glane_indexer.models import Bookmark
from glane_indexer.passages import document_texts, passages_of, text_hash

MOST = 10_000
_FORM = re.compile(r"([0-9]{1,5})/([0-9]{1,5})")


@dataclass(frozen=True, slots=True)
class Shard:
    """The ``number``-th, from 1, of ``of`` parts of all texts."""

    number: int
    of: int

    @classmethod
    def parse(cls, text: str) -> Shard:
        """The shard that ``2/8`` names.

        Raises:
            UsageError: it names none.
        """
        found = _FORM.fullmatch(text.strip())
        number, of = (int(found[1]), int(found[2])) if found else (0, 0)
        if not 1 <= number <= of <= MOST:
            raise UsageError(
                f"{text[:40]!r} is no part of a whole",
                where="--shard",
                hint=f"Write the second of eight as 2/8; there are {MOST:,} at most",
            )
        return cls(number, of)

    def __str__(self) -> str:
        return f"{self.number}/{self.of}"

    def holds(self, hash: str) -> bool:
        """Whether the text with this hash is of this shard: it depends on nothing else.

        The hash is BLAKE2b, whose first 32 bits are evenly spread.
        """
        return int(hash[:8], 16) % self.of == self.number - 1


def texts_of(bookmarks: Iterable[Bookmark], encoder: Encoder, shard: Shard) -> dict[str, str]:
    """The texts of a shard that an index of these bookmarks embeds, by their hashes."""
    count_tokens, limit = encoder.count_tokens, encoder.info.max_tokens
    found = {}
    for bookmark in bookmarks:
        texts = [item.embedded for item in passages_of(bookmark, count_tokens, limit)]
        for text in (*texts, *document_texts(bookmark, count_tokens, limit)):
            hash = text_hash(text)
            if shard.holds(hash):
                found[hash] = text
    return found
