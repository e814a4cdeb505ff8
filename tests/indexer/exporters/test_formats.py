"""What each format writes, and what an import makes of it."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable
from datetime import UTC, datetime

import pytest

from glane_indexer.exporters.registry import EXPORTS, Selection
from glane_indexer.models import Annotation, Bookmark

DAY = datetime(2016, 5, 3, 10, 20, tzinfo=UTC)
HEDGE = Bookmark(
    id="b1",
    title="Haies & <oiseaux>",
    url="https://haies.example/a?x=1&y=(2)",
    description="Un guide,\nsaison par saison.",
    tags=("haie", "deux mots", 'dit "local"'),
    contributor="Ada Bocage",
    created_at=DAY,
    views=3,
    language="fr",
    visibility="private",
    annotations=(
        Annotation("Une haie\nabrite des <b>oiseaux</b>.", "À relire", "Basile Orme", DAY, "a1"),
        Annotation("", "Une note sur la page", id="a2"),
    ),
)
TOPIC = Bookmark(id="t1", title="Comment citer ?", kind="topic")


def written(name: str, *bookmarks: Bookmark) -> str:
    return "".join(EXPORTS[name].write(bookmarks))


def test_netscape() -> None:
    assert written("netscape", HEDGE, TOPIC).split("<DL><p>\n")[1] == (
        '<DT><A HREF="https://haies.example/a?x=1&amp;y=(2)" ADD_DATE="1462270800" PRIVATE="1" '
        'TAGS="haie,deux mots,dit &quot;local&quot;">Haies &amp; &lt;oiseaux&gt;</A>\n'
        "<DD>Un guide,\nsaison par saison.\n\n"
        "&gt; Une haie\n&gt; abrite des &lt;b&gt;oiseaux&lt;/b&gt;.\n\nÀ relire\n\nUne note sur la page\n"
        '<DT><A HREF="">Comment citer ?</A>\n'
        "</DL><p>\n"
    )


def test_csv() -> None:
    (record,) = csv.DictReader(io.StringIO(written("csv", HEDGE)))
    assert record == {
        "title": "Haies &amp; &lt;oiseaux&gt;",
        "url": "https://haies.example/a?x=1&y=(2)",
        "tags": "haie,deux mots,dit 'local'",
        "description": "Un guide,\nsaison par saison.",
        "comments": "",
        "annotations": (
            "Highlight:Une haie\nabrite des &lt;b&gt;oiseaux&lt;/b&gt;.\nSticky notes:À relire\n"
            "Highlight:\nSticky notes:Une note sur la page\n"
        ),
        "created_at": "2016-05-03 10:20:00",
    }


def test_markdown() -> None:
    assert written("markdown", HEDGE, TOPIC) == (
        "## [Haies & \\<oiseaux\\>](https://haies.example/a?x=1&y=%282%29)\n\n"
        '2016-05-03 Ada Bocage #haie #deux-mots #dit-"local"\n\n'
        "Un guide,\nsaison par saison.\n\n"
        "> Une haie\n> abrite des \\<b\\>oiseaux\\</b\\>.\n\nÀ relire\n\nUne note sur la page\n\n"
        "## Comment citer ?\n\n"
    )


def test_markdown_shows_what_is_written_and_makes_nothing_of_it() -> None:
    text = "# no heading\n- no list\n1. nor this\n<script>alert(1)</script>\n[x](javascript:y)"
    assert written("markdown", Bookmark("T", description=text)) == (
        "## T\n\n"
        "\\# no heading\n\\- no list\n1\\. nor this\n\\<script\\>alert(1)\\</script\\>\n"
        "\\[x\\](javascript:y)\n\n"
    )


def test_beir() -> None:
    first, second = map(json.loads, written("beir", HEDGE, TOPIC).splitlines())
    assert first["_id"] == "b1"
    assert first["text"].endswith("> abrite des <b>oiseaux</b>.\n\nÀ relire\n\nUne note sur la page")
    assert first["metadata"] == {
        "url": HEDGE.url,
        "tags": list(HEDGE.tags),
        "contributor": "Ada Bocage",
        "created_at": "2016-05-03T10:20:00+00:00",
        "views": 3,
        "kind": "bookmark",
        "language": "fr",
        "visibility": "private",
    }
    assert second == {
        "_id": "t1",
        "title": "Comment citer ?",
        "text": "",
        "metadata": {"kind": "topic", "visibility": "public"},
    }


def test_webannotation() -> None:
    page = json.loads(written("webannotation", HEDGE, TOPIC))
    assert page["type"] == "AnnotationPage"
    bookmark, highlight, note, topic = page["items"]
    assert bookmark["motivation"] == "bookmarking"
    assert bookmark["creator"] == {"type": "Person", "name": "Ada Bocage"}
    assert bookmark["created"] == "2016-05-03T10:20:00Z"
    assert bookmark["target"] == {"source": HEDGE.url, "title": HEDGE.title}
    assert [(body["purpose"], body["value"]) for body in bookmark["body"]] == [
        ("describing", HEDGE.description),
        *(("tagging", tag) for tag in HEDGE.tags),
    ]
    assert highlight["motivation"] == "commenting"
    assert highlight["target"]["selector"] == {
        "type": "TextQuoteSelector",
        "exact": HEDGE.annotations[0].text,
    }
    assert highlight["body"] == [{"type": "TextualBody", "purpose": "commenting", "value": "À relire"}]
    assert "selector" not in note["target"]
    assert topic["target"]["source"] == "urn:glane:bookmark:t1"
    assert json.loads(written("webannotation"))["items"] == []


@pytest.mark.parametrize("name", EXPORTS)
def test_a_part_at_a_time(name: str) -> None:
    drawn: list[str] = []

    def bookmarks() -> Iterable[Bookmark]:
        for bookmark in (HEDGE, TOPIC):
            drawn.append(bookmark.id)
            yield bookmark

    parts = EXPORTS[name].write(bookmarks())
    while not drawn:
        next(parts)
    # A library of any size: the second is not read before the first is written.
    assert drawn == ["b1"]


@pytest.mark.parametrize(
    ("selection", "expected"),
    [
        (Selection(), True),
        (Selection(tags=("HAIE", "deux mots")), True),
        (Selection(tags=("haie", "eau")), False),
        (Selection(by="ada bocage"), True),
        (Selection(by="Ada"), False),
        (Selection(after=DAY), True),
        (Selection(after=datetime(2016, 5, 4, tzinfo=UTC)), False),
    ],
)
def test_what_is_asked_for(selection: Selection, expected: bool) -> None:
    assert selection.takes(HEDGE) is expected
    assert selection.takes(TOPIC) is (selection == Selection())
