"""Which format a file is in."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from glane_indexer.errors import InputError, UsageError
from glane_indexer.importers.registry import FORMATS
from glane_indexer.importers.registry import read as read_source
from glane_indexer.importers.source import Source
from glane_indexer.models import Annotation, Bookmark, Imported, Problem
from glane_indexer.sample.load import library_bytes

CSV = (Path(__file__).parent / "fixtures/diigo-export.csv").read_bytes()
HTML = """<!DOCTYPE html><html><head><title>Haies | Diigo - Groups</title></head><body>
<div id="item_0"><a href="/user/ada">Ada</a>
<a href="https://haies.example/">Les haies</a> - 3 views</div></body></html>"""
TEXT = "Skip to main content\nAda\n\nLes haies - 3 views\n\n  • Une haie adulte abrite des oiseaux.\n"
FILES = {
    "jsonl": library_bytes(),
    "beir": b'{"_id": "1", "title": "Les haies", "text": "Une haie."}\n',
    "diigo-html": HTML.encode(),
    "diigo-csv": CSV,
    "diigo-text": TEXT.encode(),
}


def read(data: bytes, format: str = "auto", name: str = "") -> tuple[str, Iterator[Imported]]:
    return read_source(Source(data, name), format)


def titles(items: list[Imported]) -> list[str]:
    return [item.title for item in items if isinstance(item, Bookmark)]


def test_every_format_has_a_file_here() -> None:
    assert set(FILES) <= set(FORMATS)
    assert all(item.name == name and item.about for name, item in FORMATS.items())


@pytest.mark.parametrize("name", FILES)
def test_a_format_is_told_by_the_content(name: str) -> None:
    found, items = read(FILES[name])
    assert found == name
    told = list(items)
    assert titles(told)
    _, asked = read(FILES[name], format=name)
    assert list(asked) == told


@pytest.mark.parametrize("name", FILES)
def test_a_format_is_told_in_another_encoding_and_with_windows_line_ends(name: str) -> None:
    text = FILES[name].decode()
    expected = titles(list(read(text.encode())[1]))
    for data in (b"\xef\xbb\xbf" + text.encode(), text.encode("utf-16"), b"\n\n" + text.encode()):
        found, items = read(data)
        assert (found, titles(list(items))) == (name, expected)
    found, items = read(text.replace("\n", "\r\n").encode())
    assert (found, len(titles(list(items)))) == (name, len(expected))


def test_a_first_record_longer_than_the_head_is_told_too() -> None:
    long = "Une haie adulte abrite des oiseaux. " * 10_000
    record = {"title": "Les haies", "annotations": [{"text": long}]}
    found, items = read(json.dumps(record).encode())
    assert found == "jsonl"
    assert list(items) == [Bookmark("Les haies", annotations=(Annotation(long.strip()),))]
    found, items = read(json.dumps({"_id": "1", "title": "Les haies", "text": long}).encode())
    assert (found, titles(list(items))) == ("beir", ["Les haies"])
    header = "title,url,tags,description,comments,annotations,created_at\n"
    row = f'"Les haies","https://haies.example/","","","","Highlight:{long}","2019-04-02 08:30:00"\n'
    for text in (header + row, row):
        found, items = read(text.encode())
        assert (found, titles(list(items))) == ("diigo-csv", ["Les haies"])


def test_a_named_format_is_taken_at_its_word() -> None:
    found, items = read(b"Les haies\n", format="jsonl")
    assert found == "jsonl"
    (problem,) = items
    assert isinstance(problem, Problem)
    assert problem.where == "line 1"


def test_repairs_of_the_encoding_come_first() -> None:
    _, items = read("Été\n\nLes métiers - 3 views\n\n  • L'été\n".encode("cp1252"))
    problem, bookmark = items
    assert isinstance(problem, Problem)
    assert not problem.skipped
    assert bookmark == Bookmark(
        "Les métiers", contributor="Été", views=3, annotations=(Annotation("L'été"),)
    )


def test_there_is_no_such_format() -> None:
    with pytest.raises(UsageError) as caught:
        read(b"title", format="nosuch")
    assert str(caught.value).startswith(
        "--format: there is no format 'nosuch'. It is one of auto, diigo-text, "
    )


@pytest.mark.parametrize("data", [b"", b" \n\t\n", b"\xef\xbb\xbf", b"\xef\xbb\xbf\n", b"\xff\xfe"])
@pytest.mark.parametrize("format", ["auto", "jsonl"])
def test_an_empty_file_is_refused(data: bytes, format: str) -> None:
    with pytest.raises(InputError, match=r"^notes\.txt: the file is empty$"):
        read(data, format=format, name="notes.txt")


@pytest.mark.parametrize(
    ("data", "start"),
    [
        (b"Dear all,\n\nplease find enclosed", "'Dear all, please find enclosed'"),
        (b"<html><body>Nothing</body></html>", "'<html><body>Nothing</body></html>'"),
        (b'{"name": "value"}\n', '\'{"name": "value"}\''),
        (b"a,b,c\n1,2,3\n", "'a,b,c 1,2,3'"),
        (b"[" * 100_000, "'" + "[" * 60 + "'"),
        (b'{"a":' * 100_000, "'" + '{"a":' * 12 + "'"),
    ],
    ids=["a letter", "a page", "an object", "a table", "brackets", "braces"],
)
def test_an_unknown_content_is_refused_with_its_beginning(data: bytes, start: str) -> None:
    with pytest.raises(InputError) as caught:
        read(data, name="notes.txt")
    assert caught.value.message == f"the format of this file is not known; it begins with {start}"
    assert caught.value.where == "notes.txt"
    assert "--format" in caught.value.hint


def test_a_binary_file_is_refused_whatever_the_format() -> None:
    with pytest.raises(InputError, match="binary file"):
        read(bytes(range(256)), format="jsonl")
