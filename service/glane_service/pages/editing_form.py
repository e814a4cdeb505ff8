"""A bookmark from what a form sends (pure)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from glane_indexer.importers.clean import clean_line, clean_text, split_tags
from glane_indexer.importers.jsonl import record_of
from glane_indexer.models import Annotation, Bookmark

FIELDS = ("url", "title", "description", "tags", "contributor", "visibility", "annotations")
"""The fields that the form shows."""


def bookmark_of_form(form: Mapping[str, str], old: Bookmark) -> Bookmark:
    """The bookmark that ``old`` is to become; annotations keep what the form does not show of them."""
    known = {item.id: item for item in old.annotations}
    kept, new = [], []
    for number in _numbers(form):
        text, note = clean_text(form.get(f"text-{number}", "")), clean_text(form.get(f"note-{number}", ""))
        if f"remove-{number}" in form or not (text or note):
            continue
        before = known.get(form.get(f"id-{number}", ""))
        if before is None:
            new.append(Annotation(text, note))
        else:
            kept.append(replace(before, text=text, note=note))
    return replace(
        old,
        url=form.get("url", "").strip(),
        title=clean_line(form.get("title", "")),
        description=clean_text(form.get("description", "")),
        tags=split_tags(form.get("tags", "")),
        contributor=clean_line(form.get("contributor", "")),
        visibility="private" if "private" in form else "public",
        annotations=(*kept, *new),
    )


def fields_of_form(bookmark: Bookmark) -> dict[str, Any]:
    """The fields that the form shows, as a record has them."""
    record = record_of(bookmark)
    return {name: record[name] for name in FIELDS}


def _numbers(form: Mapping[str, str]) -> list[int]:
    names = (name.partition("-") for name in form)
    found = {int(rest) for name, _, rest in names if name in ("text", "note") and rest.isdecimal()}
    # The new one is number 0, and goes last.
    return sorted(found, key=lambda number: (number == 0, number))
