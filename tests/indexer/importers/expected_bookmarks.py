"""What each fixture of a format of bookmarks alone holds, worked out by reading it."""

from __future__ import annotations

from datetime import UTC, datetime

from glane_indexer.models import Annotation, Bookmark, Imported, Problem


def utc(text: str) -> datetime:
    """A moment in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


EXPECTED: dict[str, tuple[str, list[Imported]]] = {
    "chrome.json": (
        "chrome",
        [
            Bookmark(
                "How hedges feed birds",
                "https://hedges.example/birds",
                created_at=utc("2016-09-20T13:15:29.335823"),
            ),
            Bookmark("Drystone basics", "https://walls.example/basics", tags=("Artisanat",)),
        ],
    ),
    "corpus.jsonl": (
        "beir",
        [
            Bookmark(
                "Les haies",
                "https://haies.example/",
                description="Un inventaire.\n\nUne haie adulte abrite des merles.",
                tags=("bocage",),
                created_at=utc("2020-01-02T00:00:00"),
                id="d1",
            ),
            Bookmark("Granite lasts longer.", description="Granite lasts longer.\nSchist splits.", id="d2"),
        ],
    ),
    "delicious.json": (
        "delicious",
        [
            Bookmark(
                "How hedges feed birds",
                "https://hedges.example/birds",
                description="Berries and thrushes.",
                tags=("birds", "winter food"),
                created_at=utc("2013-01-18T17:53:27"),
            ),
            Bookmark(
                "Drystone basics",
                "https://walls.example/basics",
                created_at=utc("2013-01-17T21:17:17"),
                visibility="private",
            ),
        ],
    ),
    "floccus.xbel": (
        "xbel",
        [
            Bookmark(
                "Drystone basics",
                "https://walls.example/basics?page=1&all=yes",
                description="Granite, schist & lime.",
                tags=("Artisanat", "Murs"),
                created_at=utc("2021-02-03T04:05:06"),
            ),
            Bookmark("How hedges feed birds", "https://hedges.example/birds"),
        ],
    ),
    "folders.json": (
        "json",
        [
            Bookmark(
                "Drystone basics",
                "https://walls.example/basics",
                tags=("Artisanat", "Murs"),
                created_at=utc("2020-09-13T12:26:40.500000"),
            ),
            Bookmark("How hedges feed birds", "https://hedges.example/birds"),
            Bookmark("hedge", "https://code.example/hedge", tags=("birds",)),
            Problem(
                "line 7",
                "an address was not read; it is https://api.code.example/repos/hedge",
                skipped=False,
            ),
        ],
    ),
    "liens.csv": (
        "csv",
        [
            Bookmark(
                "Les haies; en hiver",
                "https://haies.example/hiver",
                description="Des baies,\net des « merles »",
                tags=("bocage", "oiseaux"),
                created_at=utc("2021-12-03T00:00:00"),
            ),
            Bookmark("Murs", "https://murs.example/", created_at=utc("1999-02-04T00:00:00")),
        ],
    ),
    "links.org": (
        "urls",
        [
            Problem("line 1", "there is no address in this line: '* Reading'"),
            Bookmark("How hedges feed birds", "https://hedges.example/birds", tags=("birds", "winter")),
            Bookmark("https://walls.example/basics", "https://walls.example/basics"),
            Bookmark("Lime (slaked)", "https://lime.example/"),
        ],
    ),
    "starred.json": (
        "json",
        [
            Bookmark(
                "How hedges feed birds",
                "https://hedges.example/birds",
                description="Berries and thrushes.",
                tags=("Birds",),
                contributor="Ines Calder",
                created_at=utc("2017-07-14T02:40:00"),
            ),
            Bookmark("Drystone basics", "https://walls.example/basics"),
        ],
    ),
    "untitled.csv": (
        "csv",
        [
            Bookmark(
                "How hedges feed birds",
                "https://hedges.example/birds",
                description="Berries and thrushes.",
                created_at=utc("2021-03-04T05:06:07"),
            ),
            Bookmark(
                "Drystone basics, step by step",
                "https://walls.example/basics",
                created_at=utc("2021-03-05T05:06:07"),
            ),
        ],
    ),
    "feed.atom": (
        "feed",
        [
            Bookmark(
                "How hedges feed birds",
                "https://hedges.example/birds",
                description="Berries & thrushes.\nThen nothing.",
                tags=("birds",),
                contributor="Ines Calder",
                created_at=utc("2020-01-05T10:00:00"),
            )
        ],
    ),
    "firefox.html": (
        "netscape",
        [
            Problem("line 7", "a query of Firefox's own, and no page: place:sort=8&maxResults=10"),
            Bookmark(
                "How hedges & birds <live>",
                "https://hedges.example/birds?a=1&b=2",
                description="Berries last until February.\n          - hawthorn",
                tags=("birds", "winter food"),
                created_at=utc("2016-02-25T20:55:41"),
            ),
            Bookmark(
                "Drystone basics",
                "https://walls.example/basics",
                tags=("Craft, old", "toread"),
                created_at=utc("2016-02-25T20:55:41"),
                visibility="private",
            ),
            Bookmark(
                "A bookmarklet",
                "javascript:alert(1)",
                tags=("tools",),
                created_at=utc("2000-10-10T10:55:36"),
            ),
        ],
    ),
    "firefox.json": (
        "firefox",
        [
            Bookmark(
                "How hedges feed birds",
                "https://hedges.example/birds",
                description="Berries and thrushes.",
                tags=("birds", "winter food"),
                created_at=utc("2016-02-25T20:55:41"),
            ),
            Bookmark(
                "Drystone basics",
                "https://walls.example/basics",
                tags=("Artisanat",),
                created_at=utc("2016-02-25T20:55:42"),
            ),
        ],
    ),
    "glane.jsonl": (
        "jsonl",
        [
            Bookmark(
                "Les haies",
                "https://haies.example/",
                tags=("bocage",),
                contributor="Ada",
                created_at=utc("2020-01-02T00:00:00"),
                views=3,
                language="fr",
                annotations=(Annotation("if dry:\n    lay(stone)", id="n1"),),
                id="b1",
            ),
            Bookmark("Which stone?", contributor="Paul", kind="topic", language="en", id="b2"),
        ],
    ),
    "karakeep.json": (
        "karakeep",
        [
            Bookmark(
                "How hedges feed birds",
                "https://hedges.example/birds",
                description="Read before winter.",
                tags=("Nature", "birds"),
                created_at=utc("2024-01-05T10:10:00"),
            ),
            Bookmark(
                "Buy lime.", description="Buy lime.\nAnd sand.", created_at=utc("2024-01-05T10:11:40")
            ),
        ],
    ),
    "links.html": (
        "links",
        [
            Bookmark(
                "How hedges feed birds",
                "https://hedges.example/birds",
                description="berries and thrushes",
                tags=("Birds",),
            ),
            Bookmark("Berries", "https://hedges.example/birds?a=1&b=2", tags=("Birds",)),
            Bookmark(
                "Drystone basics",
                "https://walls.example/basics",
                tags=("Walls",),
                annotations=(Annotation("Through-stones bind both faces."),),
            ),
        ],
    ),
    "linkding.html": (
        "netscape",
        [
            Bookmark(
                "How hedges feed birds",
                "https://hedges.example/birds",
                description="Berries and thrushes.\n\nRead before *winter*.",
                tags=("birds",),
                created_at=utc("2021-03-21T14:39:19"),
            )
        ],
    ),
    "linkding.json": (
        "linkding",
        [
            Bookmark(
                "How hedges feed birds",
                "https://hedges.example/birds",
                description="Berries and thrushes.\n\nRead before winter.",
                tags=("birds", "toread"),
                created_at=utc("2020-09-26T09:46:23.006313"),
            )
        ],
    ),
    "linkwarden.json": (
        "linkwarden",
        [
            Bookmark(
                "How hedges feed birds",
                "https://hedges.example/birds",
                description="Berries and thrushes.",
                tags=("Nature", "birds"),
                created_at=utc("2024-01-05T10:00:00"),
            ),
            Bookmark(
                "Drystone basics",
                "https://walls.example/basics",
                tags=("Nature", "Walls"),
                created_at=utc("2024-01-06T10:00:00"),
            ),
        ],
    ),
    "pinboard.json": (
        "pinboard",
        [
            Bookmark(
                "How hedges feed birds",
                "https://hedges.example/birds",
                description="Berries and thrushes.",
                tags=("birds", "winter_food"),
                created_at=utc("2016-10-31T15:57:56"),
            ),
            Bookmark(
                "https://walls.example/basics",
                "https://walls.example/basics",
                tags=("toread",),
                created_at=utc("2016-10-30T15:57:56"),
                visibility="private",
            ),
        ],
    ),
    "pinboard.xml": (
        "pinboard-xml",
        [
            Bookmark(
                "How hedges feed birds",
                "https://hedges.example/birds?a=1&b=2",
                description="Berries & thrushes.",
                tags=("birds", "winter_food"),
                created_at=utc("2016-10-31T15:57:56"),
            ),
            Bookmark(
                "Drystone basics",
                "https://walls.example/basics",
                tags=("toread",),
                created_at=utc("2016-10-30T15:57:56"),
                visibility="private",
            ),
        ],
    ),
    "readability.json": (
        "readability",
        [
            Bookmark(
                "How hedges feed birds",
                "https://hedges.example/birds",
                description="Berries & thrushes…",
                created_at=utc("2016-08-25T12:05:00"),
            )
        ],
    ),
    "shaarli.json": (
        "shaarli",
        [
            Bookmark(
                "How hedges feed birds",
                "https://hedges.example/birds",
                description="Berries and thrushes.",
                tags=("birds",),
                created_at=utc("2016-07-18T10:00:00"),
                visibility="private",
            )
        ],
    ),
    "subscriptions.opml": (
        "opml",
        [
            Bookmark(
                "Hedge Review",
                "https://hedges.example/",
                description="Berries and thrushes.",
                tags=("Nature",),
            ),
            Bookmark(
                "Drystone basics", "https://walls.example/basics", created_at=utc("2020-01-06T10:00:00")
            ),
        ],
    ),
    "table.csv": (
        "csv",
        [
            Bookmark(
                "Les haies",
                "https://haies.example/",
                description="Des baies; des grives.",
                tags=("bocage", "haie vive"),
                created_at=utc("2020-01-02T00:00:00"),
            ),
            Bookmark("Murs", "https://murs.example/", created_at=utc("2020-01-03T00:00:00")),
        ],
    ),
    "urls.txt": (
        "urls",
        [
            Bookmark("https://hedges.example/birds", "https://hedges.example/birds"),
            Bookmark("Drystone basics", "https://walls.example/basics"),
            Problem("line 5", "there is no address in this line: 'not an address'"),
        ],
    ),
    "sessions.json": (
        "json",
        [
            Bookmark(
                "How hedges feed birds",
                "https://hedges.example/birds",
                tags=("Evening", "birds"),
                annotations=(
                    Annotation("Berries last until February.", note="Which ones?"),
                    Annotation("Thrushes come first."),
                ),
            ),
            Bookmark(
                "Drystone basics",
                "https://walls.example/basics",
                tags=("Evening",),
                created_at=utc("2024-01-05T10:10:00"),
            ),
        ],
    ),
}
