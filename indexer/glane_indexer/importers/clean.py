"""What every importer does to a text, a date and a list of tags (pure)."""

from __future__ import annotations

import html
import re
import unicodedata
import warnings
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

# Not to be shown, or to change how the rest is shown: controls, and marks that turn the direction of
# the text around them. Zero-width joiners stay: some scripts are written with them.
_UNSEEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\u200b\u202a-\u202e\u2060\u2066-\u2069\ufeff\ufffe\uffff]"
)
# French puts a no-break space before « : ; ! ? »; a single one is part of the text.
_SPACES = re.compile("[^\\S\\n]{2,}|[^\\S\\n \u00a0\u202f]")
_EMPTY_LINES = re.compile(r"\n{3,}")
# Quoted texts keep the HTML of their page. Only names of elements are taken for tags: "List<String>"
# is text. Without "<" inside a tag the search stays linear.
_COMMENTS = re.compile(r"<!--(?:[^-]|-(?!->))*-->")
_BREAKS = re.compile(
    r"<br\s*/?>\n?|</?(?:p|div|ul|ol|li|h[1-6]|tr|table|blockquote|pre|section|article|dl|dt|dd|hr"
    r"|figure|figcaption|header|footer)(?:\s[^<>]*)?/?>",
    re.IGNORECASE,
)
_TAGS = re.compile(
    r"</?(?:a|abbr|acronym|b|bdi|big|button|cite|code|del|dfn|em|font|i|img|input|ins|kbd|label|mark|nobr"
    r"|noscript|q|s|samp|small|span|strike|strong|style|sub|sup|t[bdh]|tbody|thead|time|tt|u|var|wbr)"
    r"(?:\s[^<>]*)?/?>",
    re.IGNORECASE,
)
_NO_TAG = "no_tag"
_WEBKIT = datetime(1970, 1, 1) - datetime(1601, 1, 1)
_LAST_YEAR = 2300
# A quotation ends before another one begins: the marks are not around the whole.
_CLOSED = re.compile(r'[^"]*[^\s"]"(?!\w)')


def clean_text(text: str, *, indented: bool = False) -> str:
    """A text of several lines: NFC, single spaces, at most one empty line, nothing invisible.

    Args:
        indented: whether the blanks at the beginning of a line stay, as code needs them.
    """
    if text.isascii() and text.isprintable() and "  " not in text:
        return text.strip()
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = _UNSEEN.sub("", text.replace("\u2028", "\n").replace("\u2029", "\n").replace("\x85", "\n"))
    # Last: what is gone may have stood between a letter and its accent.
    text = unicodedata.normalize("NFC", text)
    lines = [_SPACES.sub(" ", line).strip() for line in text.split("\n")]
    if indented:
        shifts = (line[: len(line) - len(line.lstrip(" \t"))] for line in text.split("\n"))
        lines = [shift + line if line else line for shift, line in zip(shifts, lines, strict=True)]
    return _EMPTY_LINES.sub("\n\n", "\n".join(lines)).strip()


def clean_quote(text: str) -> str:
    """A quoted text: as :func:`clean_text`, and the lines after the first keep their indentation."""
    return clean_text(text, indented=True)


def clean_line(text: str) -> str:
    """A text of one line: as :func:`clean_text`, its lines joined by spaces."""
    return " ".join(clean_text(text).split())


def clean_address(text: str) -> str:
    """An address on one line, nothing invisible; composed letters would be the address of another page."""
    if text.isascii() and text.isprintable():
        return text.strip()
    return "".join(_UNSEEN.sub("", line).strip() for line in text.splitlines())


def unescape(text: str) -> str:
    """HTML's character references replaced by their characters."""
    return html.unescape(text) if "&" in text else text


def plain_text(text: str) -> str:
    """A text that holds HTML without its tags, with the characters that its references stand for.

    Line breaks of the text are its own; elements that are blocks begin a line. What is in angle
    brackets and is no element of HTML is text: ``List<String>``.
    """
    if "<" in text:
        text = _TAGS.sub("", _BREAKS.sub("\n", _COMMENTS.sub("", text)))
    return clean_quote(unescape(text))


def unquoted(text: str) -> str:
    """The text without the quotation marks around the whole of it."""
    inner = text[1:-1]
    quoted = len(text) > 2 and text[0] == text[-1] == '"' and inner.count('"') % 2 == 0
    return inner.strip() if quoted and not _CLOSED.match(inner) else text


def split_tags(text: str, separator: str = ",") -> tuple[str, ...]:
    """Tags in their order, each once; Diigo's ``no_tag`` is none."""
    return clean_tags(text.split(separator))


def clean_tags(tags: list[str]) -> tuple[str, ...]:
    """Tags cleaned, in their order, each once, whatever its case."""
    once: dict[str, str] = {}
    for tag in tags:
        cleaned = clean_line(tag).lstrip('#", ').rstrip('", ')
        if cleaned and cleaned.casefold() != _NO_TAG:
            once.setdefault(cleaned.casefold(), cleaned)
    return tuple(once.values())


def parse_moment(text: str) -> datetime | None:
    """A date and time as exports write them, in UTC; None where it is not one.

    ISO 8601 in all its forms, ``2016/05/03 10:20:00 +0000``, a mail's date, the log's
    ``10/Oct/2000:13:55:36 +0300``, ``May 3, 2016 10:20 AM``, and seconds, milliseconds or
    microseconds since 1970. Where no zone is given, UTC is meant; a date whose day and month could be
    mistaken for each other is none.
    """
    text = text.strip()
    moment: datetime | None = None
    if re.fullmatch(r"\d{9,17}(?:\.\d+)?", text):
        return _since_1970(float(text))
    iso = re.sub(r" (?:UTC|GMT|Z)$", "+00:00", text.replace("/", "-"))
    iso = re.sub(r" ([+-]\d{2}):?(\d{2})$", r"\1:\2", iso)
    try:
        moment = datetime.fromisoformat(iso)
    except ValueError:
        try:
            moment = parsedate_to_datetime(text)
        except (ValueError, TypeError, IndexError, OverflowError):
            moment = _written(text)
    if moment is None:
        return None
    try:
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (OverflowError, ValueError):
        return None


def _since_1970(number: float) -> datetime | None:
    # From the number of digits: until the year 5138 a moment has at most eleven in seconds.
    for unit in (1, 1_000, 1_000_000):
        if number / unit < 1e11:
            found = datetime.fromtimestamp(number / unit, UTC)
            # Chrome and Safari count microseconds since 1601, which some exports of them keep.
            return found - _WEBKIT if found.year > _LAST_YEAR and unit == 1_000_000 else found
    return None


def _written(text: str) -> datetime | None:
    """A date with the name of its month, as dateutil reads it; None where a part of it is missing."""
    from dateutil import parser

    if len(text) > 80 or not re.search(r"[A-Za-z]{3}", text) or not re.search(r"(?<!\d)\d{4}(?!\d)", text):
        return None
    text = re.sub(r"(\d{4}):(?=\d\d:\d\d)", r"\1 ", text)
    try:
        # A word that it takes for a zone it does not know is no matter for whoever imports.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", parser.UnknownTimezoneWarning)
            one, other = (parser.parse(text, default=datetime(2000, day, day)) for day in (1, 2))
    except (ValueError, OverflowError, TypeError, AttributeError, IndexError):
        return None
    return one if one == other else None
