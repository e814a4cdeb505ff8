"""Which language a bookmark is written in."""

from __future__ import annotations

import threading
from functools import cache
from typing import Any

from glane_indexer.models import Bookmark
from glane_indexer.text import tokens

# The languages told apart. Few and common: on a title of six words a long list mostly adds mistakes.
LANGUAGES = (
    "fr", "en", "es", "de", "it", "pt", "nl", "ca", "pl", "ro", "sv", "da", "cs", "el", "ru", "uk",
    "tr", "ar", "he", "fa", "hy", "hi", "zh", "ja", "ko", "vi", "fi", "hu", "nb", "eu", "br", "oc",
    "eo", "la",
)  # fmt: skip
# Below so many words a guess is worth less than none.
MIN_WORDS = 3
# The language of so much of a text is that of all of it; of 435 pages of the data sets, of every one.
SAMPLE_CHARS = 600
_OPENING_CHARS = 80
# Two threads that need it first must not both load it.
_LOADING = threading.Lock()


def detect(text: str) -> str:
    """The ISO 639-1 code of a text's language, or "" where it is too short to tell."""
    sample = text[:SAMPLE_CHARS]
    # To cut a text into words as the index does takes as long as the guess; mostly a glance will do.
    opening = sample[:_OPENING_CHARS].split()
    if sum(map(str.isalpha, opening)) < MIN_WORDS and (
        sum(word.form.isalpha() for word in tokens(sample)) < MIN_WORDS
    ):
        return ""
    with _LOADING:
        identifier = _identifier()
    code, confidence = identifier.classify(sample)
    return str(code) if confidence >= 0.5 else ""


def bookmark_language(bookmark: Bookmark) -> str:
    """The language that most of a bookmark is written in, as :func:`detect` gives it."""
    texts = [bookmark.title, bookmark.description, *(item.text for item in bookmark.annotations[:20])]
    return detect("\n".join(filter(None, texts)))


@cache
def _identifier() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    supported = {str(label) for label in identifier.labels}
    identifier.set_languages([code for code in LANGUAGES if code in supported])
    return identifier
