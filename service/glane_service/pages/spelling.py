"""What a question that found nothing may have meant (pure).

An encoder of word pieces finds a misspelt question's neighbourhood all the same: the words of what
is near in meaning are the dictionary, so it is always the library's own.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable

_WORD = re.compile(r"[^\W\d_]{3,40}")
_MAX_WORDS = 20_000


def corrected(text: str, near: Iterable[str]) -> str:
    """``text`` with each word that the texts of ``near`` do not hold replaced by one that they do.

    Returns "" where nothing changes, or where a word has no likely correction.
    """
    counts: Counter[str] = Counter()
    shown: dict[str, str] = {}
    for source in near:
        for word in _WORD.findall(source)[: _MAX_WORDS - len(counts)]:
            key = _plain(word)
            counts[key] += 1
            shown.setdefault(key, word.lower())
    known = sorted(counts, key=lambda word: (-counts[word], word))
    changed = False

    def replace(match: re.Match[str]) -> str:
        nonlocal changed
        key = _plain(match[0])
        if key in counts:
            return match[0]
        close = difflib.get_close_matches(key, known, n=1, cutoff=0.75)
        if not close:
            return match[0]
        changed = True
        return shown[close[0]]

    result = _WORD.sub(replace, text)
    return result if changed else ""


def _plain(word: str) -> str:
    folded = unicodedata.normalize("NFKD", word.casefold())
    return "".join(char for char in folded if not unicodedata.combining(char))
