"""Tables: separators, records that are broken, files larger than the window."""

from __future__ import annotations

import pytest

from glane_indexer.importers import table
from glane_indexer.importers.source import Source
from glane_indexer.importers.table import Row, header, rows, split_cells
from glane_indexer.models import Problem


def cells(text: str) -> list[dict[str, str]]:
    return [row.cells for row in rows(Source(text.encode())) if isinstance(row, Row)]


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_the_separator_is_told_by_the_header(separator: str) -> None:
    text = f'Title{separator} URL \n"a{separator}""b"""{separator}https://a.example/\n'
    assert header(Source(text.encode())) == (separator, ["title", "url"])
    assert cells(text) == [{"title": f'a{separator}"b"', "url": "https://a.example/"}]


def test_a_record_knows_its_line_and_its_first_cell_that_is_not_empty() -> None:
    text = 'title,url,link\n"two\nlines",,https://a.example/\nB,https://b.example/,\n'
    found = [row for row in rows(Source(text.encode())) if isinstance(row, Row)]
    assert [row.where for row in found] == ["line 2", "line 4"]
    assert [row.get("url", "link") for row in found] == ["https://a.example/", "https://b.example/"]
    assert found[0].get("nothing") == ""


def test_a_short_record_with_an_address_is_kept_and_told() -> None:
    text = "title,url,tags\nA,https://a.example/\nB,no address\nC,https://c.example/,x,,\n"
    problem, first, broken, long, third = rows(Source(text.encode()))
    assert problem == Problem(
        "line 2", "the record has 2 columns, and not 3; the others are empty", skipped=False
    )
    assert isinstance(first, Row)
    assert first.cells == {"title": "A", "url": "https://a.example/", "tags": ""}
    assert broken == Problem("line 3", "the record has 2 columns, and not 3")
    assert long == Problem(
        "line 4", "the record has 5 columns, and not 3; the last are left out", skipped=False
    )
    assert isinstance(third, Row)


def test_a_file_is_read_through_a_window(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table, "_AHEAD", 300)
    lines = [f'"Title {number}\r\n{"x" * 50}",https://a.example/{number}' for number in range(5000)]
    text = "title,url\r\n" + "\r\n".join(lines)
    found = cells(text)
    assert [row["url"] for row in found] == [f"https://a.example/{number}" for number in range(5000)]
    assert {row["title"].count("\n") for row in found} == {1}
    broken = text.replace('"Title 2500', '"Title "2500', 1).replace('x",https://a.example/2500', "x", 1)
    assert len(cells(broken)) > 4990


def test_the_cells_of_a_line() -> None:
    assert split_cells('a,"b, c",\n"d ""e"""') == ["a", "b, c", ' "d ""e"""']
