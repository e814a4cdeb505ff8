"""From the values that an export holds to a bookmark: what every format does with them (pure)."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from glane_indexer.importers.clean import (
    clean_address,
    clean_line,
    clean_quote,
    clean_tags,
    parse_moment,
    plain_text,
    unescape,
)
from glane_indexer.models import Annotation, Bookmark, Imported, Problem

_TITLE_CHARS = 120
# A text with one of these is HTML; one that speaks of "<code>" without closing it is not.
_MARKUP = re.compile(
    r"<br\s*/?>|</(?:a|b|blockquote|code|div|em|font|h[1-6]|i|li|mark|ol|p|pre|span|strong|sub|sup|td|u|ul)>",
    re.IGNORECASE,
)


def bookmark(
    where: str,
    *,
    url: object = "",
    title: object = "",
    description: object = "",
    tags: Iterable[object] = (),
    contributor: object = "",
    created: object = None,
    annotations: Iterable[Annotation | None] = (),
    language: object = "",
    private: bool = False,
) -> Iterator[Imported]:
    """The bookmark of a record, and what is wrong with it; values of another type count as missing.

    Args:
        where: the record's place, in words.
        created: a moment, or anything that :func:`moment` reads.
    """
    address, name = clean_address(text_of(url)), clean_line(unescape(text_of(title)))
    body = quote(text_of(description))
    kept = tuple(item for item in annotations if item is not None)
    if not address and not name and not body and not kept:
        yield Problem(where, "the record has neither a title nor a url")
        return
    created_at = moment(created)
    if created_at is None and text_of(created).strip().strip("0"):
        message = (
            f"the date is {text_of(created)[:40]!r}, which is none that is known; the bookmark has none"
        )
        yield Problem(where, message, skipped=False)
    first = next((text for text in (body, *(item.text or item.note for item in kept)) if text), "")
    code = text_of(language).strip().lower()[:2]
    yield Bookmark(
        title=name or address or first.split("\n", 1)[0][:_TITLE_CHARS],
        url=address,
        description=body,
        tags=clean_tags([unescape(text_of(tag)) for tag in tags]),
        contributor=clean_line(text_of(contributor)),
        created_at=created_at,
        language=code if code.isalpha() and len(code) == 2 else "",
        annotations=kept,
        visibility="private" if private else "public",
        where=where,
    )


def annotation(
    text: object, note: object = "", author: object = "", created: object = None
) -> Annotation | None:
    """The annotation of a record's values; None where there is neither a text nor a note."""
    quoted, said = quote(text_of(text)), quote(text_of(note))
    if not quoted and not said:
        return None
    return Annotation(quoted, said, clean_line(text_of(author)), moment(created))


def quote(text: str) -> str:
    """A quoted text as plain text, whether the export wrote it as HTML or not."""
    return plain_text(text) if _MARKUP.search(text) else clean_quote(unescape(text))


def moment(value: object) -> datetime | None:
    """The moment that a value gives: a text, or seconds, milliseconds, microseconds since 1970."""
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=UTC)
    text = text_of(value).strip()
    return parse_moment(text) if text.strip("0.") else None


def text_of(value: object) -> str:
    """A text or a number as a text; anything else as none."""
    if isinstance(value, str):
        return value
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        try:
            return str(value)
        except ValueError:  # thousands of digits
            return ""
    return ""


def dict_of(value: object) -> dict[str, Any]:
    """An object; an empty one in place of anything else."""
    return value if isinstance(value, dict) else {}


def list_of(value: object) -> list[Any]:
    """A list; an empty one in place of anything else."""
    return value if isinstance(value, list) else []


def names_of(value: object, *keys: str) -> list[str]:
    """Names in a list of texts or of objects that have them under ``keys``; a text is split at commas."""
    if isinstance(value, str):
        return value.split(",")
    found = (
        item
        if isinstance(item, str)
        else next((dict_of(item)[key] for key in keys if dict_of(item).get(key)), "")
        for item in list_of(value)
    )
    return [text_of(name) for name in found]


def truth(value: object) -> bool:
    """Whether a flag is set, however it is written."""
    return value is True or text_of(value).strip().lower() in ("1", "true", "yes", "y", "t")


def paragraphs(*texts: object) -> str:
    """The texts that are there, each once, an empty line between."""
    once = dict.fromkeys(text.strip() for value in texts if (text := text_of(value)).strip())
    return "\n\n".join(once)


def tags_of(text: str, separators: str = ",") -> list[str]:
    """Tags in one cell: a list in brackets, as JSON or Python writes it, or names between separators."""
    text = text.strip()
    if text.startswith("[") and text.endswith("]"):
        for reader in (json.loads, ast.literal_eval):
            try:
                return names_of(reader(text), "name")
            except (ValueError, SyntaxError, RecursionError, MemoryError):
                continue
        return [name.strip(" '\"") for name in text[1:-1].split(",")]
    chosen = next((separator for separator in separators if separator in text), separators[0])
    return text.split(chosen)


@dataclass(slots=True)
class Work:
    """A page or a book while its highlights come in, one record each."""

    where: str
    values: dict[str, object]
    tags: list[object] = field(default_factory=list)
    annotations: list[Annotation | None] = field(default_factory=list)
    private: bool = False


class Works(dict[Hashable, Work]):
    """Pages and books by what tells them apart, in the order of the file."""

    def work(self, key: Hashable, where: str, **values: object) -> Work:
        """The work of this key; one that is new has these values."""
        if key not in self:
            self[key] = Work(where, values)
        return self[key]

    def bookmarks(self) -> Iterator[Imported]:
        """A bookmark a work, as old as its first highlight where the source gives no other date."""
        for work in self.values():
            moments = [item.created_at for item in work.annotations if item and item.created_at]
            created = work.values.get("created") or min(moments, default=None)
            rest = {name: value for name, value in work.values.items() if name != "created"}
            yield from bookmark(
                work.where,
                **rest,
                tags=work.tags,
                created=created,
                annotations=work.annotations,
                private=work.private,
            )
