"""Numbers, dates, plurals and languages as readers of French and of English write them, by CLDR (pure)."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime
from functools import lru_cache
from typing import Literal

from babel import Locale
from babel.dates import format_date
from babel.numbers import format_decimal

LANGUAGES = ("fr", "en")
NARROW, NO_BREAK = "\u202f", "\u00a0"
_HIGH = re.compile(" (?=[;?!])")
# English as this page writes it has the day first.
LOCALES = {"fr": Locale("fr"), "en": Locale("en", "GB")}


@lru_cache(maxsize=4096)
def number(value: float, language: str, digits: int = 0) -> str:
    """A number as readers of ``language`` write it: ``12 345,6`` or ``12,345.6``."""
    pattern = "#,##0" + ("." + "0" * digits if digits else "")
    return format_decimal(value, pattern, LOCALES[language])


def unbroken(text: str) -> str:
    """``text`` with the spaces that French does not break a line at; those alone change, none is added."""
    text = text.replace("« ", f"«{NO_BREAK}").replace(" »", f"{NO_BREAK}»").replace(" :", f"{NO_BREAK}:")
    return _HIGH.sub(NARROW, text)


def day(moment: datetime, language: str, *, short: bool = False) -> str:
    """A date in words: ``1er mars 2015``, ``1 March 2015``, or with a short month, ``14 nov. 2009``."""
    return _day(moment.date(), language, "medium" if short else "long")


@lru_cache(maxsize=4096)
def _day(value: date, language: str, width: Literal["medium", "long"]) -> str:
    shown = format_date(value, width, LOCALES[language])
    # French writes the first of a month as an ordinal, which CLDR leaves to the writer.
    return f"1er{shown[1:]}" if language == "fr" and value.day == 1 else shown


def is_many(language: str) -> Callable[[int | float], bool]:
    """Whether a number takes the plural in ``language``: nought does in English, not in French."""
    rule = LOCALES[language].plural_form
    return lambda n: rule(n) != "one"


@lru_cache(maxsize=1024)
def language_name(code: str, language: str) -> str:
    """The name of the language ``code``, or the code itself where it is not a known one."""
    return str(LOCALES[language].languages.get(code, code))


def preferred(header: str, default: str) -> str:
    """The language of :data:`LANGUAGES` that an ``Accept-Language`` header likes best.

    A header that names none of them, or none at all, gets ``default``.
    """
    best, best_weight = default, 0.0
    for part in header.split(",")[:20]:
        name, _, rest = part.strip().partition(";")
        code = name.strip().lower().split("-")[0]
        weight = _weight(rest)
        if code in LANGUAGES and weight > best_weight:
            best, best_weight = code, weight
    return best


def _weight(parameter: str) -> float:
    key, _, value = parameter.strip().partition("=")
    if key.strip() != "q":
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 0.0
