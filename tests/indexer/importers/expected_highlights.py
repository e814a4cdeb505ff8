"""What each fixture of a format with highlights holds, worked out by reading it."""

from __future__ import annotations

from datetime import UTC, datetime

from glane_indexer.models import Annotation, Bookmark, Imported


def utc(text: str) -> datetime:
    """A moment in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


EXPECTED: dict[str, tuple[str, list[Imported]]] = {
    "csl.json": (
        "csl-json",
        [
            Bookmark(
                "How hedges feed birds",
                "https://hedges.example/birds",
                description="Berries and thrushes.",
                tags=("birds", "winter"),
                contributor="Ines Calder",
                created_at=utc("2021-02-03T00:00:00"),
                language="en",
            ),
            Bookmark("Le bocage", "https://doi.org/10.5555/bocage", contributor="Jean Prat"),
        ],
    ),
    "diigo-api.json": (
        "diigo-json",
        [
            Bookmark(
                "Le plan des haies",
                "https://haies.example/plan",
                description="Un plan communal.",
                tags=("bocage", "haie vive"),
                contributor="ada",
                created_at=utc("2016-05-12T08:30:00"),
                annotations=(
                    Annotation(
                        "Une haie adulte abrite des merles & des grives.",
                        note="À vérifier.\n\npaul: C'est fait.",
                        author="ada",
                        created_at=utc("2016-05-12T08:31:00"),
                    ),
                    Annotation(
                        "if dry:\n    lay(stone)", author="ada", created_at=utc("2016-05-12T08:33:00")
                    ),
                ),
            ),
            Bookmark(
                "Wall notes",
                "https://walls.example/notes",
                description="Seen again in May.",
                tags=("toread",),
                contributor="ada",
                created_at=utc("2015-01-02T03:04:05"),
                visibility="private",
            ),
        ],
    ),
    "diigo-text.txt": (
        "diigo-text",
        [
            Bookmark(
                "Le plan des haies",
                description="Un plan communal, expliqué pas à pas.",
                contributor="Ada Mercier",
                views=12,
                annotations=(
                    Annotation("Une haie adulte abrite des merles."),
                    Annotation("Le mètre planté coûte huit euros."),
                ),
            ),
            Bookmark(
                "Which stone for a low wall?",
                contributor="Paul B.",
                views=3,
                annotations=(Annotation("Granite lasts longer than schist."),),
            ),
            Bookmark(
                "Tailler au printemps",
                contributor="Ada Mercier",
                annotations=(Annotation("On ne taille pas pendant la nidification."),),
            ),
        ],
    ),
    "diigo.rss": (
        "diigo-rss",
        [
            Bookmark(
                "Le plan des haies",
                "https://haies.example/plan",
                description="Un plan communal.",
                tags=("bocage",),
                contributor="Ada Mercier",
                created_at=utc("2016-05-12T08:30:00"),
                annotations=(
                    Annotation("Une haie adulte abrite des merles.", note="À vérifier."),
                    Annotation("Le mètre planté coûte huit euros."),
                ),
            )
        ],
    ),
    "glasp.json": (
        "glasp",
        [
            Bookmark(
                "How hedges feed birds",
                "https://hedges.example/birds",
                tags=("birds",),
                contributor="Ines Calder",
                created_at=utc("2022-01-05T10:00:00"),
                annotations=(
                    Annotation(
                        "Berries last until February.",
                        note="Which ones?",
                        created_at=utc("2022-01-05T10:00:00"),
                    ),
                ),
            )
        ],
    ),
    "highlights.csv": (
        "csv",
        [
            Bookmark(
                "How hedges feed birds",
                "https://hedges.example/birds",
                created_at=utc("2022-01-05T00:00:00"),
                annotations=(
                    Annotation(
                        "Berries last until February.",
                        note="Which ones?",
                        created_at=utc("2022-01-05T00:00:00"),
                    ),
                    Annotation("Thrushes come first.", created_at=utc("2022-01-06T00:00:00")),
                ),
            )
        ],
    ),
    "highlights.md": (
        "markdown",
        [
            Bookmark(
                "How hedges feed birds",
                "https://hedges.example/birds",
                tags=("birds", "winter"),
                annotations=(
                    Annotation("Berries last until February.\nThen nothing is left.", note="Which ones?"),
                    Annotation("Thrushes come first."),
                ),
            ),
            Bookmark(
                "Drystone basics",
                "https://walls.example/basics",
                annotations=(Annotation("Through-stones bind both faces."),),
            ),
        ],
    ),
    "hypothesis.csv": (
        "hypothesis-csv",
        [
            Bookmark(
                "https://hedges.example/birds",
                "https://hedges.example/birds",
                tags=("birds", "winter"),
                created_at=utc("2024-01-02T10:00:00"),
                annotations=(
                    Annotation(
                        "Berries last until February.",
                        note="Check the dates.",
                        author="ines",
                        created_at=utc("2024-01-02T10:00:00"),
                    ),
                    Annotation(
                        "", note="A good page.", author="paul", created_at=utc("2024-01-03T10:00:00")
                    ),
                ),
            )
        ],
    ),
    "hypothesis.json": (
        "hypothesis-json",
        [
            Bookmark(
                "How hedges feed birds",
                "https://hedges.example/birds",
                tags=("birds",),
                created_at=utc("2024-01-02T10:00:00.500000"),
                annotations=(
                    Annotation(
                        "Berries last until February.",
                        note="Check the dates.\n\nPaul B.: Mine went in January.",
                        author="ines",
                        created_at=utc("2024-01-02T10:00:00.500000"),
                    ),
                ),
            ),
            Bookmark(
                "Drystone basics",
                "https://walls.example/basics",
                tags=("walls",),
                created_at=utc("2024-01-04T10:00:00"),
                visibility="private",
                annotations=(
                    Annotation(
                        "",
                        note="A good page for beginners.",
                        author="ines",
                        created_at=utc("2024-01-04T10:00:00"),
                    ),
                ),
            ),
        ],
    ),
    "instapaper.csv": (
        "instapaper",
        [
            Bookmark(
                "How hedges feed birds",
                "https://hedges.example/birds",
                tags=("birds", "winter food"),
                created_at=utc("2020-09-17T06:06:28"),
                annotations=(Annotation("Berries last until February.\nThrushes come first."),),
            ),
            Bookmark(
                "Drystone basics",
                "https://walls.example/basics",
                tags=("Craft",),
                created_at=utc("2020-09-15T12:25:39"),
            ),
        ],
    ),
    "matter.csv": (
        "matter",
        [
            Bookmark(
                "How hedges feed birds",
                "https://hedges.example/birds",
                tags=("birds", "winter food"),
                contributor="Ines Calder",
                created_at=utc("2023-05-06T00:00:00"),
            )
        ],
    ),
    "memex.json": (
        "memex",
        [
            Bookmark(
                "How hedges feed birds",
                "https://hedges.example/birds",
                tags=("birds",),
                created_at=utc("2021-02-03T04:05:06"),
                annotations=(
                    Annotation(
                        "Berries last until February.",
                        note="Which ones?",
                        created_at=utc("2021-02-03T04:05:06"),
                    ),
                    Annotation("", note="A good page.", created_at=utc("2021-02-04T04:05:06")),
                ),
            )
        ],
    ),
    "kindle-notebook.html": (
        "kindle-html",
        [
            Bookmark(
                "The Hedge Book",
                contributor="Calder, Ines",
                annotations=(
                    Annotation("Berries last until February.", note="Which ones?"),
                    Annotation("Thrushes come first, a note says."),
                ),
            )
        ],
    ),
    "notes.enex": (
        "evernote",
        [
            Bookmark(
                "How hedges feed birds",
                "https://hedges.example/birds",
                description="Berries last until February.\nThrushes come first.",
                tags=("birds", "winter food"),
                contributor="Ines Calder",
                created_at=utc("2024-01-02T03:04:05"),
            ),
            Bookmark("To plant", description="Hawthorn"),
        ],
    ),
    "my-clippings-de.txt": (
        "kindle",
        [
            Bookmark(
                "Die Hecke",
                contributor="Prat, Jean",
                created_at=utc("2017-03-05T22:10:05"),
                annotations=(
                    Annotation(
                        "Eine Hecke pflanzt man im November.", created_at=utc("2017-03-05T22:10:05")
                    ),
                    Annotation("", note="Steht für sich.", created_at=utc("2017-03-06T08:00:00")),
                ),
            )
        ],
    ),
    "my-clippings-en.txt": (
        "kindle",
        [
            Bookmark(
                "On Drystone",
                contributor="Calder, Ines",
                created_at=utc("2017-04-02T22:10:05"),
                annotations=(
                    Annotation(
                        "A wall without mortar moves with the frost.",
                        note="compare chapter 2",
                        created_at=utc("2017-04-02T22:10:05"),
                    ),
                ),
            ),
            Bookmark("The Hedge (a handbook)", contributor="Prat, Jean"),
        ],
    ),
    "my-clippings-es.txt": (
        "kindle",
        [
            Bookmark(
                "El seto",
                contributor="Prat, Jean",
                created_at=utc("2017-01-08T22:10:05"),
                annotations=(
                    Annotation("Un seto se planta en noviembre.", created_at=utc("2017-01-08T22:10:05")),
                ),
            )
        ],
    ),
    "my-clippings-fr.txt": (
        "kindle",
        [
            Bookmark(
                "Le bocage",
                contributor="Prat, Jean",
                created_at=utc("2017-04-02T22:10:05"),
                annotations=(
                    Annotation(
                        "Une haie se plante en novembre.",
                        note="à relire",
                        created_at=utc("2017-04-02T22:10:05"),
                    ),
                ),
            )
        ],
    ),
    "obsidian.md": (
        "markdown",
        [
            Bookmark(
                "How hedges feed birds",
                "https://hedges.example/birds",
                tags=("birds",),
                annotations=(
                    Annotation("Berries last until February.", note="Which ones?"),
                    Annotation("Thrushes come first."),
                ),
            )
        ],
    ),
    "omnivore.json": (
        "omnivore",
        [
            Bookmark(
                "How hedges feed birds",
                "https://hedges.example/birds",
                description="Berries and thrushes.",
                tags=("birds", "winter food"),
                contributor="Ines Calder",
                created_at=utc("2024-03-04T05:06:07"),
            ),
            Bookmark(
                "Drystone basics", "https://walls.example/basics", created_at=utc("2024-03-05T05:06:07")
            ),
        ],
    ),
    "pocket-annotations.json": (
        "pocket-json",
        [
            Bookmark(
                "How hedges feed birds",
                "https://hedges.example/birds",
                annotations=(
                    Annotation("Berries last until February.", created_at=utc("2020-09-17T06:06:40")),
                    Annotation("Thrushes come first.", created_at=utc("2020-09-17T06:08:20")),
                ),
            )
        ],
    ),
    "pocket.csv": (
        "pocket-csv",
        [
            Bookmark(
                "How hedges feed birds, in winter",
                "https://hedges.example/birds",
                tags=("birds", "winter food"),
                created_at=utc("2020-09-17T06:06:28"),
            ),
            Bookmark(
                "https://walls.example/basics",
                "https://walls.example/basics",
                created_at=utc("2020-09-15T12:25:39"),
            ),
        ],
    ),
    "raindrop.csv": (
        "raindrop",
        [
            Bookmark(
                "How hedges feed birds",
                "https://hedges.example/birds",
                description="Read before winter.\n\nBerries and thrushes.",
                tags=("Nature", "Birds", "berries", "winter food"),
                created_at=utc("2023-05-06T07:08:09"),
                annotations=(
                    Annotation("Berries last until February.", note="Which ones?"),
                    Annotation("Thrushes\ncome first."),
                ),
            ),
            Bookmark(
                "Drystone basics", "https://walls.example/basics", created_at=utc("2023-05-07T07:08:09")
            ),
        ],
    ),
    "reader.csv": (
        "readwise-reader",
        [
            Bookmark(
                "How hedges feed birds",
                "https://hedges.example/birds",
                tags=("birds", "winter food"),
                created_at=utc("2023-02-03T04:05:06"),
            ),
            Bookmark(
                "Drystone basics", "https://walls.example/basics", created_at=utc("2023-02-04T04:05:06")
            ),
        ],
    ),
    "readwise-export.json": (
        "readwise-json",
        [
            Bookmark(
                "How hedges feed birds",
                "https://hedges.example/birds",
                description="Read before winter.",
                tags=("birds", "winter"),
                contributor="Ines Calder",
                created_at=utc("2022-01-05T10:00:00"),
                annotations=(
                    Annotation(
                        "Berries last until February.",
                        note="Which ones?",
                        created_at=utc("2022-01-05T10:00:00"),
                    ),
                    Annotation("Thrushes come first.", created_at=utc("2022-01-05T10:05:00")),
                ),
            )
        ],
    ),
    "readwise.csv": (
        "readwise-csv",
        [
            Bookmark(
                "On Drystone",
                tags=("craft", "frost", "walls"),
                contributor="Ines Calder",
                created_at=utc("2021-03-04T05:06:07.123456"),
                annotations=(
                    Annotation(
                        "A wall without mortar\nmoves with the frost.",
                        note="compare chapter 2",
                        created_at=utc("2021-03-04T05:06:07.123456"),
                    ),
                    Annotation('Through-stones bind "both" faces.', created_at=utc("2021-03-05T09:00:00")),
                ),
            ),
            Bookmark(
                "Le bocage",
                contributor="Jean Prat",
                created_at=utc("2020-11-10T08:00:00"),
                annotations=(
                    Annotation("Une haie se plante en novembre.", created_at=utc("2020-11-10T08:00:00")),
                ),
            ),
        ],
    ),
    "ril_export.html": (
        "pocket-html",
        [
            Bookmark(
                "How hedges & birds live",
                "https://hedges.example/birds?a=1&b=2",
                tags=("birds", "winter food"),
                created_at=utc("2020-09-17T06:06:28"),
            ),
            Bookmark(
                "https://walls.example/basics",
                "https://walls.example/basics",
                created_at=utc("2020-09-15T12:25:39"),
            ),
        ],
    ),
    "wallabag-v1.json": (
        "wallabag",
        [Bookmark("Drystone basics", "https://walls.example/basics", tags=("walls", "craft"))],
    ),
    "wallabag-v2.json": (
        "wallabag",
        [
            Bookmark(
                "How hedges feed birds",
                "https://hedges.example/birds",
                tags=("birds",),
                created_at=utc("2019-09-08T09:55:58"),
                language="en",
                annotations=(
                    Annotation(
                        "Berries last until February.",
                        note="Which ones?",
                        created_at=utc("2019-09-09T10:00:00"),
                    ),
                ),
            )
        ],
    ),
    "web-annotation.jsonld": (
        "web-annotation",
        [
            Bookmark(
                "How hedges feed birds",
                "https://hedges.example/birds",
                tags=("birds",),
                created_at=utc("2020-06-07T08:09:10"),
                annotations=(
                    Annotation(
                        "Berries last until February.",
                        note="Check the dates.",
                        author="Ines Calder",
                        created_at=utc("2020-06-07T08:09:10"),
                    ),
                ),
            ),
            Bookmark(
                "https://walls.example/basics",
                "https://walls.example/basics",
                created_at=utc("2020-06-08T08:09:10"),
                annotations=(
                    Annotation(
                        "", note="All of it is worth reading.", created_at=utc("2020-06-08T08:09:10")
                    ),
                ),
            ),
        ],
    ),
    "zotero-api.json": (
        "zotero-json",
        [
            Bookmark(
                "How hedges feed birds",
                "https://hedges.example/birds",
                description="Berries and thrushes.",
                tags=("birds",),
                contributor="Ines Calder",
                created_at=utc("2021-02-03T04:05:06"),
                language="en",
                annotations=(
                    Annotation(
                        "Berries last until February.",
                        note="Which ones?",
                        author="Ines",
                        created_at=utc("2021-02-04T04:05:06"),
                    ),
                    Annotation("", note="Read before winter.", created_at=utc("2021-02-05T04:05:06")),
                ),
            )
        ],
    ),
    "zotero.rdf": (
        "zotero-rdf",
        [
            Bookmark(
                "How hedges feed birds",
                "https://hedges.example/birds",
                description="Berries and thrushes.",
                tags=("birds",),
                contributor="Ines Calder",
                created_at=utc("2021-02-03T04:05:06"),
                annotations=(Annotation("", note="Read before winter."),),
            )
        ],
    ),
}
