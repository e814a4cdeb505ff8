"""Diigo's CSV export: every field of a good record, and what a bad one costs."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from glane_indexer.importers import diigo_csv
from glane_indexer.importers.source import Source
from glane_indexer.models import Annotation, Bookmark, Imported, Problem

HERE = Path(__file__).parent
FIXTURE = HERE / "fixtures/diigo-export.csv"
# A real export, read where it lies: it is not part of the project.
SAMPLE = HERE.parents[3] / "shared/data/exports/diigo-csv/diigo-export-sample-noheader.csv"
HEADER = "title,url,tags,description,comments,annotations,created_at\n"


def looks_like(text: str) -> bool:
    return diigo_csv.recognise(Source(text.encode("utf-8", "surrogatepass"))) > 0


def read(text: str) -> Iterator[Imported]:
    return diigo_csv.read(Source(text.encode("utf-8", "surrogatepass")))


@pytest.fixture(scope="module")
def export() -> str:
    return FIXTURE.read_text(encoding="utf-8")


def row(number: int, **changed: str) -> str:
    cells = {
        "title": f"Title {number}",
        "url": f"https://site.example/{number}",
        "tags": "",
        "description": "",
        "comments": "",
        "annotations": "",
        "created_at": "2020-01-02 03:04:05",
    } | changed
    return ",".join('"' + cell.replace('"', '""') + '"' for cell in cells.values()) + "\n"


def titles(text: str) -> list[str]:
    return [item.title for item in read(text) if isinstance(item, Bookmark)]


def problems(text: str) -> list[Problem]:
    return [item for item in read(text) if isinstance(item, Problem)]


def only(text: str) -> Bookmark:
    (item,) = read(text)
    assert isinstance(item, Bookmark)
    return item


def test_reads_every_field(export: str) -> None:
    assert list(read(export)) == [
        Bookmark(
            title="Les haies du canton – un inventaire",
            url="https://haies.example/inventaire?page=1&zone=2",
            description="Un inventaire des haies, commune par commune.",
            tags=("bocage", "haie vive"),
            created_at=datetime(2019, 4, 2, 8, 30, tzinfo=UTC),
            annotations=(
                Annotation(
                    "Une haie adulte abrite\u00a0: des oiseaux, des hérissons.\nElle coupe aussi le vent.",
                    note="À comparer avec l'inventaire de 1998.\n\nVoir la carte.",
                ),
                Annotation("Trois communes ont replanté."),
                Annotation("", note="Page lue en entier."),
            ),
        ),
        Bookmark(
            title="https://puits.example/",
            url="https://puits.example/",
            created_at=datetime(2018, 11, 20, 17, 5, 9, tzinfo=UTC),
        ),
        Bookmark(
            title="Notes on drystone walls",
            url="https://walls.example/notes",
            description="First line.\n\nSecond paragraph.\n\nSeen again in May.",
            tags=("walls",),
            created_at=datetime(2017, 1, 31, 23, 59, 59, tzinfo=UTC),
            annotations=(
                Annotation('if height < 2 and List<Stone> is "dry"'),
                Annotation("First course.\n\nSecond & last course."),
            ),
        ),
    ]


def test_reads_the_same_without_the_header_and_with_other_line_ends(export: str) -> None:
    expected = list(read(export))
    bare = export.split("\n", 1)[1]
    assert list(read(bare)) == expected
    assert list(read("\ufeff" + export.replace("\n", "\r\n"))) == expected
    assert list(read(bare + HEADER + bare)) == expected * 2


def test_columns_in_another_order_and_another_separator() -> None:
    text = 'created_at;URL;"title";colour;tags\n2020-01-02;https://a.example/;A;red;"x,""y z"""\n'
    assert not looks_like(text)
    unknown, bookmark = read(text)
    assert unknown == Problem("line 1", "unknown columns are left out: colour", skipped=False)
    assert bookmark == Bookmark(
        "A", "https://a.example/", tags=("x", "y z"), created_at=datetime(2020, 1, 2, tzinfo=UTC)
    )


@pytest.mark.parametrize(
    "path", [path for path in (FIXTURE, SAMPLE) if path.exists()], ids=lambda path: path.stem
)
def test_holds_what_the_csv_module_finds(path: Path) -> None:
    text = path.read_bytes().decode("utf-8")
    rows = [cells for cells in csv.reader(io.StringIO(text)) if cells[0] != "title"]
    found = [item for item in read(text) if isinstance(item, Bookmark)]
    assert len(list(read(text))) == len(rows) == len(found) == {FIXTURE: 3, SAMPLE: 30}[path]
    assert [bookmark.url for bookmark in found] == [cells[1] for cells in rows]
    blocks = [cells[5].count("Highlight:") for cells in rows]
    assert [len(bookmark.annotations) for bookmark in found] == blocks
    assert sum(blocks) == {FIXTURE: 5, SAMPLE: 182}[path]
    assert looks_like(text[:65_536])


def test_a_truncated_file_keeps_the_records_before() -> None:
    text = HEADER + row(1) + row(2, annotations="Highlight:one\nHighlight:two\n") + row(3)
    cut = text[: text.index("two") + 1]
    assert titles(cut) == ["Title 1"]
    message = "a quotation mark opened here is never closed; lines 3 to 4 are skipped"
    assert problems(cut) == [Problem("line 3", message)]
    assert titles(text[: text.index("Title 3")]) == ["Title 1", "Title 2"]


