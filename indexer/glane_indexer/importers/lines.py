"""Files of one JSON object a line (pure)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from glane_indexer.importers.source import Source
from glane_indexer.models import Problem


def first_object(source: Source) -> dict[str, Any]:
    """The object on the first line; an empty one where there is none."""
    if not source.head.lstrip().startswith("{"):
        return {}
    first = next((line for _, line in source.lines() if line.strip()), "")
    try:
        record = json.loads(first)
    except (ValueError, RecursionError):
        return {}
    return record if isinstance(record, dict) else {}


def objects(source: Source) -> Iterator[tuple[str, dict[str, Any]] | Problem]:
    """Each line's number, in words, and its object; a problem for a line that holds none."""
    for number, line in source.lines():
        if not line.strip():
            continue
        where = f"line {number}"
        try:
            record = json.loads(line)
        except (ValueError, RecursionError) as error:
            yield Problem(where, f"this is not JSON: {error}")
            continue
        if isinstance(record, dict):
            yield where, record
        else:
            yield Problem(where, "the record is not a JSON object")
