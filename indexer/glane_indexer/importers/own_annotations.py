"""The Web Annotations that ``glane export`` writes, which give the same library back (pure).

What the model has no word for stands under ``glane:``; see :mod:`glane_indexer.exporters.webannotation`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from glane_indexer.importers import jsonl
from glane_indexer.importers.json_text import elements
from glane_indexer.importers.record import dict_of, list_of, text_of
from glane_indexer.importers.source import Source
from glane_indexer.models import Imported, Problem

MARK = "glane:bookmark"


def read(source: Source) -> Iterator[Imported]:
    """The bookmarks, each with the highlights that follow it."""
    where, record = "", dict[str, Any]()
    for item in elements(source.text, "items"):
        if isinstance(item, Problem):
            yield item
            continue
        value = dict_of(item[1])
        if MARK in value:
            yield from _finished(where, record)
            where, record = item[0], _bookmark(value)
        elif record and dict_of(value.get("glane:annotation")).get("bookmark") == record["id"]:
            record["annotations"].append(_annotation(value))
        else:
            yield Problem(item[0], "the annotation belongs to no bookmark before it")
    yield from _finished(where, record)


def _finished(where: str, record: dict[str, Any]) -> Iterator[Imported]:
    if record:
        try:
            yield replace(jsonl.from_record(record), where=where)
        except ValueError as error:
            yield Problem(where, str(error))


def _bookmark(value: dict[str, Any]) -> dict[str, Any]:
    target = dict_of(value.get("target"))
    url = text_of(target.get("source"))
    bodies = [dict_of(body) for body in list_of(value.get("body"))]
    described = [body.get("value") for body in bodies if body.get("purpose") == "describing"]
    return {
        **dict_of(value[MARK]),
        **_facts(value, "contributor"),
        "url": "" if url.startswith("urn:glane:") else url,
        "title": target.get("title"),
        "description": described[0] if described else "",
        "tags": [body.get("value") for body in bodies if body.get("purpose") == "tagging"],
        "annotations": [],
    }


def _annotation(value: dict[str, Any]) -> dict[str, Any]:
    selector = dict_of(dict_of(value.get("target")).get("selector"))
    notes = [dict_of(body).get("value") for body in list_of(value.get("body"))]
    return {
        "id": dict_of(value["glane:annotation"]).get("id"),
        "text": selector.get("exact"),
        "note": notes[0] if notes else "",
        **_facts(value, "author"),
    }


def _facts(value: dict[str, Any], person: str) -> dict[str, Any]:
    return {person: dict_of(value.get("creator")).get("name"), "created_at": value.get("created")}
