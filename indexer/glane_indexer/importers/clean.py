"""What every importer does to a text, a date and a list of tags (pure)."""

from __future__ import annotations

import html
import re
import unicodedata
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

# Not to be shown, or to change how the rest is shown: controls, and marks that turn the direction of
# the text around them. Zero-width joiners stay: some scripts are written with them.
_UNSEEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\u200b\u202a-\u202e\u2060\u2066-\u2069\ufeff\ufffe\uffff]"
)
_SPACES = re.compile(r"[^\S\n]+")
_EMPTY_LINES = re.compile(r"\n{3,}")
_NO_TAG = "no_tag"
# A quotation ends before another one begins: the marks are not around the whole.
_CLOSED = re.compile(r'[^"]*[^\s"]"(?!\w)')


def clean_text(text: str) -> str:
    """A text of several lines: NFC, single spaces, at most one empty line, nothing invisible."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = _UNSEEN.sub("", text.replace("\u2028", "\n").replace("\u2029", "\n").replace("\x85", "\n"))
    # Last: what is gone may have stood between a letter and its accent.
    text = unicodedata.normalize("NFC", text)
    lines = (_SPACES.sub(_space, line).strip() for line in text.split("\n"))
    return _EMPTY_LINES.sub("\n\n", "\n".join(lines)).strip()


def _space(found: re.Match[str]) -> str:
    # French puts a no-break space before « : ; ! ? »; it is part of the text.
    return found[0] if found[0] in ("\u00a0", "\u202f") else " "


def clean_line(text: str) -> str:
    """A text of one line: as :func:`clean_text`, its lines joined by spaces."""
    return " ".join(clean_text(text).split())


def unescape(text: str) -> str:
    """HTML's character references replaced by their characters."""
    return html.unescape(text) if "&" in text else text


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
        cleaned = clean_line(tag).strip('"#, ')
        if cleaned and cleaned.casefold() != _NO_TAG:
            once.setdefault(cleaned.casefold(), cleaned)
    return tuple(once.values())


def parse_moment(text: str) -> datetime | None:
    """A date and time as exports write them, in UTC; None where it is not one.

    ISO 8601 in all its forms, ``2016/05/03 10:20:00 +0000``, a mail's date, and seconds since 1970.
    Where no zone is given, UTC is meant.
    """
    text = text.strip()
    moment: datetime | None = None
    if re.fullmatch(r"\d{9,11}", text):
        return datetime.fromtimestamp(int(text), UTC)
    iso = re.sub(r" (?:UTC|GMT|Z)$", "+00:00", text.replace("/", "-"))
    iso = re.sub(r" ([+-]\d{2}):?(\d{2})$", r"\1:\2", iso)
    try:
        moment = datetime.fromisoformat(iso)
    except ValueError:
        try:
            moment = parsedate_to_datetime(text)
        except (ValueError, TypeError, IndexError, OverflowError):
            return None
    try:
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except OverflowError:
        return None
