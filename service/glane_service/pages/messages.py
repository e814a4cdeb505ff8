"""What the pages say, in French and in English, side by side (pure).

A text with ``|`` has a form for one and a form for many; ``{n}`` chooses between them, by the
language's own rule.
"""

from __future__ import annotations

from collections.abc import Callable

from glane_service.pages.editing_texts import EDITING
from glane_service.pages.formats import is_many, number, unbroken
from glane_service.pages.wording_pages import PAGES
from glane_service.pages.wording_search import SEARCH

CATALOGUE = {**SEARCH, **PAGES, **EDITING}


def translator(language: str) -> Callable[..., str]:
    """A function that gives a text of the catalogue in ``language``: ``t("views", n=3)``.

    Raises (the function):
        KeyError: the catalogue has no such text, or the text needs a value that was not given.
    """

    many = is_many(language)

    def translate(key: str, /, **values: object) -> str:
        text = _TEXTS[language][key]
        if not values:
            return text
        if "|" in text:
            n = values["n"]
            text = text.split("|")[not isinstance(n, int) or many(n)]
        shown = {
            name: number(value, language) if isinstance(value, int) else value
            for name, value in values.items()
        }
        return text.format_map(shown)

    return translate


_TEXTS = {
    "fr": {key: unbroken(texts["fr"]) for key, texts in CATALOGUE.items()},
    "en": {key: texts["en"] for key, texts in CATALOGUE.items()},
}