def test_a_missing_quotation_mark_costs_one_record() -> None:
    broken = row(2, annotations="Highlight:a\nHighlight:b").rstrip('\n"') + "\n"
    text = row(1) + broken + row(3) + row(4, description="two\nlines") + row(5)
    assert titles(text) == ["Title 1", "Title 3", "Title 4", "Title 5"]
    message = "a quotation mark in the record is missing or not doubled; lines 2 to 3 are skipped"
    assert problems(text) == [Problem("line 2", message)]


def test_a_quotation_mark_that_nothing_closes_is_reported_where_it_opened() -> None:
    plain = "A,https://a.example/1,,,,,2020-01-02\n"
    text = HEADER + plain + 'B,https://a.example/2,,"never\nclosed,,,2020\n' + plain.replace("A,", "C,")
    assert titles(text) == ["A", "C"]
    message = "a quotation mark opened here is never closed; lines 3 to 4 are skipped"
    assert problems(text) == [Problem("line 3", message)]


def test_a_wrong_number_of_columns_costs_a_record_only_without_an_address() -> None:
    text = (
        HEADER + row(1) + '"short","https://a.example/"\n' + row(2) + row(3).rstrip() + ',"more"\n' + row(4)
    )
    text += '"short, without an address","none"\n'
    assert titles(text) == ["Title 1", "short", "Title 2", "Title 3", "Title 4"]
    assert problems(text) == [
        Problem("line 3", "the record has 2 columns, and not 7; the others are empty", skipped=False),
        Problem("line 5", "the record has 8 columns, and not 7; the last are left out", skipped=False),
        Problem("line 7", "the record has 2 columns, and not 7"),
    ]


def test_quotation_marks_that_are_not_doubled_are_kept() -> None:
    text = row(1).replace("Title 1", 'The "first" title')
    assert only(text).title == 'The "first" title'


def test_neither_title_nor_url_is_a_problem() -> None:
    text = row(1, title=" ", url="") + "\n\n" + row(2)
    assert titles(text) == ["Title 2"]
    assert problems(text) == [Problem("line 1", "the record has neither a title nor a url")]


def test_a_bad_date_costs_only_the_date() -> None:
    problem, bookmark = read(row(1).replace("2020-01-02 03:04:05", "hier"))
    assert problem == Problem(
        "line 1", "created_at is 'hier', which is not a date; the bookmark has none", skipped=False
    )
    assert isinstance(bookmark, Bookmark)
    assert bookmark.created_at is None
    assert only(row(1, created_at="")).created_at is None


def test_what_diigo_has_cut_is_said() -> None:
    url = "https://a.example/".ljust(512, "x")
    cell = "Highlight:one\nHighlight:" + "é" * 32_750 + '<a href="htt'
    found = list(read(row(1, url=url, annotations=cell)))
    assert [item for item in found if isinstance(item, Problem)] == [
        Problem("line 1", "the url has 512 characters, where Diigo cuts it", skipped=False),
        Problem("line 1", "Diigo has cut the annotations here, at 65,540 bytes", skipped=False),
    ]
    assert isinstance(found[-1], Bookmark)
    assert [len(annotation.text) for annotation in found[-1].annotations] == [3, 32_750]


def test_one_cell_may_be_larger_than_the_csv_module_allows() -> None:
    limit = csv.field_size_limit()
    assert len(only(row(1, description="mot " * 50_000)).description) == 199_999
    assert csv.field_size_limit() == limit


def test_a_hostile_file_is_read_in_time() -> None:
    assert titles('"' + '"\n' * 20_000) == []
    assert len(titles(row(1) + '"x\n' * 20_000)) == 1
    assert len(titles('"x\na,https://a.example/,,,,,\n' * 20_000)) == 20_000
    assert titles(row(1, annotations="Highlight:" + "<a " * 15_000)) == ["Title 1"]


def test_control_characters_go_and_scripts_in_urls_stay_as_they_are() -> None:
    bookmark = only(row(1, title="A\x00 B\u202e", url="javascript:alert(1)", description="one\t \x07two"))
    assert (bookmark.title, bookmark.url, bookmark.description) == ("A B", "javascript:alert(1)", "one two")


def test_text_without_labels_is_a_highlight() -> None:
    bookmark = only(row(1, annotations="Loose.\nSticky notes:On it.\nHighlight:\n"))
    assert bookmark.annotations == (Annotation("Loose.", note="On it."),)


@pytest.mark.parametrize(
    "text",
    [
        "",
        '{"title": "A", "url": "https://a.example/"}\n',
        "<!DOCTYPE html><html><title>a,url,title</title></html>",
        "Skip to main content\n\nHome/ Group\n\nSort By: Date\n\nName\n\nA title - 0 views\n",
        "name,email,city\nA,b@c.example,D\n",
        "a,mailto:x,c,d,e,f,g\n",
    ],
)
def test_other_formats_are_not_taken_for_an_export(text: str) -> None:
    assert not looks_like(text)


def test_an_export_is_recognised_by_its_start(export: str) -> None:
    bare = export.split("\n", 1)[1]
    assert looks_like(export)
    assert looks_like(bare)
    assert looks_like(row(1, annotations="Highlight:" + "long " * 20_000)[:65_536])
    assert looks_like('"broken\n' + bare)
